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
