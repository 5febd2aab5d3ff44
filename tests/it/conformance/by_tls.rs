//! The kit against servers over TLS, which OpenSSL ends, with certificates of an authority that no platform
//! knows.

use std::{
    fs,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
};

use super::{by_url::check_served, *};
use crate::support::{
    process::{Folder, Server, of_crate, program, skip},
    server::serve,
};

/// A server for `https://localhost`, and the certificate of its authority.
struct Site {
    folder: Folder,
    server: Server,
}

impl Site {
    /// Returns `None` where OpenSSL or Python is missing; with `REQUIRE_OPENSSL=1` that is a failure.
    fn start(app: Router) -> Option<Self> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        for name in ["openssl", "python3"] {
            if program(&[name]).is_none() {
                skip("REQUIRE_OPENSSL", &format!("{name} is not in PATH"));
                return None;
            }
        }
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = Folder::new(&format!("kit-tls-{number}"));
        let make = |words: &str| {
            let new = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 ";
            let mut openssl = Command::new("openssl");
            openssl.args((new.to_owned() + words).split_whitespace());
            let made = openssl.current_dir(&folder.0).output().unwrap();
            assert!(
                made.status.success(),
                "{}",
                String::from_utf8_lossy(&made.stderr)
            );
        };
        make("-subj /CN=authority -keyout ca.key -out ca.pem");
        make(
            "-subj /CN=localhost -addext subjectAltName=DNS:localhost \
             -addext basicConstraints=critical,CA:FALSE -CA ca.pem -CAkey ca.key -keyout site.pem -out site.crt",
        );
        let read = |name: &str| fs::read_to_string(folder.0.join(name)).unwrap();
        let both = read("site.pem") + &read("site.crt");
        fs::write(folder.0.join("site.pem"), both).unwrap();
        let mut tls = Command::new("python3");
        tls.arg(of_crate("tests/it/support/hosts/tls.py"))
            .arg(serve(app).port().to_string())
            .arg(folder.0.join("site.pem"));
        let server = Server::start(&mut tls);
        Some(Self { folder, server })
    }

    fn authority(&self) -> Vec<u8> {
        fs::read(self.folder.0.join("ca.pem")).unwrap()
    }

    fn check(&self, kit: Conformance, host: &str) -> Report {
        let url = format!("https://{host}:{}/", self.server.address().port());
        runtime().block_on(kit.check_url(&url))
    }
}

/// Returns what the report says instead of an outcome: one failure, and no response.
fn only_failure(report: &Report) -> &str {
    let [failure] = report.failures() else {
        panic!("{report}");
    };
    assert!(report.summary().contains("FAILED"), "{report}");
    assert!(
        report.to_string().contains("no response was received"),
        "{report}"
    );
    failure
}

#[test]
fn a_site_behind_tls_is_judged_as_without() {
    let Some(bare) = Site::start(site()) else {
        return;
    };
    let report = bare.check(kit().trust(bare.authority()), "localhost");
    assert!(!report.is_ok());
    let plain = check_served(kit(), site(), |base| base);
    assert_eq!(report.to_string(), plain.to_string());

    let Some(with_layer) = Site::start(correct()) else {
        return;
    };
    with_layer
        .check(kit().trust(with_layer.authority()), "localhost")
        .assert_ok();
}

#[test]
fn a_certificate_that_is_not_trusted_is_one_failure() {
    let (Some(site), Some(other)) = (Site::start(correct()), Site::start(correct())) else {
        return;
    };
    let port = site.server.address().port();
    for kit in [kit(), kit().trust(other.authority())] {
        let report = site.check(kit, "localhost");
        assert_eq!(
            only_failure(&report),
            format!(
                "https://localhost:{port}: the certificate is not trusted, since no known authority vouches for \
                 it: pass the certificate of its authority to Conformance::trust"
            )
        );
    }
}

#[test]
fn a_certificate_for_another_name_is_not_trusted() {
    let Some(site) = Site::start(correct()) else {
        return;
    };
    let kit = kit().trust(site.authority());
    let report = site.check(kit, &format!("user:{MARKER}@127.0.0.1"));
    let failure = only_failure(&report);
    assert!(failure.starts_with("https://127.0.0.1:"), "{failure}");
    assert!(
        failure.contains("not valid for name \"127.0.0.1\""),
        "{failure}"
    );
    assert!(!report.to_string().contains(MARKER));
}

#[test]
fn a_port_without_tls_is_one_failure() {
    let port = serve(correct()).port();
    let report = runtime().block_on(kit().check_url(&format!("https://localhost:{port}")));
    let failure = only_failure(&report);
    assert!(failure.ends_with("does this port speak TLS?"), "{failure}");
}

#[test]
fn a_server_with_tls_that_is_not_there_says_why() {
    let report = runtime().block_on(kit().check_url("https://127.0.0.1:1"));
    let failure = only_failure(&report);
    assert!(failure.contains("refused"), "{failure}");
}

#[test]
fn text_without_a_certificate_is_a_failure() {
    let empty = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (pem, expected) in [
        ("", "trust: this is not a certificate"),
        ("rootCA.pem", "trust: this is not a certificate"),
        (empty, "trust: invalid certificate"),
        (broken, "trust: invalid certificate"),
    ] {
        let report = check_served(kit().trust(pem), correct(), |base| base);
        let failures = report.failures().join("\n");
        assert!(failures.starts_with(expected), "{pem}: {failures}");
        assert!(!report.is_ok());
    }
}
