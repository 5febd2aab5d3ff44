//! What real browsers report of a Content-Security-Policy, in the inventory and on its page.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use axum::{Router, body::Body, response::Html, routing::get};
use http::{HeaderMap, HeaderValue, Request, StatusCode, header::CONTENT_SECURITY_POLICY};
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookiePolicy, Inventory, documents::HtmlConsentLayer,
    observe::ThirdPartyRow, pages::Pages, policy::Service,
};

use super::third::{QUIET, Third};
use crate::support::{
    browser::{Browser, Kind, in_chromium_first},
    hosts::Hosts,
    process::PATIENCE,
    server::serve,
};

in_chromium_first!(what_scripts_load_is_reported);

/// A site with a script that asks two others, and the inventory of what browsers say about it.
struct Site {
    address: SocketAddr,
    inventory: Inventory,
    films: String,
    unknown: String,
}

impl Site {
    /// With `None`, the site sends a policy of its own, which reports in the newer format.
    fn start(layer: Option<HtmlConsentLayer>, films: &str, unknown: &str) -> Self {
        let service = Service::new("films").origins([films]);
        let media = Category::consent("media").title("Media");
        let media = media.description("Films.").service(service);
        let policy = CookiePolicy::new([media]).unwrap();
        let inventory = Inventory::new();
        let pages = Pages::at("/cookies", policy.clone()).unwrap();
        let pages = pages.browser_reports(inventory.clone());
        // No markup names them.
        let page = format!(
            "<!doctype html><title>t</title><script>\
             new Image().src = '{films}/' + 'img?secret=1';\
             document.head.append(Object.assign(document.createElement('script'), \
             {{ src: '{unknown}/' + 'x.js' }}))</script>"
        );
        let mut fields = HeaderMap::new();
        if layer.is_none() {
            let own = HeaderValue::from_static("default-src 'self' 'unsafe-inline'; report-to own");
            fields.insert(CONTENT_SECURITY_POLICY, own);
            let endpoints = HeaderValue::from_static("own=\"/cookies/reports\"");
            fields.insert("reporting-endpoints", endpoints);
        }
        let router = Router::new()
            .route("/a/page", get(async move || (fields, Html(page))))
            .nest_service("/cookies", pages.clone());
        let router = match layer {
            Some(layer) => router.layer(layer.pages(pages)),
            None => router,
        };
        let router = router.layer(CookieConsentLayer::new(policy));
        Self {
            address: serve(router),
            inventory,
            films: films.to_owned(),
            unknown: unknown.to_owned(),
        }
    }

    /// Waits for the row of this site.
    fn row(&self, third: &str) -> ThirdPartyRow {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let report = self.inventory.report();
            let mut rows = report.third_parties().iter();
            if let Some(row) = rows.find(|row| row.origin == third) {
                return row.clone();
            }
            assert!(Instant::now() < deadline, "nobody reports {third}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Checks both rows; returns the number of requests that were blocked, and only reported.
    fn check(&self) -> (u64, u64) {
        let (films, unknown) = (self.row(&self.films), self.row(&self.unknown));
        assert_eq!(films.service.as_deref(), Some("films"));
        assert_eq!(unknown.service, None);
        assert_eq!(films.directives, ["img-src"]);
        assert_eq!(unknown.directives, ["script-src-elem"]);
        assert_eq!((films.held, &films.elements), (0, &Vec::new()));
        assert_eq!([&films.paths, &unknown.paths], [&["/a/page"], &["/a/page"]]);
        let draft = self.inventory.report().service_draft();
        let drafted: Vec<_> = draft.services().iter().map(|it| &it.origins[..]).collect();
        assert_eq!(drafted, [[unknown.origin.clone()]], "{draft}");
        assert!(!self.inventory.report().to_string().contains("secret"));
        (films.blocked, films.reported)
    }
}

fn what_scripts_load_is_reported(kind: Kind) {
    let Some(browser) = Browser::start(kind) else {
        return;
    };
    let [films, unknown] = [Third::start(), Third::start()];
    for (report_only, counts) in [(false, (1, 0)), (true, (0, 1))] {
        let layer = HtmlConsentLayer::new().report_only(report_only);
        let site = Site::start(Some(layer), &films.url, &unknown.url);
        browser.go(&format!("http://{}/a/page", site.address));
        assert_eq!(site.check(), counts);
        thread::sleep(QUIET);
        assert_eq!(films.asked().is_empty(), !report_only);
    }
}

/// The newer format, which Chromium sends over TLS, and Firefox does not by default.
#[test]
fn reports_of_a_policy_of_the_sites_own_are_taken() {
    let Some(hosts) = Hosts::start_with_tls() else {
        return;
    };
    let Some(browser) = Browser::start_behind(Kind::Chromium, hosts.address) else {
        return;
    };
    let site = Site::start(None, "https://films.test", "https://unknown.test");
    hosts.pass("own.test", site.address);
    browser.go("https://own.test/a/page");
    assert_eq!(site.check(), (1, 0));
}

/// Sends a report as a browser does, but for what is given.
fn send(pages: &Router, fields: &[(&str, &str)], body: impl Into<Body>) -> StatusCode {
    let mut request = Request::post("/cookies/reports").header("host", "own.example");
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    let request = request.body(body.into()).unwrap();
    futures_executor::block_on(pages.clone().oneshot(request))
        .unwrap()
        .status()
}

const ONE: (&str, &str) = ("content-type", "application/csp-report");
const LIST: (&str, &str) = ("content-type", "application/reports+json");
const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");

const REPORT: &str = r#"{"csp-report": {"document-uri": "https://own.example/page?q=1",
    "effective-directive": "img-src", "blocked-uri": "https://x.example/1.png?id=2"}}"#;

fn pages(inventory: Option<&Inventory>) -> Router {
    let policy = CookiePolicy::new([Category::exempt("stats")]).unwrap();
    let pages = Pages::at("/cookies", policy.clone()).unwrap();
    let pages = match inventory {
        Some(inventory) => pages.browser_reports(inventory.clone()),
        None => pages,
    };
    Router::new()
        .nest_service("/cookies", pages)
        .layer(CookieConsentLayer::new(policy))
}

#[test]
fn endpoint_takes_only_what_browsers_send() {
    let inventory = Inventory::new();
    let site = pages(Some(&inventory));
    let described: serde_json::Value =
        serde_json::from_str(include_str!("../../../docs/openapi.json")).unwrap();
    for (fields, body, status) in [
        (&[ONE, OWN][..], REPORT.to_owned(), 204),
        (&[ONE], REPORT.to_owned(), 204),
        (&[LIST, OWN], "[]".to_owned(), 204),
        (
            &[ONE, ("sec-fetch-site", "cross-site")],
            REPORT.to_owned(),
            403,
        ),
        (
            &[ONE, ("origin", "https://evil.example")],
            REPORT.to_owned(),
            403,
        ),
        (&[OWN], REPORT.to_owned(), 415),
        (
            &[("content-type", "text/plain"), OWN],
            REPORT.to_owned(),
            415,
        ),
        (&[ONE, OWN], "{".to_owned(), 400),
        (&[ONE, OWN], format!("\u{feff}{REPORT}"), 400),
        (&[ONE, OWN], REPORT.replace("csp-report", "csp-x"), 400),
        (&[LIST, OWN], "[".repeat(60_000), 400),
        (
            &[LIST, OWN],
            format!(
                "[{{\"type\": \"csp-violation\", \"body\": {}",
                "[".repeat(60_000)
            ),
            400,
        ),
        (&[LIST, OWN], REPORT.to_owned(), 400),
        (&[ONE, OWN], " ".repeat(64 * 1024 + 1), 413),
    ] {
        assert_eq!(send(&site, fields, body), status, "{fields:?}");
        let known = &described["paths"]["/reports"]["post"]["responses"][&status.to_string()];
        assert!(known.is_object(), "{status} is not in docs/openapi.json");
    }
    let report = inventory.report();
    assert_eq!(report.third_parties().len(), 1);
    let row = &report.third_parties()[0];
    assert_eq!((&*row.origin, row.blocked), ("https://x.example", 2));
    assert_eq!(row.paths, ["/page"]);

    // Without an inventory there is no endpoint, and nothing else than `POST` has one.
    assert_eq!(send(&pages(None), &[ONE, OWN], REPORT), 404);
    let read = Request::get("/cookies/reports")
        .body(Body::empty())
        .unwrap();
    let answer = futures_executor::block_on(site.oneshot(read)).unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["allow"]),
        (405, &"POST".parse().unwrap())
    );
}

#[test]
fn ten_thousand_reports_take_bounded_memory() {
    let inventory = Inventory::new();
    let site = pages(Some(&inventory));
    for round in 0..100 {
        let reports = (0..100).map(|number| {
            format!(
                r#"{{"type": "csp-violation", "body": {{"documentURL": "https://own.example/{round}-{number}x",
                "blockedURL": "https://x{round}y{number}.example/{}", "effectiveDirective": "img-src"}}}}"#,
                "z".repeat(200)
            )
        });
        let list = format!("[{}]", reports.collect::<Vec<_>>().join(","));
        assert_eq!(send(&site, &[LIST, OWN], list), 204);
    }
    let report = inventory.report();
    assert_eq!(report.third_parties().len(), 250);
    assert_eq!(report.more_third_parties(), 9_750);
    assert!(!report.to_string().contains("zzz"));
}

#[test]
fn the_policy_asks_for_reports_where_they_are_taken() {
    let inventory = Inventory::new();
    let policy = CookiePolicy::new([Category::exempt("stats")]).unwrap();
    let csp = |pages: Pages, path: &str| {
        let site: Router = Router::new()
            .fallback(async || Html("<p>x"))
            .layer(HtmlConsentLayer::new().pages(pages))
            .layer(CookieConsentLayer::new(policy.clone()));
        let request = Request::get(path).header("sec-fetch-dest", "document");
        let request = request.body(Body::empty()).unwrap();
        let answer = futures_executor::block_on(site.oneshot(request)).unwrap();
        let field = &answer.headers()["content-security-policy"];
        let (_, rest) = field.to_str().unwrap().split_once("mediastream:").unwrap();
        rest.to_owned()
    };
    let pages = || Pages::at("/cookies", policy.clone()).unwrap();
    assert_eq!(csp(pages(), "/a/b"), "");
    let reporting = || pages().browser_reports(inventory.clone());
    assert_eq!(csp(reporting(), "/"), "; report-uri ./cookies/reports");
    assert_eq!(csp(reporting(), "/a/b"), "; report-uri ../cookies/reports");
}
