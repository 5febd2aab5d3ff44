//! A handler's response whose grant could not be recorded: it stays, and operators hear of it.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Body, http::StatusCode, response::IntoResponse, routing::post};
use http::{Request, header::SET_COOKIE};
use metrics_exporter_prometheus::PrometheusBuilder;
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookiePolicy,
    observe::{CookieMetrics, Event, EventKind},
    preferences::Rejected,
    records::{Appended, Entry, RecordLayer, RecordStore, Records, StoreError, StoreFuture},
};

/// It takes nothing.
#[derive(Debug)]
struct Down;

impl RecordStore for Down {
    fn append<'a>(&'a self, _: &'a [Entry]) -> StoreFuture<'a, Vec<Appended>> {
        Box::pin(async { Err(StoreError::temporary("it is down")) })
    }
}

#[test]
fn a_cut_grant_of_a_handler_is_an_event_and_a_metric() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    let rejected = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&rejected);
    metrics::with_local_recorder(&recorder, || {
        let policy = CookiePolicy::new([Category::consent("ads")]).unwrap();
        let records = Records::builder(Down).build().unwrap();
        let buy = async |consent: Consent| {
            let accepted = consent.set_cookie(consent.accept_all());
            (StatusCode::CREATED, accepted, "ordered").into_response()
        };
        let layer = CookieConsentLayer::new(policy)
            .records(&records)
            .observe(CookieMetrics::new())
            .observe(move |event: &Event<'_>| {
                if let EventKind::Rejected(why) = event.kind() {
                    told.lock().unwrap().push(why);
                }
            });
        let app: Router = Router::new()
            .route("/buy", post(buy))
            .layer(RecordLayer::new(records))
            .layer(layer);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let order = Request::post("/buy").body(Body::empty()).unwrap();
        let order = runtime.block_on(app.oneshot(order)).unwrap();
        assert_eq!(order.status(), StatusCode::CREATED);
        assert!(!order.headers().contains_key(SET_COOKIE));
    });
    assert_eq!(*rejected.lock().unwrap(), [Rejected::NotRecorded]);
    let text = metrics.render();
    let lines = text
        .lines()
        .filter(|line| line.starts_with("cookie_consent_rejected_total{"));
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), 1, "{text}");
    let (labels, count) = lines[0].rsplit_once(' ').unwrap();
    assert!(labels.contains(r#"reason="not_recorded""#), "{labels}");
    assert_eq!(count, "1");
}
