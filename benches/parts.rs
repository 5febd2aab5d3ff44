//! Measures the instructions that the gate for documents adds to a response that is not a document, and the
//! record layer to one without a choice: `cargo bench -p benches --bench parts`.
//!
//! It is a program apart from `instructions`, since a second instance of the layer's code changes what the
//! compiler inlines there. With `--check`, it fails if a limit is exceeded.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that prints a table"
)]

mod support;

use std::{env, process::ExitCode};

use support::{
    callgrind::{TURNS, instructions, turns},
    parts,
};

/// The highest number of added instructions for each of [`parts::NAMES`]. The goals are 200 for a document,
/// which is less than the two look-ups of a header take that show the kind of a response, and 150 for records,
/// which is less than moving the request and the response takes.
const LIMITS: [u64; 7] = [950, 1_350, 1_350, 600, 600, 1_300, 17_000];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--measured", name, setup] => match parts::turn(name, setup == "gated") {
            Some(mut turn) => {
                turn();
                turns(&mut turn);
                ExitCode::SUCCESS
            }
            None => ExitCode::FAILURE,
        },
        ref arguments => table(arguments.contains(&"--check")),
    }
}

fn table(check: bool) -> ExitCode {
    println!(
        "added instructions a response that is not a document, or has no choice (the consent layer subtracted)"
    );
    let mut exceeded = false;
    for (name, limit) in parts::NAMES.into_iter().zip(LIMITS) {
        let counted = |setup| instructions(&["--measured", name, setup]);
        let Some((gated, bare)) = counted("gated").zip(counted("bare")) else {
            eprintln!("valgrind is missing or failed: install it (Debian: valgrind)");
            return ExitCode::FAILURE;
        };
        let added = gated.saturating_sub(bare) / TURNS;
        println!("{name:<10} {added:>9} {limit:>9}");
        exceeded |= added > limit;
    }
    if exceeded {
        println!("a limit is exceeded");
    }
    match check && exceeded {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}
