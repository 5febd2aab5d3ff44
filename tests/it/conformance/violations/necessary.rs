//! Necessary cookies that depend on consent.

use tower_cookie_consent::conformance::Requirement::*;

use super::{
    Row, row,
    site::{Asked, choosing, home, pages, post},
};

fn lacks(asked: &Asked) -> bool {
    !asked.is_accepted() && !asked.is_post()
}

pub(super) const ROWS: &[Row] = &[
    row(
        "no session before a choice",
        "R15",
        NecessaryKept,
        |asked, reply| {
            if asked.is_undecided() {
                reply.unset("sessionid");
            }
        },
        home,
    ),
    row(
        "no session after a refusal",
        "R15",
        NecessaryKept,
        |asked, reply| {
            if asked.is_refused() {
                reply.unset("sessionid");
            }
        },
        home,
    ),
    row(
        "no language after a refusal",
        "R15",
        NecessaryKept,
        |asked, reply| {
            if asked.is_refused() {
                reply.unset("lang");
            }
        },
        home,
    ),
    row(
        "no session on one page",
        "R15",
        NecessaryKept,
        |asked, reply| {
            if asked.is_refused() && asked.path() == "/article" {
                reply.unset("sessionid");
            }
        },
        pages,
    ),
    row(
        "no session after a login without consent",
        "R15",
        NecessaryKept,
        |asked, reply| {
            if asked.path() == "/login" && asked.is_post() && !asked.consent.allows("ads") {
                reply.unset("sessionid");
            }
        },
        pages,
    ),
    row(
        "no session with Sec-GPC",
        "R17",
        NecessaryKept,
        |asked, reply| {
            if asked.header("sec-gpc") == "1" {
                reply.unset("sessionid");
            }
        },
        home,
    ),
    row(
        "no session with unreadable preferences",
        "R5",
        NecessaryKept,
        |asked, reply| {
            if asked.raw().contains("malformed") {
                reply.unset("sessionid");
            }
        },
        home,
    ),
    row(
        "no cookie at all without consent",
        "R15",
        NecessaryKept,
        |asked, reply| {
            if lacks(asked) {
                reply.change(|field| field.contains("Max-Age=0").then_some(field));
            }
        },
        home,
    ),
    row(
        "a session without HttpOnly",
        "R15",
        NecessaryKept,
        |asked, reply| {
            if lacks(asked) {
                reply.change(|field| Some(field.replace("; HttpOnly", "")));
            }
        },
        home,
    ),
    row(
        "a session without Secure",
        "R15",
        NecessaryKept,
        |asked, reply| {
            if lacks(asked) {
                reply.change(|field| Some(field.replace("HttpOnly; Secure", "HttpOnly")));
            }
        },
        home,
    ),
    row(
        "a session without SameSite",
        "R15",
        NecessaryKept,
        |asked, reply| {
            if asked.is_refused() {
                reply.change(|field| Some(field.replace("; SameSite=Lax", "")));
            }
        },
        home,
    ),
    row(
        "a session for scripts of other sites",
        "R15",
        NecessaryKept,
        |asked, reply| {
            if asked.is_refused() {
                reply.change(|field| Some(field.replace("SameSite=Lax", "SameSite=None")));
            }
        },
        home,
    ),
    row(
        "a language that ends with the session",
        "R15",
        NecessaryKept,
        |asked, reply| {
            if asked.is_refused() {
                reply.change(|field| Some(field.replace("; Max-Age=31536000", "")));
            }
        },
        home,
    ),
    row(
        "a session of one path",
        "R15",
        NecessaryKept,
        |asked, reply| {
            if asked.is_undecided() {
                reply.change(|field| match field.starts_with("sessionid") {
                    true => Some(field.replace("Path=/;", "Path=/account;")),
                    false => Some(field),
                });
            }
        },
        home,
    ),
    row(
        "necessary cookies in another order",
        "R15",
        NecessaryKept,
        |asked, reply| {
            if asked.is_refused() {
                let fields: Vec<_> = reply
                    .headers
                    .get_all("set-cookie")
                    .iter()
                    .cloned()
                    .collect();
                reply.headers.remove("set-cookie");
                for field in fields.into_iter().rev() {
                    reply.headers.append("set-cookie", field);
                }
            }
        },
        home,
    ),
    row(
        "no logout before a choice",
        "R15",
        NecessaryKept,
        |asked, reply| {
            if asked.is_undecided() && asked.path() == "/logout" {
                reply.unset("sessionid");
            }
        },
        pages,
    ),
    row(
        "no logout after a refusal",
        "R15",
        NecessaryKept,
        |asked, reply| {
            if asked.is_refused() && asked.path() == "/logout" {
                reply.unset("sessionid");
            }
        },
        pages,
    ),
    row(
        "a refusal logs out",
        "R15",
        NecessaryKept,
        |asked, reply| {
            if asked.is_refused()
                && asked.cookie("sessionid").is_some()
                && asked.path() != "/logout"
            {
                reply.set("sessionid=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax");
            }
        },
        pages,
    ),
    row(
        "the language is forgotten after a refusal",
        "R15",
        NecessaryKept,
        |asked, reply| {
            if asked.is_refused() && asked.cookie("lang").is_some() {
                reply.set("lang=; Path=/; Max-Age=0; Secure");
            }
        },
        home,
    ),
    row(
        "the service does not see the session after a refusal",
        "R3, R15",
        NecessaryKept,
        |asked, reply| {
            if asked.is_refused()
                && asked.cookie("sessionid").is_some()
                && asked.path() != "/logout"
            {
                reply.set("sessionid=v1; Path=/; Max-Age=1209600; HttpOnly; Secure; SameSite=Lax");
            }
        },
        home,
    ),
    row(
        "the response to a refusal logs out",
        "R15",
        NecessaryKept,
        |asked, reply| {
            if asked.posts("refuse") && asked.cookie("sessionid").is_some() {
                reply.set("sessionid=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax");
            }
        },
        choosing,
    ),
    row(
        "the response to a refusal forgets the language",
        "R15",
        NecessaryKept,
        |asked, reply| {
            if asked.posts("refuse") && asked.cookie("lang").is_some() {
                reply.set("lang=; Path=/; Max-Age=0; Secure");
            }
        },
        || home().request(post("/cookies", "choice=refuse")),
    ),
    row(
        "an empty session after a refusal",
        "R15",
        NecessaryKept,
        |asked, reply| {
            if asked.is_refused() {
                reply.change(|field| Some(field.replace("sessionid=v1", "sessionid=")));
            }
        },
        home,
    ),
    row(
        "a session of a minute after a refusal",
        "R15",
        NecessaryKept,
        |asked, reply| {
            if asked.is_refused() {
                reply.change(|field| Some(field.replace("Max-Age=1209600", "Max-Age=60")));
            }
        },
        home,
    ),
    row(
        "a session that is set and removed at once after a refusal",
        "R15",
        NecessaryKept,
        |asked, reply| {
            if asked.is_refused() && asked.cookie("sessionid").is_none() {
                reply.set("sessionid=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax");
            }
        },
        home,
    ),
    row(
        "no session after consent to maps alone",
        "R15",
        NecessaryKept,
        |asked, reply| {
            if asked.answer("maps") == Some(true) && asked.answer("ads") == Some(false) {
                reply.unset("sessionid");
            }
        },
        home,
    ),
];
