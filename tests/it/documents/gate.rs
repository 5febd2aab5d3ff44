//! What is held back, and the Content-Security-Policy behind it.

use axum::{Router, body::Body, response::Html};
use http::{Method, Request};
use tower_cookie_consent::{
    Consent, CookieConsentLayer, Expire,
    documents::{Documents, HtmlConsentLayer, UndeclaredOrigins},
};

use super::{NOW, Origin, PAGE, ask, cookie, get, heard, policy, site};
use crate::support::at;

const FILM: &str = "data-consent-src=\"https://www.films.example/embed/1\"";
const MAP: &str = "data-consent-src=https://tiles.maps.example/1.png";
const UNKNOWN: &str = "data-consent-src=\"//unknown.example/x.gif\"";
const CSP: &str = "default-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' data: blob: \
    mediastream: https://cdn.example wss://cdn.example";

#[test]
fn end_of_a_document_is_sent_too() {
    for page in [
        "<p>text",
        "<p>text<b",
        "<p>text<!-- a comment",
        "<p>text<a href=/x",
        "<script>own()",
        "<style>a{b:c}",
        "<noscript><p>text",
    ] {
        let answer = get(&Origin::html(page), HtmlConsentLayer::new(), "");
        assert_eq!(answer.text(), page);
    }
    // Held as well, where it does not end.
    let answer = get(
        &Origin::html("<p>text<script>new FilmPlayer(1)"),
        HtmlConsentLayer::new(),
        "",
    );
    let held = "<p>text<script data-consent=\"films\" type=\"text/plain\">new FilmPlayer(1)";
    assert_eq!(answer.text(), held);
}

#[test]
fn only_services_with_consent_load() {
    for (answers, held, sources) in [
        ("", &[FILM, MAP, UNKNOWN][..], ""),
        (
            r#""films":true,"#,
            &[MAP, UNKNOWN],
            " https://www.films.example https://*.cdn.films.example wss://www.films.example \
             wss://*.cdn.films.example",
        ),
        (
            r#""media":true,"films":false,"#,
            &[FILM, UNKNOWN],
            " https://tiles.maps.example wss://tiles.maps.example",
        ),
    ] {
        let answer = get(&Origin::html(PAGE), HtmlConsentLayer::new(), answers);
        for url in [FILM, MAP, UNKNOWN] {
            assert_eq!(
                answer.text().contains(url),
                held.contains(&url),
                "{answers} {url}"
            );
        }
        let policies = answer.all("content-security-policy");
        assert_eq!(policies.len(), 1, "{policies:?}");
        let mut expected: Vec<_> = format!("{CSP}{sources}")
            .split(' ')
            .map(str::to_owned)
            .collect();
        let mut found: Vec<_> = policies[0].split(' ').map(str::to_owned).collect();
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "{answers}");
        assert!(answer.text().contains("<script src=/own.js></script>"));
        assert!(
            answer
                .text()
                .contains("<script src=https://cdn.example/a.js></script>")
        );
    }
}

#[test]
fn inline_scripts_are_held_by_their_markers() {
    let held = get(&Origin::html(PAGE), HtmlConsentLayer::new(), "");
    assert!(
        held.text().contains("type=\"text/plain\""),
        "{}",
        held.text()
    );
    let loads = get(
        &Origin::html(PAGE),
        HtmlConsentLayer::new(),
        r#""films":true,"#,
    );
    assert!(
        loads
            .text()
            .contains("<script>new FilmPlayer('1')</script>")
    );
}

#[test]
fn a_script_of_two_services_waits_for_both() {
    let page = "<script>new FilmPlayer('1');MapView('2')</script>";
    for (answers, held) in [
        ("", Some("films maps")),
        (r#""films":true,"#, Some("maps")),
        (r#""maps":true,"#, Some("films")),
        (r#""media":true,"#, None),
    ] {
        let answer = get(&Origin::html(page), HtmlConsentLayer::new(), answers);
        let expected = match held {
            Some(ids) => page.replace(
                "<script",
                &format!("<script data-consent=\"{ids}\" type=\"text/plain\""),
            ),
            None => page.to_owned(),
        };
        assert_eq!(answer.text(), expected, "{answers}");
    }
}

#[test]
fn each_line_of_defence_works_alone() {
    let gate = get(
        &Origin::html(PAGE),
        HtmlConsentLayer::new().documents(Documents::Gate),
        "",
    );
    assert!(gate.text().contains(FILM) && gate.all("content-security-policy").is_empty());
    let csp = get(
        &Origin::html(PAGE),
        HtmlConsentLayer::new().documents(Documents::Csp),
        "",
    );
    assert_eq!(csp.text(), PAGE);
    assert_eq!(csp.all("content-security-policy"), [CSP]);
}

#[test]
fn the_sites_own_policy_stays_as_it_is() {
    let own = "script-src 'nonce-x' 'strict-dynamic'";
    let origin = Origin::html(PAGE).with("content-security-policy", own);
    let answer = get(&origin, HtmlConsentLayer::new(), "");
    assert_eq!(answer.all("content-security-policy"), [own, CSP]);
}

#[test]
fn headers_that_load_are_held_too() {
    let origin = Origin::html(PAGE)
        .with(
            "link",
            "<https://www.films.example/a.css>; rel=preload, </own.css>; rel=preload",
        )
        .with("refresh", "5; url=https://unknown.example/");
    let answer = get(&origin, HtmlConsentLayer::new(), "");
    assert_eq!(answer.all("link"), ["</own.css>; rel=preload"]);
    assert!(answer.all("refresh").is_empty());
}

#[test]
fn documents_that_are_not_html_get_the_policy_alone() {
    for kind in ["application/xhtml+xml", "image/svg+xml", "text/xml"] {
        let origin = Origin::page(&[("content-type", kind)], PAGE);
        let answer = get(&origin, HtmlConsentLayer::new(), "");
        assert_eq!(answer.text(), PAGE, "{kind}");
        assert_eq!(answer.all("content-security-policy"), [CSP], "{kind}");
    }
    let script = Origin::page(&[("content-type", "text/javascript")], "1");
    let headers = [("sec-fetch-dest", "worker")];
    let answer = ask(
        site(&script, HtmlConsentLayer::new()),
        Method::GET,
        &headers,
    );
    assert_eq!(answer.all("content-security-policy"), [CSP]);
}

#[test]
fn lists_of_types_are_documents_where_one_is() {
    for (kind, is_gated) in [
        ("text/plain, text/html", true),
        ("text/html charset=utf-8", true),
        ("text/html, text/plain", false),
    ] {
        let origin = Origin::page(&[("content-type", kind)], PAGE);
        let answer = get(&origin, HtmlConsentLayer::new(), "");
        assert_eq!(answer.text().contains(FILM), is_gated, "{kind}");
        assert_eq!(answer.all("content-security-policy"), [CSP], "{kind}");
    }
}

#[test]
fn other_responses_pass_as_they_are() {
    let fields = [
        ("content-type", "application/json"),
        ("content-encoding", "x-own"),
        ("etag", "\"v\""),
        ("last-modified", "x"),
        ("cache-control", "public"),
        ("link", "</own.css>; rel=preload"),
    ];
    let answer = get(&Origin::page(&fields, PAGE), HtmlConsentLayer::new(), "");
    assert_eq!(answer.text(), PAGE);
    for (name, value) in fields {
        assert_eq!(answer.all(name), [value]);
    }
    assert!(answer.all("content-security-policy").is_empty());
}

#[test]
fn report_only_changes_nothing_and_reports() {
    let origin = Origin::html(PAGE)
        .with("etag", "\"v\"")
        .with("last-modified", "x");
    let (layer, heard) = heard(HtmlConsentLayer::new().report_only(true));
    let answer = get(&origin, layer, "");
    assert_eq!(answer.text(), PAGE);
    assert_eq!(answer.all("etag"), ["\"v\""]);
    assert_eq!(answer.all("content-type"), ["text/html; charset=utf-8"]);
    assert_eq!(answer.all("content-security-policy-report-only"), [CSP]);
    assert!(answer.all("content-security-policy").is_empty());
    let heard = heard.lock().unwrap().clone();
    for line in [
        "held iframe https://www.films.example films /page (unchanged)",
        "held img https://tiles.maps.example maps /page (unchanged)",
        "undeclared img https://unknown.example - /page (unchanged)",
        "labelled script - films /page (unchanged)",
    ] {
        assert!(
            heard.contains(&line.to_owned()),
            "{line} is not in {heard:?}"
        );
    }
    assert_eq!(heard.len(), 4, "{heard:?}");
}

#[test]
fn undeclared_origins_load_where_that_is_allowed() {
    let layer = HtmlConsentLayer::new().undeclared_origins(UndeclaredOrigins::Allow);
    let answer = get(&Origin::html(PAGE), layer, "");
    assert!(answer.text().contains(FILM) && !answer.text().contains(UNKNOWN));
    assert!(answer.all("content-security-policy").is_empty());
}

#[test]
fn a_response_that_makes_a_choice_is_gated_under_both() {
    let origin = Origin::html(PAGE).with(
        "set-cookie",
        "cookies_preferences=%7B%22films%22%3Atrue%2C%22maps%22%3Afalse%2C%22timestamp%22%3A1795000000%7D; Path=/",
    );
    let answer = get(&origin, HtmlConsentLayer::new(), r#""maps":true,"#);
    assert!(answer.text().contains(FILM) && answer.text().contains(MAP));
    let answer = get(
        &origin,
        HtmlConsentLayer::new(),
        r#""films":true,"maps":true,"#,
    );
    assert!(!answer.text().contains(FILM) && answer.text().contains(MAP));
}

#[test]
fn fields_beyond_every_directive_are_dropped() {
    let fields = [
        ("refresh", "0; url=https://unknown.example/"),
        (
            "speculation-rules",
            "\"https://unknown.example/rules.json\"",
        ),
        ("reporting-endpoints", "a=\"https://unknown.example/a\""),
        ("link", "<https://unknown.example>; rel=preconnect"),
    ];
    for (kind, documents) in [
        ("text/html", Documents::Csp),
        ("application/xhtml+xml", Documents::Csp),
        ("application/xhtml+xml", Documents::Both),
        ("image/svg+xml", Documents::Gate),
        ("text/plain", Documents::Both),
        ("application/json", Documents::Gate),
    ] {
        let mut origin = Origin::page(&[("content-type", kind)], "<p/>");
        for (name, value) in fields {
            origin = origin.with(name, value);
        }
        origin = origin.with("link", "</own.css>; rel=preload");
        let layer = HtmlConsentLayer::new().documents(documents);
        let answer = get(&origin, layer.clone(), "");
        for (name, _) in &fields[..3] {
            assert!(answer.all(name).is_empty(), "{kind} {documents:?} {name}");
        }
        assert_eq!(answer.all("link"), ["</own.css>; rel=preload"], "{kind}");
        let answer = get(&origin, layer.report_only(true), "");
        assert_eq!(answer.all("link").len(), 2, "{kind}");
        assert_eq!(answer.all("refresh").len(), 1, "{kind}");
    }
}

#[test]
fn headers_are_filtered_whatever_becomes_of_the_document() {
    let html = ("content-type", "text/html; charset=utf-8");
    let utf_16 = ("content-type", "text/html; charset=utf-16le");
    let series = ("content-type", "multipart/x-mixed-replace; boundary=x");
    let layer = HtmlConsentLayer::new;
    for (origin, layer, status) in [
        (Origin::page(&[html], "").status(204), layer(), 204),
        (Origin::page(&[html], "").status(304), layer(), 304),
        (Origin::page(&[], "").status(304), layer(), 304),
        (Origin::page(&[html], PAGE).status(206), layer(), 416),
        (Origin::page(&[html], "").status(302), layer(), 302),
        (Origin::page(&[html], PAGE).status(500), layer(), 500),
        (
            Origin::page(&[html, ("content-encoding", "unheard-of")], PAGE),
            layer(),
            502,
        ),
        (Origin::page(&[utf_16], PAGE), layer(), 502),
        (
            Origin::page(&[utf_16], PAGE),
            layer().pass_other_charsets(true),
            200,
        ),
        (Origin::page(&[series], PAGE), layer(), 502),
    ] {
        let origin = origin
            .with(
                "link",
                "<https://unknown.example>; rel=preconnect, </own.css>; rel=preload",
            )
            .with("refresh", "0; url=https://unknown.example/")
            .with("reporting-endpoints", "a=\"https://unknown.example/a\"")
            .with("nel", r#"{"report_to":"a","max_age":9}"#);
        for documents in [Documents::Both, Documents::Gate] {
            let answer = get(&origin, layer.clone().documents(documents), "");
            let of = format!("{status} {:?} {documents:?}", origin.fields);
            assert_eq!(answer.status, status, "{of}");
            assert_eq!(answer.all("link"), ["</own.css>; rel=preload"], "{of}");
            for name in ["refresh", "reporting-endpoints", "nel"] {
                assert!(answer.all(name).is_empty(), "{name} {of}");
            }
        }
        let answer = get(&origin, layer.report_only(true), "");
        assert_eq!(answer.status, origin.status);
        for name in ["link", "refresh", "reporting-endpoints", "nel"] {
            assert_eq!(answer.all(name).len(), 1, "{name} {:?}", origin.fields);
        }
    }
}

#[test]
fn no_part_of_a_page_connects_ahead() {
    let link = "<https://fonts.unknown.example>; rel=preconnect, </own.woff2>; rel=preload, \
        <https://api.unknown.example/2>; rel=next";
    let left = "</own.woff2>; rel=preload, <https://api.unknown.example/2>; rel=next";
    for (asked, kind) in [
        ("style", "text/css"),
        ("script", "text/javascript"),
        ("image", "image/svg+xml"),
        ("empty", "application/json"),
        ("", "text/css"),
    ] {
        let origin = Origin::page(&[("content-type", kind)], "x").with("link", link);
        let headers = [("sec-fetch-dest", asked)];
        let answer = ask(
            site(&origin, HtmlConsentLayer::new()),
            Method::GET,
            &headers,
        );
        assert_eq!(answer.all("link"), [left], "{asked} {kind}");
        let layer = HtmlConsentLayer::new().report_only(true);
        let answer = ask(site(&origin, layer), Method::GET, &headers);
        assert_eq!(answer.all("link"), [link], "{asked} {kind}");
    }
}

#[test]
fn no_part_of_a_page_makes_browsers_report() {
    for (asked, kind) in [
        ("style", "text/css"),
        ("image", "image/png"),
        ("image", "image/svg+xml"),
        ("image", "text/html"),
        ("empty", "application/json"),
    ] {
        let headers = [("sec-fetch-dest", asked), ("host", "own.example")];
        let logged = |endpoint: &str, layer: HtmlConsentLayer| {
            let group =
                format!(r#"{{"group":"a","max_age":9,"endpoints":[{{"url":"{endpoint}"}}]}}"#);
            let origin = Origin::page(&[("content-type", kind)], "x")
                .with("report-to", &group)
                .with("nel", r#"{"report_to":"a","max_age":9}"#);
            let answer = ask(site(&origin, layer), Method::GET, &headers);
            assert_eq!(answer.text(), "x", "{kind}");
            answer.all("nel").len()
        };
        let layer = || HtmlConsentLayer::new();
        assert_eq!(logged("https://unknown.example/r", layer()), 0, "{kind}");
        let own = logged("https://own.example/r", layer());
        assert_eq!(own, usize::from(asked == "empty"), "{kind}");
        let report_only = layer().report_only(true);
        assert_eq!(
            logged("https://unknown.example/r", report_only),
            1,
            "{kind}"
        );
    }
}

#[test]
fn without_a_scheme_an_address_is_read_both_ways() {
    let page = Origin::html("<img src=https:other.example/x.png>");
    let answer = get(&page, HtmlConsentLayer::new(), "");
    assert!(answer.text().contains("data-consent-src"));
    let https = [("x-forwarded-proto", "https")];
    let answer = ask(site(&page, HtmlConsentLayer::new()), Method::GET, &https);
    assert!(!answer.text().contains("data-consent-src"));
}

#[test]
fn without_a_consent_everything_of_others_is_held() {
    let (layer, heard) = heard(HtmlConsentLayer::new());
    let alone: Router = Origin::html(PAGE).router().layer(layer);
    let answer = ask(
        alone,
        Method::GET,
        &[("cookie", &cookie(r#""media":true,"#))],
    );
    assert!(
        answer
            .text()
            .contains("data-consent-src=https://cdn.example/a.js")
    );
    assert!(answer.text().contains("<script src=/own.js>"));
    assert!(heard.lock().unwrap()[0].starts_with("no_consent"));
}

#[test]
fn a_consent_that_is_hidden_from_the_service_counts() {
    for filters_request in [true, false] {
        let consent = CookieConsentLayer::new(policy())
            .with_clock(|| at(NOW))
            .expose_consent(false)
            .filter_request(filters_request)
            .expire(Expire::Never)
            .limit_exempt(filters_request);
        let page = async |request: Request<Body>| {
            assert!(request.extensions().get::<Consent>().is_none());
            Html(PAGE)
        };
        let site = Router::new()
            .fallback(page)
            .layer(HtmlConsentLayer::new())
            .layer(consent);
        let cookie = cookie(r#""films":true,"#);
        for (headers, film_is_held) in [(&[][..], true), (&[("cookie", &*cookie)], false)] {
            let answer = ask(site.clone(), Method::GET, headers);
            let text = answer.text();
            assert!(text.contains("<script src=https://cdn.example/a.js>"));
            assert!(text.contains(MAP) && text.contains(UNKNOWN));
            assert_eq!(text.contains(FILM), film_is_held, "{headers:?}");
        }
    }
}
