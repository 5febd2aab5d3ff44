//! Violations that only visitors who are logged in meet.

use std::sync::atomic::{AtomicU32, Ordering};

use http::{StatusCode, header::CONTENT_TYPE};
use tower_cookie_consent::conformance::{Conformance, Requirement::*};

use super::{
    Row, Style, row,
    site::{ACCOUNT, Asked, Reply, home, page, post},
};

/// The link on every page, and the button to withdraw.
const LINK: &str = r#"<a href="/cookies">Cookie settings</a>"#;
const WITHDRAW: &str =
    r#"<button name="choice" value="withdraw">Withdraw consent to cookies</button>"#;
const REFUSE: &str = r#"<button name="choice" value="refuse">Refuse all</button>"#;

/// A page of members, and a login.
fn members() -> Conformance {
    home()
        .visit(["/account"])
        .login(post("/login", "user=a&password=b"))
}

fn logging_out() -> Conformance {
    members().request(post("/logout", ""))
}

fn is_account(asked: &Asked) -> bool {
    asked.path() == "/account" && asked.is_member()
}

/// Replaces a part of the page of members.
fn swap(asked: &Asked, reply: &mut Reply, from: &str, to: &str) {
    if is_account(asked) {
        reply.body = reply.body.replace(from, to);
    }
}

fn logs_in(asked: &Asked) -> bool {
    asked.path() == "/login" && asked.is_post()
}

/// Leads from the login to a page of its own, with this in it.
fn welcome(asked: &Asked, reply: &mut Reply, more: &str) {
    if logs_in(asked) {
        reply.header("location", "/welcome");
    }
    if asked.path() == "/welcome" {
        reply.status = StatusCode::OK;
        let html = http::HeaderValue::from_static("text/html; charset=utf-8");
        reply.headers.insert(CONTENT_TYPE, html);
        reply.body = page(asked).replace("<p>Welcome.</p>", &format!("<p>Welcome back.</p>{more}"));
    }
}

fn forget(reply: &mut Reply) {
    reply.set("cookies_preferences=; Path=/; Secure; Max-Age=0");
}

pub(super) const ROWS: &[Row] = &[
    row(
        "no way to withdraw for members",
        "R8",
        WithdrawalAsEasy,
        |asked, reply| {
            if reply.body.contains(WITHDRAW) {
                swap(asked, reply, WITHDRAW, "");
                swap(asked, reply, LINK, "");
            }
        },
        members,
    ),
    row(
        "a withdrawal of members stores nothing",
        "R8",
        WithdrawalAsEasy,
        |asked, reply| {
            swap(asked, reply, LINK, "");
            if asked.posts("withdraw") && asked.is_member() {
                reply.headers.remove("set-cookie");
            }
        },
        members,
    ),
    row(
        "a refusal of members fails",
        "R6",
        RefusalAsEasy,
        |asked, reply| {
            if asked.posts("refuse") && asked.is_member() {
                reply.headers.remove("set-cookie");
                reply.status = StatusCode::FORBIDDEN;
            }
        },
        members,
    ),
    row(
        "a refusal of members takes another step",
        "R6",
        RefusalAsEasy,
        |asked, reply| swap(asked, reply, REFUSE, ""),
        members,
    ),
    row(
        "a box of members is ticked",
        "R7",
        NothingTicked,
        |asked, reply| {
            let form = "<form method=post action=/cookies><label><input type=checkbox name=category value=ads checked> Ads</label>\
                <button name=choice value=save>Save</button></form>";
            if !asked.consent.allows("ads") {
                swap(asked, reply, "</p>", &format!("</p>{form}"));
            }
        },
        members,
    ),
    row(
        "members are kept out before a choice",
        "R6, R8",
        NoWall,
        |asked, reply| {
            if is_account(asked) && asked.is_undecided() {
                reply.status = StatusCode::FORBIDDEN;
            }
        },
        members,
    ),
    row(
        "members are led to the form after a refusal",
        "R6, R8",
        NoWall,
        |asked, reply| {
            if is_account(asked) && asked.is_refused() {
                reply.status = StatusCode::FOUND;
                reply.header("location", "/cookies?from=account");
                reply.headers.remove("content-type");
                reply.body.clear();
            }
        },
        members,
    ),
    row(
        "members who refuse do not get their account",
        "R6, R8",
        NoWall,
        |asked, reply| {
            if asked.is_refused() {
                swap(asked, reply, ACCOUNT, "<h1>Your account</h1>");
            }
        },
        members,
    ),
    row(
        "the page after a login sets a cookie",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| {
            welcome(asked, reply, "");
            if asked.path() == "/welcome" {
                reply.track("_ga");
            }
        },
        members,
    ),
    row(
        "the page after a login loads a film",
        "R24",
        ThirdParties,
        |asked, reply| {
            welcome(
                asked,
                reply,
                "<iframe src=https://www.films.example/embed/2></iframe>",
            );
        },
        members,
    ),
    row(
        "a login deletes the refusal",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if logs_in(asked) && asked.answer("ads") == Some(false) {
                forget(reply);
            }
        },
        members,
    ),
    row(
        "a login forgets an objection",
        "R5, R13",
        ChoiceLifetime,
        |asked, reply| {
            if logs_in(asked) && asked.answer("stats") == Some(false) && asked.consent.allows("ads")
            {
                reply.store(asked, asked.consent.choose([("stats", true)]).unwrap());
            }
        },
        members,
    ),
    row(
        "a logout by POST deletes the refusal",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.path() == "/logout" && asked.answer("ads") == Some(false) {
                forget(reply);
            }
        },
        logging_out,
    ),
];

/// Correct sites with members.
pub(super) const RIGHT: &[Style] = &[
    ("with members", |_, _| {}, members),
    ("with members and a logout by POST", |_, _| {}, logging_out),
    (
        "members with a new session at each login",
        |asked, reply| {
            static SESSIONS: AtomicU32 = AtomicU32::new(0);
            if logs_in(asked) {
                let session = SESSIONS.fetch_add(1, Ordering::Relaxed);
                reply.change(|field| {
                    Some(field.replace("sessionid=m1", &format!("sessionid=m{session}")))
                });
            }
        },
        members,
    ),
    (
        "a login that leads to a page of its own",
        |asked, reply| welcome(asked, reply, ""),
        members,
    ),
    (
        "pages that only members get",
        |asked, reply| {
            if !asked.is_member() && asked.path() == "/" {
                reply.status = StatusCode::UNAUTHORIZED;
                reply.body = "<!doctype html><title>Login</title><form method=post action=/login>\
                    <input name=user><input type=password name=password><button>Log in</button></form>"
                    .to_owned();
            }
        },
        members,
    ),
    (
        "members with a link to the form, and a logout by a link",
        |asked, reply| swap(asked, reply, WITHDRAW, "<a href=/logout>Log out</a>"),
        || members().visit(["/logout", "/article"]),
    ),
];
