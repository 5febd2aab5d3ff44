//! Sites that wait for the third visit.

use tower_cookie_consent::conformance::Requirement::*;

use super::{
    Row, row,
    site::{Asked, Reply, choosing, home},
};

/// Counts visits in the session. Returns `true` from the third on.
fn third(asked: &Asked, reply: &mut Reply) -> bool {
    let visits = asked
        .cookie("sessionid")
        .and_then(|value| value.strip_prefix('v'));
    let visits: u32 = visits
        .and_then(|value| value.parse().ok())
        .unwrap_or_default();
    reply.unset("sessionid");
    reply.set(&format!(
        "sessionid=v{}; Path=/; Max-Age=1209600; HttpOnly; Secure; SameSite=Lax",
        visits + 1
    ));
    visits >= 2 && asked.path() == "/" && !asked.is_post()
}

pub(super) const ROWS: &[Row] = &[
    row(
        "the third visit sets a cookie",
        "R1",
        NoCookieBeforeConsent,
        |asked, reply| {
            if third(asked, reply) && asked.is_undecided() {
                reply.track("_ga");
            }
        },
        home,
    ),
    row(
        "the third visit after a refusal sets a cookie",
        "R2",
        NoCookieAfterRefusal,
        |asked, reply| {
            if third(asked, reply) && asked.is_refused() {
                reply.track("_ga");
            }
        },
        home,
    ),
    row(
        "the third visit accepts",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if third(asked, reply) && asked.is_undecided() {
                reply.store(asked, asked.consent.accept_all());
            }
        },
        home,
    ),
    row(
        "the third visit renews the choice",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if third(asked, reply) && asked.is_accepted() {
                reply.store(asked, asked.consent.accept_all());
            }
        },
        home,
    ),
    row(
        "the third visit forgets the refusal",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if third(asked, reply) && asked.is_refused() {
                reply.set("cookies_preferences=; Path=/; Secure; Max-Age=0");
            }
        },
        home,
    ),
    row(
        "the third visit clears everything",
        "R9",
        ChoiceLifetime,
        |asked, reply| {
            if third(asked, reply) && asked.is_refused() {
                reply.header("clear-site-data", "\"cookies\"");
            }
        },
        home,
    ),
    row(
        "the third visit loads a film",
        "R24",
        ThirdParties,
        |asked, reply| {
            if third(asked, reply) && asked.is_undecided() {
                reply
                    .body
                    .push_str("<iframe src=https://www.films.example/embed/2></iframe>");
            }
        },
        home,
    ),
    row(
        "visits after the site's own refusal set a cookie",
        "R2",
        NoCookieAfterRefusal,
        |asked, reply| {
            // The site remembers in the session that somebody has refused on its form.
            if asked.posts("refuse") {
                reply.unset("sessionid");
                reply.set(
                    "sessionid=refused; Path=/; Max-Age=1209600; HttpOnly; Secure; SameSite=Lax",
                );
            }
            if asked.cookie("sessionid") == Some("refused") && !asked.is_post() {
                reply.track("_ga");
            }
        },
        choosing,
    ),
    row(
        "visits after the site's own withdrawal set a cookie",
        "R4",
        NoCookieAfterRefusal,
        |asked, reply| {
            if asked.posts("withdraw") || asked.posts("refuse") {
                reply.set("lang=w; Path=/; Max-Age=31536000; Secure; SameSite=Lax");
            }
            if asked.cookie("lang") == Some("w") && asked.is_refused() {
                reply.track("map");
            }
        },
        choosing,
    ),
];
