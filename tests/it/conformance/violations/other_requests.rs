//! Requests about something else, whose responses change what the visitor has chosen.

use std::{sync::Mutex, time::Duration};

use tower_cookie_consent::{
    Choice,
    conformance::{Conformance, Requirement::*},
    preferences::Status,
};

use super::{
    Row, Style, row,
    site::{Asked, Reply, choosing, home, policy, post},
};

/// Accepts everything for a request to this path.
fn accept_at(asked: &Asked, reply: &mut Reply, path: &str) {
    if asked.is_post() && asked.path() == path {
        reply.store(asked, asked.consent.accept_all());
    }
}

/// Stores the answers of the request again, as of so many days ago.
fn again(asked: &Asked, reply: &mut Reply, days: u64, revision: u32) {
    let at = asked.consent.judged_at() - Duration::from_secs(days * 86_400);
    let mut choice = Choice::new(at).with_revision(revision);
    for id in ["stats", "maps", "media", "ads"] {
        if let Some(answer) = asked.answer(id) {
            choice.answer(&policy(), id, answer).unwrap();
        }
    }
    reply.store(asked, choice);
}

fn has_all(asked: &Asked) -> bool {
    let is_granted = |id: &&str| asked.answer(id) == Some(true);
    ["maps", "media", "ads"].iter().all(is_granted)
}

fn logs_in(asked: &Asked) -> bool {
    asked.is_post() && asked.path() == "/login" && asked.header("sec-gpc").is_empty()
}

fn posting(path: &str, body: &str) -> Conformance {
    home().request(post(path, body))
}

fn login() -> Conformance {
    posting("/login", "user=a&password=b")
}

pub(super) const ROWS: &[Row] = &[
    row(
        "what is put into the basket accepts",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| accept_at(asked, reply, "/cart/save"),
        || posting("/cart/save", "item=1"),
    ),
    row(
        "an order with options accepts",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| accept_at(asked, reply, "/order"),
        || posting("/order", "option=2&service=express"),
    ),
    row(
        "agreeing to the terms of a registration accepts",
        "R5, GDPR art. 7(2)",
        UnclearGrantsNothing,
        |asked, reply| accept_at(asked, reply, "/register"),
        || posting("/register", "agree=1"),
    ),
    row(
        "subscribing to a newsletter accepts",
        "R5, GDPR art. 7(2)",
        UnclearGrantsNothing,
        |asked, reply| accept_at(asked, reply, "/letters"),
        || posting("/letters", "email=a&allow=1"),
    ),
    row(
        "a comment accepts",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| accept_at(asked, reply, "/comment"),
        || posting("/comment", "text=I+adopted+a+laptop"),
    ),
    row(
        "a login renews an acceptance",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if logs_in(asked) && has_all(asked) {
                again(asked, reply, 0, 3);
            }
        },
        login,
    ),
    row(
        "a login moves an older acceptance to the new revision",
        "R10",
        ChangesAskAgain,
        |asked, reply| {
            let is_older = asked.consent.choice().is_some_and(|it| it.revision() == 2);
            if logs_in(asked) && has_all(asked) && is_older {
                let mut choice = *asked.consent.choice().unwrap();
                choice = choice.with_revision(3);
                reply.store(asked, choice);
            }
        },
        login,
    ),
];

/// The last choice that the account has.
static ACCOUNT: Mutex<Option<Choice>> = Mutex::new(None);

/// Requests that come close to the others, and are right.
pub(super) const RIGHT: &[Style] = &[
    (
        "settings with tracking among others",
        |asked, reply| accept_at(asked, reply, "/account/settings"),
        || posting("/account/settings", "theme=dark&tracking=1"),
    ),
    (
        "a banner that sends agree alone",
        |asked, reply| accept_at(asked, reply, "/banner"),
        || posting("/banner", "agree=1"),
    ),
    (
        "a banner that saves options",
        |asked, reply| accept_at(asked, reply, "/api/options/save"),
        || posting("/api/options/save", "all=1"),
    ),
    (
        "a login that brings the same choice of another day",
        |asked, reply| {
            if logs_in(asked) && has_all(asked) {
                again(asked, reply, 10, 3);
            }
        },
        login,
    ),
    (
        "a login that brings the last choice of the account",
        |asked, reply| {
            let mut account = ACCOUNT.lock().unwrap();
            if let Some(choice) = asked.choice() {
                *account = Some(choice);
            }
            let is_same = |choice: &&mut Choice| {
                ["stats", "maps", "media", "ads"]
                    .iter()
                    .all(|id| choice.get(&policy(), id) == asked.answer(id))
            };
            if logs_in(asked)
                && asked.consent.status() == Status::Decided
                && let Some(choice) = account.as_mut().filter(is_same)
            {
                reply.store(asked, *choice);
            }
        },
        || choosing().request(post("/login", "user=a&password=b")),
    ),
];
