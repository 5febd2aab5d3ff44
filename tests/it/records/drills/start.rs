//! What is wrong with the store ends the portal at its start, with one line that names the fix.

use std::{fs, os::unix::fs::PermissionsExt as _, process::Command, thread, time::Duration};

use rusqlite::Connection;

use super::{
    Records,
    load::{Load, Tally, Visitor},
};
use crate::support::{
    postgres::Postgres,
    process::{Folder, example, program},
    server::Server,
};

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
            "postgres://u:hunter2@127.0.0.1:port/db".to_owned(),
            "write postgres://USER:PASSWORD@HOST/DATABASE",
        ),
        (file("no/such/consent.db"), "create it, or correct the path"),
        (file("text.db"), "name another file"),
        (file("newer.db"), "update the program"),
    ] {
        let line = complaint(&mut example("portal"), &url);
        assert!(line.contains(fix) && !line.contains("hunter2"), "{line}");
    }
}

/// A limit of the size of files is a full disk for one process. It is tried again for five seconds.
#[test]
fn a_full_disk_at_the_start_is_one_clear_error() {
    let records = Records::sqlite();
    let mut shell = Command::new("sh");
    // The signal would end the process. The tables do not fit.
    shell
        .args(["-c", r#"trap '' XFSZ; ulimit -f 8; exec "$0" "$@""#])
        .arg(example("portal").get_program());
    let line = complaint(&mut shell, &records.url);
    assert!(line.contains("check its free space"), "{line}");
}

#[test]
fn a_database_that_cannot_be_used_is_one_clear_error() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let newer = server.database();
    let records = Records::new(newer.clone(), Folder::new("drill"));
    records.output(&["stats"]);
    server.sql(&newer, "UPDATE consent_schema SET version = 99");
    for (url, fix) in [
        (
            newer.replace("correct", "wrong"),
            "check the password in the URL",
        ),
        (server.url("missing"), "create the database with createdb"),
        (
            format!("{newer}?sslmode=require"),
            "the server does not offer TLS",
        ),
        (newer, "update the program"),
    ] {
        let line = complaint(&mut example("portal"), &url);
        assert!(line.contains(fix) && !line.contains("horse"), "{line}");
    }
}

/// One has a spool, and the other one nothing durable. Both create the tables, once they can.
#[test]
fn nodes_start_while_the_server_is_down() {
    let Some(server) = Postgres::start(&[]) else {
        return;
    };
    let records = Records::new(server.database(), Folder::new("drill"));
    server.stop("-INT");
    let spool = records.file("consent.spool");
    let spool = spool.to_str().unwrap();
    let arguments = ["--records", &records.url, "--record-spool", spool];
    let spooling = Server::start_with("portal", &arguments);
    let bare = Server::start_with("portal", &arguments[..2]);
    let choose = |node: &Server| {
        let pause = Duration::from_millis(50);
        let load = Load::start(Visitor::crowd(8), vec![node.url("")], pause);
        thread::sleep(Duration::from_secs(1));
        Tally::of(load.stop())
    };
    let spooled = choose(&spooling);
    let (grants, refusals) = (spooled.grants.len(), spooled.refusals.len());
    assert!(grants > 0 && refusals > 0 && spooled.turned_down == 0);
    let turned_down = choose(&bare);
    assert!(turned_down.grants.is_empty() && turned_down.turned_down > 0);
    assert!(!turned_down.refusals.is_empty());
    server.resume();
    let mut all = choose(&spooling);
    // What is left of an outage is a pause of half a second.
    let bare = choose(&bare);
    assert!(!bare.grants.is_empty());
    for tally in [spooled, turned_down, bare] {
        all.grants.extend(tally.grants);
        all.refusals.extend(tally.refusals);
        all.turned_down += tally.turned_down;
        all.unanswered += tally.unanswered;
    }
    let counts = records.check_all(&all);
    println!(
        "PostgreSQL down at the start: {counts}; {}",
        records.verify()
    );
    assert_eq!(counts.unanswered, 0, "{counts}");
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
