//! The layer in front of any HTTP server, in any language.
//!
//! ```text
//! cargo run --release --example reverse_proxy -- \
//!     --listen 127.0.0.1:8080 --upstream http://127.0.0.1:8000 --policy policy.json
//! ```
//!
//! A request takes this path: `server` accepts it, `host` checks its host, the layer filters its
//! cookies, and `forward` passes it on. With `--pages`, `site` puts the pages beside the upstream, and
//! with `--documents` a gate in front of it. There are two policies to start from next to this file,
//! `portal.json` and `infrastructure.json`.
//!
//! With `--records`, choices are recorded before they grant anything, by the upstream's handlers too.
//!
//! `--policy` also takes a folder with one policy for each host, and with `--reload` policies are read
//! again when they change, and at SIGHUP: `policy` does both.

mod arguments;
mod forward;
mod gateway;
mod headers;
mod host;
mod patience;
mod policy;
mod quiet;
#[path = "../common/records.rs"]
mod records;
mod server;
mod site;

use std::{io::Write, process::ExitCode};

use tokio::net::TcpListener;
use tower::Layer;
use tower_cookie_consent::{
    layer::PolicySource, pages::Pages, records::Records, regimes::PlaceHeaders,
};
use tracing_subscriber::EnvFilter;

use crate::{arguments::Arguments, forward::Forward};

fn main() -> ExitCode {
    let arguments = match Arguments::parse(lexopt::Parser::from_env()) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            write!(std::io::stdout(), "{}", arguments::USAGE).ok();
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            tell(&format!("{error}\n\n{}", arguments::USAGE));
            return ExitCode::from(2);
        }
    };
    match start(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            tell(&problems);
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: &Arguments) -> Result<(), String> {
    let source = policy::open(arguments)?;
    let pages = site::pages(arguments, source.policies().default_policy())?;
    log(arguments);
    // Until the end.
    let _watch = match arguments.reload {
        true => Some(source.watch(|_| {}).map_err(|error| error.to_string())?),
        false => None,
    };
    run(arguments, &source, pages)
}

#[tokio::main]
async fn run(
    arguments: &Arguments,
    source: &PolicySource,
    pages: Option<Pages>,
) -> Result<(), String> {
    let records = match &arguments.records {
        Some(url) => {
            let path = arguments.pages.as_deref();
            let receipts_at = path.filter(|_| arguments.has_receipts);
            let place = records::Place {
                url,
                receipts_at,
                spool: arguments.spool.as_deref(),
                key: arguments.record_key.as_deref(),
                creates_key: false,
            };
            let opened = records::open_with(place, |records| records).await;
            Some(opened.map_err(|error| format!("--records: {error}"))?)
        }
        None => None,
    };
    listen(arguments, source, pages, records)
        .await
        .map_err(|error| format!("{}: {error}", arguments.listen))
}

async fn listen(
    arguments: &Arguments,
    source: &PolicySource,
    pages: Option<Pages>,
    records: Option<Records>,
) -> std::io::Result<()> {
    if arguments.reload {
        policy::reload_at_hangup(source.clone())?;
    }
    let mut consent = policy::layer(source, arguments.reload)
        .undeclared(arguments.undeclared)
        .strict_values(arguments.strict_values)
        .report_only(arguments.report_only)
        // The server behind can't see it, but the pages, the gate and the records can.
        .expose_consent(pages.is_some() || records.is_some());
    if let Some(header) = &arguments.regime_header {
        consent = consent.regime_from(PlaceHeaders::of(header.clone()));
    }
    if let Some(records) = &records {
        consent = consent.records(records);
    }
    let silence = arguments.client_timeout;
    let forward = Forward::new(&arguments.upstream, arguments.timeout, silence);
    let listener = TcpListener::bind(&arguments.listen).await?;
    writeln!(
        std::io::stdout(),
        "listening on http://{}",
        listener.local_addr()?
    )?;
    if pages.is_none() && records.is_none() {
        return server::serve(listener, silence, consent.layer(forward)).await;
    }
    let site = site::around(arguments, pages, records.clone(), forward);
    server::serve(listener, silence, consent.layer(site)).await?;
    if let Some(records) = records {
        records.flush().await;
    }
    Ok(())
}

fn log(arguments: &Arguments) {
    // A report is useless if nobody sees it, and so is a policy of which nobody knows if it is in force.
    let default = match (arguments.report_only, arguments.reload) {
        (true, _) => "warn,reverse_proxy=info,tower_cookie_consent=debug",
        (false, true) => "warn,reverse_proxy=info,tower_cookie_consent=info",
        (false, false) => "warn",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}

fn tell(text: &str) {
    // If stderr is closed, nobody can read it.
    writeln!(std::io::stderr(), "{text}").ok();
}
