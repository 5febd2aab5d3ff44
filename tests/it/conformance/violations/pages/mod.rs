//! What pages ask, and how: fields that are on, refusing, withdrawing, walls, and what documents of the site load.

mod correct;
mod embedded;
mod refusing;
mod ticked;
mod walls;
mod withdrawing;

use http::header::CONTENT_TYPE;
use tower_cookie_consent::conformance::Conformance;

pub(super) use self::{
    correct::STYLES, embedded::ROWS as EMBEDDED, refusing::ROWS as REFUSING,
    ticked::ROWS as TICKED, walls::ROWS as WALLS, withdrawing::ROWS as WITHDRAWING,
};
use super::site::{Asked, Reply, home};

/// The buttons of the banner.
const ACCEPT: &str = r#"<button name="choice" value="accept">Accept all</button>"#;
const REFUSE: &str = r#"<button name="choice" value="refuse">Refuse all</button>"#;
/// The link on every page, and the button to withdraw.
const LINK: &str = r#"<a href="/cookies">Cookie settings</a>"#;
const WITHDRAW: &str = r#"<form method="post" action="/cookies"><button name="choice" value="withdraw">Withdraw consent to cookies</button></form>"#;

/// The home page, and the page with the form.
fn settings() -> Conformance {
    home().visit(["/cookies"])
}

/// The home page, and an article.
fn article() -> Conformance {
    home().visit(["/article"])
}

/// Replaces a part of the page.
fn swap(reply: &mut Reply, from: &str, to: &str) {
    reply.body = reply.body.replace(from, to);
}

/// Replaces the button that refuses in the banner.
fn refusal(asked: &Asked, reply: &mut Reply, to: &str) {
    if asked.path() == "/" {
        swap(reply, REFUSE, to);
    }
}

/// Answers with a page at this path.
fn page_at(asked: &Asked, reply: &mut Reply, path: &str, body: &str) {
    if asked.path() == path {
        reply.status = http::StatusCode::OK;
        let html = http::HeaderValue::from_static("text/html; charset=utf-8");
        reply.headers.insert(CONTENT_TYPE, html);
        reply.body = body.to_owned();
    }
}

/// Redirects this path.
fn redirect_at(asked: &Asked, reply: &mut Reply, path: &str, to: &str) {
    if asked.path() == path {
        redirect(reply, to);
    }
}

fn redirect(reply: &mut Reply, to: &str) {
    reply.status = http::StatusCode::FOUND;
    reply.header("location", to);
    reply.headers.remove(CONTENT_TYPE);
    reply.body.clear();
}
