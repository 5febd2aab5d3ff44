//! Articles that are withheld as plain text, by an empty response, or after some visits.

use http::StatusCode;
use tower_cookie_consent::conformance::{Conformance, Requirement::*};

use super::{
    Row, Style, row,
    site::{Asked, Reply, home},
};

const ARTICLE: &str = "Twenty words about nothing in particular.";

fn article() -> Conformance {
    home().visit(["/article"])
}

fn answer(reply: &mut Reply, status: StatusCode, text: &str) {
    reply.status = status;
    reply.header("content-type", "text/plain; charset=utf-8");
    reply.body = text.to_owned();
}

/// Answers with a text, and to others with something else.
fn text(asked: &Asked, reply: &mut Reply, (path, own): (&str, &str), other: (StatusCode, &str)) {
    if asked.path() == path {
        match asked.is_accepted() {
            true => answer(reply, StatusCode::OK, own),
            false => answer(reply, other.0, other.1),
        }
    }
}

fn lead(reply: &mut Reply, to: &str) {
    reply.status = StatusCode::FOUND;
    reply.header("location", to);
    reply.headers.remove("content-type");
    reply.body.clear();
}

/// Counts the visits of articles in the session. Returns `true` from the third on.
fn third(asked: &Asked, reply: &mut Reply) -> bool {
    if asked.path() != "/article" {
        return false;
    }
    let visits = asked
        .cookie("sessionid")
        .and_then(|it| it.strip_prefix('v'));
    let visits: u32 = visits.and_then(|it| it.parse().ok()).unwrap_or(1);
    reply.unset("sessionid");
    reply.set(&format!(
        "sessionid=v{}; Path=/; Max-Age=1209600; HttpOnly; Secure; SameSite=Lax",
        visits + 1
    ));
    visits > 2
}

pub(super) const ROWS: &[Row] = &[
    row(
        "a text is forbidden without consent",
        "R6, R8",
        NoWall,
        |asked, reply| {
            let other = (StatusCode::FORBIDDEN, "Accept cookies first");
            text(asked, reply, ("/article", "The article"), other);
        },
        article,
    ),
    row(
        "a text leads to the form without consent",
        "R6, R8",
        NoWall,
        |asked, reply| {
            text(
                asked,
                reply,
                ("/article", "The article"),
                (StatusCode::OK, ""),
            );
            if asked.path() == "/article" && !asked.is_accepted() {
                lead(reply, "/cookies");
            }
        },
        article,
    ),
    row(
        "a text that asks in the place of another",
        "R6, R8",
        NoWall,
        |asked, reply| {
            let other = (
                StatusCode::OK,
                "Our cookies pay for it: accept them first, please!",
            );
            text(asked, reply, ("/article", ARTICLE), other);
        },
        article,
    ),
    row(
        "a text that asks in the place of a page",
        "R6, R8",
        NoWall,
        |asked, reply| {
            if asked.path() == "/article" && !asked.is_accepted() {
                answer(reply, StatusCode::OK, "Please accept cookies.");
            }
        },
        article,
    ),
    row(
        "an empty page after a refusal",
        "R6, R8",
        NoWall,
        |asked, reply| {
            if asked.path() == "/article" && asked.is_refused() {
                reply.body.clear();
            }
        },
        article,
    ),
    row(
        "no content before a choice",
        "R6, R8",
        NoWall,
        |asked, reply| {
            if asked.path() == "/article" && asked.is_undecided() {
                reply.status = StatusCode::NO_CONTENT;
                reply.headers.remove("content-type");
                reply.body.clear();
            }
        },
        article,
    ),
    row(
        "the third article leads to the form before a choice",
        "R6, R8",
        NoWall,
        |asked, reply| {
            if third(asked, reply) && asked.is_undecided() {
                lead(reply, "/cookies");
            }
        },
        article,
    ),
    row(
        "the third article is forbidden after a refusal",
        "R6, R8",
        NoWall,
        |asked, reply| {
            if third(asked, reply) && asked.is_refused() {
                reply.status = StatusCode::FORBIDDEN;
            }
        },
        article,
    ),
    row(
        "the third article is empty without consent",
        "R6, R8",
        NoWall,
        |asked, reply| {
            if third(asked, reply) && !asked.is_accepted() {
                let text = "<p>Twenty words about nothing in particular.</p>";
                let film = "<p>A film of films.example, once you allow it.</p>";
                reply.body = reply.body.replace(text, "").replace(film, "");
            }
        },
        article,
    ),
];

/// Correct sites.
pub(super) const RIGHT: &[Style] = &[
    (
        "data for a map, with consent to it",
        |asked, reply| {
            let other = (StatusCode::FORBIDDEN, "No consent to maps");
            text(asked, reply, ("/api/places", "Prague 50.1 14.4"), other);
            text(asked, reply, ("/maps/places", "Prague 50.1 14.4"), other);
        },
        || home().visit(["/api/places", "/maps/places"]),
    ),
    (
        "offers for those who allow advertising",
        |asked, reply| {
            let own = "Green shoes, blue hats and yellow gloves for you";
            let other = "Allow advertising cookies to see what we would show you.";
            text(asked, reply, ("/offers", own), (StatusCode::OK, other));
            let other = (StatusCode::FORBIDDEN, "Consent required");
            text(asked, reply, ("/more", own), other);
        },
        || home().visit(["/offers", "/more"]),
    ),
    (
        "a count that takes nothing without consent",
        |asked, reply| {
            let other = (StatusCode::FORBIDDEN, "no consent");
            text(asked, reply, ("/seen", "ok"), other);
        },
        || home().visit(["/seen"]),
    ),
    (
        "a text for each choice",
        |asked, reply| {
            let other = (StatusCode::OK, "You have not accepted cookies.");
            text(
                asked,
                reply,
                ("/state", "You have accepted cookies."),
                other,
            );
        },
        || home().visit(["/state"]),
    ),
    (
        "a greeting as a text, with a question",
        |asked, reply| {
            let other = (
                StatusCode::OK,
                "Welcome to our little shop. May we use cookies?",
            );
            text(
                asked,
                reply,
                ("/hello", "Welcome to our little shop."),
                other,
            );
        },
        || home().visit(["/hello"]),
    ),
    (
        "parts of pages for those who have accepted",
        |asked, reply| {
            let parts = [
                (
                    "/note",
                    "<p>You have allowed all of our cookies, thank you!</p>",
                ),
                ("/box", "<p>Shoes, hats and gloves that may be for you</p>"),
            ];
            for (path, part) in parts {
                if asked.path() == path {
                    answer(reply, StatusCode::NO_CONTENT, "");
                    reply.headers.remove("content-type");
                    if asked.is_accepted() {
                        reply.status = StatusCode::OK;
                        reply.header("content-type", "text/html; charset=utf-8");
                        reply.body = part.to_owned();
                    }
                }
            }
        },
        || home().visit(["/note", "/box"]),
    ),
    (
        "two articles for everybody, and then an order",
        |asked, reply| {
            if third(asked, reply) {
                lead(reply, "/order");
            }
        },
        article,
    ),
    (
        "a greeting for those who come again and have accepted",
        |asked, reply| {
            if third(asked, reply) && asked.is_accepted() {
                let more = "<h1>Article</h1><p>Welcome back.</p>";
                reply.body = reply.body.replace("<h1>Article</h1>", more);
            }
        },
        article,
    ),
];
