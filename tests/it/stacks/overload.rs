//! Layers that refuse work, outside and inside, as `docs/guide/stacks.md` says.

use std::{future::pending, time::Duration};

use axum::{
    BoxError, Router, error_handling::HandleErrorLayer, response::IntoResponse,
    routing::get as on_get,
};
use http::StatusCode;
use tower::{ServiceBuilder, timeout::error::Elapsed};
use tower_http::compression::CompressionLayer;

use crate::support::process::PATIENCE;

use super::{ALLOWED, MIXED, consent, cookies, get, pair, refused};

const LIMIT: Duration = Duration::from_millis(20);

/// The site. The layers are around it as a whole: `Router::layer` puts new ones around each request to a
/// handler, so that limits would not be shared.
fn routes() -> Router {
    Router::new()
        .route("/", on_get(async || MIXED))
        .route("/slow", on_get(pending::<()>))
}

/// Answers with cookies of its own, as careless pages for errors do.
async fn failed(error: BoxError) -> impl IntoResponse {
    let status = match error.is::<Elapsed>() {
        true => StatusCode::GATEWAY_TIMEOUT,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, MIXED)
}

/// The cookies of a visitor who has refused, and whose browser still sends one.
fn cookies_after_refusal() -> String {
    format!("_ga=1; {}", refused())
}

#[tokio::test]
async fn refusals_inside_are_judged_and_expire_cookies() {
    let stack = ServiceBuilder::new()
        .layer(consent())
        .layer(CompressionLayer::new())
        .layer(HandleErrorLayer::new(failed))
        .load_shed()
        .buffer(4)
        .concurrency_limit(1)
        .timeout(LIMIT);
    let app = Router::new().fallback_service(stack.service(routes()));
    assert_eq!(cookies(get(&app, "/", "").await.headers()), ALLOWED);
    let slow = get(&app, "/slow", &cookies_after_refusal()).await;
    assert_eq!(slow.status(), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(pair(slow.headers(), "_ga"), Some("_ga="));
    assert!(pair(slow.headers(), "sessionid").is_some());
    assert_eq!(pair(slow.headers(), "unheard-of"), None);
}

#[tokio::test]
async fn errors_answered_outside_are_not_judged() {
    let stack = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(failed))
        .timeout(LIMIT)
        .layer(consent());
    let app = Router::new().fallback_service(stack.service(routes()));
    assert_eq!(cookies(get(&app, "/", "").await.headers()), ALLOWED);
    let slow = get(&app, "/slow", &cookies_after_refusal()).await;
    let lost = "lost: the removal of _ga, and the judgement of all others";
    assert_eq!(cookies(slow.headers()).len(), 4, "{lost}");
    assert_eq!(pair(slow.headers(), "_ga"), Some("_ga=3"), "{lost}");
}

#[tokio::test]
async fn full_service_outside_answers_without_the_layer() {
    let shedding = |app: Router| {
        let stack = ServiceBuilder::new()
            .layer(HandleErrorLayer::new(failed))
            .load_shed()
            .concurrency_limit(1);
        Router::new().fallback_service(stack.service(app))
    };
    for (is_inside, app) in [
        (true, shedding(routes()).layer(consent())),
        (false, shedding(routes().layer(consent()))),
    ] {
        let cookie = cookies_after_refusal();
        let (occupied, asked) = (app.clone(), cookie.clone());
        let slow = tokio::spawn(async move { get(&occupied, "/slow", &asked).await });
        tokio::task::yield_now().await;
        let shed = tokio::time::timeout(PATIENCE, get(&app, "/", &cookie))
            .await
            .unwrap();
        slow.abort();
        assert_eq!(
            shed.status(),
            StatusCode::SERVICE_UNAVAILABLE,
            "{is_inside}"
        );
        let is_removed = pair(shed.headers(), "_ga") == Some("_ga=");
        assert_eq!(is_removed, is_inside);
    }
}

#[tokio::test]
async fn a_buffer_outside_changes_nothing() {
    let stack = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(failed))
        .buffer(4)
        .layer(consent());
    let app = Router::new().fallback_service(stack.service(routes()));
    assert_eq!(cookies(get(&app, "/", "").await.headers()), ALLOWED);
    let response = get(&app, "/", &cookies_after_refusal()).await;
    assert_eq!(pair(response.headers(), "_ga"), Some("_ga="));
}
