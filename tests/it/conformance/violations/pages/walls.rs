//! Pages that are withheld without consent.

use http::StatusCode;
use tower_cookie_consent::conformance::{Conformance, Requirement::*};

use super::{
    super::{
        Row, row,
        site::{Asked, Reply, home, post},
    },
    article, redirect, swap,
};

const TEXT: &str = "<p>Twenty words about nothing in particular.</p>";

fn is_free(asked: &Asked) -> bool {
    asked.is_undecided() || asked.is_refused()
}

fn status(asked: &Asked, reply: &mut Reply, status: StatusCode) {
    if asked.path() == "/article" {
        reply.status = status;
    }
}

/// Replaces the article.
fn text(asked: &Asked, reply: &mut Reply, to: &str) {
    if asked.path() == "/article" {
        swap(reply, TEXT, to);
    }
}

/// Replaces the banner, whose forms work.
fn banner(reply: &mut Reply, from: &str, to: &str) {
    swap(reply, from, to);
    swap(reply, super::REFUSE, "");
}

/// A page, and a file to save.
fn downloads() -> Conformance {
    home().visit(["/report.pdf"])
}

pub(super) fn download(asked: &Asked, reply: &mut Reply) {
    if asked.path() == "/report.pdf" {
        reply.status = StatusCode::OK;
        reply.header("content-type", "application/pdf");
        reply.header("content-disposition", "attachment; filename=report.pdf");
        reply.body = "%PDF-1.7".to_owned();
    }
}

/// A page, and an order.
fn orders() -> Conformance {
    home().request(post("/order", "item=1&count=2"))
}

pub(super) fn order(asked: &Asked, reply: &mut Reply) {
    if asked.path() == "/order" {
        reply.status = StatusCode::SEE_OTHER;
        reply.header("location", "/");
    }
}

pub(in super::super) const ROWS: &[Row] = &[
    row(
        "a page is forbidden before a choice",
        "R6, R8",
        NoWall,
        |asked, reply| {
            if asked.is_undecided() {
                status(asked, reply, StatusCode::FORBIDDEN);
            }
        },
        article,
    ),
    row(
        "a page is forbidden after a refusal",
        "R6, R8",
        NoWall,
        |asked, reply| {
            if asked.is_refused() {
                status(asked, reply, StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS);
            }
        },
        article,
    ),
    row(
        "a page redirects to the form before a choice",
        "R6, R8",
        NoWall,
        |asked, reply| {
            if asked.is_undecided() && asked.path() == "/article" {
                redirect(reply, "/cookies");
            }
        },
        article,
    ),
    row(
        "every page redirects to the form after a refusal",
        "R6, R8",
        NoWall,
        |asked, reply| {
            if asked.is_refused() && asked.path() != "/cookies" {
                redirect(reply, "/cookies?from=home");
            }
        },
        home,
    ),
    row(
        "the text is missing before a choice",
        "R6, R8",
        NoWall,
        |asked, reply| {
            if asked.is_undecided() {
                text(asked, reply, "");
            }
        },
        article,
    ),
    row(
        "a request to accept instead of the text",
        "R6, R8",
        NoWall,
        |asked, reply| {
            if asked.path() == "/article" && asked.is_refused() {
                swap(reply, "<h1>Article</h1>", "");
                text(
                    asked,
                    reply,
                    "<p>You have refused our cookies. Change your mind to read on, please.</p>",
                );
                swap(
                    reply,
                    "<p>A film of films.example, once you allow it.</p>",
                    "",
                );
            }
        },
        article,
    ),
    row(
        "the text is not displayed after a refusal",
        "R6, R8",
        NoWall,
        |asked, reply| {
            if asked.is_refused() {
                text(
                    asked,
                    reply,
                    &TEXT.replace("<p>", "<p style='display: none'>"),
                );
            }
        },
        article,
    ),
    row(
        "the text is blurred before a choice",
        "R6, R8",
        NoWall,
        |asked, reply| {
            if is_free(asked) {
                text(
                    asked,
                    reply,
                    &TEXT.replace("<p>", "<p style='filter: blur(8px)'>"),
                );
            }
        },
        article,
    ),
    row(
        "a dialog that only accepts covers the page",
        "R6",
        NoWall,
        |_, reply| {
            banner(
                reply,
                r#"<section id="cookie-banner">"#,
                "<dialog open id=cookie-banner><section>",
            );
        },
        home,
    ),
    row(
        "a dialog that accepts, with the form of a newsletter below",
        "R6",
        NoWall,
        |_, reply| {
            let letter = "<dialog open id=cookie-banner><form method=post action=/newsletter>\
                <input type=email name=email><button>Subscribe</button></form><section>";
            banner(reply, r#"<section id="cookie-banner">"#, letter);
        },
        home,
    ),
    row(
        "a layer without a refusal covers the page after one",
        "R6",
        NoWall,
        |asked, reply| {
            if asked.is_refused() {
                let layer = "<body><div style='position: fixed; inset: 0'><p>Without cookies, this page can't be read.</p>\
                    <a href=/cookies>Change your choice</a></div>";
                swap(reply, "<body>", layer);
            }
        },
        home,
    ),
    row(
        "a refusal leads away",
        "R6",
        NoWall,
        |asked, reply| {
            if asked.posts("refuse") {
                reply.header("location", "https://elsewhere.example/");
            }
        },
        home,
    ),
    row(
        "a refusal leads to an error",
        "R6",
        NoWall,
        |asked, reply| {
            if asked.posts("refuse") {
                reply.header("location", "/goodbye");
            }
        },
        home,
    ),
    row(
        "a download is forbidden before a choice",
        "R6, R8",
        NoWall,
        |asked, reply| {
            download(asked, reply);
            if asked.is_undecided() && asked.path() == "/report.pdf" {
                reply.status = StatusCode::FORBIDDEN;
            }
        },
        downloads,
    ),
    row(
        "a download leads to the form after a refusal",
        "R6, R8",
        NoWall,
        |asked, reply| {
            download(asked, reply);
            if asked.is_refused() && asked.path() == "/report.pdf" {
                redirect(reply, "/cookies");
            }
        },
        downloads,
    ),
    row(
        "an order is forbidden after a refusal",
        "R6, R8",
        NoWall,
        |asked, reply| {
            order(asked, reply);
            if asked.path() == "/order" && asked.answer("ads") == Some(false) {
                reply.status = StatusCode::FORBIDDEN;
                reply.headers.remove("location");
            }
        },
        orders,
    ),
    row(
        "an order leads to the form before a choice",
        "R6, R8",
        NoWall,
        |asked, reply| {
            order(asked, reply);
            if asked.path() == "/order" && !asked.consent.allows("ads") {
                reply.header("location", "/cookies");
            }
        },
        orders,
    ),
    row(
        "a page refreshes to the form after a refusal",
        "R6, R8",
        NoWall,
        |asked, reply| {
            if asked.is_refused() && asked.path() == "/article" {
                let refresh = "<meta http-equiv=Refresh content='0; URL=/cookies'></head><body>";
                swap(reply, "<body>", refresh);
            }
        },
        article,
    ),
    row(
        "a page refreshes to the form by a header before a choice",
        "R6, R8",
        NoWall,
        |asked, reply| {
            if asked.is_undecided() && asked.path() == "/article" {
                reply.header("refresh", "1;url=/cookies");
            }
        },
        article,
    ),
];
