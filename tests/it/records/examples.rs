//! The records of the examples, from outside.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use axum::{Router, response::IntoResponse, routing::post};
use http::{
    Method, Response,
    header::{CONTENT_TYPE, COOKIE, ORIGIN, SET_COOKIE},
};
use rusqlite::Connection;

use crate::support::{
    process::{self, Folder, PATIENCE, example, of_crate},
    server::{self, Server},
};

const FORM: &str = "application/x-www-form-urlencoded";

/// Returns the number of records in this file, and of those that are linked to one before.
fn counts(database: &Path) -> (u64, u64) {
    let database = Connection::open(database).unwrap();
    let one = |sql| database.query_row(sql, [], |row| row.get(0)).unwrap();
    (
        one("SELECT count(*) FROM records"),
        one("SELECT count(*) FROM links"),
    )
}

/// Waits for these counts: a refusal is answered after 20 ms, recorded or not.
fn wait_for(database: &Path, expected: (u64, u64)) {
    let start = Instant::now();
    while counts(database) != expected && start.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(counts(database), expected);
}

/// Returns the pairs that a response sets.
fn pairs(response: &Response<String>) -> Vec<String> {
    let fields = response.headers().get_all(SET_COOKIE).iter();
    fields
        .map(|field| {
            field
                .to_str()
                .unwrap()
                .split(';')
                .next()
                .unwrap()
                .to_owned()
        })
        .collect()
}

fn receipt(response: &Response<String>) -> Option<String> {
    let mut pairs = pairs(response).into_iter();
    pairs.find(|pair| pair.starts_with("consent_receipt="))
}

fn choose(url: &str, decision: &str, cookies: &str) -> Response<String> {
    let origin = url.split("/cookies").next().unwrap();
    let headers = [(CONTENT_TYPE, FORM), (ORIGIN, origin), (COOKIE, cookies)];
    server::send(Method::POST, url, &headers, decision)
}

#[test]
fn the_portal_records_without_being_asked() {
    let portal = Server::start("portal");
    let said = portal.process.next_printed();
    let file = said
        .strip_prefix("choices are recorded in sqlite:")
        .unwrap();
    let file = Path::new(file);
    let temporary = portal.temporary.as_ref().unwrap();
    assert!(file.starts_with(&temporary.0), "{said}");
    let url = portal.url("/cookies/preferences");
    let accepted = choose(&url, "decision=accept", "");
    let first = receipt(&accepted).expect("a receipt");
    assert!(
        pairs(&accepted)
            .iter()
            .any(|pair| pair.starts_with("cookies_preferences="))
    );
    let refused = choose(&url, "decision=refuse", &pairs(&accepted).join("; "));
    assert_ne!(receipt(&refused), Some(first));
    wait_for(file, (2, 1));
    // Another portal at the same time.
    let other = Server::start("portal");
    assert_ne!(other.process.next_printed(), said);
}

#[test]
fn the_portal_gives_receipts_and_forgets_them() {
    let portal = Server::start("portal");
    let said = portal.process.next_printed();
    let file = said
        .strip_prefix("choices are recorded in sqlite:")
        .unwrap();
    let accepted = choose(&portal.url("/cookies/preferences"), "decision=accept", "");
    let cookies = pairs(&accepted).join("; ");
    let asked = [(COOKIE, &*cookies)];
    let receipt = portal.send(Method::GET, "/cookies/receipt", &asked, "");
    assert!(receipt.status().is_success(), "{receipt:?}");
    let key = fs::read_to_string(format!("{file}.pub")).unwrap();
    assert!(receipt.body().contains(key.trim_end()));
    // The portal declares all that is its own.
    assert!(!receipt.body().contains("jurisdiction\"]"), "{receipt:?}");
    let saved = portal.temporary.as_ref().unwrap().0.join("receipt.jsonld");
    fs::write(&saved, receipt.body()).unwrap();
    let mut check = example("consent_records");
    check.arg("receipt").arg(&saved);
    let check = check
        .args(["--key", &format!("{file}.pub")])
        .output()
        .unwrap();
    let said = String::from_utf8(check.stdout).unwrap();
    assert_eq!(said, "signed, and not in the tree yet\n");
    let form = portal.send(Method::GET, "/cookies/preferences", &asked, "");
    assert!(form.body().contains("action=\"receipt\""));
    let origin = portal.url("");
    let origin = origin.trim_end_matches('/');
    let headers = [(COOKIE, &*cookies), (ORIGIN, origin)];
    let forgotten = portal.send(Method::POST, "/cookies/receipt", &headers, "");
    assert_eq!(pairs(&forgotten), ["consent_receipt="]);
}

#[test]
fn a_portal_that_cannot_record_says_so_and_runs() {
    let folder = Folder::new("portal");
    let mut command = example("portal");
    command
        .args(["--listen", "127.0.0.1:0"])
        .env("TMPDIR", folder.0.join("missing"));
    let portal = process::Server::start(&mut command);
    portal.next_line_with("portal: choices are not recorded: ");
    let accepted = choose(&portal.url("/cookies/preferences"), "decision=accept", "");
    assert_eq!(receipt(&accepted), None);
    assert!(
        pairs(&accepted)
            .iter()
            .any(|pair| pair.starts_with("cookies_preferences="))
    );
}

#[test]
fn a_folder_of_somebody_else_is_not_used() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = Folder::new("portal");
    let elsewhere = folder.0.join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let open = folder.0.join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    for found in [&elsewhere, &open] {
        // A port that no test takes by chance.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let name = format!("cookie-consent-portal-127-0-0-1-{}", address.port());
        if found == &open {
            fs::rename(found, folder.0.join(name)).unwrap();
        } else {
            symlink(found, folder.0.join(name)).unwrap();
        }
        let mut command = example("portal");
        command
            .args(["--listen", &address.to_string()])
            .env("TMPDIR", &folder.0);
        let portal = process::Server::start(&mut command);
        portal.next_line_with("not a folder that only you can open");
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
    }
}

/// A server behind the proxy, which knows nothing of records.
fn upstream() -> std::net::SocketAddr {
    let choice =
        r#"cookies_preferences={"tiers":true,"timestamp":NOW,"revision":1}; Path=/; Max-Age=9000"#;
    let now = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap()
        .as_secs();
    let choice = choice.replace("NOW", &now.to_string());
    let own = async move || [(SET_COOKIE, choice)].into_response();
    server::serve(Router::new().route("/own", post(own)))
}

fn proxy(upstream: std::net::SocketAddr, arguments: &[&str]) -> Server {
    let policy = of_crate("examples/reverse_proxy/portal.json");
    let upstream = format!("http://{upstream}");
    let set = [
        "--upstream",
        &upstream,
        "--policy",
        policy.to_str().unwrap(),
    ];
    Server::start_with("reverse_proxy", &[&set, arguments].concat())
}

#[test]
fn the_proxy_records_what_pages_and_upstream_set() {
    let folder = Folder::new("proxy");
    let file = folder.0.join("consent.db");
    let url = format!("sqlite:{}", file.display());
    let proxy = proxy(upstream(), &["--pages", "/cookies", "--records", &url]);
    let accepted = choose(&proxy.url("/cookies/preferences"), "decision=accept", "");
    assert!(receipt(&accepted).is_some());
    assert_eq!(counts(&file).0, 1);
    // `consent_records` may sign with another key.
    assert!(!folder.0.join("consent.db.key").exists());
    let set = proxy.send(Method::POST, "/own", &[], "");
    assert!(
        pairs(&set)[0].contains("\"tiers\":true"),
        "{:?}",
        pairs(&set)
    );
    assert_eq!(counts(&file).0, 2);
}

#[test]
fn the_proxy_links_records_only_if_asked() {
    let folder = Folder::new("proxy");
    let file = folder.0.join("consent.db");
    let url = format!("sqlite:{}", file.display());
    let with = ["--records", &url];
    let pages = ["--pages", "/cookies", "--record-subject", "none"];
    let proxy = proxy(upstream(), &[&with[..], &pages].concat());
    let accepted = choose(&proxy.url("/cookies/preferences"), "decision=accept", "");
    assert_eq!((receipt(&accepted), counts(&file)), (None, (1, 0)));
}

#[test]
fn arguments_of_records_that_contradict_are_refused() {
    for (arguments, why) in [
        (&["--records", "mysql://x"][..], "write sqlite:FILE"),
        (&["--record-subject", "all"], "one of receipt, none"),
        (&["--record-subject", "receipt"], "needs --pages"),
        (
            &["--records", "sqlite:x.db", "--report-only"],
            "--report-only",
        ),
    ] {
        let output = example("reverse_proxy")
            .args([
                "--listen",
                "127.0.0.1:0",
                "--upstream",
                "http://127.0.0.1:1",
                "--policy",
            ])
            .arg(of_crate("examples/reverse_proxy/portal.json"))
            .args(arguments)
            .output()
            .unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && told.contains(why), "{told}");
    }
}
