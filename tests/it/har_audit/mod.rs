//! The audit of captures: Chromium on the portal, recorded by `tests/data/har/capture.py`.

mod crafted;
mod third_parties;

use std::{
    convert::Infallible,
    path::PathBuf,
    time::{Duration, UNIX_EPOCH},
};

use http::{HeaderMap, HeaderValue, Request, Response, header::SET_COOKIE};
use serde_json::{Value, json};
use tower::{Layer, ServiceExt, service_fn};
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookieDeclaration, CookiePolicy,
    conformance::{Conformance, Outcome, Report, Requirement},
};

use crate::support::process::example;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn kit() -> Conformance {
    let policy = include_str!("../../../examples/portal/policy.json");
    Conformance::new(serde_json::from_str::<CookiePolicy>(policy).unwrap())
}

fn portal() -> Value {
    serde_json::from_str(include_str!("../../data/har/portal.har")).unwrap()
}

fn audit(har: &Value) -> Report {
    kit().check_har(&har.to_string()).unwrap()
}

/// Takes away the header fields of this name that fit.
fn without(mut har: Value, name: &str, fits: impl Fn(&str) -> bool) -> Value {
    for entry in har["log"]["entries"].as_array_mut().unwrap() {
        for side in ["request", "response"] {
            let headers = entry[side]["headers"].as_array_mut().unwrap();
            headers.retain(|header| {
                let named = header["name"].as_str().unwrap().eq_ignore_ascii_case(name);
                !named || !fits(header["value"].as_str().unwrap())
            });
        }
    }
    har
}

#[test]
fn a_capture_of_the_portal_breaks_nothing() {
    let report = audit(&portal());
    report.assert_ok();
    for requirement in [
        Requirement::NoCookieBeforeConsent,
        Requirement::NoCookieAfterRefusal,
        Requirement::RefusalExpires,
        Requirement::ChoiceLifetime,
        Requirement::ExemptLifetime,
        Requirement::Declared,
    ] {
        assert_eq!(report.outcome(requirement), Outcome::Held, "{report}");
    }
}

#[test]
fn cookies_that_scripts_wrote_are_found_and_marked() {
    let har = include_str!("../../data/har/scripts.har");
    let report = kit().check_har(har).unwrap();
    let found: Vec<_> = report
        .findings()
        .map(|finding| {
            (
                finding.requirement,
                finding.cookie.as_deref(),
                finding.script,
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (Requirement::NoCookieBeforeConsent, Some("_ga"), true),
            (Requirement::NoCookieAfterRefusal, Some("_ga"), true),
            (Requirement::Declared, Some("_fbp"), true),
        ],
        "{report}"
    );
    let text = report.to_string();
    assert!(
        text.contains("cookies written by scripts: _fbp (undeclared), _ga (tiers)"),
        "{text}"
    );
    assert!(har.contains("m4rk3r"));
    let json = serde_json::to_string(&report).unwrap();
    for text in [text, json, report.to_junit()] {
        assert!(!text.contains("m4rk3r"), "{text}");
    }
}

#[test]
fn a_capture_in_which_the_refusal_removes_nothing_breaks_r4() {
    let removal = |value: &str| value.contains("Max-Age=0");
    let report = audit(&without(portal(), "set-cookie", removal));
    let broken: Vec<_> = report
        .findings()
        .map(|finding| finding.requirement)
        .collect();
    assert!(broken.contains(&Requirement::RefusalExpires), "{report}");
    assert!(
        broken.iter().all(|id| *id == Requirement::RefusalExpires),
        "{report}"
    );
}

#[test]
fn a_cookie_set_on_any_answer_before_the_choice_is_found() {
    let mut har = portal();
    // Chromium joins headers of one name this way.
    let fields = json!({"name": "Set-Cookie", "value": "x=m4rk3r\n_ga=m4rk3r; Path=/"});
    let headers = &mut har["log"]["entries"][0]["response"]["headers"];
    headers.as_array_mut().unwrap().push(fields);
    let report = audit(&har);
    assert_eq!(
        report.outcome(Requirement::NoCookieBeforeConsent),
        Outcome::Broken,
        "{report}"
    );
    assert_eq!(
        report.outcome(Requirement::Declared),
        Outcome::Broken,
        "{report}"
    );
    assert!(!report.to_string().contains("m4rk3r"));
}

#[test]
fn a_capture_without_cookies_explains_the_export() {
    let all = |_: &str| true;
    let bare = without(without(portal(), "cookie", all), "set-cookie", all);
    let report = audit(&bare);
    assert!(!report.is_ok());
    let failure = &report.failures()[0];
    assert!(failure.contains("with sensitive data"), "{report}");
    for requirement in Requirement::ALL {
        let outcome = report.outcome(requirement);
        assert_eq!(outcome, Outcome::NotExercised, "{report}");
    }
}

#[test]
fn other_sites_are_named_and_not_judged() {
    let mut har = portal();
    let mut other = har["log"]["entries"][0].clone();
    other["request"]["url"] = json!("https://tracker.example/pixel?id=m4rk3r");
    other["response"]["headers"] = json!([{"name": "set-cookie", "value": "IDE=m4rk3r"}]);
    har["log"]["entries"].as_array_mut().unwrap().push(other);
    let report = audit(&har);
    report.assert_ok();
    assert!(report.notes()[0].contains("tracker.example"), "{report}");
    let tracker = kit().host("tracker.example");
    let report = tracker.check_har(&har.to_string()).unwrap();
    assert_eq!(
        report.outcome(Requirement::Declared),
        Outcome::Broken,
        "{report}"
    );
}

#[test]
fn the_example_prints_the_report_and_ends_with_its_outcome() {
    let run = |arguments: &[&PathBuf]| example("har_audit").args(arguments).output().unwrap();
    let policy = path("examples/portal/policy.json");
    let (good, bad) = (
        path("tests/data/har/portal.har"),
        path("tests/data/har/scripts.har"),
    );
    for (capture, code, told) in [(&good, 0, "nothing broken"), (&bad, 1, "a script's")] {
        let output = run(&[capture, &policy]);
        assert_eq!(output.status.code(), Some(code));
        assert!(String::from_utf8(output.stdout).unwrap().contains(told));
    }
    // The policy instead of the capture; a file that does not exist; a single argument.
    for arguments in [&[&policy, &policy][..], &[&good, &path("none")], &[&good]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(
            output.stdout.is_empty() && told.lines().count() == 1,
            "{told}"
        );
    }
}

/// A capture of one answer with these fields.
fn capture_of(fields: &[String]) -> Value {
    let headers: Vec<_> = fields
        .iter()
        .map(|field| json!({"name": "set-cookie", "value": field}))
        .collect();
    json!({"log": {"entries": [{
        "startedDateTime": "2026-11-23T12:00:00.000Z",
        "request": {"method": "GET", "url": "https://www.shop.example/c",
                    "headers": [{"name": "cookie", "value": "x=1"}]},
        "response": {"status": 200, "headers": headers},
    }]}})
}

/// What the layer leaves of them.
fn through_the_layer(layer: &CookieConsentLayer, fields: &[String]) -> Vec<String> {
    let headers: HeaderMap = fields
        .iter()
        .map(|field| (SET_COOKIE, HeaderValue::from_str(field).unwrap()))
        .collect();
    let service = service_fn(move |_: Request<()>| {
        let mut response = Response::new(());
        *response.headers_mut() = headers.clone();
        std::future::ready(Ok::<_, Infallible>(response))
    });
    let request = Request::get("/c").header("host", "www.shop.example");
    let request = request.body(()).unwrap();
    let response = futures_executor::block_on(layer.layer(service).oneshot(request)).unwrap();
    let left = response.headers().get_all(SET_COOKIE).iter();
    left.map(|field| String::from_utf8(field.as_bytes().to_vec()).unwrap())
        .collect()
}

#[test]
fn the_audit_finds_just_what_the_layer_would_change() {
    let policy = CookiePolicy::new([
        Category::necessary("base").cookies(["a", "foo"].map(CookieDeclaration::new)),
        Category::exempt("stats").cookies(["b", "_pk*"].map(CookieDeclaration::new)),
        Category::consent("ads").cookie(CookieDeclaration::new("_ga")),
    ])
    .unwrap();
    let noon = UNIX_EPOCH + Duration::from_secs(1_795_435_200);
    let layer = CookieConsentLayer::new(policy.clone()).with_clock(move || noon);
    let audit = |fields: &[String]| {
        let har = capture_of(fields).to_string();
        Conformance::new(policy.clone()).check_har(&har).unwrap()
    };
    let mut outcomes = [0, 0];
    for corpus in [
        include_str!("../../data/corpora/deletion_chromium.jsonl"),
        include_str!("../../data/corpora/set_cookie_chromium.jsonl"),
        include_str!("../../data/corpora/set_cookie_http_state.jsonl"),
        include_str!("../../data/corpora/set_cookie_real_world.jsonl"),
    ] {
        for row in corpus.lines() {
            let row: Value = serde_json::from_str(row).unwrap();
            let fields: Vec<String> = serde_json::from_value(row["set_cookie"].clone()).unwrap();
            // Captures are text, so other bytes depend on the browser.
            if fields
                .iter()
                .any(|field| HeaderValue::from_str(field).is_err())
            {
                continue;
            }
            let left = through_the_layer(&layer, &fields);
            let report = audit(&fields);
            assert_eq!(report.is_ok(), left == fields, "{}\n{report}", row["id"]);
            let report = audit(&left);
            assert!(report.is_ok(), "{}\n{report}", row["id"]);
            outcomes[usize::from(left == fields)] += 1;
        }
    }
    assert!(outcomes.iter().all(|count| *count > 200), "{outcomes:?}");
}
