//! Documents that arrive slowly: what has arrived is sent, before the rest does.

use std::{
    convert::Infallible,
    io::Write,
    pin::pin,
    task::{Context, Poll, Waker},
};

use axum::{Router, body::Body, routing::any};
use bytes::Bytes;
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use futures_util::{StreamExt, stream};
use http::{Request, Response};
use http_body_util::BodyExt;
use tower::{Service, ServiceExt};
use tower_cookie_consent::{CookieConsentLayer, documents::HtmlConsentLayer};

use super::policy;

/// What has to arrive before anything leaves (8 KiB at most).
const START: usize = 8 * 1024;

/// The start of a page, with something to hold back in it, and the same behind the gate.
fn start() -> (String, String) {
    let held = "<!doctype html><title>t</title><img src=https://tiles.maps.example/1.png>";
    let text = "<p>text ".repeat(START);
    let before = format!("{held}{text}")[..START].to_owned();
    let after = before.replacen("src=", "data-consent=\"maps\" data-consent-src=", 1);
    (before, after)
}

/// Returns what leaves while the service has sent only `sent`.
fn leaves(fields: &[(&str, &str)], sent: Vec<u8>) -> String {
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let service = any(async move || {
        let first = stream::iter([Ok::<_, Infallible>(Bytes::from(sent.clone()))]);
        let mut response = Response::builder();
        for (name, value) in &fields {
            response = response.header(name, value);
        }
        // The rest never comes.
        let body = Body::from_stream(first.chain(stream::pending()));
        response.body(body).unwrap()
    });
    let site: Router = Router::new()
        .fallback(service)
        .layer(HtmlConsentLayer::new())
        .layer(CookieConsentLayer::new(policy()));
    let request = Request::get("/page")
        .header("host", "own.example")
        .header("sec-fetch-dest", "document")
        .body(Body::empty())
        .unwrap();
    let mut context = Context::from_waker(Waker::noop());
    let mut site = site.into_service();
    futures_executor::block_on(ServiceExt::<Request<Body>>::ready(&mut site)).unwrap();
    let Poll::Ready(response) = pin!(site.call(request)).poll(&mut context) else {
        panic!("the head waits for more than the start");
    };
    let mut body = response.unwrap().into_body();
    let mut left = Vec::new();
    while let Poll::Ready(frame) = pin!(body.frame()).poll(&mut context) {
        let frame = frame.expect("the body goes on").expect("no error");
        left.extend_from_slice(&frame.into_data().expect("data"));
    }
    String::from_utf8(left).unwrap()
}

#[test]
fn start_of_a_document_leaves_before_the_rest_arrives() {
    let (before, after) = start();
    assert_eq!(before.len(), START);
    for content_type in ["text/html; charset=utf-8", "text/html"] {
        let fields = [("content-type", content_type)];
        assert_eq!(leaves(&fields, before.clone().into()), after);
    }
}

#[test]
fn start_of_a_compressed_document_leaves_too() {
    let (before, after) = start();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(before.as_bytes()).unwrap();
    zlib.write_all(before.as_bytes()).unwrap();
    gzip.flush().unwrap();
    zlib.flush().unwrap();
    for (coding, sent) in [("gzip", gzip.get_ref()), ("deflate", zlib.get_ref())] {
        let fields = [("content-type", "text/html"), ("content-encoding", coding)];
        assert_eq!(leaves(&fields, sent.clone()), after, "{coding}");
    }
}

#[test]
fn a_tag_that_has_not_ended_waits() {
    let (before, after) = start();
    let sent = format!("{before}<img src=https://tiles.maps.example/2.png alt='");
    let fields = [("content-type", "text/html; charset=utf-8")];
    assert_eq!(leaves(&fields, sent.into()), after);
}
