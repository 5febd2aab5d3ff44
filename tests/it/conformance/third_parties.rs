//! What documents load from third parties without consent, with and without the gate.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use tower_cookie_consent::{
    conformance::{Finding, Outcome},
    documents::{Documents, HtmlConsentLayer},
};

use super::*;

fn films() -> CookiePolicy {
    let films = Service::new("films")
        .origins(["https://*.films.example"])
        .markers(["filmPlayer("]);
    let maps = Service::new("maps").origins(["https://maps.example"]);
    let cdn = Service::new("cdn").origins(["https://cdn.example"]);
    CookiePolicy::new([
        Category::necessary("base").service(cdn),
        Category::consent("media").services([films, maps]),
        Category::consent("ads"),
    ])
    .unwrap()
}

/// What a film breaks: it also loads after consent to maps.
const BOTH: [Requirement; 2] = [Requirement::ThirdParties, Requirement::OneService];

const FILM: &str = "https://www.films.example/m4rk3r?token=m4rk3r-v4lu3";

type Case = (&'static str, Vec<(&'static str, String)>, String);

/// A page that sends these fields and this document.
fn page(path: &str, fields: &[(&'static str, String)], document: &str) -> Router {
    let headers: HeaderMap = fields
        .iter()
        .map(|(name, value)| {
            let value = HeaderValue::from_str(value).unwrap();
            (HeaderName::from_static(name), value)
        })
        .collect();
    let document = document.to_owned();
    let answer = async move || -> Response { (headers, Html(document)).into_response() };
    Router::new().route(path, get(answer))
}

/// The style sheets of the site.
fn sheets() -> Router {
    let sheet = |text: String| get(async move || ([(CONTENT_TYPE, "text/css")], text));
    Router::new()
        .route("/style.css", sheet("@import 'nested.css';".to_owned()))
        .route(
            "/nested.css",
            sheet(format!("p {{ background: url('{FILM}') }}")),
        )
        .route("/plain.css", sheet("p { color: red }".to_owned()))
}

fn home(fields: &[(&'static str, String)], document: &str) -> Router {
    sheets().merge(page("/", fields, document))
}

fn gated(site: Router, documents: Documents) -> Router {
    site.layer(HtmlConsentLayer::new().documents(documents))
        .layer(CookieConsentLayer::new(films()))
}

fn check_page(site: Router) -> Report {
    check(Conformance::new(films()), site)
}

fn parties(report: &Report) -> Vec<&Finding> {
    let all = report.findings();
    all.filter(|finding| finding.origin.is_some() || finding.element.is_some())
        .collect()
}

/// Each field or document, with the place that a finding names. `X` is the address.
fn cases() -> Vec<Case> {
    let document = |place: &'static str, html: &str| (place, vec![], html.replace('X', FILM));
    let header = |name: &'static str, value: &str| {
        (
            name,
            vec![(name, value.replace('X', FILM))],
            "<p>".to_owned(),
        )
    };
    let listed = include_str!("../../data/documents/loads.txt").lines();
    let mut cases: Vec<_> = listed
        .filter_map(|line| line.split_once('\t'))
        .filter(|(place, html)| *place != "-" && !html.contains("x.example"))
        .map(|(place, html)| document(place, html))
        .collect();
    assert!(cases.len() > 40);
    cases.extend([
        document("<script>", "<script>filmPlayer(1)</script>"),
        document(
            "the style sheet /nested.css",
            "<link rel=stylesheet href=/style.css>",
        ),
        document(
            "the style sheet /nested.css",
            "<style>@import '/style.css'</style>",
        ),
        header("link", "<X>; rel=preload; as=script"),
        header(
            "link",
            "</plain.css>; rel=preload; as=style, <X>; rel=preconnect",
        ),
        header("refresh", "5; url=X"),
        header(
            "report-to",
            r#"{"max_age": 60, "endpoints": [{"url": "X"}]}"#,
        ),
        header("reporting-endpoints", r#"main="X""#),
        header("speculation-rules", "\"X\""),
        (
            "nel",
            vec![
                (
                    "report-to",
                    format!(
                        r#"{{"group": "g", "max_age": 60, "endpoints": [{{"url": "{FILM}"}}]}}"#
                    ),
                ),
                ("nel", r#"{"report_to": "g", "max_age": 60}"#.to_owned()),
            ],
            "<p>".to_owned(),
        ),
    ]);
    cases
}

/// The cases as pages of one site, and its paths.
fn site_of(cases: &[Case]) -> (Router, Vec<String>) {
    let pages = cases.iter().zip(0..).map(|((_, fields, html), number)| {
        let path = format!("/{number}");
        (page(&path, fields, html), path)
    });
    let (pages, paths): (Vec<_>, Vec<_>) = pages.unzip();
    let site = pages.into_iter().fold(sheets(), Router::merge);
    (site, paths)
}

#[test]
fn every_kind_fails_without_the_gate_and_passes_with_it() {
    // A finding lists up to 20 requests.
    for cases in cases().chunks(20) {
        let (site, paths) = site_of(cases);
        let kit = || Conformance::new(films()).visit(&paths);
        let report = check(kit(), site.clone());
        for ((place, _, html), path) in cases.iter().zip(&paths) {
            let request = format!("GET {path}");
            let found = parties(&report);
            let finding = found.iter().find(|finding| {
                finding.element.as_deref() == Some(place) && finding.requests.contains(&request)
            });
            let finding = finding.unwrap_or_else(|| panic!("{place} {html}\n{report}"));
            assert_eq!(finding.service.as_deref(), Some("films"), "{html}");
            let origin = finding.origin.as_deref();
            let is_named = origin == Some("https://www.films.example");
            assert!(is_named || *place == "<script>", "{html}");
            let why = &finding.why;
            let is_fixed = why.contains("HtmlConsentLayer") && why.contains("\"films\"");
            assert!(is_fixed, "{why}");
            assert_eq!(finding.requirement, Requirement::ThirdParties, "{report}");
            assert_eq!(finding.situation, "before a choice");
        }
        let told = format!("{report}{}", serde_json::to_string(&report).unwrap());
        assert!(!told.contains("m4rk3r"), "{told}");

        let report = check(kit(), gated(site, Documents::Both));
        assert!(parties(&report).is_empty(), "{report}");
        let outcome = report.outcome(Requirement::ThirdParties);
        assert_eq!(outcome, Outcome::Held, "{report}");
    }
}

#[test]
fn the_policy_alone_stops_requests() {
    for html in [
        "<img src=X>",
        "<script>filmPlayer(1)</script>",
        "<link rel=stylesheet href=/style.css>",
        "<iframe srcdoc=\"<img src='X'>\"></iframe>",
    ] {
        let site = home(&[], &html.replace('X', FILM));
        check_page(gated(site.clone(), Documents::Csp)).assert_ok();
        // A policy of the site's own counts as well.
        let own = [(
            "content-security-policy",
            "default-src 'self'; script-src 'self' 'unsafe-inline'".to_owned(),
        )];
        check_page(home(&own, &html.replace('X', FILM))).assert_ok();
        let wide = [("content-security-policy", "default-src *".to_owned())];
        assert!(!check_page(home(&wide, &html.replace('X', FILM))).is_ok());
        let report_only = [(
            "content-security-policy-report-only",
            "default-src 'self'".to_owned(),
        )];
        assert!(!check_page(home(&report_only, &html.replace('X', FILM))).is_ok());
    }
    // No policy stops these.
    for html in [
        "<link rel=preconnect href=X>",
        "<meta http-equiv=refresh content='0;url=X'>",
    ] {
        let site = gated(home(&[], &html.replace('X', FILM)), Documents::Csp);
        assert_eq!(broken(&check_page(site)), BOTH);
    }
}

#[test]
fn consent_to_one_service_loads_no_other() {
    const EACH: &str = "<img src=https://www.films.example/><img src=https://maps.example/>";
    // The category is asked, and not the service.
    let lax = async |consent: tower_cookie_consent::Consent| {
        let any = consent.allows("films") || consent.allows("maps");
        Html(if any { EACH } else { "" })
    };
    let site = Router::new()
        .route("/", get(lax))
        .layer(CookieConsentLayer::new(films()));
    let report = check_page(site);
    assert_eq!(broken(&report), BOTH, "{report}");
    let found: BTreeSet<_> = parties(&report)
        .iter()
        .map(|it| (it.situation.clone(), it.service.clone().unwrap()))
        .collect();
    let expected = [
        ("after consent to the service \"films\"", "maps"),
        ("after consent to the service \"maps\"", "films"),
        (
            "after consent to \"media\" and refusal of its service \"films\"",
            "films",
        ),
        (
            "after consent to \"media\" and refusal of its service \"maps\"",
            "maps",
        ),
    ];
    let expected = expected.map(|(situation, loaded)| (situation.to_owned(), loaded.to_owned()));
    assert_eq!(found, BTreeSet::from(expected));

    let exact = async |consent: tower_cookie_consent::Consent| {
        let films = "<img src=https://www.films.example/>";
        Html(if consent.allows("films") { films } else { "" })
    };
    let site = Router::new()
        .route("/", get(exact))
        .layer(CookieConsentLayer::new(films()));
    let report = check_page(site);
    report.assert_ok();
    assert_eq!(report.outcome(Requirement::OneService), Outcome::Held);
}

#[test]
fn cookies_of_the_category_need_more_than_one_service() {
    let media = Category::consent("media").cookie(CookieDeclaration::new("media"));
    let policy = CookiePolicy::new([media.service(Service::new("films"))]).unwrap();
    let takes_one_for_all = async |request: Request, next: Next| {
        let sent = request.headers().get(COOKIE);
        let sent = sent.map_or("", |sent| sent.to_str().unwrap());
        let films = sent.contains("%22films%22%3Atrue");
        let mut response = next.run(request).await;
        if films {
            append(response.headers_mut(), "media=1; Path=/");
        }
        response
    };
    let site = Router::new()
        .route("/", get(async || ()))
        .layer(CookieConsentLayer::new(policy.clone()))
        .layer(from_fn(takes_one_for_all));
    let report = check(Conformance::new(policy), site);
    assert_eq!(broken(&report), [Requirement::OneService], "{report}");
    let finding = report.findings().next().unwrap();
    assert_eq!(finding.cookie.as_deref(), Some("media"));
}

#[test]
fn undeclared_origins_are_nobodys() {
    let report = check_page(home(&[], "<img src=https://pixel.example/x?m4rk3r>"));
    let found = parties(&report);
    let finding = found[0];
    assert_eq!(finding.origin.as_deref(), Some("https://pixel.example"));
    assert_eq!(finding.service, None);
    assert!(finding.why.contains("no service declares"), "{report}");
    assert!(finding.why.contains("declare a service with this origin"));
    let report = check_page(home(
        &[],
        "<iframe src=https://player.vimeo.com/video/1></iframe>",
    ));
    let why = &parties(&report)[0].why;
    assert!(
        why.contains("{\"use\": \"vimeo\"} in a category for media"),
        "{why}"
    );
    // After acceptance too.
    let count = parties(&report)[0].count;
    assert!(count > 20, "{count}: in every situation");
}

#[test]
fn own_and_necessary_content_loads() {
    let html = "<base href=/x/><img src=a><img src=//localhost/b><img src=http://localhost/c>\
        <script src=https://cdn.example/x.js></script><a href=https://www.films.example/>f</a>\
        <form action=https://www.films.example/></form><img src='data:image/png;base64,'>";
    let report = check_page(home(&[], html));
    report.assert_ok();
    assert_eq!(report.outcome(Requirement::ThirdParties), Outcome::Held);
    let after = check(
        Conformance::new(films()),
        home(&[], "<img src=https://www.films.example/>"),
    );
    assert!(!after.is_ok());
}

#[test]
fn other_documents_are_read_as_what_they_are() {
    for (media, text) in [
        (
            "application/xhtml+xml",
            "<h:html xmlns:h='http://www.w3.org/1999/xhtml'><h:img src='X'/></h:html>",
        ),
        (
            "image/svg+xml",
            "<svg xmlns='http://www.w3.org/2000/svg'><image href='X'/></svg>",
        ),
    ] {
        let text = text.replace('X', "https://www.films.example/x");
        let answer = async move || ([(CONTENT_TYPE, media)], text);
        let site = Router::new().route("/", get(answer));
        let report = check_page(site.clone());
        assert_eq!(broken(&report), BOTH, "{media}");
        check_page(gated(site, Documents::Both)).assert_ok();
    }
    let json = async || {
        (
            [(CONTENT_TYPE, "application/json")],
            "\"<img src=https://x.example>\"",
        )
    };
    check_page(Router::new().route("/", get(json))).assert_ok();
    let wide: Vec<u8> = "<img src=https://www.films.example/>"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let answer = async move || ([(CONTENT_TYPE, "text/html; charset=utf-16le")], wide);
    let report = check_page(Router::new().route("/", get(answer)));
    assert_eq!(broken(&report), BOTH, "{report}");
}

#[test]
fn a_compressed_body_is_a_failure() {
    let fields = [("content-encoding", "gzip".to_owned())];
    let report = check_page(home(&fields, "x"));
    assert!(!report.is_ok());
    assert!(report.failures()[0].contains("gzip"), "{report}");
    let packed = async || {
        let fields = [(CONTENT_TYPE, "text/css"), (CONTENT_ENCODING, "gzip")];
        (fields, "x")
    };
    let link = "<link rel=stylesheet href=/packed.css>";
    let report = check_page(home(&[], link).route("/packed.css", get(packed)));
    let failures = report.failures();
    assert!(
        failures[0].contains("GET /packed.css: a style sheet in the content coding \"gzip\""),
        "{report}"
    );
}

#[test]
fn an_inventory_has_the_sites_that_documents_load_from() {
    let inventory = tower_cookie_consent::Inventory::new();
    let other = "https://other.example/m4rk3r.js";
    let document = format!("<iframe src={FILM}></iframe><script src={other}></script>");
    let kit = Conformance::new(films()).visit(["/"]).inventory(&inventory);
    check(kit, home(&[], &document));
    let report = inventory.report();
    let rows: Vec<_> = report
        .third_parties()
        .iter()
        .map(|row| (&*row.origin, row.service.as_deref(), row.loaded > 0))
        .collect();
    assert_eq!(
        rows,
        [
            ("https://other.example", None, true),
            ("https://www.films.example", Some("films"), true),
        ]
    );
    let row = &report.third_parties()[1];
    assert_eq!(row.elements, ["<iframe src>"], "{row:?}");
    assert!(!report.to_string().contains("m4rk3r"), "{report}");
}
