//! The bounds that the layer does not impose, and the servers and frameworks that it works with.

use std::{
    cell::Cell,
    convert::Infallible,
    fmt,
    future::{Future, Ready, ready},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use axum::{Router, body::Body, routing::get};
use futures_executor::block_on;
use http::{HeaderValue, Request, Response, StatusCode, header::SET_COOKIE};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    service::TowerToHyperService,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn, util::option_layer};
use tower_cookie_consent::{Consent, CookieConsentLayer, layer::ResponseFuture};

use crate::support::{Prefs, layer};

/// Neither `Default` nor `Clone`, nor anything else.
struct Opaque(&'static str);

fn answer<B>(body: B) -> Response<B> {
    Response::builder()
        .header(SET_COOKIE, "session=1")
        .header(SET_COOKIE, "_ga=2")
        .body(body)
        .unwrap()
}

fn kept<B>(response: &Response<B>) -> Vec<&HeaderValue> {
    response.headers().get_all(SET_COOKIE).iter().collect()
}

#[test]
fn a_response_without_a_body_will_do() {
    let mut service = layer().layer(service_fn(async |_: Request<()>| {
        Ok::<_, Infallible>(answer(()))
    }));
    let response = block_on(service.call(Request::new(()))).unwrap();
    assert_eq!(kept(&response), ["session=1"]);
}

#[test]
fn bodies_need_neither_default_nor_clone() {
    let service = service_fn(async |request: Request<Opaque>| {
        Ok::<_, Infallible>(answer(request.into_body()))
    });
    let response = block_on(layer().layer(service).call(Request::new(Opaque("body")))).unwrap();
    assert_eq!(kept(&response), ["session=1"]);
    assert_eq!(response.into_body().0, "body");
}

type Answered = Result<Response<Opaque>, Refused>;

/// A service that can't be cloned, with a future that can't be sent.
struct Local {
    calls: Rc<Cell<u32>>,
    ready: bool,
}

impl Service<Request<()>> for Local {
    type Response = Response<Opaque>;
    type Error = Refused;
    type Future = Pin<Box<dyn Future<Output = Answered>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Refused>> {
        self.ready = true;
        Poll::Ready(if self.calls.get() < 2 {
            Ok(())
        } else {
            Err(Refused("closed"))
        })
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        assert!(self.ready, "poll_ready reaches the inner service");
        self.calls.set(self.calls.get() + 1);
        let fails = request.uri().path() == "/fails";
        let here = Rc::clone(&self.calls);
        Box::pin(async move {
            let _alive = here;
            if fails {
                Err(Refused("by itself"))
            } else {
                Ok(answer(Opaque("x")))
            }
        })
    }
}

/// An error that is nothing but itself.
#[derive(Debug, PartialEq)]
struct Refused(&'static str);

#[test]
fn a_service_needs_neither_clone_nor_send_and_keeps_its_error() {
    let calls = Rc::new(Cell::new(0));
    let mut service = CookieConsentLayer::new(crate::support::policy()).layer(Local {
        calls: Rc::clone(&calls),
        ready: false,
    });
    block_on(async {
        let ready = service.ready().await.unwrap();
        let response = ready.call(Request::new(())).await.unwrap();
        assert_eq!(kept(&response), ["session=1"]);
        let fails = Request::builder().uri("/fails").body(()).unwrap();
        assert_eq!(service.call(fails).await.err(), Some(Refused("by itself")));
        assert_eq!(service.ready().await.err(), Some(Refused("closed")));
    });
    assert_eq!(calls.get(), 2);
}

#[test]
fn the_types_are_what_servers_ask_for() {
    fn layer_of<L: Clone + Send + Sync + fmt::Debug + 'static>(_: &L) {}
    fn service_of<S: Clone + Send + Sync + 'static>(_: &S) {}
    fn future_of<F: Future + Send + 'static>(_: &F) {}
    fn unpin<F: Unpin>() {}
    let layer = layer();
    layer_of(&layer);
    let inner = |_: Request<()>| ready(Ok::<_, Infallible>(answer(())));
    let mut service = layer.layer(service_fn(inner));
    service_of(&service);
    future_of(&service.call(Request::new(())));
    unpin::<ResponseFuture<Ready<()>>>();
    // Without a type parameter, it can be a field.
    struct Site {
        _layer: CookieConsentLayer,
    }
    layer_of(&Site { _layer: layer }._layer);
}

#[test]
fn it_stacks_with_other_layers() {
    let mut service = ServiceBuilder::new()
        .layer(layer())
        .map_response(|mut response: Response<()>| {
            response
                .headers_mut()
                .append(SET_COOKIE, HeaderValue::from_static("_ga=late"));
            response
        })
        .option_layer(Some(layer()))
        .service_fn(|_: Request<()>| ready(Ok::<_, Infallible>(answer(()))));
    let response = block_on(service.call(Request::new(()))).unwrap();
    assert_eq!(kept(&response), ["session=1"]);
}

async fn handler(consent: Option<Consent>) -> Response<Body> {
    let mut response = answer(Body::empty());
    let told = HeaderValue::from_static(if consent.is_some() { "yes" } else { "no" });
    response.headers_mut().append("x-told", told);
    response
}

async fn visit(router: &Router, path: &str) -> (StatusCode, usize, String) {
    let request = Request::builder().uri(path).body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let told = response
        .headers()
        .get("x-told")
        .map_or("", |told| told.to_str().unwrap());
    (response.status(), kept(&response).len(), told.to_owned())
}

#[tokio::test]
async fn it_wraps_nested_and_merged_routes_and_fallbacks() {
    let router = Router::new()
        .route("/", get(handler))
        .nest("/nested", Router::new().route("/page", get(handler)))
        .nest_service("/service", Router::new().route("/page", get(handler)))
        .merge(Router::new().route("/merged", get(handler)))
        .fallback(handler)
        .layer(layer())
        .route("/outside", get(handler));
    for path in ["/", "/nested/page", "/service/page", "/merged", "/missing"] {
        assert_eq!(
            visit(&router, path).await,
            (StatusCode::OK, 1, "yes".to_owned()),
            "{path}"
        );
    }
    assert_eq!(
        visit(&router, "/outside").await,
        (StatusCode::OK, 2, "no".to_owned())
    );
    let around = layer().layer(router.clone());
    let request = Request::builder()
        .uri("/outside")
        .body(Body::empty())
        .unwrap();
    assert_eq!(
        kept(&around.oneshot(request).await.unwrap()).len(),
        1,
        "around it all"
    );
}

#[tokio::test]
async fn it_is_an_optional_and_a_route_layer_in_axum() {
    for (layer, expected) in [(Some(layer()), 1), (None, 2)] {
        let router = Router::new()
            .route("/", get(handler))
            .layer(option_layer(layer));
        assert_eq!(visit(&router, "/").await.1, expected);
    }
    let router = Router::new().route("/", get(handler)).route_layer(layer());
    assert_eq!(visit(&router, "/").await.1, 1);
    assert_eq!(visit(&router, "/missing").await.0, StatusCode::NOT_FOUND);
}

/// A site on hyper that returns the `Cookie` headers it saw, and upgrades on request.
async fn page(mut request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, Infallible> {
    let mut response = answer(Empty::new());
    for cookie in request.headers().get_all("cookie") {
        response.headers_mut().append("x-saw", cookie.clone());
    }
    if request.headers().contains_key("upgrade") {
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let upgrade = HeaderValue::from_static("echo");
        response.headers_mut().insert("upgrade", upgrade.clone());
        response
            .headers_mut()
            .insert("connection", HeaderValue::from_static("upgrade"));
        let upgraded = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            let mut io = TokioIo::new(upgraded.await.unwrap());
            let mut bytes = [0; 4];
            io.read_exact(&mut bytes).await.unwrap();
            io.write_all(&bytes).await.unwrap();
        });
    }
    Ok(response)
}

/// The client's end of a connection to the site.
fn connect(http2: bool) -> DuplexStream {
    let (client, server) = duplex(64 * 1024);
    let service = TowerToHyperService::new(layer().layer(service_fn(page)));
    let io = TokioIo::new(server);
    tokio::spawn(async move {
        if http2 {
            let http2 = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            http2.serve_connection(io, service).await.ok();
        } else {
            let http1 = hyper::server::conn::http1::Builder::new();
            http1
                .serve_connection(io, service)
                .with_upgrades()
                .await
                .ok();
        }
    });
    client
}

/// The head of an HTTP/1 response to this request, by the bytes.
async fn raw(client: &mut DuplexStream, request: &str) -> String {
    client.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

#[tokio::test]
async fn hyper_serves_it_over_http_1_with_several_cookie_fields() {
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\nCookie: _ga=1; lang=2\r\nCookie: _fbp=3\r\n\
                   Cookie: session=4\r\n\r\n";
    let head = raw(&mut connect(false), request).await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(
        head.contains("set-cookie: session=1\r\n") && !head.contains("_ga"),
        "{head}"
    );
    assert!(
        head.contains("x-saw: lang=2\r\nx-saw: session=4\r\n"),
        "{head}"
    );
    assert!(!head.contains("_fbp"), "{head}");
}

#[tokio::test]
async fn a_101_is_judged_and_still_upgrades() {
    let mut client = connect(false);
    let prefs = Prefs::refuse().pair();
    let request = format!(
        "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: echo\r\n\
         Cookie: {prefs}; _ga=1\r\n\r\n"
    );
    let head = raw(&mut client, &request).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(
        head.contains("set-cookie: session=1\r\n") && !head.contains("_ga=2"),
        "{head}"
    );
    assert!(
        head.contains("set-cookie: _ga=; Path=/; Max-Age=0"),
        "{head}"
    );
    client.write_all(b"ping").await.unwrap();
    let mut bytes = [0; 4];
    client.read_exact(&mut bytes).await.unwrap();
    assert_eq!(&bytes, b"ping");
}

#[tokio::test]
async fn hyper_serves_it_over_http_2_with_a_field_for_each_cookie() {
    let http2 = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
    let (mut sender, connection) = http2.handshake(TokioIo::new(connect(true))).await.unwrap();
    tokio::spawn(connection);
    let prefs = Prefs::refuse().pair();
    let request = Request::builder()
        .uri("https://www.shop.example/")
        .header("cookie", "session=1")
        .header("cookie", "_ga=2")
        .header("cookie", prefs.as_str())
        .header("cookie", "_fbp=3")
        .body(Empty::<Bytes>::new())
        .unwrap();
    let response = sender.send_request(request).await.unwrap();
    let saw: Vec<_> = response.headers().get_all("x-saw").iter().collect();
    assert_eq!(saw, ["session=1", prefs.as_str()]);
    let sent: Vec<_> = kept(&response)
        .into_iter()
        .map(|field| field.to_str().unwrap())
        .collect();
    assert_eq!(sent[0], "session=1");
    assert!(
        sent.iter()
            .any(|field| field.starts_with("_ga=;") && field.contains("Domain=shop.example"))
    );
    assert_eq!(
        sent.len(),
        1 + 2 * 3,
        "each host-only, for the host and for its parent"
    );
    assert!(
        response
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes()
            .is_empty()
    );
}
