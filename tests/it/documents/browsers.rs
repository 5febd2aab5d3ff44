//! What real browsers request of other hosts, all of which are played on loopback.

use std::{env, time::Duration};

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookiePolicy,
    documents::{Documents, HtmlConsentLayer},
    policy::Service,
};

use super::{Origin, cookie};
use crate::{
    spellings::{Row, rows},
    support::{
        at,
        browser::{Browser, Kind},
        hosts::{Asked, Hosts, Page},
    },
};

/// Rows whose requests only scripts make up: for the Content-Security-Policy.
const MADE_UP: [&str; 4] = [
    "script-document-write",
    "script-new-image",
    "script-module-import",
    "event-attribute-runs",
];

/// Without `ALL_SPELLINGS`, one of so many rows is shown.
const STRIDE: usize = 25;

const QUIET: Duration = Duration::from_millis(150);

const ALL: [Documents; 3] = [Documents::Both, Documents::Gate, Documents::Csp];

fn policy() -> CookiePolicy {
    let films = Service::new("films").origins(["http://films.test", "http://*.films.test"]);
    let maps = Service::new("maps").origins(["http://maps.test"]);
    CookiePolicy::new([Category::consent("media").services([films, maps])]).unwrap()
}

/// The page behind the layers, as they send it to a visitor with these answers.
fn behind<'a>(address: &'a str, document: String, documents: Documents, answers: &str) -> Page<'a> {
    let layer = HtmlConsentLayer::new().documents(documents);
    let consent = CookieConsentLayer::new(policy()).with_clock(|| at(super::NOW));
    let site = Origin::html(document).router().layer(layer).layer(consent);
    let request = Request::get(address)
        .header("cookie", cookie(answers))
        .header("sec-fetch-dest", "document")
        .body(Body::empty())
        .unwrap();
    futures_executor::block_on(async {
        let (parts, body) = site.oneshot(request).await.unwrap().into_parts();
        let policies = parts.headers.get_all("content-security-policy").into_iter();
        let head = policies.map(|policy| {
            let policy = policy.to_str().unwrap();
            format!("Content-Security-Policy: {policy}\r\n")
        });
        // A document that can be read in two ways ends where that begins.
        let document = match body.collect().await {
            Ok(body) => String::from_utf8(body.to_bytes().to_vec()).unwrap(),
            Err(_) => String::new(),
        };
        Page {
            address,
            head: head.collect(),
            document,
        }
    })
}

fn shown() -> Vec<Row> {
    let stride = if env::var_os("ALL_SPELLINGS").is_some() {
        1
    } else {
        STRIDE
    };
    rows().into_iter().step_by(stride).collect()
}

/// No spelling of an address makes a browser ask another host before there is consent.
fn spellings_are_held(kind: Kind) {
    let hosts = Hosts::start();
    let Some(browser) = Browser::start_behind(kind, hosts.address) else {
        return;
    };
    let mut leaks = Vec::new();
    for row in &shown() {
        for documents in ALL {
            let is_for_policy = MADE_UP.contains(&row.text("id"));
            if is_for_policy && documents == Documents::Gate {
                continue;
            }
            let page = behind(row.text("base"), row.document(), documents, "");
            let mut asked = hosts.show(&browser, page, &Asked::new(), QUIET);
            // The site's own, over TLS.
            asked.remove("own.test:443");
            // No directive for loads stops a navigation, or a connection ahead.
            let markup = row.text("markup").to_ascii_lowercase();
            let is_beside = ["connect", "refresh"]
                .iter()
                .any(|word| markup.contains(word));
            let is_expected = documents == Documents::Csp && is_beside;
            if !(asked.is_empty() || is_expected) {
                leaks.push(format!("{documents:?} {}: {asked:?}", row.text("id")));
            }
        }
    }
    assert!(leaks.is_empty(), "{kind:?} asked\n{}", leaks.join("\n"));
}

#[test]
fn chromium_asks_no_other_host_before_consent() {
    spellings_are_held(Kind::Chromium);
}

#[test]
fn firefox_asks_no_other_host_before_consent() {
    spellings_are_held(Kind::Firefox);
}

/// A page with two services, a tracker that nobody declares, and a script that makes up a request.
const PAGE: &str = "<!doctype html><title>t</title><link rel=stylesheet href=http://i.films.test/s.css>\
    <iframe src=http://films.test/embed></iframe><img src=http://maps.test/1.png>\
    <script src=http://tracker.test/t.js></script><script>new Image().src = 'http://made-up.test/x'</script>\
    <script>new WebSocket('ws://live.films.test/x')</script>";

/// A WebSocket is asked for by `CONNECT`.
const SOCKET: &str = "live.films.test:80";

fn set(hosts: &[&str]) -> Asked {
    hosts.iter().map(|host| (*host).to_owned()).collect()
}

fn services_load_with_consent(kind: Kind) {
    let hosts = Hosts::start();
    let Some(browser) = Browser::start_behind(kind, hosts.address) else {
        return;
    };
    for documents in ALL {
        for (answers, services) in [
            ("", &[][..]),
            (r#""films":true,"#, &["films.test", "i.films.test", SOCKET]),
            (r#""media":true,"films":false,"#, &["maps.test"]),
            (
                r#""media":true,"#,
                &["films.test", "i.films.test", SOCKET, "maps.test"],
            ),
            (r#""media":false,"#, &[]),
        ] {
            let mut expected = set(services);
            if documents == Documents::Gate {
                // What a script makes up, no gate can see.
                expected.insert("made-up.test".to_owned());
                expected.insert(SOCKET.to_owned());
            }
            let page = behind("http://own.test/page", PAGE.to_owned(), documents, answers);
            let asked = hosts.show(&browser, page, &expected, QUIET);
            assert_eq!(asked, expected, "{kind:?} {documents:?} {answers}");
        }
    }
    // Without the layer, the browser asks all of them.
    let page = Page {
        address: "http://own.test/page",
        head: String::new(),
        document: PAGE.to_owned(),
    };
    let all = set(&[
        "films.test",
        "i.films.test",
        SOCKET,
        "made-up.test",
        "maps.test",
        "tracker.test",
    ]);
    assert_eq!(hosts.show(&browser, page, &all, QUIET), all, "{kind:?}");
}

#[test]
fn chromium_loads_exactly_the_granted_services() {
    services_load_with_consent(Kind::Chromium);
}

#[test]
fn firefox_loads_exactly_the_granted_services() {
    services_load_with_consent(Kind::Firefox);
}
