//! Measures a page behind `HtmlConsentLayer`, with services of the catalogue, relative to the parser that the
//! gate is built on, with the same selectors and the same changes: `cargo bench -p benches --bench documents`.
//!
//! It counts instructions, which are reproducible. With `--time`, it measures times, of which only ratios within
//! one run are meaningful: both take turns in each round, and the fastest round of each counts. With `--check`, it
//! fails if the limit is exceeded.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that prints a table"
)]

mod support;

use std::{
    env,
    process::ExitCode,
    time::{Duration, Instant},
};

use support::{
    callgrind::{few_turns, instructions},
    documents::{MOST, NAMES, turn},
};

const ROUNDS: usize = 200;

/// Stands for the gate where turns are measured, and `parser` for the parser alone.
const GATE: &str = "gate";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--measured", name, setup] => measured(name, setup == GATE),
        ref arguments => table(
            arguments.contains(&"--time"),
            arguments.contains(&"--check"),
        ),
    }
}

fn measured(name: &str, is_gated: bool) -> ExitCode {
    let Some(mut turn) = turn(name, is_gated) else {
        return ExitCode::FAILURE;
    };
    turn();
    few_turns(&mut turn);
    ExitCode::SUCCESS
}

fn table(is_time: bool, is_checked: bool) -> ExitCode {
    let (unit, ratio): (_, fn(&str) -> Option<f64>) = match is_time {
        true => ("time", times),
        false => ("instructions", counts),
    };
    println!("a page of 50 KB behind the gate, relative to the parser alone: {unit}");
    let mut is_exceeded = false;
    for name in NAMES {
        let Some(ratio) = ratio(name) else {
            eprintln!("valgrind is missing or failed: install it (Debian: valgrind)");
            return ExitCode::FAILURE;
        };
        println!("{name:<20}{ratio:>8.2}{MOST:>8}");
        is_exceeded |= ratio > MOST;
    }
    if is_exceeded {
        println!("a limit is exceeded");
    }
    match is_checked && is_exceeded {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}

#[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
fn counts(name: &str) -> Option<f64> {
    let counted = |setup| instructions(&["--measured", name, setup]);
    Some(counted(GATE)? as f64 / counted("parser")? as f64)
}

fn times(name: &str) -> Option<f64> {
    let (mut parser, mut gate) = turn(name, false).zip(turn(name, true))?;
    let (mut alone, mut gated) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        alone = alone.min(time(&mut parser));
        gated = gated.min(time(&mut gate));
    }
    Some(gated.as_secs_f64() / alone.as_secs_f64())
}

fn time(turn: &mut Box<dyn FnMut()>) -> Duration {
    let start = Instant::now();
    turn();
    start.elapsed()
}
