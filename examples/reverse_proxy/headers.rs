//! Changes to the headers of a request. Values are bytes here: none is parsed as text, so none is
//! lost for not being text.

use axum::body::Body;
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Uri, Version,
    header::{CONNECTION, COOKIE, HOST, PROXY_AUTHORIZATION, TE, UPGRADE},
};

use crate::server::Peer;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

pub(crate) fn prepare(request: &mut Request<Body>) {
    let peer = request.extensions().get::<Peer>().copied();
    let host = host_of(request.uri());
    let http2 = request.version() == Version::HTTP_2;

    let headers = request.headers_mut();
    drop_named_by_connection(headers);
    // For the first proxy, and for a protocol that is not supported here; the library drops the
    // rest.
    headers.remove(PROXY_AUTHORIZATION);
    headers.remove("http2-settings");
    keep_trailers_alone(headers);
    if let Some(host) = host {
        headers.insert(HOST, host);
    }
    if http2 {
        join(headers, &COOKIE, b"; ");
    }
    if let Some(Peer(address)) = peer {
        append(headers, &FORWARDED_FOR, &address.to_string());
    }
    // The first proxy knows what the visitor requested; proxies further in keep its value.
    if let Some(host) = headers.get(HOST).cloned() {
        headers.entry(FORWARDED_HOST).or_insert(host);
    }
    headers
        .entry(FORWARDED_PROTO)
        .or_insert(HeaderValue::from_static("http"));
}

/// The target's own host takes precedence over the header (RFC 9112 §3.2.2), and HTTP/2 has no
/// other.
fn host_of(target: &Uri) -> Option<HeaderValue> {
    // It was checked before and contains no user.
    HeaderValue::from_str(target.authority()?.as_str()).ok()
}

/// RFC 9110 §7.6.1: headers named by `Connection` are for this connection. The library does the
/// same for the rest, so nothing is left but a request to upgrade. Otherwise, a client could make
/// it drop the headers that are added below, by naming them.
fn drop_named_by_connection(headers: &mut HeaderMap) {
    let options: Vec<_> = headers
        .get_all(CONNECTION)
        .iter()
        .flat_map(|field| field.as_bytes().split(|byte| *byte == b','))
        .filter_map(|option| HeaderName::from_bytes(option.trim_ascii()).ok())
        .collect();
    headers.remove(CONNECTION);
    for name in options {
        match name {
            UPGRADE => drop(headers.insert(CONNECTION, HeaderValue::from_static("upgrade"))),
            // `keep_trailers_alone` handles `TE`, and every upstream needs `Host`.
            TE | HOST => {}
            name => drop(headers.remove(name)),
        }
    }
}

/// `TE: trailers` is passed on, since gRPC requires it; other codings are not.
fn keep_trailers_alone(headers: &mut HeaderMap) {
    let wants_trailers = headers
        .get_all(TE)
        .iter()
        .flat_map(|field| field.as_bytes().split(|byte| *byte == b','))
        .any(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"trailers"));
    headers.remove(TE);
    if wants_trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
}

/// RFC 9113 §8.2.3: the `Cookie` headers of HTTP/2 become one if the next connection is HTTP/1.
fn join(headers: &mut HeaderMap, name: &HeaderName, separator: &[u8]) {
    let fields: Vec<_> = headers
        .get_all(name)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    if fields.len() > 1
        && let Ok(joined) = HeaderValue::from_bytes(&fields.join(separator))
    {
        headers.insert(name, joined);
    }
}

/// Appends to the list in a single header, as servers expect it.
fn append(headers: &mut HeaderMap, name: &HeaderName, last: &str) {
    if let Ok(last) = HeaderValue::from_str(last) {
        headers.append(name, last);
        join(headers, name, b", ");
    }
}
