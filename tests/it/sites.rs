//! Whole sites behind the example `reverse_proxy --documents both|gate|csp`, in real browsers, with every
//! other host played on loopback: published templates, a Django, a site with a strict policy of its own,
//! and a page of traps.
//!
//! - Before consent and after it was withdrawn, no other host is asked. (Necessary services always are.)
//! - After one service was allowed, exactly what the page loads from it without the proxy is loaded.
//! - The site's own requests are the same as without the proxy.
//!
//! Behind the gate alone, the hosts count that the document names outside of its scripts, and with
//! scripts switched off every host does. The Content-Security-Policy alone can't stop a navigation or a
//! connection ahead of requests. XML documents, and own addresses that redirect to others, are beyond
//! the gate.
//!
//! `ALL_SITES=1` shows everything; otherwise one page of three templates, one service of each site, and
//! the templates with consent in one mode. `SITES=traps` shows one group of pages.

mod fixtures;
mod memory;
mod named;
mod rounds;
mod templates;

use std::{env, net::SocketAddr};

use self::rounds::{Group, Rounds};
use crate::support::{
    browser::{Browser, Kind, in_chromium_first},
    django::Django,
    hosts::Hosts,
    process::{Server, example, of_crate},
};

in_chromium_first!(other_hosts_are_asked_with_consent_only);

/// The names that a site has in the browser: alone, and behind the proxy.
pub(crate) const MODES: [&str; 3] = ["both", "gate", "csp"];

fn is_complete() -> bool {
    env::var_os("ALL_SITES").is_some()
}

/// Puts a site behind the proxy in each mode. It is `MODE.SITE.localhost`, and `plain.SITE.localhost`
/// without one.
fn publish(hosts: &Hosts, site: &str, server: SocketAddr) -> Vec<Server> {
    hosts.pass(&format!("plain.{site}.localhost"), server);
    let publish = |mode: &&str| {
        let proxy = Server::start(
            example("reverse_proxy")
                .args(["--listen", "127.0.0.1:0", "--undeclared", "allow"])
                .args(["--upstream", &format!("http://{server}")])
                .args(["--pages", "/cookies", "--documents", mode])
                .arg("--policy")
                .arg(of_crate("tests/data/sites/policy.json"))
                .env("RUST_LOG", "off"),
        );
        hosts.pass(&format!("{mode}.{site}.localhost"), proxy.address());
        proxy
    };
    MODES.iter().map(publish).collect()
}

fn groups() -> Vec<Group> {
    let mut pages = Vec::new();
    for template in templates::TEMPLATES.iter().filter(|it| it.is_shown()) {
        let count = if is_complete() {
            template.pages.len()
        } else {
            1
        };
        let shown = template.pages[..count].iter();
        pages.extend(shown.map(|page| format!("/{}/{page}", template.name)));
    }
    let traps = ["/traps/", "/traps/away.html"].map(str::to_owned);
    vec![
        Group {
            site: "fixtures",
            pages: traps.to_vec(),
            services: &["films"],
            has_traps: true,
        },
        Group {
            site: "fixtures",
            pages: vec!["/strict/".to_owned()],
            services: &["youtube", "google-fonts"],
            has_traps: true,
        },
        Group {
            site: "django",
            pages: vec!["/media/".to_owned()],
            services: &["youtube", "google-maps", "google-fonts", "google-analytics"],
            has_traps: true,
        },
        Group {
            site: "fixtures",
            pages,
            services: &[
                "google-fonts",
                "google-maps",
                "font-awesome",
                "jsdelivr",
                "cdnjs",
            ],
            has_traps: false,
        },
    ]
}

/// `SITES=traps` shows only the groups of pages whose paths contain the word.
fn is_wanted(group: &Group) -> bool {
    let Ok(word) = env::var("SITES") else {
        return true;
    };
    group.pages.iter().any(|page| page.contains(&*word))
}

fn other_hosts_are_asked_with_consent_only(kind: Kind) {
    let (Some(folders), Some(django)) = (templates::unpacked(), Django::start()) else {
        return;
    };
    let Some(hosts) = Hosts::start_with_tls() else {
        return;
    };
    let Some(browser) = Browser::start_behind(kind, hosts.address) else {
        return;
    };
    // Images that load late are in view.
    browser.resize(1280, 6000);
    let fixtures = fixtures::start(folders);
    let _proxies = [
        publish(&hosts, "fixtures", fixtures),
        publish(&hosts, "django", django.address()),
    ];
    let mut rounds = Rounds::of(&browser, kind, &hosts);
    for group in groups().into_iter().filter(is_wanted) {
        rounds.show(&group);
    }
    rounds.finish();
}
