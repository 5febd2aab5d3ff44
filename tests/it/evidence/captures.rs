//! Captured visits have what was sent, without its values.

use axum::{Router, response::AppendHeaders, routing::get};
use http::{Request, Response};
use serde_json::Value;
use tower_cookie_consent::{
    CookieConsentLayer,
    conformance::{CapturedVisits, Conformance, Evidence, EvidencePack},
    pages::Pages,
};

use super::{date, policy, run, text, written};
use crate::support::{NOW, at};

const SECRET: &str = "c0ffee-s3cret-v4lue";

/// A site that answers with its secret in every place that a visitor could be known by.
fn captured() -> CapturedVisits {
    let visits = CapturedVisits::new();
    let layer = CookieConsentLayer::new(policy()).with_clock(|| at(NOW));
    let home = async || {
        let page = "<iframe src=https://www.films.example/embed/1></iframe>\
                    <img src=https://unknown.example/x>";
        let headers = AppendHeaders([
            ("set-cookie", format!("session={SECRET}; Path=/; HttpOnly")),
            ("etag", format!("\"{SECRET}\"")),
            ("x-visitor", SECRET.to_owned()),
            (
                "content-security-policy",
                format!("script-src 'nonce-{SECRET}'"),
            ),
        ]);
        (headers, axum::response::Html(page))
    };
    let app: Router = Router::new()
        .route("/", get(home))
        .layer(Pages::at("/cookies", policy()).unwrap())
        .layer(layer.clone());
    let kit =
        Conformance::for_layer(&layer).visit([format!("/?token={SECRET}"), "/cookies".into()]);
    run(kit.capture_to(&visits).check(app));
    visits
}

fn pack() -> EvidencePack {
    let evidence = Evidence::new(policy(), date());
    written(evidence.captures("Kit", "the test program itself", &captured())).0
}

#[test]
fn three_situations_are_captured() {
    let pack = pack();
    for (file, cookie) in [
        ("before-a-choice", false),
        ("after-a-refusal", true),
        ("after-a-withdrawal", true),
    ] {
        let har: Value =
            serde_json::from_str(text(&pack, &format!("captures/kit/{file}.har"))).unwrap();
        let entries = har["log"]["entries"].as_array().unwrap();
        assert!(entries.len() >= 4, "{file}");
        let first = &entries[0];
        assert_eq!(first["startedDateTime"], "2026-11-23T12:00:00Z");
        assert_eq!(first["request"]["url"], "https://localhost/?token=*");
        let sent = first["request"]["cookies"].as_array().unwrap();
        let has_choice = sent.iter().any(|it| it["name"] == "cookies_preferences");
        assert_eq!(has_choice, cookie, "{file}: {first}");
        let set = &first["response"]["headers"].as_array().unwrap().iter();
        let mut set = set.clone().filter(|it| it["name"] == "set-cookie");
        let session = set.any(|it| it["value"] == "session=[left out]; Path=/; HttpOnly");
        assert!(session, "{file}: {first}");
    }
    let sites: Value =
        serde_json::from_str(text(&pack, "captures/kit/third-parties.json")).unwrap();
    assert_eq!(sites["https://www.films.example"]["service"], "films");
    assert_eq!(sites["https://unknown.example"]["service"], Value::Null);
    assert_eq!(sites["https://unknown.example"]["elements"][0], "<img src>");
    assert!(text(&pack, "index.html").contains("Captured by the test program itself."));
}

#[test]
fn no_capture_has_a_value() {
    let pack = pack();
    for (path, content) in pack.files() {
        let content = String::from_utf8_lossy(content);
        assert!(!content.contains(SECRET), "{path}: {content}");
    }
}

/// The kit reads what it writes, and finds nothing to judge by: the choice is one of the values.
#[test]
fn captures_are_http_archives() {
    let pack = pack();
    let kit = Conformance::new(policy());
    let har = text(&pack, "captures/kit/after-a-refusal.har");
    let report = kit.check_har(har).unwrap();
    assert!(report.failures().is_empty(), "{report}");
}

#[test]
fn a_capture_is_bounded_and_says_so() {
    let visits = CapturedVisits::new();
    for number in 0..600 {
        let request = Request::get(format!("https://shop.example/{number}"))
            .body(())
            .unwrap();
        let response = Response::builder().body(()).unwrap();
        visits.add(
            "before a choice",
            &request.into_parts().0,
            &response.into_parts().0,
        );
    }
    let evidence = Evidence::new(policy(), date()).captures("x", "y", &visits);
    let pack = evidence.build().unwrap();
    let har: Value = serde_json::from_str(text(&pack, "captures/x/before-a-choice.har")).unwrap();
    assert_eq!(har["log"]["entries"].as_array().unwrap().len(), 500);
    let comment = har["log"]["comment"].as_str().unwrap();
    assert!(
        comment.ends_with(" 100 more exchanges are left out."),
        "{comment}"
    );
}
