//! Measures the instructions that the layer adds to a request: `cargo bench -p benches --bench instructions`.
//!
//! Each workload runs in its own process under valgrind's callgrind, once with the bare inner
//! service and once with the layer around it.
//!
//! Options: `--check` fails if a limit is exceeded; `--only W3` runs one workload, and
//! `--only hostile` the hostile values; `--peers` also measures the alternatives.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::expect_used,
    reason = "a program that prints a table"
)]

mod support;

use std::{collections::HashMap, env, process::ExitCode};

use support::{
    Setup, Workload, all,
    callgrind::{TURNS, instructions, turns},
    hostile, peers,
};

const PEERS: [(&str, &str); 2] = [
    (peers::HAND_WRITTEN, peers::BARE_AXUM),
    (peers::TOWER_COOKIES, "bare"),
];

/// The added instructions: the goal (by default) and the limits of each workload.
#[rustfmt::skip]
const GOALS: [(&str, [Option<u64>; 3]); 8] = [
    // default goal, default limit, response-only limit
    ("W1",        [Some(1_200),   Some(1_450),   Some(750)]),
    ("W1c",       [Some(8_000),   Some(10_000),  Some(900)]),
    ("W1d",       [Some(4_200),   Some(5_300),   Some(900)]),
    ("W2",        [Some(5_000),   Some(6_100),   Some(4_000)]),
    ("W2h2",      [Some(5_400),   Some(6_600),   Some(5_200)]),
    ("W3",        [Some(7_400),   Some(9_000),   Some(7_200)]),
    ("W4",        [Some(230_000), Some(280_000), Some(250_000)]),
    ("nested-63", [None,          Some(12_000),  Some(12_000)]),
];

/// The workloads whose cost at 10,000 names is compared with that at 10.
const GROWING: [&str; 4] = ["W5", "exact", "pattern", "undeclared"];

/// The highest allowed ratio.
const GROWTH: f64 = 1.10;

/// The most instructions that a byte of the preferences cookie's value may take. The goal is 60,
/// which one shape misses by 2.
const A_BYTE: u64 = 60;

/// The most instructions that a hook for the regime adds to a request, its own call included.
const A_REGIME: u64 = 150;

/// Stands for the setup if a hostile value is read.
const HOSTILE: &str = "hostile";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--measured", shape, HOSTILE] => measured_hostile(shape),
        ["--measured", workload, setup] => measured(workload, setup),
        _ => table(&arguments),
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

fn measured_hostile(shape: &str) -> ExitCode {
    let Some((value, workload)) = hostile::value(shape).zip(support::workload("W1")) else {
        return ExitCode::FAILURE;
    };
    turns(&mut hostile::reading(workload.policy, value));
    ExitCode::SUCCESS
}

fn table(arguments: &[String]) -> ExitCode {
    let check = arguments.iter().any(|argument| argument == "--check");
    let only = arguments
        .iter()
        .skip_while(|argument| *argument != "--only")
        .nth(1);
    let workloads: Vec<_> = all()
        .into_iter()
        .filter(|workload| only.is_none_or(|only| only == workload.name))
        .collect();
    println!("added instructions a request (the bare inner service subtracted)");
    row(["workload", "setup", "added", "goal", "limit"].map(str::to_owned));
    let mut exceeded = false;
    for setup in Setup::ALL {
        let mut measured = HashMap::new();
        for workload in &workloads {
            let Some(added) = added(workload, setup.name(), "bare") else {
                eprintln!("valgrind is missing or failed: install it (Debian: valgrind)");
                return ExitCode::FAILURE;
            };
            measured.insert(workload.name.to_owned(), added);
            let (goal, limit) = goal_and_limit(workload.name, setup);
            let [name, said] = [workload.name, setup.name()].map(str::to_owned);
            row([name, said, added.to_string(), shown(goal), shown(limit)]);
            exceeded |= limit.is_some_and(|most| added > most);
        }
        exceeded |= grows_too_much(setup, &measured);
    }
    exceeded |= only.is_none() && regimes_take_too_much();
    exceeded |= only.is_none_or(|only| only == HOSTILE) && hostile_values_take_too_much();
    if arguments.iter().any(|argument| argument == "--peers") {
        for (peer, bare) in PEERS {
            for workload in &workloads {
                if let Some(added) = added(workload, peer, bare) {
                    println!("{:<21} {peer:<14} {added:>9}", workload.name);
                }
            }
        }
    }
    if exceeded {
        println!("a limit is exceeded");
    }
    if check && exceeded {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Shows how much more is added if the policy is large.
fn grows_too_much(setup: Setup, measured: &HashMap<String, u64>) -> bool {
    let mut exceeded = false;
    for of in GROWING {
        let [small, large] =
            ["10", "10000"].map(|size| measured.get(&format!("{of}-{size}")).copied());
        if let (Some(small), Some(large)) = (small, large) {
            let growth = ratio(large, small);
            row([
                format!("{of} 10000:10"),
                setup.name().to_owned(),
                format!("{growth:.3}"),
                shown(None),
                format!("{GROWTH:.2}"),
            ]);
            exceeded |= growth > GROWTH;
        }
    }
    exceeded
}

/// Shows what a hook that names a regime adds to a request.
fn regimes_take_too_much() -> bool {
    let mut exceeded = false;
    for name in ["W1", "W1d", "W3"] {
        let Some(workload) = support::workload(name) else {
            return true;
        };
        let with = |setup: Setup| added(&workload, setup.name(), "bare");
        let (Some(own), Some(regime)) = (with(Setup::Regimes), with(Setup::Hook)) else {
            return true;
        };
        let added = regime.saturating_sub(own);
        let shown_name = format!("{name} by a hook");
        row([
            shown_name,
            Setup::Hook.name().to_owned(),
            added.to_string(),
            shown(None),
            A_REGIME.to_string(),
        ]);
        exceeded |= added > A_REGIME;
    }
    exceeded
}

/// Shows the instructions that each byte of a hostile value takes.
fn hostile_values_take_too_much() -> bool {
    println!("instructions a byte of a hostile preferences value (limit {A_BYTE})");
    let mut exceeded = false;
    for shape in hostile::names() {
        let length = hostile::value(&shape).map_or(1, |value| value.len());
        let Some(all) = instructions(&["--measured", &shape, HOSTILE]) else {
            return true;
        };
        let a_byte = ratio(all, TURNS) / ratio(length as u64, 1);
        println!("{a_byte:>9.1} {}", shape.escape_debug());
        exceeded |= a_byte > ratio(A_BYTE, 1);
    }
    exceeded
}

fn row([workload, setup, added, goal, limit]: [String; 5]) {
    println!("{workload:<21} {setup:<14} {added:>9} {goal:>9} {limit:>9}");
}

fn shown(count: Option<u64>) -> String {
    count.map_or("–".to_owned(), |count| count.to_string())
}

#[allow(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn ratio(large: u64, small: u64) -> f64 {
    large as f64 / small as f64
}

fn goal_and_limit(workload: &str, setup: Setup) -> (Option<u64>, Option<u64>) {
    let row = GOALS.iter().find(|(name, _)| *name == workload);
    row.map_or(
        (None, None),
        |(_, [goal, default, response_only])| match setup {
            Setup::ResponseOnly => (None, *response_only),
            Setup::Default | Setup::Regimes | Setup::Hook => (*goal, *default),
        },
    )
}

fn added(workload: &Workload, setup: &str, bare: &str) -> Option<u64> {
    let bare = instructions(&["--measured", workload.name, bare])?;
    let all = instructions(&["--measured", workload.name, setup])?;
    Some(all.saturating_sub(bare) / TURNS)
}
