//! What is wrong with the store ends the portal at its start, with one line that names the fix.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

use rusqlite::Connection;

use super::Records;
use crate::support::process::{example, program};

/// Returns the one line of a portal that does not start.
fn complaint(command: &mut Command, url: &str) -> String {
    let output = command
        .args(["--listen", "127.0.0.1:0", "--records", url])
        .env("RUST_LOG", "off")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{url}: {output:?}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    let line = stderr.strip_suffix('\n').unwrap();
    assert!(
        line.starts_with("portal: ") && !line.contains('\n'),
        "{stderr}"
    );
    line.to_owned()
}

#[test]
fn a_store_that_cannot_be_used_is_one_clear_error() {
    let records = Records::sqlite();
    let newer = records.file("newer.db");
    fs::write(records.file("text.db"), "no database at all\n".repeat(99)).unwrap();
    records.output(&["stats"]);
    fs::copy(records.file("consent.db"), &newer).unwrap();
    let database = Connection::open(&newer).unwrap();
    database.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(database);
    let file = |name: &str| format!("sqlite:{}", records.file(name).display());
    for (url, fix) in [
        (
            "mysql://user:hunter2@host/db".to_owned(),
            "write sqlite:FILE",
        ),
        (
            "postgres://u:hunter2@127.0.0.1:1/db".to_owned(),
            "check host and port",
        ),
        (file("no/such/consent.db"), "create it, or correct the path"),
        (file("text.db"), "name another file"),
        (file("newer.db"), "update the program"),
    ] {
        let line = complaint(&mut example("portal"), &url);
        assert!(line.contains(fix) && !line.contains("hunter2"), "{line}");
    }
}

/// A limit of the size of files is a full disk for one process.
#[test]
fn a_full_disk_at_the_start_is_one_clear_error() {
    // Nothing fits, or the beginning of the tables does.
    for blocks in ["0", "8"] {
        let records = Records::sqlite();
        let mut shell = Command::new("sh");
        // The signal would end the process.
        let limited = format!(r#"trap '' XFSZ; ulimit -f {blocks}; exec "$0" "$@""#);
        shell
            .args(["-c", &limited])
            .arg(example("portal").get_program());
        let line = complaint(&mut shell, &records.url);
        assert!(line.contains("free"), "{blocks}: {line}");
    }
}

/// The user of tests may be root, who can write everything.
#[test]
fn a_read_only_file_is_one_clear_error() {
    let records = Records::sqlite();
    records.output(&["stats"]);
    let file = records.file("consent.db");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
    let mut command = match program(&["setpriv"]) {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--bounding-set", "-all"]);
            command.arg(example("portal").get_program());
            command
        }
        None => example("portal"),
    };
    let line = complaint(&mut command, &records.url);
    assert!(line.contains("let this user"), "{line}");
}
