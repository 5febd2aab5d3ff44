//! Measures the stores of records: `cargo bench --bench records -- [--records N] [--postgres URL] [--only STORE]`.
//!
//! Choices go through the layer, 64 at a time, each answered after its durable commit; the store that is read
//! and purged is generated, with 200,000 records by default. STORE is `sqlite` or `postgres`. The database of URL
//! has to be empty, and `psql` and `pgbench` installed.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program that prints a table"
)]

mod choices;
mod generated;

use std::error::Error;

use lexopt::{
    Arg::{Long, Value},
    ValueExt as _,
};

fn main() -> Result<(), Box<dyn Error>> {
    let (mut count, mut postgres, mut only) = (200_000, None, None);
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            // Cargo's own.
            Long("bench") | Value(_) => {}
            Long("records") => count = arguments.value()?.parse()?,
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
    runtime.block_on(async {
        if has("sqlite") {
            choices::sqlite(folder.path()).await;
        }
        if let Some(url) = &postgres {
            choices::postgres(url).await;
            choices::pgbench(url, folder.path());
        }
        if has("sqlite") {
            let url = format!("sqlite:{}", folder.path().join("generated.db").display());
            generated::measure(&url, count).await;
        }
        if let Some(url) = &postgres {
            generated::measure(url, count).await;
        }
    });
    Ok(())
}
