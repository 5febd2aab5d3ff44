//! Counts how often the service syncs its file.

use std::{
    fs,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use super::{
    Records,
    load::{Load, Tally, Visitor},
};
use crate::support::process::{self, PATIENCE, example, program, skip};

/// Returns how many calls that sync a file ended well.
fn synced(trace: &Path) -> usize {
    let trace = fs::read_to_string(trace).unwrap();
    let calls = trace
        .lines()
        .filter(|line| line.contains("sync") && line.ends_with("= 0"));
    calls.count()
}

/// One visitor who chooses without a pause: each answered grant is a group of its own.
#[test]
fn each_group_is_synced() {
    let works = |strace: &Path| {
        let tried = Command::new(strace)
            .args(["-o", "/dev/null", "true"])
            .status();
        tried.is_ok_and(|status| status.success())
    };
    let Some(strace) = program(&["strace"]).filter(|strace| works(strace)) else {
        return skip(
            "REQUIRE_STRACE",
            "strace is not installed, or may not trace",
        );
    };
    let records = Records::sqlite();
    let trace = records.file("trace");
    let mut traced = Command::new(strace);
    traced
        // With the tracer as its child, the portal gets the signals.
        .args(["-D", "-f", "-e", "trace=fsync,fdatasync", "-o"])
        .arg(&trace)
        .arg(example("portal").get_program())
        .args(["--listen", "127.0.0.1:0", "--records", &records.url])
        .env("RUST_LOG", "off");
    let mut portal = process::Server::start(&mut traced);
    let before = synced(&trace);
    let load = Load::start(Visitor::crowd(1), vec![portal.url("")], Duration::ZERO);
    thread::sleep(Duration::from_secs(1));
    let tally = Tally::of(load.stop());
    portal.signal("-TERM");
    portal.wait();
    let start = Instant::now();
    while !fs::read_to_string(&trace)
        .unwrap()
        .contains("+++ exited with 0 +++")
    {
        assert!(start.elapsed() < PATIENCE, "the tracer does not end");
        thread::sleep(Duration::from_millis(20));
    }
    let after = synced(&trace);
    let counts = records.check(&tally);
    println!("{} syncs: {counts}", after - before);
    assert!(counts.grants > 20, "{counts}");
    assert!(
        after - before >= counts.grants,
        "{} of {counts}",
        after - before
    );
}
