//! Validators and caches: a page of another state never comes back.

use http::Method;
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookiePolicy,
    documents::{Documents, HtmlConsentLayer},
    policy::Service,
    preferences::PreferencesCookie,
};

use super::{NOW, Origin, PAGE, ask, cookie, get, site};
use crate::support::at;

#[test]
fn a_document_is_for_this_visitor_alone() {
    let origin = Origin::html(PAGE)
        .with("etag", "\"v\"")
        .with("last-modified", "Sun, 22 Nov 2026 12:00:00 GMT")
        .with("cache-control", "public, max-age=600")
        .with("cdn-cache-control", "max-age=600")
        .with("accept-ranges", "bytes")
        .with("content-length", &PAGE.len().to_string());
    let answer = get(&origin, HtmlConsentLayer::new(), "");
    assert_eq!(
        answer.all("cache-control").join(", "),
        "max-age=600, private, no-cache"
    );
    assert_eq!(answer.all("cdn-cache-control"), ["max-age=600, private"]);
    assert_eq!(answer.all("vary"), ["Cookie, Sec-GPC"]);
    for gone in ["last-modified", "accept-ranges", "content-length"] {
        assert!(answer.all(gone).is_empty(), "{gone}");
    }
    let granted = get(&origin, HtmlConsentLayer::new(), r#""films":true,"#);
    assert_ne!(granted.all("etag"), answer.all("etag"));
    assert!(answer.all("etag")[0].starts_with("\"v;cc="));
}

/// What a withdrawal can't make browsers forget, they never keep.
#[test]
fn pages_beyond_the_reach_of_a_withdrawal_are_not_kept() {
    let secure = PreferencesCookie::default;
    let of = |cookie: PreferencesCookie, category: Category| {
        let builder = CookiePolicy::builder().preferences_cookie(cookie);
        builder.category(category).build().unwrap()
    };
    let films = || Category::consent("media").service(Service::new("films"));
    for (policy, kept) in [
        (of(secure(), films()), true),
        (of(secure().secure(false), films()), false),
        (of(secure().domain("own.example"), films()), false),
        // It marks elements with the category alone.
        (of(secure(), Category::consent("media")), false),
    ] {
        for (answers, is_granted) in [
            ("", false),
            (r#""media":false,"#, false),
            (r#""media":true,"#, true),
        ] {
            for documents in [Documents::Both, Documents::Gate, Documents::Csp] {
                let consent = CookieConsentLayer::new(policy.clone()).with_clock(|| at(NOW));
                let layer = HtmlConsentLayer::new().documents(documents);
                let site = Origin::html(PAGE).router().layer(layer).layer(consent);
                let cookie = cookie(answers);
                let headers = [("cookie", &*cookie), ("sec-fetch-dest", "document")];
                let answer = ask(site, Method::GET, &headers);
                let says = answer.all("cache-control").join(", ");
                assert!(
                    says.contains("no-cache") && says.contains("private"),
                    "{says}"
                );
                assert_eq!(
                    says.contains("no-store"),
                    is_granted && !kept,
                    "{policy:?} {answers}"
                );
            }
        }
    }
}

#[test]
fn a_validator_of_another_state_does_not_reach_the_service() {
    let origin = Origin::html(PAGE).with("etag", "\"v\"");
    let granted = get(&origin, HtmlConsentLayer::new(), r#""films":true,"#);
    let tag = granted.all("etag")[0].to_owned();
    let revalidate = |answers: &str, tag: &str| {
        let cookie = cookie(answers);
        let headers = [
            ("cookie", &*cookie),
            ("sec-fetch-dest", "document"),
            ("if-none-match", tag),
            ("if-modified-since", "Sun, 22 Nov 2026 12:00:00 GMT"),
        ];
        ask(
            site(&origin, HtmlConsentLayer::new()),
            Method::GET,
            &headers,
        );
        assert_eq!(origin.seen("if-modified-since"), None);
        origin.seen("if-none-match")
    };
    assert_eq!(
        revalidate(r#""films":true,"#, &tag).as_deref(),
        Some("\"v\"")
    );
    assert_eq!(revalidate("", &tag), None);
    assert_eq!(revalidate(r#""films":false,"#, &tag), None);
    assert_eq!(revalidate("", "\"v\""), None);
}

#[test]
fn marks_come_back_as_the_services_own_validators() {
    for documents in [Documents::Both, Documents::Gate, Documents::Csp] {
        let layer = || HtmlConsentLayer::new().documents(documents);
        let origin = Origin::html(PAGE).with("etag", "\"v\"");
        let tag = get(&origin, layer(), "").all("etag")[0].to_owned();
        let cookie = cookie("");
        for condition in ["if-none-match", "if-match"] {
            let headers = [
                ("cookie", &*cookie),
                ("sec-fetch-dest", "document"),
                (condition, &*tag),
            ];
            ask(site(&origin, layer()), Method::GET, &headers);
            let seen = origin.seen(condition);
            assert_eq!(seen.as_deref(), Some("\"v\""), "{documents:?} {condition}");
        }
    }
}

/// Browsers keep the fields that a 304 does not have, and replace those that it has.
#[test]
fn a_304_replaces_no_policy_of_the_site() {
    let name = "content-security-policy";
    let html = ("content-type", "text/html; charset=utf-8");
    let svg = ("content-type", "image/svg+xml");
    for kind in [html, svg] {
        for (own, policies) in [(None, 0), (Some("script-src 'self'"), 2)] {
            let mut origin = Origin::page(&[kind], "").status(304);
            if let Some(own) = own {
                origin = origin.with(name, own);
            }
            for dest in ["document", "image"] {
                let headers = [("sec-fetch-dest", dest)];
                let app = site(&origin, HtmlConsentLayer::new());
                let answer = ask(app, Method::GET, &headers);
                assert_eq!(answer.all(name).len(), policies, "{kind:?} {own:?} {dest}");
            }
        }
    }
}

#[test]
fn a_304_of_a_document_keeps_its_mark() {
    let page = Origin::html(PAGE).with("etag", "\"v\"");
    let tag = get(&page, HtmlConsentLayer::new(), "").all("etag")[0].to_owned();
    let unchanged = Origin::page(&[("etag", "\"v\"")], "").status(304);
    let cookie = cookie("");
    let headers = [
        ("cookie", &*cookie),
        ("sec-fetch-dest", "document"),
        ("if-none-match", &*tag),
    ];
    let answer = ask(
        site(&unchanged, HtmlConsentLayer::new()),
        Method::GET,
        &headers,
    );
    assert_eq!((answer.status, answer.text()), (304, ""));
    assert_eq!(answer.all("etag"), [tag]);
}

#[test]
fn a_part_of_a_document_is_never_sent() {
    let part = Origin::html(&PAGE[..40])
        .with("content-range", "bytes 0-39/400")
        .status(206);
    let answer = get(&part, HtmlConsentLayer::new(), "");
    assert_eq!((answer.status, answer.text()), (416, ""));
    let headers = [("sec-fetch-dest", "document"), ("range", "bytes=0-39")];
    ask(site(&part, HtmlConsentLayer::new()), Method::GET, &headers);
    assert_eq!(part.seen("range"), None);
}

#[test]
fn parts_of_what_may_be_a_document_are_never_sent() {
    let parts = format!(
        "--x\r\ncontent-type: text/html\r\n\r\n{}\r\n--x--",
        &PAGE[..200]
    );
    let fields = [("content-type", "multipart/byteranges; boundary=x")];
    let origin = Origin::page(&fields, parts.clone()).status(206);
    for (dest, status, range) in [
        ("document", 416, None),
        ("empty", 416, None),
        ("video", 206, Some("bytes=0-99,120-140")),
    ] {
        let headers = [("sec-fetch-dest", dest), ("range", "bytes=0-99,120-140")];
        let answer = ask(
            site(&origin, HtmlConsentLayer::new()),
            Method::GET,
            &headers,
        );
        assert_eq!(answer.status, status, "{dest}");
        assert_eq!(answer.text().is_empty(), status == 416, "{dest}");
        assert_eq!(origin.seen("range").as_deref(), range, "{dest}");
    }
}

#[test]
fn conditions_of_a_write_are_the_services_own() {
    let origin = Origin::html(PAGE).with("etag", "\"v\"");
    let granted = get(&origin, HtmlConsentLayer::new(), r#""films":true,"#);
    let tag = granted.all("etag")[0].to_owned();
    for (condition, value, seen) in [
        ("if-match", &*tag, "\"v\""),
        ("if-none-match", &*tag, "\"v\""),
        ("if-none-match", "*", "*"),
        ("if-none-match", "\"v\"", "\"v\""),
    ] {
        let headers = [("accept", "text/html"), (condition, value)];
        ask(
            site(&origin, HtmlConsentLayer::new()),
            Method::PUT,
            &headers,
        );
        assert_eq!(origin.seen(condition).as_deref(), Some(seen), "{value}");
    }
}

#[test]
fn head_has_the_headers_of_get() {
    let origin = Origin::html("")
        .with("etag", "\"v\"")
        .with("content-length", "400");
    let headers = [("sec-fetch-dest", "document")];
    let answer = ask(
        site(&origin, HtmlConsentLayer::new()),
        Method::HEAD,
        &headers,
    );
    assert_eq!(answer.text(), "");
    assert!(answer.all("etag")[0].contains(";cc="));
    assert_eq!(answer.all("content-security-policy").len(), 1);
}
