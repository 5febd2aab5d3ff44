//! Headers other than `Set-Cookie` that browsers store, and validators that identify visitors.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use serde_json::json;
use tower_cookie_consent::{conformance::Outcome, layer::StateHeaders, policy::TrackerKind};

use super::*;

/// Returns a policy that declares this header in a consent category.
fn declaring(name: &str) -> CookiePolicy {
    let header = CookieDeclaration::new(name).kind(TrackerKind::Header);
    CookiePolicy::new([Category::consent("ads").cookie(header)]).unwrap()
}

/// A site that answers everything with this header.
fn sends(name: &'static str, value: &'static str) -> Router {
    Router::new().route("/", get(move || async move { [(name, value)] }))
}

#[track_caller]
fn assert_headers(report: &Report, parts: &[&str]) {
    assert_eq!(broken(report), [Requirement::Headers], "{report}");
    let finding = report.findings().next().unwrap();
    assert_eq!(finding.request, "GET /");
    for part in parts {
        assert!(finding.why.contains(part), "{part}\n{report}");
    }
    let told = format!("{report}{}", serde_json::to_string(report).unwrap());
    assert!(!told.contains(MARKER), "{told}");
}

#[test]
fn an_undeclared_header_that_keeps_state_is_found() {
    let app = || sends("nel", MARKER).layer(CookieConsentLayer::new(policy()));
    let kit = || Conformance::new(policy());
    let report = check(kit(), app());
    assert_headers(&report, &["NEL", "does not declare"]);
    let withheld = CookieConsentLayer::new(policy()).state_headers(StateHeaders::Withhold);
    check(kit(), sends("nel", MARKER).layer(withheld)).assert_ok();
    for lenient in [StateHeaders::Report, StateHeaders::Allow] {
        let layer = CookieConsentLayer::new(policy()).state_headers(lenient);
        check(Conformance::for_layer(&layer), app()).assert_ok();
    }
}

#[test]
fn a_declared_header_without_consent_is_found() {
    let policy = declaring("ETag");
    let layer = CookieConsentLayer::new(policy.clone()).state_headers(StateHeaders::Report);
    let kit = || Conformance::for_layer(&layer);
    let report = check(kit(), sends("etag", MARKER));
    assert_headers(&report, &["ETag (ads)", "has not chosen yet"]);
    let refused = report
        .findings()
        .find(|finding| finding.why.contains("denied"));
    assert_eq!(refused.unwrap().situation, "after refusal");
    let app = sends("etag", MARKER).layer(CookieConsentLayer::new(policy.clone()));
    let report = check(kit(), app);
    report.assert_ok();
    assert_eq!(report.outcome(Requirement::Headers), Outcome::Held);
}

/// A site with a validator of each visitor's own, which it knows again, unless it is `forgetful`.
fn identifies(validator: &'static str, condition: &'static str, forgetful: bool) -> Router {
    let count = Arc::new(AtomicU64::new(0));
    Router::new().route(
        "/",
        get(move |sent: HeaderMap| async move {
            let known = sent.get(condition).filter(|_| !forgetful);
            let number = || count.fetch_add(1, Ordering::Relaxed);
            let fresh = || HeaderValue::try_from(format!("\"{MARKER}-{}\"", number())).unwrap();
            let status = match known {
                Some(_) => StatusCode::NOT_MODIFIED,
                None => StatusCode::OK,
            };
            let own = known.cloned().unwrap_or_else(fresh);
            (status, [(validator, own)])
        }),
    )
}

#[test]
fn a_validator_of_each_visitors_own_is_found() {
    let layer = CookieConsentLayer::new(policy());
    for (validator, condition, name) in [
        ("etag", "if-none-match", "ETag: each of two visitors"),
        ("last-modified", "if-modified-since", "Last-Modified: each"),
    ] {
        let app = || identifies(validator, condition, false).layer(layer.clone());
        let report = check(Conformance::new(policy()), app());
        assert_headers(&report, &[name]);
        let finding = report.findings().next().unwrap();
        assert_eq!(finding.situation, "two visitors before a choice");
        let allow = layer.clone().state_headers(StateHeaders::Allow);
        check(Conformance::for_layer(&allow), app()).assert_ok();
        // Declared, the layer takes it both ways.
        let policy = declaring(validator);
        let app = identifies(validator, condition, false);
        let app = app.layer(CookieConsentLayer::new(policy.clone()));
        check(Conformance::new(policy), app).assert_ok();
    }
}

#[test]
fn a_validator_that_only_changes_identifies_nobody() {
    let layer = CookieConsentLayer::new(policy());
    for app in [
        identifies("etag", "if-none-match", true),
        sends("etag", "\"same\""),
    ] {
        let report = check(Conformance::new(policy()), app.layer(layer.clone()));
        report.assert_ok();
        assert_eq!(report.outcome(Requirement::Headers), Outcome::Held);
    }
}

#[test]
fn a_capture_shows_headers_without_consent() {
    let entry = |header: &str| {
        json!({"log": {"entries": [{
            "startedDateTime": "2026-11-23T12:00:00.000Z",
            "request": {"method": "GET", "url": "https://www.shop.example/",
                        "headers": [{"name": "Cookie", "value": "x=1"}]},
            "response": {"status": 200, "headers": [{"name": header, "value": MARKER}]},
        }]}})
    };
    let audit = |header| {
        let har = entry(header).to_string();
        Conformance::new(policy()).check_har(&har).unwrap()
    };
    assert_headers(&audit("Accept-CH"), &["Accept-CH", "does not declare"]);
    let report = audit("ETag");
    report.assert_ok();
    assert_eq!(report.outcome(Requirement::Headers), Outcome::NotExercised);
}

/// A response with a number of the visitor in it.
type Numbered = fn(u64) -> axum::response::Response;

/// A site whose responses have another number each.
fn numbered(response: Numbered) -> Router {
    let count = Arc::new(AtomicU64::new(7_001));
    Router::new().route(
        "/",
        get(async move || response(count.fetch_add(1, Ordering::Relaxed))),
    )
}

fn answer(
    status: u16,
    headers: &[(&'static str, String)],
    body: String,
) -> axum::response::Response {
    let mut response = axum::response::Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        let value = HeaderValue::try_from(value).unwrap();
        response.headers_mut().insert(*name, value);
    }
    response
}

#[test]
fn what_browsers_keep_of_each_visitors_own_is_found() {
    let rows: [(&str, Numbered); 7] = [
        ("another address", |number| {
            answer(
                301,
                &[("location", format!("/home?v={number}"))],
                String::new(),
            )
        }),
        ("another address", |number| {
            answer(
                308,
                &[("location", format!("/home/{number}"))],
                String::new(),
            )
        }),
        ("another address", |number| {
            let cached = ("cache-control", "private, max-age=31536000".to_owned());
            answer(
                302,
                &[("location", format!("/home?v={number}")), cached],
                String::new(),
            )
        }),
        ("another service", |number| {
            let service = format!("h3=\"v{number}.shop.example:443\"; ma=86400");
            answer(200, &[("alt-svc", service)], String::new())
        }),
        ("another dictionary", |number| {
            let offered = ("use-as-dictionary", "match=\"/*\"".to_owned());
            let kept = ("cache-control", "max-age=600".to_owned());
            answer(200, &[offered, kept], format!("dictionary {number}"))
        }),
        ("another file", |number| {
            let kept = ("cache-control", "private, max-age=31536000".to_owned());
            let media = ("content-type", "text/javascript".to_owned());
            answer(200, &[kept, media], format!("window.visitor = {number}"))
        }),
        ("another file", |number| {
            let kept = ("expires", "Fri, 01 Jan 2100 00:00:00 GMT".to_owned());
            let media = ("content-type", "image/png".to_owned());
            answer(200, &[kept, media], format!("PNG {number}"))
        }),
    ];
    for (what, response) in rows {
        let app = numbered(response).layer(CookieConsentLayer::new(policy()));
        let report = check(Conformance::new(policy()), app);
        assert_headers(&report, &[what]);
    }
}

#[test]
fn what_browsers_do_not_keep_identifies_nobody() {
    let rows: [Numbered; 6] = [
        |number| {
            answer(
                302,
                &[("location", format!("/home?v={number}"))],
                String::new(),
            )
        },
        |number| {
            let fresh = ("cache-control", "no-store".to_owned());
            answer(
                301,
                &[("location", format!("/home?v={number}")), fresh],
                String::new(),
            )
        },
        |_| answer(301, &[("location", "/home".to_owned())], String::new()),
        // One of three mirrors.
        |number| {
            answer(
                301,
                &[("location", format!("/mirror{}", number % 3))],
                String::new(),
            )
        },
        |number| {
            let kept = ("cache-control", "private, max-age=60".to_owned());
            let media = ("content-type", "application/json".to_owned());
            answer(200, &[kept, media], format!("{{\"visit\":{number}}}"))
        },
        |number| {
            let media = ("content-type", "text/html".to_owned());
            answer(
                200,
                &[media],
                format!("<input type=hidden name=t value={number}>"),
            )
        },
    ];
    for response in rows {
        let app = numbered(response).layer(CookieConsentLayer::new(policy()));
        check(Conformance::new(policy()), app).assert_ok();
    }
}
