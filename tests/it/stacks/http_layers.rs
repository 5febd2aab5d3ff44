//! tower-http: compression, CORS, trace, timeout.

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    routing::{get as on_get, post},
};
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use tower_http::{
    compression::CompressionLayer, cors::CorsLayer, timeout::TimeoutLayer, trace::TraceLayer,
};

use super::{ALLOWED, MIXED, consent, cookies, get, pair, refused, send};

const OTHER_SITE: HeaderValue = HeaderValue::from_static("https://other.example");

fn routes() -> Router {
    Router::new()
        .route("/", on_get(async || (MIXED, "x".repeat(10_000))))
        .route("/api", post(async || MIXED))
        .route(
            "/slow",
            on_get(async || {
                tokio::time::sleep(Duration::from_secs(60)).await;
                MIXED
            }),
        )
}

fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(OTHER_SITE)
        .allow_credentials(true)
        .allow_methods([Method::POST])
}

fn timeout() -> TimeoutLayer {
    let status = StatusCode::REQUEST_TIMEOUT;
    TimeoutLayer::with_status_code(status, Duration::from_millis(50))
}

fn documented() -> Router {
    routes()
        .layer(timeout())
        .layer(CompressionLayer::new())
        .layer(cors())
        .layer(TraceLayer::new_for_http())
        .layer(consent())
}

#[tokio::test]
async fn a_compressed_response_is_filtered_and_whole() {
    let request = Request::get("/").header(header::ACCEPT_ENCODING, "gzip");
    let response = send(&documented(), request.body(Body::empty()).unwrap()).await;
    assert_eq!(cookies(response.headers()), ALLOWED);
    assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip");
    assert!(response.headers().contains_key(header::VARY));
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(body.starts_with(&[0x1f, 0x8b]) && body.len() < 1_000);
}

#[tokio::test]
async fn a_preflight_is_answered_and_its_request_is_filtered() {
    let app = documented();
    let preflight = Request::options("/api")
        .header(header::ORIGIN, OTHER_SITE)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header("sec-fetch-site", "cross-site");
    let response = send(&app, preflight.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(
        response.headers()[header::ACCESS_CONTROL_ALLOW_METHODS],
        "POST"
    );
    assert_eq!(cookies(response.headers()), [""; 0]);

    let request = Request::post("/api").header(header::ORIGIN, OTHER_SITE);
    let response = send(&app, request.body(Body::empty()).unwrap()).await;
    let allowed = &response.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN];
    assert_eq!(allowed, OTHER_SITE);
    // From another site the preferences may only be lacking.
    assert_eq!(cookies(response.headers()), ALLOWED[..1]);
}

#[tokio::test]
async fn a_timeout_response_still_expires_refused_cookies() {
    let cookie = format!("_ga=1; {}", refused());
    let response = get(&documented(), "/slow", &cookie).await;
    assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
    assert_eq!(pair(response.headers(), "_ga"), Some("_ga="));
}

#[tokio::test]
async fn a_timeout_outside_answers_without_the_layer() {
    let app = routes().layer(consent()).layer(timeout());
    let cookie = format!("_ga=1; {}", refused());
    let response = get(&app, "/slow", &cookie).await;
    assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
    assert_eq!(
        cookies(response.headers()),
        [""; 0],
        "lost: the removal of _ga"
    );
}

#[tokio::test]
async fn compression_cors_and_trace_may_be_outside() {
    let app = routes()
        .layer(consent())
        .layer(CompressionLayer::new())
        .layer(cors())
        .layer(TraceLayer::new_for_http());
    let response = get(&app, "/", "").await;
    assert_eq!(cookies(response.headers()), ALLOWED);
}
