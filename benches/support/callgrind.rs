//! Counts the instructions of a process of its own, under valgrind's callgrind. Unlike times, the counts are
//! reproducible: the same binary gives the same counts on any machine of its kind, however busy.

use std::{env, process::Command};

/// The times that what is measured is repeated.
pub(crate) const TURNS: u64 = 200;

/// The part that callgrind measures.
#[inline(never)]
pub(crate) fn turns(turn: &mut dyn FnMut()) {
    for _ in 0..TURNS {
        turn();
    }
}

/// Starts this program with these arguments, and returns the instructions of its [`turns`]. `None` if
/// valgrind is missing or fails.
pub(crate) fn instructions(arguments: &[&str]) -> Option<u64> {
    let output = Command::new("valgrind")
        // The state of the heap must not matter: the cost of an allocation depends on earlier
        // frees, and both sides make the same ones.
        .env(
            "GLIBC_TUNABLES",
            "glibc.malloc.mxfast=0:glibc.malloc.tcache_count=60000",
        )
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(["--collect-atstart=no", "--toggle-collect=*turns*"])
        .arg(env::current_exe().ok()?)
        .args(arguments)
        .output()
        .ok()?;
    let report = String::from_utf8_lossy(&output.stderr);
    let line = report.lines().find(|line| line.contains("Collected :"))?;
    line.rsplit(' ').next()?.parse().ok()
}
