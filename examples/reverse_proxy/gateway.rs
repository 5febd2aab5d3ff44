//! The response to the client: the upstream's response, without what ends at this proxy, or the
//! proxy's own response if the upstream does not give one.

use axum::body::Body;
use axum_reverse_proxy::ProxyError;
use http::{
    HeaderValue, Response, StatusCode,
    header::{ALT_SVC, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, PROXY_AUTHENTICATE},
};
use hyper::body::Body as _;

/// Returns the response of the upstream, or a clear text without one.
pub(crate) fn of_upstream(response: Response<Body>) -> Response<Body> {
    match response.extensions().get::<ProxyError>() {
        None => passed_on(response),
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

/// The library has dropped what applies to one connection only.
fn passed_on(mut response: Response<Body>) -> Response<Body> {
    // A chunked body has no known length, whatever a header next to `Transfer-Encoding` says (RFC
    // 9112 §6.3).
    let is_of_unknown_length = response.body().size_hint().exact().is_none();
    let headers = response.headers_mut();
    if is_of_unknown_length {
        headers.remove(CONTENT_LENGTH);
    }
    // It would lead browsers to the upstream, bypassing this proxy (RFC 7838).
    headers.remove(ALT_SVC);
    // The upstream is not a proxy.
    headers.remove(PROXY_AUTHENTICATE);
    headers.remove("proxy-authentication-info");
    response
}

pub(crate) fn bad_request(problem: &'static str) -> Response<Body> {
    let text = format!("400 Bad Request: {problem}.\n");
    last(answer(StatusCode::BAD_REQUEST, text))
}

pub(crate) fn client_timeout() -> Response<Body> {
    last(answer(
        StatusCode::REQUEST_TIMEOUT,
        "408 Request Timeout: the body of the request did not arrive in time.\n",
    ))
}

pub(crate) fn timeout() -> Response<Body> {
    tracing::error!("the upstream did not begin its response in time");
    answer(
        StatusCode::GATEWAY_TIMEOUT,
        "504 Gateway Timeout: the server behind this proxy did not answer in time.\n",
    )
}

/// Reads nothing more from a client that sends such requests. HTTP/2 has no such header, and hyper
/// omits it there.
fn last(mut response: Response<Body>) -> Response<Body> {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(CONNECTION, close);
    response
}

fn answer(status: StatusCode, text: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}
