//! `Clear-Site-Data` that deletes more than was refused.

use tower_cookie_consent::conformance::Requirement::*;
use tower_cookie_consent::preferences::Status;

use super::{
    Row, row,
    site::{choosing, home, pages},
};

pub(super) const ROWS: &[Row] = &[
    row(
        "a refusal clears all cookies",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.posts("refuse") {
                reply.header("clear-site-data", "\"cookies\"");
            }
        },
        choosing,
    ),
    row(
        "a withdrawal clears everything",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.posts("withdraw") {
                reply.header("clear-site-data", "\"*\"");
            }
        },
        choosing,
    ),
    row(
        "a visit after a refusal clears all cookies",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.is_refused() {
                reply.header("clear-site-data", "\"cache\", \"cookies\"");
            }
        },
        home,
    ),
    row(
        "a logout clears everything",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.path() == "/logout" {
                reply.header("clear-site-data", "\"*\"");
            }
        },
        pages,
    ),
    row(
        "a visit by HEAD clears all cookies",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.parts.method == http::Method::HEAD {
                reply.header("clear-site-data", "\"cookies\"");
            }
        },
        home,
    ),
    row(
        "a visit before a choice clears the storage",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked.is_undecided() {
                reply.header("clear-site-data", "\"storage\"");
            }
        },
        home,
    ),
    row(
        "a visit with an expired acceptance clears the storage",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked.consent.status() == Status::Expired && asked.answer("ads") == Some(true) {
                reply.header("clear-site-data", "\"storage\"");
            }
        },
        home,
    ),
    row(
        "a visit with an older acceptance clears the storage",
        "R10",
        ChangesAskAgain,
        |asked, reply| {
            let is_older = asked.consent.choice().is_some_and(|it| it.revision() == 2);
            if is_older && asked.answer("ads") == Some(true) {
                reply.header("clear-site-data", "\"storage\"");
            }
        },
        home,
    ),
    row(
        "a visit with Sec-GPC after an acceptance clears the storage",
        "R17",
        SignalRefuses,
        |asked, reply| {
            let is_signalled = asked.header("sec-gpc") == "1" && !asked.consent.allows("ads");
            if is_signalled && asked.answer("ads") == Some(true) {
                reply.header("clear-site-data", "\"storage\"");
            }
        },
        home,
    ),
];
