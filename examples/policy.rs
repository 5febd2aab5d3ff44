//! Compares two editions of a policy, before the newer one goes live.
//!
//! ```text
//! cargo run --example policy -- diff OLD.json NEW.json [--json] [--strict]
//! ```
//!
//! It writes what changed, who is asked again and why, what has to be translated, and whether `revision` and
//! `since` fit. The exit status is 0 if everything fits, 1 if something does not or a text lacks a language,
//! and 2 for invalid arguments or files. With `--strict`, warnings count too.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use lexopt::{
    Arg::{Long, Short, Value},
    Parser, ValueExt,
};
use tower_cookie_consent::{CookiePolicy, diff::PolicyDiff, policy::CookiePolicyBuilder};

const USAGE: &str = "\
usage: policy diff OLD.json NEW.json [--json] [--strict]

  --json    write JSON
  --strict  end with 1 for warnings too";

/// Stands for the keys of signed preferences cookies: both editions are played with the same one.
const KEY: [u8; 32] = [1; 32];

#[derive(Default)]
struct Options {
    as_json: bool,
    is_strict: bool,
}

fn main() -> ExitCode {
    let (files, options) = match arguments() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            write(USAGE);
            return ExitCode::SUCCESS;
        }
        Err(error) => return complain(&format!("policy: {error}\n{USAGE}")),
    };
    let [old, new] = files;
    let diff = read(&old).and_then(|old| Ok(old.diff(&read(&new)?)));
    let diff = match diff {
        Ok(diff) => diff,
        Err(error) => return complain(&format!("policy: {error}")),
    };
    match options.as_json {
        true => match serde_json::to_string_pretty(&diff) {
            Ok(json) => write(&json),
            Err(error) => return complain(&format!("policy: {error}")),
        },
        false => write(diff.to_string().trim_end()),
    }
    ExitCode::from(u8::from(!fits(&diff, options.is_strict)))
}

fn fits(diff: &PolicyDiff, is_strict: bool) -> bool {
    diff.is_ok() && (!is_strict || (diff.faults().is_empty() && diff.translations().is_empty()))
}

/// Reads the command line. `None` if it asks for help.
fn arguments() -> Result<Option<([PathBuf; 2], Options)>, lexopt::Error> {
    let mut parser = Parser::from_env();
    let mut options = Options::default();
    let mut words = Vec::new();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("json") => options.as_json = true,
            Long("strict") => options.is_strict = true,
            Short('h') | Long("help") => return Ok(None),
            Value(word) => words.push(word),
            other => return Err(other.unexpected()),
        }
    }
    let mut words = words.into_iter();
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(command), Some(old), Some(new), None) if command == "diff" => {
            Ok(Some(([old.into(), new.into()], options)))
        }
        (Some(command), ..) if command != "diff" => {
            Err(format!("unknown command: {}", command.string()?).into())
        }
        _ => Err("name the command and two files".into()),
    }
}

fn read(path: &Path) -> Result<CookiePolicy, String> {
    let of = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = fs::read_to_string(path).map_err(|error| of(&error))?;
    let builder: CookiePolicyBuilder = serde_json::from_str(&text).map_err(|error| of(&error))?;
    let json: serde_json::Value = serde_json::from_str(&text).map_err(|error| of(&error))?;
    let builder = match json["preferences_cookie"]["signed"].as_bool() {
        Some(true) => builder.signed(KEY),
        _ => builder,
    };
    builder.build().map_err(|error| of(&error))
}

fn write(text: &str) {
    // Whoever closes the pipe early has read enough.
    drop(writeln!(io::stdout(), "{text}"));
}

#[expect(
    clippy::print_stderr,
    reason = "a program tells its user what is wrong"
)]
fn complain(what: &str) -> ExitCode {
    eprintln!("{what}");
    ExitCode::from(2)
}
