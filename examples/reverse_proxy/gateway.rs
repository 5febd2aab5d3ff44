//! What goes back to the client: the upstream's response, without what ends at this proxy, and the
//! proxy's own answers, where the upstream has none.

use axum::body::Body;
use axum_reverse_proxy::ProxyError;
use http::{
    HeaderValue, Response, StatusCode,
    header::{ALT_SVC, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, PROXY_AUTHENTICATE},
};
use hyper::body::Body as _;

/// The response of the upstream; where there is none, a clear text instead.
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

/// The library has dropped what is for one connection alone.
fn passed_on(mut response: Response<Body>) -> Response<Body> {
    // Of a chunked body no length is known, whatever a field beside `Transfer-Encoding` says
    // (RFC 9112 §6.3).
    let is_of_unknown_length = response.body().size_hint().exact().is_none();
    let headers = response.headers_mut();
    if is_of_unknown_length {
        headers.remove(CONTENT_LENGTH);
    }
    // It would lead browsers to the upstream, around this proxy (RFC 7838).
    headers.remove(ALT_SVC);
    // The upstream is nobody's proxy.
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
        "408 Request Timeout: the body of the request did not come in time.\n",
    ))
}

pub(crate) fn timeout() -> Response<Body> {
    tracing::error!("the upstream did not begin its response in time");
    answer(
        StatusCode::GATEWAY_TIMEOUT,
        "504 Gateway Timeout: the server behind this proxy did not answer in time.\n",
    )
}

/// Of a client that sends such requests nothing more is read. HTTP/2 has no such field, and hyper
/// leaves it out there.
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
