//! Sites that take one yes for all, or overlook one no.

use tower_cookie_consent::conformance::Requirement::*;

use super::{Row, row, site::home};

pub(super) const ROWS: &[Row] = &[
    row(
        "any yes allows advertising",
        "R25",
        NoCookieAfterRefusal,
        |asked, reply| {
            if asked.answer("maps") == Some(true) && asked.answer("ads") == Some(false) {
                reply.track("_ga");
            }
        },
        home,
    ),
    row(
        "consent to advertising allows maps",
        "R25",
        NoCookieAfterRefusal,
        |asked, reply| {
            if asked.answer("ads") == Some(true) && asked.answer("maps") == Some(false) {
                reply.track("map");
            }
        },
        home,
    ),
    row(
        "consent to media allows maps",
        "R25",
        NoCookieAfterRefusal,
        |asked, reply| {
            if asked.answer("media") == Some(true)
                && asked.answer("maps") == Some(false)
                && asked.answer("ads") == Some(false)
            {
                reply.track("map");
            }
        },
        home,
    ),
    row(
        "two of three are all",
        "R25",
        NoCookieAfterRefusal,
        |asked, reply| {
            let yes = ["maps", "media", "ads"]
                .iter()
                .filter(|id| asked.answer(id) == Some(true))
                .count();
            if yes == 2 {
                for name in ["map", "films_id", "_ga"] {
                    reply.track(name);
                }
            }
        },
        home,
    ),
    row(
        "one answer counts for those without one",
        "R25",
        NoCookieBeforeConsent,
        |asked, reply| {
            if asked.answer("maps") == Some(true)
                && asked.answer("ads").is_none()
                && asked
                    .consent
                    .choice()
                    .is_some_and(|choice| choice.revision() == 3)
            {
                reply.track("_ga");
            }
        },
        home,
    ),
    row(
        "consent to a service allows its category",
        "R25",
        OneService,
        |asked, reply| {
            if asked.consent.allows("films") && !asked.consent.allows("media") {
                reply.track("films_id");
            }
        },
        home,
    ),
    row(
        "one refusal is overlooked",
        "R2",
        NoCookieAfterRefusal,
        |asked, reply| {
            if asked.answer("ads") == Some(false)
                && asked.answer("maps") == Some(true)
                && asked.answer("media") == Some(true)
            {
                reply.track("_ga");
            }
        },
        home,
    ),
    row(
        "one refusal expires nothing",
        "R4",
        RefusalExpires,
        |asked, reply| {
            if asked.answer("ads") == Some(false) && asked.answer("maps") == Some(true) {
                reply.unset("_ga");
            }
        },
        home,
    ),
    row(
        "one consent expires nothing of the others",
        "R4",
        RefusalExpires,
        |asked, reply| {
            if asked.answer("media") == Some(true) && asked.answer("maps") == Some(false) {
                reply.unset("map");
            }
        },
        home,
    ),
    row(
        "an objection is overlooked",
        "R13",
        NoCookieAfterRefusal,
        |asked, reply| {
            if asked.answer("stats") == Some(false) && asked.answer("ads") == Some(true) {
                reply.track("_pk_id.1");
            }
        },
        home,
    ),
    row(
        "an objection expires nothing",
        "R4, R13",
        RefusalExpires,
        |asked, reply| {
            if asked.answer("stats") == Some(false) && asked.answer("ads") == Some(true) {
                reply.unset("_pk_id.kit");
            }
        },
        home,
    ),
    row(
        "a service that is refused in an allowed category",
        "R25",
        ThirdParties,
        |asked, reply| {
            if asked.answer("media") == Some(true) && asked.answer("films") == Some(false) {
                reply.body += "<iframe src=https://www.films.example/embed/1></iframe>";
            }
        },
        home,
    ),
    row(
        "one no and no other answer allows advertising",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| {
            let is_open = asked.answer("ads").is_none() && asked.answer("media").is_none();
            if asked.answer("maps") == Some(false) && is_open && !asked.is_post() {
                reply.track("_ga");
            }
        },
        home,
    ),
];
