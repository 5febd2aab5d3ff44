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

/// The times that a whole page is read.
const FEW: u64 = 20;

/// The part that callgrind measures where a turn takes long.
#[inline(never)]
pub(crate) fn few_turns(turn: &mut dyn FnMut()) {
    for _ in 0..FEW {
        turn();
    }
}

/// The bytes before the stack: the arguments, the environment, and the name of the program.
const BEFORE: usize = 2_048;

/// Starts this program with these arguments, and returns the instructions of its [`turns`]. `None` if
/// valgrind is missing or fails.
pub(crate) fn instructions(arguments: &[&str]) -> Option<u64> {
    let program = env::current_exe().ok()?;
    // Where the stack begins changes how values are aligned, and so the instructions of each copy.
    let lengths = arguments.iter().map(|argument| argument.len() + 1);
    let given = lengths.sum::<usize>() + 2 * program.as_os_str().len();
    let output = Command::new("valgrind")
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("PADDING", "x".repeat(BEFORE.saturating_sub(given)))
        // The state of the heap must not matter: the cost of an allocation depends on earlier
        // frees, and both sides make the same ones.
        .env(
            "GLIBC_TUNABLES",
            "glibc.malloc.mxfast=0:glibc.malloc.tcache_count=60000",
        )
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(["--collect-atstart=no", "--toggle-collect=*turns*"])
        .arg(program)
        .args(arguments)
        .output()
        .ok()?;
    let report = String::from_utf8_lossy(&output.stderr);
    let line = report.lines().find(|line| line.contains("Collected :"))?;
    line.rsplit(' ').next()?.parse().ok()
}
