//! The store fails while visitors make choices.

use std::{process::Command, thread, time::Duration};

use rusqlite::Connection;

use super::{
    REFUSAL_WAIT, Records,
    load::{Load, Tally, Visitor},
    long_or,
};
use crate::support::{
    postgres::Postgres,
    process::{self, Folder, example},
    server::Server,
};

/// About 600 choices a second.
const PAUSE: Duration = Duration::from_millis(100);

#[test]
fn postgres_is_stopped_and_killed_under_load() {
    let Some(server) = Postgres::start(&[]) else {
        return;
    };
    let records = Records::new(server.database(), Folder::new("drill"));
    let portal = Server::start_with("portal", &["--records", &records.url]);
    let load = Load::start(Visitor::crowd(64), vec![portal.url("")], PAUSE);
    let seconds = long_or(20, 3);
    for (signal, seconds) in [("-INT", seconds), ("-KILL", 1)] {
        thread::sleep(Duration::from_millis(500));
        server.stop(signal);
        thread::sleep(Duration::from_secs(seconds));
        server.resume();
        thread::sleep(Duration::from_millis(1500));
    }
    let tally = Tally::of(load.stop());
    // Every refusal is in effect, or it would not be in the tally.
    let counts = records.check_all(&tally);
    println!(
        "PostgreSQL down for {seconds} s and killed: {counts}; {}",
        records.verify()
    );
    assert!(counts.grants > 0 && counts.turned_down > 0, "{counts}");
    assert!(counts.refusals > 100 && counts.unanswered == 0, "{counts}");
    // Only what the server was asked, and nobody knows if it has.
    assert!(counts.unconfirmed < counts.turned_down / 2, "{counts}");
}

#[test]
fn a_locked_file_makes_choices_wait_in_the_spool() {
    let records = Records::sqlite();
    let portal = Server::start_with("portal", &["--records", &records.url]);
    let other = Connection::open(records.file("consent.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let load = Load::start(Visitor::crowd(64), vec![portal.url("")], PAUSE);
    thread::sleep(Duration::from_secs(long_or(20, 2)));
    let tally = Tally::of(load.stop());
    let spooled = std::fs::metadata(records.file("consent.db.spool"))
        .unwrap()
        .len();
    other.execute_batch("COMMIT").unwrap();
    let counts = records.check_all(&tally);
    println!(
        "SQLite locked: {spooled} bytes in the spool; {counts}; {}",
        records.verify()
    );
    // All of them while it was locked. A busy machine may turn down a few: an attempt to get the lock takes 800 ms of
    // the second for which a grant waits.
    assert!(spooled > 0 && counts.grants >= 64, "{counts}");
    assert!(counts.turned_down <= counts.grants / 4, "{counts}");
}

/// A limit of the size of files is a full disk for one process: for the store, its log and the spool.
#[test]
fn a_full_disk_grants_nothing_unrecorded() {
    let records = Records::sqlite();
    let limited = || {
        let mut shell = Command::new("sh");
        // The signal would end the process.
        shell
            .args(["-c", r#"trap '' XFSZ; ulimit -f 400; exec "$0" "$@""#])
            .arg(example("portal").get_program())
            .args(["--listen", "127.0.0.1:0", "--records", &records.url])
            .env("RUST_LOG", "off");
        process::Server::start(&mut shell)
    };
    let mut full = limited();
    let load = Load::start(Visitor::crowd(64), vec![full.url("")], Duration::ZERO);
    thread::sleep(Duration::from_secs(long_or(20, 4)));
    let mut tally = Tally::of(load.stop());
    full.signal("-KILL");
    full.wait();
    // Neither store nor spool has room for a refusal, which is in effect all the same.
    for refusal in &mut tally.refusals {
        refusal.after = refusal.after.max(REFUSAL_WAIT);
    }
    let _portal = Server::start_with("portal", &["--records", &records.url]);
    let counts = records.check(&tally);
    println!("disk full: {counts}; {}", records.verify());
    assert!(counts.grants > 0 && counts.turned_down > 0, "{counts}");
}
