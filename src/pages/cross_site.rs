//! Protection against choices that other sites make for the visitor.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    task::{Context, Poll},
};

use http::{HeaderName, Request, Response, StatusCode, header::ORIGIN, request::Parts};
use tower::{Layer, Service};
use tower_http::csrf::CsrfLayer;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The page that a request comes from, according to its headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    /// This site.
    Own,
    /// Not specified: it may only refuse.
    Silent,
    /// Another site, or unclear.
    Foreign,
}

pub(super) async fn sender(csrf: &CsrfLayer, parts: &Parts) -> Sender {
    let mut head = Request::new(());
    *head.method_mut() = parts.method.clone();
    *head.uri_mut() = parts.uri.clone();
    *head.headers_mut() = parts.headers.clone();
    let passed = csrf.layer(Passed).call(head).await;
    match passed.map(|response| response.status()) {
        Ok(StatusCode::OK) if says_something(parts) => Sender::Own,
        Ok(StatusCode::OK) => Sender::Silent,
        _ => Sender::Foreign,
    }
}

/// tower-http treats an empty header as absent, and so does this.
fn says_something(parts: &Parts) -> bool {
    [SEC_FETCH_SITE, ORIGIN]
        .iter()
        .filter_map(|name| parts.headers.get(name))
        .any(|field| !field.is_empty())
}

/// The innermost service, only reached by requests that the layer lets through.
#[derive(Clone, Copy, Debug)]
struct Passed;

impl Service<Request<()>> for Passed {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new(())))
    }
}
