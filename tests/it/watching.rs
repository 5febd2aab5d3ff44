//! The portal's inventory and counters, after real traffic over HTTP.

use std::collections::BTreeMap;

use http::{
    HeaderMap, Method, Request,
    header::{COOKIE, SET_COOKIE},
};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};

use crate::support::{
    process,
    server::{Server, runtime},
};

/// The cells of each line of the inventory by name: category, set, received, withheld.
fn inventory(portal: &Server) -> BTreeMap<String, [String; 4]> {
    let page = portal.get("/debug/cookies");
    assert!(!page.headers().contains_key(SET_COOKIE));
    let table = page.body().split("\n\n").next().unwrap();
    let lines = table
        .lines()
        .skip(1)
        .take_while(|line| !line.starts_with("and about"));
    lines
        .map(|line| {
            let mut cells = line.split_whitespace().map(str::to_owned);
            let name = cells.next().unwrap();
            (name, std::array::from_fn(|_| cells.next().unwrap()))
        })
        .collect()
}

fn set_cookies(headers: &HeaderMap) -> Vec<String> {
    let fields = headers.get_all(SET_COOKIE).iter();
    fields
        .map(|field| {
            field
                .to_str()
                .unwrap()
                .split('=')
                .next()
                .unwrap()
                .to_owned()
        })
        .collect()
}

#[test]
fn the_inventory_of_the_portal_is_what_went_over_the_wire() {
    const VISITS: usize = 7;
    let portal = Server::start("portal");
    assert!(inventory(&portal).is_empty());

    let mut left = BTreeMap::<String, usize>::new();
    let sent = "_ga=M4RK; _ga_PORTAIL=M4RK; sso=M4RK; tracker_1234567890=M4RK";
    for _ in 0..VISITS {
        for path in ["/", "/connexion?q=M4RK", "/not-there"] {
            let page = portal.send(Method::GET, path, &[(COOKIE, sent)], "");
            for name in set_cookies(page.headers()) {
                *left.entry(name).or_default() += 1;
            }
        }
    }

    let all = (VISITS * 3).to_string();
    let seen = inventory(&portal);
    let cells = |name: &str| seen[name].each_ref().map(String::as_str);
    // Sent by this client …
    for name in ["_ga", "_ga_*"] {
        let [category, _, received, _] = cells(name);
        assert_eq!((category, received), ("tiers", all.as_str()), "{name}");
    }
    assert_eq!(cells("sso"), ["undeclared", "0", all.as_str(), "0"]);
    assert_eq!(cells("tracker_*"), ["undeclared", "0", all.as_str(), "0"]);
    // … set by the service and withheld, including undeclared ones …
    assert_eq!(cells("ab_test"), ["undeclared", &all, "0", &all]);
    assert_eq!(cells("_ga")[1], all);
    // … and set and sent.
    for (name, times) in &left {
        let row = seen.get(name).or_else(|| seen.get("_pk_id.*"));
        let [_, set, _, withheld] = row.unwrap_or_else(|| panic!("{name} in {seen:?}"));
        assert_eq!(
            (set, withheld.as_str()),
            (&times.to_string(), "0"),
            "{name}"
        );
    }
    assert!(!left.is_empty());
    for (name, cells) in &seen {
        let is_told = left.contains_key(name) || cells[1] == "0" || cells[3] != "0";
        assert!(is_told || name == "_pk_id.*", "{name}");
    }

    let page = portal.get("/debug/cookies").into_body();
    for part in [
        "\"name\": \"ab_test\"",
        "\"name\": \"tracker_*\"",
        "never seen: django_language",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert!(
        page.contains(" /connexion\n") || page.contains(" /connexion "),
        "{page}"
    );
    assert!(
        !page.contains("not-there"),
        "a path that the client made up"
    );
    let metrics = portal.get("/metrics").into_body();
    let line = format!(
        "cookie_consent_withheld_total{{category=\"undeclared\",reason=\"undeclared\"}} {all}"
    );
    assert!(metrics.contains(&line), "{metrics}");
    assert!(!(page + &metrics).contains("M4RK"));
}

#[test]
fn the_portals_log_says_why_a_cookie_vanished() {
    let mut command = process::example("portal");
    command
        .args(["--listen", "127.0.0.1:0"])
        .env("RUST_LOG", "tower_cookie_consent=debug");
    let mut portal = Server {
        temporary: None,
        process: process::Server::start(&mut command),
    };
    portal.send(
        Method::GET,
        "/connexion?q=M4RK",
        &[(COOKIE, "_ga=M4RK")],
        "",
    );
    portal.process.terminate();
    assert!(portal.process.wait().success());
    let log = portal.process.told();
    for parts in [
        &["withheld \"_ga\" from Cookie (category \"tiers\"): the visitor has not chosen yet"][..],
        &[
            "withheld the Set-Cookie of \"ab_test\"",
            "CookieDeclaration::new(\"ab_test\")",
        ],
    ] {
        let parts = parts.iter().chain(&["path=\"/connexion\""]);
        let has_all = |line: &&str| parts.clone().all(|part| line.contains(part));
        assert_eq!(log.lines().filter(has_all).count(), 1, "{log}");
    }
    assert!(!log.contains("M4RK"), "{log}");
}

#[test]
fn a_million_names_over_http_do_not_fill_the_portals_memory() {
    const EACH: usize = 500;
    let portal = Server::start("portal");
    portal.get("/");
    let before = portal.process.peak_memory();
    let url = portal.url("/icon.svg");
    runtime().block_on(async {
        let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
        for round in 0..1_000_000 / EACH {
            let cookies: Vec<_> = (0..EACH).map(|nth| format!("n{round}-{nth}x=1")).collect();
            let asked = Request::get(&url).header(COOKIE, cookies.join("; "));
            client
                .request(asked.body(Empty::new()).unwrap())
                .await
                .unwrap();
        }
    });
    let grown = portal.process.peak_memory() - before;
    assert!(grown < 64 << 10, "{grown} KiB");
    let page = portal.get("/debug/cookies").into_body();
    let rest = page
        .lines()
        .find(|line| line.starts_with("and about"))
        .unwrap();
    assert!(rest.ends_with("seen 999500 times"), "{rest}");
}
