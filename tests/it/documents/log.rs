//! What the log says of documents: a warning for each thing that is new, with what to do.

use axum::{Router, body::Body};
use http::Request;
use http_body_util::BodyExt;
use tower::ServiceExt;
use tower_cookie_consent::documents::HtmlConsentLayer;
use tracing_subscriber::filter::LevelFilter;

use super::{Origin, PAGE, site};
use crate::tracing::logged;

/// Asks for a page, and reads it to its end.
fn visit(site: &Router, path: &str) {
    let request = Request::get(path)
        .header("host", "own.example")
        .header("sec-fetch-dest", "document")
        .body(Body::empty())
        .unwrap();
    futures_executor::block_on(async {
        let response = site.clone().oneshot(request).await.unwrap();
        drop(response.into_body().collect().await);
    });
}

#[test]
fn each_undeclared_origin_is_warned_of_once() {
    let lines = logged(LevelFilter::WARN, || {
        let site = site(&Origin::html(PAGE), HtmlConsentLayer::new());
        visit(&site, "/a?secret");
        visit(&site, "/b");
    });
    let lines = lines.all();
    assert_eq!(lines.len(), 1, "{lines:?}");
    for part in [
        "WARN tower_cookie_consent: held back <img> of https://unknown.example: ",
        "Add .origins([\"https://unknown.example\"]) to a Service of the policy",
        "path=\"/a\"",
    ] {
        assert!(lines[0].contains(part), "{part} in {lines:?}");
    }
}

#[test]
fn each_document_that_could_not_be_judged_is_warned_of() {
    let broken = "<select><xmp><img alt='</xmp>' src=//unknown.example></select>";
    for (origin, line) in [
        (
            Origin::html(broken),
            "ended a document before its end: its markup can be read in two ways.",
        ),
        (
            Origin::html(PAGE).with("content-encoding", "x"),
            "withheld a document: its Content-Encoding is wrong or can't be read here.",
        ),
        (
            Origin::page(&[("content-type", "text/html; charset=utf-16")], ""),
            "withheld a document: its charset is not compatible with ASCII. Use UTF-8",
        ),
    ] {
        let lines = logged(LevelFilter::WARN, || {
            let site = site(&origin, HtmlConsentLayer::new());
            for path in ["/a", "/b", "/a"] {
                visit(&site, path);
            }
        });
        let lines = lines.all();
        let of = |path: &str| {
            let path = format!("path=\"{path}\"");
            lines
                .iter()
                .filter(|it| it.contains(line) && it.contains(&path))
                .count()
        };
        assert_eq!((of("/a"), of("/b"), lines.len()), (1, 1, 2), "{lines:?}");
    }
}
