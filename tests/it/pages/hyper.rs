//! Without axum: the pages behind a hyper server, beside a service of the site's own.

use std::convert::Infallible;

use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Full};
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioIo},
    service::TowerToHyperService,
};
use tokio::net::TcpListener;
use tower::{ServiceBuilder, ServiceExt};
use tower_cookie_consent::{CookieConsentLayer, pages::Pages};

use super::policy;

async fn site(
    pages: Pages,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.uri().path().starts_with("/cookies") {
        let (parts, body) = pages.oneshot(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        return Ok(Response::from_parts(parts, body.into()));
    }
    Ok(Response::new("home".into()))
}

#[tokio::test]
async fn the_pages_are_served_by_hyper_without_a_router() {
    let pages = Pages::at("/cookies", policy()).unwrap();
    let service = ServiceBuilder::new()
        .layer(CookieConsentLayer::new(policy()))
        .service_fn(move |request| site(pages.clone(), request));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = TowerToHyperService::new(service.clone());
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            drop(tokio::spawn(connection));
        }
    });
    let client = Client::builder(TokioExecutor::new()).build_http();
    let get = async |method: &str, path: &str| {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{address}{path}"));
        let response = client
            .request(request.body(Empty::<Bytes>::new()).unwrap())
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        (parts, body.collect().await.unwrap().to_bytes())
    };
    let (charter, text) = get("GET", "/cookies").await;
    assert_eq!(charter.status, StatusCode::OK);
    assert!(String::from_utf8_lossy(&text).contains("Cookie policy"));
    let (head, nothing) = get("HEAD", "/cookies").await;
    assert_eq!(head.headers["content-length"], text.len().to_string());
    assert!(nothing.is_empty());
    assert_eq!(get("GET", "/").await.1, "home");
    server.abort();
}
