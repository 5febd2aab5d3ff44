//! Measures the stores of records: `cargo bench --bench records -- [--records N] [--postgres URL] [--only STORE]
//! [--check]`.
//!
//! It compares with sqlx, whose program is a package of its own, `benches/records-sqlx`: without that it says how
//! to build it. `--check` fails if the layer is not five times as fast; with `--records 0` it stops after that.
//!
//! Choices go through the layer, 64 at a time, each answered after its durable commit; the store that is read
//! and purged is generated, with 200,000 records by default. STORE is `sqlite` or `postgres`. The database of URL
//! has to be empty, and `psql` and `pgbench` installed.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that prints a table"
)]

mod baselines;
mod choices;
mod generated;

use std::{error::Error, path::Path};

use lexopt::{
    Arg::{Long, Value},
    ValueExt as _,
};

/// How many times as fast as a commit for each row through sqlx the layer has to be.
const GOAL: f64 = 5.0;

fn main() -> Result<(), Box<dyn Error>> {
    let (mut count, mut postgres, mut only) = (200_000, None, None);
    let mut check = false;
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            // Cargo's own.
            Long("bench") | Value(_) => {}
            Long("records") => count = arguments.value()?.parse()?,
            Long("check") => check = true,
            Long("postgres") => postgres = Some(arguments.value()?.string()?),
            Long("only") => only = Some(arguments.value()?.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let folder = tempfile::tempdir_in(".")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let has = |store: &str| only.as_deref().is_none_or(|only| only == store);
    let postgres = postgres.filter(|_| has("postgres"));
    let ratio = runtime.block_on(async {
        let mut ratio = None;
        if has("sqlite") {
            ratio = choices::sqlite(folder.path(), Path::new(baselines::SQLX)).await;
        }
        if let Some(url) = &postgres {
            choices::postgres(url).await;
            baselines::pgbench(url, folder.path());
        }
        if count == 0 {
            return ratio;
        }
        if has("sqlite") {
            let url = format!("sqlite:{}", folder.path().join("generated.db").display());
            generated::measure(&url, count).await;
        }
        if let Some(url) = &postgres {
            generated::measure(url, count).await;
        }
        ratio
    });
    if check { compare(ratio) } else { Ok(()) }
}

/// Fails if the layer is too slow, or was not compared.
fn compare(ratio: Option<f64>) -> Result<(), Box<dyn Error>> {
    match ratio {
        Some(ratio) if ratio >= GOAL => Ok(()),
        Some(ratio) => Err(format!("{ratio:.1} times sqlx, and {GOAL} is the goal").into()),
        None => Err(format!("build the comparison first: {}", baselines::BUILD_SQLX).into()),
    }
}
