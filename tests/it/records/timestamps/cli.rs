//! `consent_records` asks for timestamps, and checks them.

use std::{fs, process::Command};

use tower_cookie_consent::records::{RecordStore as _, SqliteStore};

use super::openssl::{EC, OpenSsl};
use crate::{
    records::entry,
    support::process::{Folder, example},
};

/// Returns the exit status, and what was printed to both.
fn run(command: &mut Command) -> (i32, String, String) {
    let done = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        done.status.code().unwrap(),
        text(done.stdout),
        text(done.stderr),
    )
}

#[tokio::test]
async fn the_example_asks_for_timestamps_and_checks_them() {
    let Some(openssl) = OpenSsl::with_authority() else {
        return;
    };
    openssl.root("other", EC);
    let folder = Folder::new("timestamps-cli");
    let file = folder.0.join("consent.db");
    let store = SqliteStore::open(&file).unwrap();
    store.append(&[entry()]).await.unwrap();
    let consent_records = |words: &[&str]| {
        let mut command = example("consent_records");
        command
            .arg("--records")
            .arg(format!("sqlite:{}", file.display()));
        command.args(words);
        command
    };
    let ca = openssl.path("ca.pem");
    let ca = ca.to_str().unwrap();
    let home = openssl.path("").display().to_string();
    let authority = format!(
        "cd {home} && cat >asked && exec openssl ts -reply -config cnf -section ts -queryfile asked \
         -signer tsa.pem -inkey tsa.key"
    );
    let witness = [
        "witness",
        "--witness-cert",
        ca,
        "--",
        "sh",
        "-c",
        &authority,
    ];
    let (status, _, why) = run(&mut consent_records(&witness));
    assert_eq!(status, 1, "{why}");
    assert!(why.contains("no checkpoint yet"), "{why}");
    let (status, _, why) = run(&mut consent_records(&["checkpoint"]));
    assert_eq!(status, 0, "{why}");

    let verify = |certificates: Option<&str>| {
        let (status, export, why) = run(&mut consent_records(&["export"]));
        assert_eq!(status, 0, "{why}");
        let saved = folder.0.join("export.jsonl");
        fs::write(&saved, export).unwrap();
        let mut command = example("consent_records");
        command.arg("verify").arg(saved);
        command.args(["--key", &format!("{}.pub", file.display())]);
        command.args(
            certificates
                .map(|it| ["--witness-cert", it])
                .iter()
                .flatten(),
        );
        run(&mut command)
    };
    let (status, unwitnessed, _) = verify(Some(ca));
    assert_eq!(status, 0);
    assert!(unwitnessed.contains("unwitnessed: "), "{unwitnessed}");

    let fails = [
        "witness",
        "--witness-cert",
        ca,
        "--",
        "sh",
        "-c",
        "echo down >&2; exit 3",
    ];
    let (status, _, why) = run(&mut consent_records(&fails));
    assert_eq!(status, 1);
    assert!(why.contains("sh ended with exit status: 3"), "{why}");
    let (status, out, why) = run(&mut consent_records(&witness));
    assert_eq!(status, 0, "{why}");
    assert!(out.contains("\"witness\":\"rfc3161:"), "{out}");

    let (status, fits, _) = verify(Some(ca));
    assert_eq!(status, 0);
    assert!(fits.contains("timestamped at most "), "{fits}");
    assert!(fits.ends_with("its witness fits\n"), "{fits}");
    let (status, unchecked, _) = verify(None);
    assert_eq!(status, 0);
    assert!(
        unchecked.ends_with("its witness is not checked\n"),
        "{unchecked}"
    );
    let (status, _, why) = verify(openssl.path("other.pem").to_str());
    assert_eq!(status, 1);
    assert!(why.contains("no trusted certificate vouches"), "{why}");
}
