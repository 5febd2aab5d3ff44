//! How many instructions the layer adds to a request: `cargo bench --bench instructions`.
//!
//! Each workload runs in a process of its own under valgrind's callgrind, once with the bare inner
//! service and once with the layer around it. Instructions repeat where times do not: the same
//! binary gives the same counts on any machine of its kind, however busy.
//!
//! Options: `--check` fails where a limit is exceeded by more than 5 %; `--only W3` runs one
//! workload; `--peers` adds what others cost.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::expect_used,
    reason = "a program that prints a table"
)]

mod support;

use std::{env, process::Command, process::ExitCode};

use support::{Setup, Workload, all, peers};

const PEERS: [(&str, &str); 2] = [
    (peers::HAND_WRITTEN, peers::BARE_AXUM),
    (peers::TOWER_COOKIES, "bare"),
];

const TURNS: u64 = 200;

/// Added instructions: the goal and the limit of each workload.
#[rustfmt::skip]
const GOALS: [(&str, [Option<u64>; 3]); 7] = [
    // response-only goal, response-only limit, default limit
    ("W1",    [Some(480),     Some(650),     Some(1_400)]),
    ("W1c",   [Some(1_000),   Some(1_500),   Some(11_000)]),
    ("W1d",   [Some(1_000),   Some(1_500),   Some(5_500)]),
    ("W2",    [Some(3_400),   Some(4_700),   Some(8_000)]),
    ("W2h2",  [Some(4_200),   Some(5_600),   Some(9_500)]),
    ("W3",    [Some(5_300),   Some(6_800),   Some(10_500)]),
    ("W4",    [Some(132_000), Some(180_000), Some(400_000)]),
];

/// The cost at 10,000 names over the cost at 10: the goal (response-only) and the limit.
const GROWTH: (f64, f64) = (1.07, 1.15);

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--measured", workload, setup] => measured(workload, setup),
        _ => table(&arguments),
    }
}

/// The part that callgrind looks at.
#[inline(never)]
fn turns(turn: &mut dyn FnMut()) {
    for _ in 0..TURNS {
        turn();
    }
}

fn measured(workload: &str, setup: &str) -> ExitCode {
    let Some(workload) = support::workload(workload) else {
        return ExitCode::FAILURE;
    };
    let Some(mut turn) = support::turn(&workload, setup) else {
        return ExitCode::FAILURE;
    };
    turn();
    turns(&mut turn);
    ExitCode::SUCCESS
}

fn table(arguments: &[String]) -> ExitCode {
    let check = arguments.iter().any(|argument| argument == "--check");
    let only = arguments
        .iter()
        .skip_while(|argument| *argument != "--only")
        .nth(1);
    println!("added instructions a request (the bare inner service subtracted)");
    println!(
        "{:<10} {:<14} {:>9} {:>9} {:>9}",
        "workload", "setup", "added", "goal", "limit"
    );
    let mut exceeded = false;
    for setup in Setup::ALL {
        let (mut small, mut large) = (None, None);
        for workload in all() {
            if only.is_some_and(|only| only != workload.name) {
                continue;
            }
            let Some(added) = added(&workload, setup.name(), "bare") else {
                eprintln!("valgrind is missing or failed: install it (Debian: valgrind)");
                return ExitCode::FAILURE;
            };
            match workload.name {
                "W5-10" => small = Some(added),
                "W5-10000" => large = Some(added),
                _ => {}
            }
            let (goal, limit) = goal_and_limit(workload.name, setup);
            let shown =
                |count: Option<u64>| count.map_or("–".to_owned(), |count| count.to_string());
            println!(
                "{:<10} {:<14} {added:>9} {:>9} {:>9}",
                workload.name,
                setup.name(),
                shown(goal),
                shown(limit)
            );
            exceeded |= limit.is_some_and(|limit| added > limit + limit / 20);
        }
        if let (Some(small), Some(large)) = (small, large) {
            let growth = ratio(large, small);
            let (goal, limit) = GROWTH;
            println!(
                "{:<10} {:<14} {growth:>9.3} {goal:>9} {limit:>9}",
                "10000 : 10",
                setup.name()
            );
            exceeded |= growth > limit * 1.05;
        }
    }
    if arguments.iter().any(|argument| argument == "--peers") {
        for (peer, bare) in PEERS {
            for workload in all() {
                if only.is_none_or(|only| only == workload.name)
                    && let Some(added) = added(&workload, peer, bare)
                {
                    println!("{:<10} {peer:<14} {added:>9}", workload.name);
                }
            }
        }
    }
    if exceeded {
        println!("a limit is exceeded by more than 5 %");
    }
    if check && exceeded {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn ratio(large: u64, small: u64) -> f64 {
    large as f64 / small as f64
}

fn goal_and_limit(workload: &str, setup: Setup) -> (Option<u64>, Option<u64>) {
    let row = GOALS.iter().find(|(name, _)| *name == workload);
    row.map_or(
        (None, None),
        |(_, [goal, limit, default_limit])| match setup {
            Setup::ResponseOnly => (*goal, *limit),
            Setup::Default => (None, *default_limit),
        },
    )
}

fn added(workload: &Workload, setup: &str, bare: &str) -> Option<u64> {
    let bare = instructions(workload.name, bare)?;
    Some(instructions(workload.name, setup)?.saturating_sub(bare) / TURNS)
}

fn instructions(workload: &str, setup: &str) -> Option<u64> {
    let output = Command::new("valgrind")
        // The state of the heap must not count: how an allocation is served depends on what was
        // freed before, and both sides make the same ones.
        .env(
            "GLIBC_TUNABLES",
            "glibc.malloc.mxfast=0:glibc.malloc.tcache_count=60000",
        )
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(["--collect-atstart=no", "--toggle-collect=*turns*"])
        .arg(env::current_exe().ok()?)
        .args(["--measured", workload, setup])
        .output()
        .ok()?;
    let report = String::from_utf8_lossy(&output.stderr);
    let line = report.lines().find(|line| line.contains("Collected :"))?;
    line.rsplit(' ').next()?.parse().ok()
}
