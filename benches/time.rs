//! Measures the time of a request with the layer and with alternatives, relative to the bare inner
//! service: `cargo bench -p benches --bench time`.
//!
//! Only ratios within one run are meaningful. All setups take turns in each round, so other
//! activity on the machine affects them alike; the fastest round of each counts.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::expect_used,
    reason = "a program that prints a table"
)]

mod support;

use std::time::{Duration, Instant};

use support::{all, peers, turn};

const ROUNDS: u32 = 60;
/// The time that one of them runs within a round.
const SHARE: Duration = Duration::from_micros(500);

/// Each with the number of the one that it is compared to.
const COMPARED: [(&str, usize); 6] = [
    ("bare", 0),
    ("response-only", 0),
    ("default", 0),
    (peers::TOWER_COOKIES, 0),
    (peers::BARE_AXUM, 4),
    (peers::HAND_WRITTEN, 4),
];

fn main() {
    // Cargo passes `--bench`; anything else names workloads.
    let only: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    println!("time of a request over that of the bare inner service");
    print!("{:<10}", "workload");
    for (name, base) in COMPARED {
        if COMPARED[base].0 != name {
            print!(" {name:>14}");
        }
    }
    println!();
    for workload in all() {
        if !only.is_empty() && !only.iter().any(|only| only == workload.name) {
            continue;
        }
        let mut turns = COMPARED.map(|(name, _)| turn(&workload, name).expect("a known setup"));
        let counts = turns.each_mut().map(|turn| count(&mut **turn));
        let mut fastest = COMPARED.map(|_| f64::MAX);
        for _ in 0..ROUNDS {
            for ((turn, count), fastest) in turns.iter_mut().zip(counts).zip(&mut fastest) {
                *fastest = fastest.min(per_turn(&mut **turn, count));
            }
        }
        print!("{:<10}", workload.name);
        for (&(name, base), time) in COMPARED.iter().zip(fastest) {
            if COMPARED[base].0 != name {
                print!(" {:>14.2}", time / fastest[base]);
            }
        }
        println!();
    }
}

/// Returns how many turns fill a share of a round.
fn count(turn: &mut dyn FnMut()) -> u32 {
    let mut count = 1;
    while per_turn(turn, count) * f64::from(count) < SHARE.as_secs_f64() {
        count *= 2;
    }
    count
}

fn per_turn(turn: &mut dyn FnMut(), count: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..count {
        turn();
    }
    start.elapsed().as_secs_f64() / f64::from(count)
}
