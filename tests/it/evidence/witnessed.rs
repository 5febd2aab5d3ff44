//! Packs that a timestamping authority has witnessed: OpenSSL's.

use std::{fs, path::Path};

use tower_cookie_consent::conformance::{
    Evidence, EvidenceFault, EvidenceFaultKind, EvidenceVerifier,
};

use super::{
    date,
    example::{ended, run as evidence, small},
    key, policy, run, written,
};
use crate::{
    records::timestamps::{
        authority, now,
        openssl::{EC, OpenSsl},
        trusting,
    },
    support::process::Folder,
};

#[test]
fn a_timestamp_of_an_authority_is_checked() {
    let Some(openssl) = OpenSsl::with_authority() else {
        return;
    };
    openssl.root("other", EC);
    let check = |folder: &Path, trusted: &str| {
        let verifier = EvidenceVerifier::new(key().public());
        verifier
            .timestamps(trusting(&openssl, &[trusted]))
            .verify(folder)
    };
    let kinds = |folder: &Path, trusted: &str| -> Vec<_> {
        let faults = check(folder, trusted).unwrap_err();
        faults.faults().iter().map(EvidenceFault::kind).collect()
    };
    let (pack, folder) = written(Evidence::new(policy(), date()));
    assert_eq!(kinds(&folder.0, "ca"), [EvidenceFaultKind::NoWitness]);

    let before = now();
    let authority = authority(&openssl, &["ca"], ("tsa", "ts"));
    let witnessed = run(pack.clone().witness(&authority)).unwrap();
    let folder = Folder::new("evidence");
    witnessed.write(&folder.0).unwrap();
    let verified = check(&folder.0, "ca").unwrap();
    let time = verified.timestamp().unwrap();
    assert!((before..=now()).contains(&time), "{time}");
    assert!(
        verified
            .to_string()
            .ends_with(&format!("; witnessed by {time}")),
        "{verified}"
    );
    assert_eq!(kinds(&folder.0, "other"), [EvidenceFaultKind::Witness]);

    // That of another list of the same key.
    let other = Evidence::new(policy(), date()).gap("Another list.");
    let other = run(other.build().unwrap().sign(&key())).unwrap();
    let other = run(other.witness(&authority)).unwrap();
    let witness = |file: &[u8]| -> serde_json::Value {
        serde_json::from_slice::<serde_json::Value>(file).unwrap()["witness"].take()
    };
    let own = witness(witnessed.file("signature.json").unwrap());
    let foreign = witness(other.file("signature.json").unwrap());
    let seal = fs::read_to_string(folder.0.join("signature.json")).unwrap();
    let (own, foreign) = (own.as_str().unwrap(), foreign.as_str().unwrap());
    fs::write(folder.0.join("signature.json"), seal.replace(own, foreign)).unwrap();
    assert_eq!(kinds(&folder.0, "ca"), [EvidenceFaultKind::Witness]);
}

#[cfg(unix)]
#[test]
fn the_example_asks_an_authority_and_checks_it() {
    let Some(openssl) = OpenSsl::with_authority() else {
        return;
    };
    openssl.root("other", EC);
    let folder = Folder::new("evidence");
    let at = |name: &str| folder.0.join(name).display().to_string();
    let (policy, out, key, public) = (small(&folder.0), at("out"), at("key"), at("key.pub"));
    let [ca, other] = ["ca.pem", "other.pem"].map(|name| openssl.path(name).display().to_string());
    let home = openssl.path("").display().to_string();
    let asks = format!(
        "cd {home} && cat >asked && exec openssl ts -reply -config cnf -section ts -queryfile asked \
         -signer tsa.pem -inkey tsa.key"
    );
    let make = |out: &str, script: &str| {
        ended(evidence(&[
            "--policy",
            &policy,
            "--site",
            "in-process",
            "--out",
            out,
            "--key",
            &key,
            "--browser",
            "none",
            "--witness-cert",
            &ca,
            "--",
            "sh",
            "-c",
            script,
        ]))
    };
    let (status, text) = make(&at("failed"), "echo down >&2; exit 3");
    assert_eq!(status, Some(2), "{text}");
    assert!(text.contains("sh ended with exit status: 3"), "{text}");
    assert!(!folder.0.join("failed").exists());
    let (status, text) = make(&out, &asks);
    assert_eq!(status, Some(0), "{text}");

    let verify = |certificates: &[&str]| {
        let words = [&["verify", &out, "--key", &public][..], certificates].concat();
        ended(evidence(&words))
    };
    let (status, text) = verify(&["--witness-cert", &ca]);
    assert!(
        status == Some(0) && text.contains("; witnessed by 2"),
        "{text}"
    );
    let (status, text) = verify(&[]);
    assert!(
        status == Some(0) && text.contains("was not checked"),
        "{text}"
    );
    let (status, text) = verify(&["--witness-cert", &other]);
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("no trusted certificate vouches"), "{text}");
}
