//! The proxy's own answers, where the upstream has none.

use axum::body::Body;
use axum_reverse_proxy::ProxyError;
use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};

/// The response of the upstream; where there is none, a clear text instead.
pub(crate) fn explain(response: Response<Body>) -> Response<Body> {
    match response.extensions().get::<ProxyError>() {
        None => response,
        Some(error) if error.is_connect() => answer(
            StatusCode::BAD_GATEWAY,
            "502 Bad Gateway: the server behind this proxy can't be reached.\n",
        ),
        Some(_) => answer(
            StatusCode::BAD_GATEWAY,
            "502 Bad Gateway: the server behind this proxy gave no valid response.\n",
        ),
    }
}

pub(crate) fn timeout() -> Response<Body> {
    tracing::error!("the upstream did not begin its response in time");
    answer(
        StatusCode::GATEWAY_TIMEOUT,
        "504 Gateway Timeout: the server behind this proxy did not answer in time.\n",
    )
}

fn answer(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}
