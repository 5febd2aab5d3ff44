//! Requests to other hosts, recorded by `tests/data/har/third_parties.py`: Chromium on one page, behind
//! the proxy without the gate and with it.

use std::collections::BTreeMap;

use tower_cookie_consent::{conformance::Finding, policy::Service};

use super::*;

fn kit() -> Conformance {
    let policy = include_str!("../../data/har/policy.json");
    Conformance::new(serde_json::from_str::<CookiePolicy>(policy).unwrap())
}

fn third_parties(report: &Report) -> Vec<&Finding> {
    let all = report.findings();
    all.filter(|finding| finding.header == "request").collect()
}

#[test]
fn requests_before_consent_are_found_with_their_pages() {
    let har = include_str!("../../data/har/third_parties.har");
    let report = kit().check_har(har).unwrap();
    let mut pages: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for finding in third_parties(&report) {
        let origin = finding.origin.as_deref().unwrap();
        let service = finding.service.as_deref().unwrap_or("-");
        let requests = finding.requests.iter().map(String::as_str);
        pages
            .entry(format!("{} {origin} {service}", finding.requirement.id()))
            .or_default()
            .extend(requests);
    }
    let all = vec!["GET /", "GET /one", "GET /all", "GET /after"];
    let refused = vec!["GET /", "GET /one", "GET /after"];
    let expected = [
        // Films were allowed on `/one`, and maps are another service of that category.
        ("one-service http://maps.test maps", vec!["GET /one"]),
        ("third-parties http://count.test count", refused.clone()),
        (
            "third-parties http://maps.test maps",
            vec!["GET /", "GET /after"],
        ),
        ("third-parties http://nobody.test -", all.clone()),
        (
            "third-parties http://www.films.test films",
            vec!["GET /", "GET /after"],
        ),
        ("third-parties https://www.google-analytics.com -", all),
    ];
    let expected = expected.map(|(key, pages)| (key.to_owned(), pages));
    assert_eq!(pages, BTreeMap::from(expected), "{report}");
    let known = third_parties(&report)
        .into_iter()
        .find(|it| it.origin.as_deref() == Some("https://www.google-analytics.com"));
    let why = &known.unwrap().why;
    assert!(why.contains("{\"use\": \"google-analytics\"}"), "{why}");
    let situations: Vec<_> = report.findings().map(|it| &*it.situation).collect();
    assert!(situations.contains(&"before a choice"), "{situations:?}");

    assert!(har.contains("m4rk3r"));
    let json = serde_json::to_string(&report).unwrap();
    for text in [report.to_string(), json, report.to_junit()] {
        assert!(!text.contains("m4rk3r"), "{text}");
    }
}

#[test]
fn with_the_gate_no_request_is_found() {
    let har = include_str!("../../data/har/third_parties_gated.har");
    // It asks what was allowed, and the necessary service on every page.
    for (host, count) in [("www.films.test", 2), ("maps.test", 1), ("shop.test", 4)] {
        let start = format!("\"url\": \"http://{host}/");
        assert_eq!(har.matches(&start).count(), count, "{host}");
    }
    let report = kit().check_har(har).unwrap();
    assert_eq!(third_parties(&report).len(), 0, "{report}");
    for requirement in [Requirement::ThirdParties, Requirement::OneService] {
        assert_eq!(report.outcome(requirement), Outcome::Held, "{report}");
    }
}

/// The second of a request, its address and its headers.
type Sent<'a> = (u32, &'a str, &'a [(&'a str, &'a str)]);

/// A capture in which the visitor allows a film, and what other hosts are asked.
fn capture(requests: &[Sent<'_>]) -> String {
    let entry = |(second, url, headers): &Sent<'_>| {
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect();
        json!({
            "startedDateTime": format!("2026-11-23T12:00:{second:02}.000Z"),
            "pageref": "p",
            "request": {"method": "GET", "url": url, "headers": headers},
            "response": {"status": 200, "headers": []},
        })
    };
    let entries: Vec<_> = requests.iter().map(entry).collect();
    json!({"log": {"entries": entries}}).to_string()
}

const SITE: &str = "https://www.shop.example/films";
const FILM: &str = "https://films.example/embed?m4rk3r";
const DOCUMENT: (&str, &str) = ("sec-fetch-dest", "document");
const NONE: (&str, &str) = ("cookie", "x=1");
/// At noon.
const ALLOWED: (&str, &str) = (
    "cookie",
    "cookies_preferences={\"films\":true,\"timestamp\":1795435200}",
);

fn found(requests: &[Sent<'_>]) -> Vec<String> {
    let films = Service::new("films").origins(["films.example"]);
    let count = Service::new("count").origins(["count.shop.example"]);
    let policy = CookiePolicy::new([
        Category::consent("media").service(films),
        Category::consent("measurement").service(count),
    ]);
    let kit = Conformance::new(policy.unwrap());
    let report = kit.check_har(&capture(requests)).unwrap();
    let all = third_parties(&report).into_iter();
    all.map(|it| format!("{} {}", it.request, it.origin.as_deref().unwrap()))
        .collect()
}

#[test]
fn the_consent_at_the_time_of_the_request_counts() {
    let film = "GET /films https://films.example";
    let page = |cookie| [(0, SITE, cookie)];
    for (first, then, expected) in [
        (&[DOCUMENT, NONE][..], &[(1, FILM, &[][..])][..], vec![film]),
        (&[DOCUMENT, ALLOWED], &[(1, FILM, &[])], vec![]),
        // A request without credentials says nothing about consent.
        (
            &[DOCUMENT, ALLOWED],
            &[(1, SITE, &[]), (2, FILM, &[])],
            vec![],
        ),
        // Preferences that a script stored at noon are first carried later.
        (
            &[DOCUMENT, NONE],
            &[(1, FILM, &[]), (2, SITE, &[ALLOWED])],
            vec![],
        ),
        // The frame's own requests are the frame's.
        (
            &[DOCUMENT, ALLOWED],
            &[(
                1,
                "https://inner.example/x",
                &[("Referer", "https://films.example/")],
            )],
            vec![],
        ),
        (
            &[DOCUMENT, NONE],
            &[(
                1,
                "https://inner.example/x",
                &[("Referer", "https://films.example/")],
            )],
            vec!["GET /films https://inner.example"],
        ),
        // The visitor goes to another site.
        (
            &[DOCUMENT, NONE],
            &[
                (1, "https://other.example/", &[DOCUMENT]),
                (2, "https://third.example/", &[]),
            ],
            vec![],
        ),
        // A capture that begins in the middle of a page.
        (
            &[NONE],
            &[(1, FILM, &[("referer", "https://www.shop.example/")])],
            vec![film],
        ),
        // Hosts of the site are its own, but a service may be one.
        (
            &[DOCUMENT, NONE],
            &[
                (1, "https://www.shop.example/x", &[NONE]),
                (1, "https://img.www.shop.example/x", &[]),
                (1, "https://shop.example/x", &[]),
            ],
            vec![],
        ),
    ] {
        let all: Vec<_> = page(first)
            .into_iter()
            .chain(then.iter().copied())
            .collect();
        assert_eq!(found(&all), expected, "{all:?}");
    }
}

#[test]
fn a_service_on_a_host_of_the_site_is_one() {
    let films = Service::new("count").origins(["count.www.shop.example"]);
    let policy = CookiePolicy::new([Category::consent("measurement").service(films)]).unwrap();
    let requests: [Sent<'_>; 2] = [
        (0, SITE, &[DOCUMENT, NONE]),
        (1, "https://count.www.shop.example/c?m4rk3r", &[]),
    ];
    let report = Conformance::new(policy)
        .check_har(&capture(&requests))
        .unwrap();
    let finding = third_parties(&report)[0];
    assert_eq!(finding.service.as_deref(), Some("count"), "{report}");
}

#[test]
fn only_requests_that_were_sent_are_found() {
    let entry = |more: Value, response: Value| {
        let mut entry = json!({
            "startedDateTime": "2026-11-23T12:00:01.000Z",
            "pageref": "p",
            "request": {"method": "GET", "url": FILM, "headers": []},
            "response": response,
        });
        let fields = entry.as_object_mut().unwrap();
        fields.extend(more.as_object().unwrap().clone());
        entry
    };
    let failed = |error: &str| json!({"status": 0, "headers": [], "_error": error});
    let reached = || json!({"serverIPAddress": "192.0.2.1"});
    let upgraded =
        json!({"status": 307, "headers": [{"name": "Non-Authoritative-Reason", "value": "HSTS"}]});
    for (entry, is_found) in [
        (entry(json!({}), failed("net::ERR_BLOCKED_BY_CSP")), false),
        (entry(json!({}), failed("net::ERR_ABORTED")), true),
        (entry(json!({}), json!({"status": 0, "headers": []})), false),
        (entry(reached(), json!({"status": 0, "headers": []})), true),
        (entry(json!({}), upgraded), false),
        (entry(reached(), Value::Null), true),
        (entry(json!({}), Value::Null), false),
    ] {
        let site: Value = serde_json::from_str(&capture(&[(0, SITE, &[DOCUMENT, NONE])])).unwrap();
        let mut har = site;
        har["log"]["entries"]
            .as_array_mut()
            .unwrap()
            .push(entry.clone());
        let policy = CookiePolicy::new([Category::consent("media")]).unwrap();
        let report = Conformance::new(policy)
            .check_har(&har.to_string())
            .unwrap();
        assert_eq!(third_parties(&report).len() == 1, is_found, "{entry}");
    }
}

#[test]
fn captures_without_pages_and_fetch_headers_are_read() {
    let entry = |second: u32, url: &str, kind: &str| {
        json!({
            "startedDateTime": format!("2026-11-23T12:00:{second:02}.000Z"),
            "request": {"method": "GET", "url": url, "headers": []},
            "response": {"status": 200, "headers": [{"name": "Content-Type", "value": kind}]},
        })
    };
    let entries = [
        entry(0, "https://early.example/x", "image/gif"),
        entry(1, "https://www.shop.example/one", "text/html"),
        entry(2, "https://a.example/x?m4rk3r", "image/gif"),
        entry(
            3,
            "https://www.shop.example/two",
            "text/html; charset=utf-8",
        ),
        entry(4, "https://b.example/frame", "text/html"),
        entry(5, "https://c.example/x", "image/gif"),
    ];
    let har = json!({"log": {"entries": entries}}).to_string();
    let policy = CookiePolicy::new([Category::consent("media")]).unwrap();
    let kit = Conformance::new(policy).host("www.shop.example");
    let report = kit.check_har(&har).unwrap();
    let found: Vec<_> = third_parties(&report)
        .into_iter()
        .map(|it| format!("{} {}", it.request, it.origin.as_deref().unwrap()))
        .collect();
    let expected = [
        "GET (unknown page) https://early.example",
        "GET /one https://a.example",
        "GET /two https://b.example",
        "GET /two https://c.example",
    ];
    assert_eq!(found, expected, "{report}");
}
