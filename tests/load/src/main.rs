//! Sends mixed cookies through the example `reverse_proxy` and through the same proxy without the
//! layer, checks every response byte for byte, and measures both processes. Run it with
//! `tests/load/run`.

mod client;
mod mixed;
mod process;
mod upstream;

// The proxy itself, run without the layer.
#[path = "../../../examples/reverse_proxy/forward.rs"]
mod forward;
#[path = "../../../examples/reverse_proxy/gateway.rs"]
mod gateway;
#[path = "../../../examples/reverse_proxy/headers.rs"]
mod headers;
#[path = "../../../examples/reverse_proxy/host.rs"]
mod host;
#[path = "../../../examples/reverse_proxy/patience.rs"]
mod patience;
#[path = "../../../examples/reverse_proxy/quiet.rs"]
mod quiet;
#[path = "../../../examples/reverse_proxy/server.rs"]
mod server;

use std::{error::Error, io::Write, process::Command, time::Duration};

use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::{client::Load, forward::Forward, mixed::Visitor, process::Proxy};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Both proxies take turns, so that other activity on the machine affects both alike.
const ROUNDS: u32 = 4;
const REQUESTS: u32 = 200_000;
/// For allocators and connection pools, before the first turn of each visitor.
const WARM_UP: u32 = 5_000;
/// The most memory growth in 200,000 requests, in KiB.
const MOST_GROWTH: u64 = 2_048;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("without-layer"), Some(upstream)) => without_layer(&upstream).await,
        (None, _) => measure(REQUESTS).await,
        (Some(requests), None) => measure(requests.parse()?).await,
        _ => Err("usage: load [REQUESTS]".into()),
    }
}

async fn without_layer(upstream: &str) -> Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("warn"))
        .with_writer(std::io::stderr)
        .init();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(
        std::io::stdout(),
        "listening on http://{}",
        listener.local_addr()?
    )?;
    let silence = server::SILENCE;
    let forward = Forward::new(&upstream.parse()?, Duration::from_secs(60), silence);
    Ok(server::serve(listener, silence, forward).await?)
}

async fn measure(requests: u32) -> Result<()> {
    let upstream = format!("http://{}", upstream::start().await?);
    let load = std::env::current_exe()?;
    let mut with = Proxy::start(
        Command::new(load.with_file_name("reverse_proxy"))
            .args(["--listen", "127.0.0.1:0", "--upstream", &upstream])
            .args(["--policy", "examples/reverse_proxy/portal.json"]),
    )?;
    let mut without = Proxy::start(Command::new(&load).args(["without-layer", &upstream]))?;
    let (mut load_with, mut load_without) = (
        Load::new(with.address, true),
        Load::new(without.address, false),
    );
    for visitor in Visitor::ALL {
        load_without.run(WARM_UP, visitor).await?;
        load_with.run(WARM_UP, visitor).await?;
    }
    without.settle()?;
    with.settle()?;

    let turn = requests.div_ceil(ROUNDS * 3);
    let mut spent = Visitor::ALL.map(|visitor| (visitor, Duration::ZERO, Duration::ZERO));
    for _ in 0..ROUNDS {
        for (visitor, spent_without, spent_with) in &mut spent {
            load_without.run(turn, *visitor).await?;
            load_with.run(turn, *visitor).await?;
            *spent_without += without.spent_since()?;
            *spent_with += with.spent_since()?;
        }
    }

    let mut out = std::io::stdout();
    table(
        &mut out,
        (&load_without, &mut without),
        (&load_with, &mut with),
    )?;
    writeln!(
        out,
        "\n| CPU time per request, µs | without the layer | with it | ratio |\n|---|---|---|---|"
    )?;
    let mut all = (Duration::ZERO, Duration::ZERO);
    for (visitor, without, with) in spent {
        row(&mut out, visitor.as_str(), turn * ROUNDS, (without, with))?;
        all = (all.0 + without, all.1 + with);
    }
    row(&mut out, "all", turn * ROUNDS * 3, all)?;

    if load_with.counted.wrong_missing + load_with.counted.wrong_passed > 0 {
        return Err("a cookie went the wrong way".into());
    }
    let grown = with.memory()?.saturating_sub(with.settled);
    if grown > MOST_GROWTH {
        return Err(format!("memory grew by {grown} KiB").into());
    }
    Ok(())
}

fn table(
    out: &mut impl Write,
    (load_without, without): (&Load, &mut Proxy),
    (load_with, with): (&Load, &mut Proxy),
) -> Result<()> {
    let (counted_without, counted_with) = (&load_without.counted, &load_with.counted);
    writeln!(out, "| | without the layer | with it |\n|---|---|---|")?;
    for (what, without, with) in [
        ("requests", counted_without.requests, counted_with.requests),
        (
            "`Set-Cookie` fields of the upstream",
            counted_without.set,
            counted_with.set,
        ),
        (
            "of these passed, byte for byte",
            counted_without.passed,
            counted_with.passed,
        ),
        (
            "allowed, but changed or missing",
            counted_without.wrong_missing,
            counted_with.wrong_missing,
        ),
        (
            "disallowed, but passed",
            counted_without.wrong_passed,
            counted_with.wrong_passed,
        ),
        (
            "removals added",
            counted_without.removals,
            counted_with.removals,
        ),
        (
            "memory after the warm-up, KiB",
            without.settled,
            with.settled,
        ),
        ("memory at the end, KiB", without.memory()?, with.memory()?),
    ] {
        writeln!(out, "| {what} | {without} | {with} |")?;
    }
    Ok(())
}

fn row(out: &mut impl Write, who: &str, requests: u32, spent: (Duration, Duration)) -> Result<()> {
    let (without, with) = (spent.0.as_secs_f64(), spent.1.as_secs_f64());
    let each = 1e6 / f64::from(requests);
    writeln!(
        out,
        "| {who} | {:.1} | {:.1} | {:.2} |",
        without * each,
        with * each,
        with / without
    )?;
    Ok(())
}
