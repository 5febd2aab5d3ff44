//! Choices that the endpoint rejects: observers receive each of them, with the reason and without a
//! value.

use axum::{Extension, Router, routing::post};
use http::{Method, StatusCode};
use metrics_exporter_prometheus::PrometheusBuilder;
use tower_cookie_consent::{
    CookieConsentLayer, layer::Enforcement, observe::CookieMetrics, pages::Pages,
    preferences::Rejected,
};

use super::{FORM, JSON, OWN, now, policy, request, send};
use crate::support::Witness;

const PATH: &str = "/cookies/preferences";

/// Headers and body of a choice, the status of the answer, and the reason.
type Row = (Vec<(&'static str, &'static str)>, String, u16, &'static str);

fn rows() -> Vec<Row> {
    let foreign = ("sec-fetch-site", "cross-site");
    vec![
        (
            vec![FORM, foreign],
            "decision=accept&x=M4RK".into(),
            403,
            "cross_site",
        ),
        (
            vec![JSON, foreign],
            r#"{"decision":"refuse"}"#.into(),
            403,
            "cross_site",
        ),
        (vec![FORM], "decision=accept".into(), 403, "cross_site"),
        (
            vec![FORM, OWN],
            "decision=accept&texts=M4RK".into(),
            409,
            "stale_texts",
        ),
        (
            vec![JSON, OWN],
            r#"{"decision":"accept","revision":7}"#.into(),
            409,
            "stale_texts",
        ),
        (vec![FORM, OWN], "M4RK".repeat(5_000), 413, "body_too_large"),
        (vec![JSON, OWN], "M4RK".repeat(5_000), 413, "body_too_large"),
        (vec![JSON, OWN], "M4RK".into(), 400, "unreadable_body"),
        (
            vec![("content-type", "text/M4RK"), OWN],
            "M4RK".into(),
            415,
            "unknown_content_type",
        ),
        (
            vec![FORM, OWN],
            "decision=M4RK".into(),
            422,
            "unknown_decision",
        ),
        (
            vec![FORM, OWN],
            "decision=save&category=M4RK".into(),
            422,
            "unknown_category",
        ),
    ]
}

fn site(layer: CookieConsentLayer) -> Router {
    let pages = Pages::at("/cookies", policy()).unwrap();
    Router::new()
        .nest_service("/cookies", pages)
        .layer(layer.with_clock(now))
}

#[test]
fn each_choice_that_is_not_taken_is_an_event() {
    for report_only in [false, true] {
        for (headers, body, status, reason) in rows() {
            let witness = Witness::of_all();
            let layer = CookieConsentLayer::new(policy())
                .report_only(report_only)
                .explain(true)
                .observe(witness.clone());
            let asked = request(Method::POST, PATH, &headers, &body);
            let answer = send(site(layer), asked);
            assert_eq!(answer.status(), status, "{reason}");
            // With report-only, too: it was rejected.
            let told = format!("Cookie rejected {reason} - - {PATH}");
            assert_eq!(witness.take(), [told], "{body:.40}");
            let explained = answer.headers()["x-cookie-consent"].to_str().unwrap();
            assert_eq!(explained, format!("-=rejected;{reason}"));
        }
    }
}

#[test]
fn accepted_choices_and_reads_are_not_rejections() {
    let witness = Witness::default();
    let layer = CookieConsentLayer::new(policy()).observe(witness.clone());
    for (method, path, body, status) in [
        (Method::POST, PATH, "decision=accept", StatusCode::SEE_OTHER),
        (Method::GET, PATH, "", StatusCode::OK),
        (Method::GET, "/cookies/none", "", StatusCode::NOT_FOUND),
        (Method::PUT, PATH, "", StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let asked = request(method, path, &[FORM, OWN], body);
        assert_eq!(send(site(layer.clone()), asked).status(), status);
    }
    let made = "Set-Cookie choice_made choice_made - - /cookies/preferences";
    assert_eq!(witness.take(), [made]);
    // A layer that is off is silent.
    let off = layer.enforcement(Enforcement::Off);
    let asked = request(Method::POST, PATH, &[FORM, OWN], "decision=none");
    assert_eq!(send(site(off), asked).status(), 422);
    assert_eq!(witness.take(), [""; 0]);
}

#[test]
fn an_endpoint_of_the_site_reports_the_same() {
    let witness = Witness::default();
    let answer = |status: StatusCode| async move { (status, Extension(Rejected::Stale)) };
    let site = Router::new()
        .route("/choice", post(move || answer(StatusCode::CONFLICT)))
        .route("/taken", post(move || answer(StatusCode::OK)))
        .layer(CookieConsentLayer::new(policy()).observe(witness.clone()));
    for path in ["/choice", "/taken"] {
        send(site.clone(), request(Method::POST, path, &[], ""));
    }
    assert_eq!(witness.take(), ["Cookie rejected stale_texts - - /choice"]);
}

#[test]
fn metrics_count_them_by_reason_alone() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    metrics::with_local_recorder(&recorder, || {
        let layer = CookieConsentLayer::new(policy()).observe(CookieMetrics::new());
        for (headers, body, ..) in rows() {
            let asked = request(Method::POST, PATH, &headers, &body);
            send(site(layer.clone()), asked);
        }
    });
    let text = metrics.render();
    for (reason, count) in [("cross_site", 3), ("stale_texts", 2), ("body_too_large", 2)] {
        let line = format!(
            "cookie_consent_rejected_total{{category=\"preferences\",reason=\"{reason}\"}} {count}"
        );
        assert!(text.contains(&line), "{line} is not in {text}");
    }
    assert!(!text.contains("M4RK"), "{text}");
}
