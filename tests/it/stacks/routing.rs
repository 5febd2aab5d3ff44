//! How axum's routers compose.

use axum::{Router, routing::get as on_get};
use http::StatusCode;
use tower::{ServiceBuilder, util::option_layer};
use tower_cookie_consent::Consent;

use super::{ALLOWED, MIXED, consent, cookies, get, text};

fn page() -> Router {
    Router::new().route("/page", on_get(async || MIXED))
}

#[tokio::test]
async fn nested_and_merged_routers_are_covered() {
    let app = Router::new()
        .nest("/nested", page())
        .merge(page())
        .nest_service("/service", page())
        .layer(consent());
    for path in ["/page", "/nested/page", "/service/page"] {
        let response = get(&app, path, "").await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(cookies(response.headers()), ALLOWED, "{path}");
    }
}

#[tokio::test]
async fn a_nested_or_merged_router_keeps_its_layer() {
    let app = Router::new()
        .nest("/nested", page().layer(consent()))
        .merge(page().layer(consent()))
        .route("/outside", on_get(async || MIXED));
    for path in ["/page", "/nested/page"] {
        assert_eq!(cookies(get(&app, path, "").await.headers()), ALLOWED);
    }
    assert_eq!(cookies(get(&app, "/outside", "").await.headers()).len(), 4);
}

#[tokio::test]
async fn the_fallback_and_a_wrong_method_are_covered() {
    let app = page()
        .fallback(async || (StatusCode::NOT_FOUND, MIXED))
        .method_not_allowed_fallback(async || (StatusCode::METHOD_NOT_ALLOWED, MIXED))
        .layer(consent());
    let response = get(&app, "/nowhere", "").await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(cookies(response.headers()), ALLOWED);

    let request = http::Request::post("/page").body(axum::body::Body::empty());
    let response = super::send(&app, request.unwrap()).await;
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(cookies(response.headers()), ALLOWED);
}

#[tokio::test]
async fn a_route_layer_leaves_out_the_fallback_and_what_comes_later() {
    let app = page()
        .route_layer(consent())
        .route("/later", on_get(async || MIXED))
        .fallback(async || MIXED);
    assert_eq!(cookies(get(&app, "/page", "").await.headers()), ALLOWED);
    for lost in ["/later", "/nowhere"] {
        assert_eq!(
            cookies(get(&app, lost, "").await.headers()).len(),
            4,
            "{lost}"
        );
    }
}

#[tokio::test]
async fn the_layer_twice_is_the_layer_once() {
    let app = page().layer(consent()).layer(consent());
    assert_eq!(cookies(get(&app, "/page", "").await.headers()), ALLOWED);
}

#[tokio::test]
async fn the_layer_fits_option_layer_and_service_builder() {
    let build = |layer| page().layer(ServiceBuilder::new().layer(option_layer(layer)));
    let with = build(Some(consent()));
    assert_eq!(cookies(get(&with, "/page", "").await.headers()), ALLOWED);
    let without = build(None);
    assert_eq!(cookies(get(&without, "/page", "").await.headers()).len(), 4);
}

#[tokio::test]
async fn handlers_everywhere_get_the_consent() {
    let told = on_get(async |consent: Consent| consent.allows("ads").to_string());
    let app = Router::new()
        .route("/", told.clone())
        .nest("/nested", Router::new().route("/", told))
        .layer(consent());
    for path in ["/", "/nested"] {
        assert_eq!(text(get(&app, path, "").await).await, "false");
        assert_eq!(
            text(get(&app, path, &super::accepted()).await).await,
            "true"
        );
    }
}
