//! Style sheets and frames of the site, and what they load.

use std::sync::atomic::{AtomicU32, Ordering};

use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use tower_cookie_consent::conformance::Requirement::*;

use super::{
    Row, Style, row,
    site::{Asked, Reply, home},
};

fn number() -> u32 {
    static NUMBERS: AtomicU32 = AtomicU32::new(1_000);
    NUMBERS.fetch_add(1, Ordering::Relaxed)
}

/// Gives each visitor another validator, and knows it again.
fn tag(asked: &Asked, reply: &mut Reply) {
    let sent = asked.header("if-none-match").to_owned();
    match sent.starts_with("\"v") {
        true => reply.header("etag", &sent),
        false => reply.header("etag", &format!("\"v{}\"", number())),
    }
}

/// Puts an element on the home page, and answers with what it loads. Returns `true` for that.
fn load(
    asked: &Asked,
    reply: &mut Reply,
    element: &str,
    (path, kind, body): (&str, &str, &str),
) -> bool {
    if asked.path() == "/" {
        reply.body = reply.body.replace("<h1>", &format!("{element}<h1>"));
    }
    file(asked, reply, (path, kind, body))
}

fn file(asked: &Asked, reply: &mut Reply, (path, kind, body): (&str, &str, &str)) -> bool {
    let is_it = asked.path() == path;
    if is_it {
        reply.status = StatusCode::OK;
        reply.headers.remove("set-cookie");
        let kind = HeaderValue::from_str(kind).unwrap();
        reply.headers.insert(CONTENT_TYPE, kind);
        reply.body = body.to_owned();
    }
    is_it
}

fn sheet(asked: &Asked, reply: &mut Reply, body: &str) -> bool {
    let link = "<link rel=stylesheet href=/site.css>";
    load(asked, reply, link, ("/site.css", "text/css", body))
}

/// A style sheet with a picture.
fn picture(asked: &Asked, reply: &mut Reply) -> bool {
    sheet(asked, reply, "body { background: url(/dot.gif) }");
    file(asked, reply, ("/dot.gif", "image/gif", "GIF"))
}

fn frame(asked: &Asked, reply: &mut Reply, body: &str) -> bool {
    let page = format!("<!doctype html><title>Box</title><p>{body}</p>");
    let frame = "<iframe src=/inside></iframe>";
    load(asked, reply, frame, ("/inside", "text/html", &page))
}

pub(super) const ROWS: &[Row] = &[
    row(
        "a style sheet has an ETag for each visitor",
        "R1",
        Headers,
        |asked, reply| {
            if sheet(asked, reply, "body { color: black }") {
                tag(asked, reply);
            }
        },
        home,
    ),
    row(
        "a style sheet that is kept has the number of each visitor",
        "R1",
        Headers,
        |asked, reply| {
            let body = format!("body::after {{ content: 'n{}' }}", number());
            if sheet(asked, reply, &body) {
                reply.header("cache-control", "private, max-age=31536000");
            }
        },
        home,
    ),
    row(
        "a picture of a style sheet sets a cookie",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| {
            if picture(asked, reply) && asked.is_undecided() {
                reply.track("_ga");
            }
        },
        home,
    ),
    row(
        "a picture of a style sheet sets a cookie after a refusal",
        "R2",
        NoCookieAfterRefusal,
        |asked, reply| {
            if picture(asked, reply) && asked.is_refused() {
                reply.track("_ga");
            }
        },
        home,
    ),
    row(
        "a picture of a style sheet redirects",
        "R24",
        ThirdParties,
        |asked, reply| {
            if picture(asked, reply) {
                reply.status = StatusCode::FOUND;
                reply.header("location", "https://count.example/dot.gif");
            }
        },
        home,
    ),
    row(
        "a frame has an ETag for each visitor",
        "R1",
        Headers,
        |asked, reply| {
            if frame(asked, reply, "Some words in a box.") {
                tag(asked, reply);
            }
        },
        home,
    ),
];

/// Correct sites.
pub(super) const RIGHT: &[Style] = &[
    (
        "a style sheet with a picture for everybody",
        |asked, reply| {
            if picture(asked, reply) || asked.path() == "/site.css" {
                reply.header("etag", "\"one\"");
                reply.header("cache-control", "public, max-age=31536000, immutable");
            }
        },
        home,
    ),
    (
        "a frame with a token, and an ETag of its content",
        |asked, reply| {
            let token = number();
            if frame(
                asked,
                reply,
                &format!("Some words in a box, with the token {token}."),
            ) {
                reply.header("etag", &format!("\"h{token}\""));
            }
        },
        home,
    ),
    (
        "a style sheet with a picture that is missing",
        |asked, reply| {
            sheet(asked, reply, "body { background: url(/none.gif) }");
        },
        home,
    ),
];
