//! Visits that change what a visitor has chosen.

use tower_cookie_consent::Consent;
use tower_cookie_consent::conformance::Requirement::*;

use super::{
    Row, row,
    site::{Asked, Reply, home, pages, policy},
};

/// Stores the received value again, with other attributes.
fn again(asked: &Asked, reply: &mut Reply, attributes: &str) {
    let field = format!("cookies_preferences={}; {attributes}", asked.raw());
    reply.set(&field);
}

fn renewed(asked: &Asked, reply: &mut Reply) {
    let mut choice = tower_cookie_consent::Choice::new(asked.consent.judged_at()).with_revision(3);
    for id in ["stats", "maps", "media", "ads"] {
        if let Some(answer) = asked.answer(id) {
            choice.answer(&policy(), id, answer).unwrap();
        }
    }
    reply.store(asked, choice);
}

pub(super) const ROWS: &[Row] = &[
    row(
        "a visit renews an acceptance",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.is_accepted() {
                renewed(asked, reply);
            }
        },
        home,
    ),
    row(
        "a visit renews a refusal",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.is_refused() {
                renewed(asked, reply);
            }
        },
        home,
    ),
    row(
        "a visit of one page renews the choice",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.is_accepted() && asked.path() == "/article" {
                renewed(asked, reply);
            }
        },
        pages,
    ),
    row(
        "a visit renews a partial choice",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.answer("ads") == Some(false)
                && asked.answer("maps") == Some(true)
                && !asked.is_post()
            {
                renewed(asked, reply);
            }
        },
        home,
    ),
    row(
        "a visit by HEAD renews the choice",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.is_refused() && asked.parts.method == http::Method::HEAD {
                renewed(asked, reply);
            }
        },
        home,
    ),
    row(
        "a visit widens partial consent",
        "R5, R25",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked.answer("maps") == Some(true)
                && asked.answer("ads") == Some(false)
                && !asked.is_post()
            {
                reply.store(asked, asked.consent.accept_all());
            }
        },
        home,
    ),
    row(
        "a visit adds one category",
        "R5, R25",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked.answer("maps") == Some(true)
                && asked.answer("media") == Some(false)
                && !asked.is_post()
            {
                reply.store(asked, asked.consent.choose([("media", true)]).unwrap());
            }
        },
        home,
    ),
    row(
        "a visit turns a refusal into consent",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked.is_refused() {
                reply.store(asked, asked.consent.accept_all());
            }
        },
        home,
    ),
    row(
        "a visit answers what was left open",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            let is_open = asked.answer("maps") == Some(true) && asked.answer("ads").is_none();
            if is_open && !asked.is_post() {
                reply.store(asked, asked.consent.choose([("ads", true)]).unwrap());
            }
        },
        home,
    ),
    row(
        "a visit forgets one refusal",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.answer("ads") == Some(false)
                && asked.answer("maps") == Some(true)
                && !asked.is_post()
            {
                let mut choice = *asked.consent.choice().unwrap();
                let at = choice.decided_at();
                choice = tower_cookie_consent::Choice::new(at).with_revision(3);
                choice.answer(&policy(), "maps", true).unwrap();
                let set = Consent::undecided(policy()).set_cookie(choice);
                reply.headers.append("set-cookie", set.header_value());
            }
        },
        home,
    ),
    row(
        "a visit deletes a refusal",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.is_refused() {
                reply.set("cookies_preferences=; Path=/; Secure; Max-Age=0");
            }
        },
        home,
    ),
    row(
        "a visit deletes an acceptance",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.is_accepted() {
                reply.set("cookies_preferences=; Path=/; Secure; Max-Age=0");
            }
        },
        home,
    ),
    row(
        "a visit raises the revision",
        "R10",
        ChangesAskAgain,
        |asked, reply| {
            let is_older = asked
                .consent
                .choice()
                .is_some_and(|choice| choice.revision() == 2);
            if is_older && !asked.is_post() {
                let choice = asked.consent.choice().unwrap().with_revision(3);
                reply.store(asked, choice);
            }
        },
        home,
    ),
    row(
        "a visit renews an expired acceptance",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            let is_old =
                asked.consent.status() == tower_cookie_consent::preferences::Status::Expired;
            if is_old && asked.answer("ads") == Some(true) && !asked.is_post() {
                reply.store(asked, asked.consent.accept_all());
            }
        },
        home,
    ),
    row(
        "a visit lets the cookie live longer",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.is_accepted() {
                again(asked, reply, "Path=/; Secure; Max-Age=31536000");
            }
        },
        home,
    ),
    row(
        "a visit makes the cookie one of the session",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.is_refused() {
                again(asked, reply, "Path=/; Secure");
            }
        },
        home,
    ),
    row(
        "a visit accepts",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked.is_undecided() {
                reply.store(asked, asked.consent.accept_all());
            }
        },
        home,
    ),
    row(
        "a visit of an article accepts one category",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked.is_undecided() && asked.path() == "/article" {
                reply.store(asked, asked.consent.choose([("media", true)]).unwrap());
            }
        },
        pages,
    ),
    row(
        "a login accepts",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked.path() == "/login" && asked.is_post() {
                reply.store(asked, asked.consent.accept_all());
            }
        },
        pages,
    ),
    row(
        "a logout deletes the refusal",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if asked.path() == "/logout" && asked.is_refused() {
                reply.set("cookies_preferences=; Path=/; Secure; Max-Age=0");
            }
        },
        pages,
    ),
    row(
        "a visit with Sec-GPC renews an acceptance",
        "R9, R17",
        ChoiceLifetime,
        |asked, reply| {
            let is_signalled = asked.header("sec-gpc") == "1" && !asked.is_post();
            if is_signalled && asked.answer("ads") == Some(true) {
                let choice = *asked.consent.choice().unwrap();
                if choice.gpc() {
                    return;
                }
                let mut again = tower_cookie_consent::Choice::new(asked.consent.judged_at())
                    .with_revision(choice.revision());
                for (category, yes) in choice.answers(&policy()) {
                    again.answer(&policy(), category.id(), yes).unwrap();
                }
                reply.store(asked, again);
            }
        },
        home,
    ),
];
