//! The example `portal` in real browsers, tested from outside. Each step compares the browser's own
//! jar, including `HttpOnly` cookies.

mod accounts;
pub(crate) mod axe;
mod choices;
mod held;
mod injected;
mod inventory;
pub(crate) mod layout;
mod microsoft;
mod regimes;
mod restored;
mod screenshots;
mod script;
mod storage;

use std::collections::BTreeSet;

use axum::Router;

use crate::support::{
    browser::{Browser, Kind},
    server::{self, Server},
};

const NECESSARY: [&str; 2] = ["csrftoken", "sessionid"];
const PREFERENCES: &str = "cookies_preferences";
const STATISTICS: &str = "_pk_id.1.fe4c";

/// The jar with these cookies beside the necessary ones. With each choice goes its receipt.
fn jar<const N: usize>(others: [&str; N]) -> BTreeSet<String> {
    let receipt = others.contains(&PREFERENCES).then_some("consent_receipt");
    let all = NECESSARY.into_iter().chain(others).chain(receipt);
    all.map(str::to_owned).collect()
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
    format!("http://{}", server::serve(site))
}
