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

mod arguments;
mod forward;
mod gateway;
mod headers;
mod host;
mod patience;
mod policy;
mod quiet;
mod server;
mod site;

use std::{io::Write, process::ExitCode};

use tokio::net::TcpListener;
use tower::Layer;
use tower_cookie_consent::{CookieConsentLayer, CookiePolicy, pages::Pages};
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
    let policy = match policy::read(&arguments.policy) {
        Ok(policy) => policy,
        Err(problems) => {
            tell(&problems);
            return ExitCode::FAILURE;
        }
    };
    let pages = match site::pages(&arguments, &policy) {
        Ok(pages) => pages,
        Err(problem) => {
            tell(&problem);
            return ExitCode::FAILURE;
        }
    };
    log(&arguments);
    match run(&arguments, policy, pages) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("{}: {error}", arguments.listen));
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(
    arguments: &Arguments,
    policy: CookiePolicy,
    pages: Option<Pages>,
) -> std::io::Result<()> {
    let consent = CookieConsentLayer::new(policy)
        .undeclared(arguments.undeclared)
        .strict_values(arguments.strict_values)
        .report_only(arguments.report_only)
        // The server behind can't see it, but the pages and the gate can.
        .expose_consent(pages.is_some());
    let silence = arguments.client_timeout;
    let forward = Forward::new(&arguments.upstream, arguments.timeout, silence);
    let listener = TcpListener::bind(&arguments.listen).await?;
    writeln!(
        std::io::stdout(),
        "listening on http://{}",
        listener.local_addr()?
    )?;
    match pages {
        None => server::serve(listener, silence, consent.layer(forward)).await,
        Some(pages) => {
            let site = site::around(arguments, pages, forward);
            server::serve(listener, silence, consent.layer(site)).await
        }
    }
}

fn log(arguments: &Arguments) {
    // A report is useless if nobody sees it.
    let default = if arguments.report_only {
        "warn,tower_cookie_consent=debug"
    } else {
        "warn"
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
