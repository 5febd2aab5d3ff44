//! A server that sets the mixed cookies, and reports which ones it received.

use std::{convert::Infallible, net::SocketAddr};

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Request, Response,
    header::{COOKIE, SET_COOKIE},
};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::{Result, mixed};

pub(crate) const SEEN: HeaderName = HeaderName::from_static("x-seen");
pub(crate) const BODY: &[u8] = &[b'x'; 1_024];

pub(crate) async fn start() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).ok();
            let connection =
                http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(respond));
            tokio::spawn(connection);
        }
    });
    Ok(address)
}

async fn respond(
    request: Request<Incoming>,
) -> std::result::Result<Response<Full<Bytes>>, Infallible> {
    let number = request.uri().path().trim_start_matches('/').parse();
    let mut response = Response::new(Full::from(BODY));
    let headers = response.headers_mut();
    if let Some(cookie) = request.headers().get(COOKIE) {
        headers.insert(SEEN, cookie.clone());
    }
    for (field, _) in number.map(mixed::set_cookies).unwrap_or_default() {
        if let Ok(field) = HeaderValue::from_bytes(&field) {
            headers.append(SET_COOKIE, field);
        }
    }
    Ok(response)
}
