//! The example `portal` in real browsers, tested from outside. Each step compares the browser's own
//! jar, including `HttpOnly` cookies.

mod axe;
mod choices;
mod held;
mod injected;
mod layout;
mod restored;
mod screenshots;
mod script;

use std::{collections::BTreeSet, net::TcpListener, thread};

use axum::Router;

use crate::support::{
    browser::{Browser, Kind},
    server::{Server, runtime},
};

const NECESSARY: [&str; 2] = ["csrftoken", "sessionid"];
const PREFERENCES: &str = "cookies_preferences";
const STATISTICS: &str = "_pk_id.1.fe4c";

fn jar<const N: usize>(others: [&str; N]) -> BTreeSet<String> {
    NECESSARY
        .into_iter()
        .chain(others)
        .map(str::to_owned)
        .collect()
}

fn everything() -> BTreeSet<String> {
    jar([PREFERENCES, STATISTICS, "parcours", "_ga", "_ga_PORTAIL"])
}

const NO_BANNER: &str = "!document.querySelector('.tcc-banner')";
const SAID: &str = "document.querySelector('.tcc-notice')?.textContent";
const UNFOLD: &str = "document.querySelectorAll('details').forEach((d) => { d.open = true })";

/// A first visit, with scripts on.
fn visit(kind: Kind) -> Option<(Browser, Server)> {
    let browser = Browser::start(kind)?;
    let portal = Server::start("portal");
    browser.go(&portal.url("/"));
    browser.until("window.cookieConsent?.state");
    Some((browser, portal))
}

/// Serves one of the test's own sites for as long as the tests run, and returns its address as a
/// URL without a path.
fn serve(site: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        runtime().block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, site).await.unwrap();
        });
    });
    format!("http://{address}")
}
