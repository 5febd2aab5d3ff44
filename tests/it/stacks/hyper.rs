//! hyper 1 over real connections: HTTP/1, HTTP/2 and an upgrade.

use std::{convert::Infallible, net::SocketAddr};

use axum::body::Body;
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode,
    header::{CONNECTION, COOKIE, SET_COOKIE, UPGRADE},
};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tower::{Layer, Service};
use tower_cookie_consent::{Category, CookieDeclaration, CookiePolicy};

use super::{ALLOWED, MIXED, consent, cookies};
use crate::support::raw::Connection;

/// Serves on a free port, as long as the test runs.
pub(super) async fn serve<S>(service: S) -> SocketAddr
where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                auto::Builder::new(TokioExecutor::new())
                    .serve_connection_with_upgrades(TokioIo::new(stream), service)
                    .await
                    .ok();
            });
        }
    });
    address
}

/// Responds with the received Cookie headers, one per line, and sets the mixed cookies.
async fn echo(request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let fields = request.headers().get_all(COOKIE).iter();
    let lines: Vec<_> = fields.map(|field| field.to_str().unwrap()).collect();
    let mut response = Response::new(Body::from(lines.join("\n")));
    set_mixed(response.headers_mut());
    Ok(response)
}

fn set_mixed(headers: &mut HeaderMap) {
    for (name, value) in MIXED.0 {
        headers.append(name, HeaderValue::from_static(value));
    }
}

const COOKIE_FIELDS: [&str; 4] = [
    "sessionid=a",
    "_ga=b",
    "parcours=c; login-state=d; _pk_id.1=e",
    "of-others=f",
];

async fn ask(address: SocketAddr, http2: bool) -> (HeaderMap, String) {
    ask_host(&address.to_string(), http2).await
}

async fn ask_host(host: &str, http2: bool) -> (HeaderMap, String) {
    let client = Client::builder(TokioExecutor::new())
        .http2_only(http2)
        .build_http::<Empty<Bytes>>();
    let mut request = Request::get(format!("http://{host}/"));
    for field in COOKIE_FIELDS {
        request = request.header(COOKIE, field);
    }
    let request = request.body(Empty::new()).unwrap();
    let (head, body) = client.request(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head.headers, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn several_cookie_fields_are_judged_each_over_http1_and_http2() {
    let address = serve(consent().layer(tower::service_fn(echo))).await;
    for http2 in [false, true] {
        let (headers, seen) = ask(address, http2).await;
        assert_eq!(seen, "sessionid=a\nlogin-state=d; _pk_id.1=e\nof-others=f");
        assert_eq!(cookies(&headers), ALLOWED);
    }
}

#[tokio::test]
async fn policies_follow_the_host_over_http1_and_http2() {
    let tenant = Category::necessary("all").cookie(CookieDeclaration::new("_ga"));
    let tenant = CookiePolicy::new([tenant]).unwrap();
    let layer = consent().policy_for(move |request| {
        (request.host().as_deref() == Some("localhost")).then(|| tenant.clone())
    });
    let address = serve(layer.layer(tower::service_fn(echo))).await;
    for http2 in [false, true] {
        let named = format!("LocalHost:{}", address.port());
        let (headers, seen) = ask_host(&named, http2).await;
        assert_eq!(cookies(&headers).len(), 1, "{headers:?}");
        assert!(cookies(&headers)[0].starts_with("_ga="));
        assert!(seen.contains("_ga=b"), "{seen}");
        let (headers, _) = ask(address, http2).await;
        assert_eq!(cookies(&headers), ALLOWED);
    }
}

#[tokio::test]
async fn a_service_around_the_layer_sets_its_cookies_unjudged() {
    let inner = consent().layer(tower::service_fn(echo));
    let around = tower::service_fn(move |request| {
        let mut inner = inner.clone();
        async move {
            let mut response = inner.call(request).await?;
            let late = HeaderValue::from_static("_ga=late");
            response.headers_mut().append(SET_COOKIE, late);
            Ok(response)
        }
    });
    for http2 in [false, true] {
        let (headers, _) = ask(serve(around.clone()).await, http2).await;
        assert!(cookies(&headers).contains(&"_ga=late"));
    }
}

const MIXED_UPGRADE: &str = "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\n\
    Upgrade: echo\r\nCookie: sessionid=a; _ga=b\r\n\r\n";

/// Switches to a protocol that echoes, and sets the mixed cookies with the 101.
async fn switch(mut request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let seen = HeaderName::from_static("x-seen");
    let cookie = request.headers()[COOKIE].clone();
    tokio::spawn(async move {
        let upgraded = hyper::upgrade::on(&mut request).await.unwrap();
        let mut stream = TokioIo::new(upgraded);
        let mut word = [0; 4];
        stream.read_exact(&mut word).await.unwrap();
        stream.write_all(&word).await.unwrap();
        stream.shutdown().await.unwrap();
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("echo"));
    headers.insert(seen, cookie);
    set_mixed(headers);
    Ok(response)
}

#[tokio::test]
async fn an_upgrade_passes_and_the_cookies_of_its_101_are_judged() {
    let address = serve(consent().layer(tower::service_fn(switch))).await;
    let mut client = Connection::to(address).await;
    client.write(MIXED_UPGRADE).await;
    let head = client.head().await.unwrap();
    assert_eq!(head.start(), "HTTP/1.1 101 Switching Protocols");
    assert_eq!(head.texts("x-seen"), ["sessionid=a"]);
    assert_eq!(head.texts("set-cookie"), ALLOWED);
    client.write("ping").await;
    assert_eq!(client.rest().await, b"ping");
}
