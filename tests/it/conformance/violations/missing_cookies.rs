//! Sites that set a cookie only where it is missing, without consent: whoever has it already does not show that.

use serde_json::Value;
use tower_cookie_consent::conformance::Requirement::*;

use super::{
    Row, Style, row,
    site::{Asked, Reply, home},
};

/// Sets the cookie, unless the browser has it.
fn fill(is: bool, asked: &Asked, reply: &mut Reply) {
    if is && asked.cookie("_ga").is_none() && !asked.is_post() {
        reply.track("_ga");
    }
}

fn json(asked: &Asked) -> Value {
    serde_json::from_str(&asked.text()).unwrap_or_default()
}

/// Returns the first of the preferences cookies, or the last one.
fn one_of(asked: &Asked, is_last: bool) -> &str {
    let mut all: Vec<_> = asked
        .cookies
        .split("; ")
        .filter_map(|pair| pair.strip_prefix("cookies_preferences="))
        .collect();
    if is_last {
        all.reverse();
    }
    match *all {
        [first, _, ..] => first,
        _ => "",
    }
}

pub(super) const ROWS: &[Row] = &[
    row(
        "missing cookies for oversized preferences",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            let is = asked.raw().len() > 4_096 && asked.text().contains("\"ads\":true");
            fill(is, asked, reply);
        },
        home,
    ),
    row(
        "missing cookies for answers that are text",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| fill(json(asked)["ads"] == "true", asked, reply),
        home,
    ),
    row(
        "missing cookies for a time that is negative",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            let is = json(asked)["timestamp"].as_i64().is_some_and(|at| at < 0);
            fill(is, asked, reply);
        },
        home,
    ),
    row(
        "missing cookies for preferences without a time",
        "R5, R9",
        UnclearGrantsNothing,
        |asked, reply| {
            let json = json(asked);
            let is = json.get("timestamp").is_none() && json["ads"] == true;
            fill(is, asked, reply);
        },
        home,
    ),
    row(
        "missing cookies for the first of two preferences",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            let is = one_of(asked, false).contains("ads%22%3Atrue");
            fill(is, asked, reply);
        },
        home,
    ),
    row(
        "missing cookies for the last of two preferences",
        "R5",
        NoCookieAfterRefusal,
        |asked, reply| {
            let is = one_of(asked, true).contains("ads%22%3Atrue");
            fill(is, asked, reply);
        },
        home,
    ),
    row(
        "missing cookies for the cookie of another tool",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| fill(asked.cookie("klaro").is_some(), asked, reply),
        home,
    ),
    row(
        "missing cookies for a name that begins with a capital",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| {
            let is = asked.cookie("Cookies_preferences").is_some();
            fill(is, asked, reply);
        },
        home,
    ),
    row(
        "missing cookies for an acceptance without a revision",
        "R10",
        ChangesAskAgain,
        |asked, reply| {
            let json = json(asked);
            let is_old = json.get("revision").is_none() && json.get("timestamp").is_some();
            fill(is_old && json["ads"] == true, asked, reply);
        },
        home,
    ),
    row(
        "missing cookies after consent to films alone",
        "R25",
        NoCookieAfterRefusal,
        |asked, reply| {
            let is = asked.answer("media") == Some(true) && asked.answer("ads") == Some(false);
            fill(is, asked, reply);
        },
        home,
    ),
    row(
        "missing cookies in French after a refusal",
        "R2",
        NoCookieAfterRefusal,
        |asked, reply| {
            let is = asked.header("accept-language").starts_with("fr");
            fill(is && asked.is_refused(), asked, reply);
        },
        home,
    ),
    row(
        "missing cookies of a campaign after a refusal",
        "R2",
        NoCookieAfterRefusal,
        |asked, reply| {
            let query = asked.parts.uri.query().unwrap_or_default();
            fill(
                query.contains("utm_source=") && asked.is_refused(),
                asked,
                reply,
            );
        },
        home,
    ),
    row(
        "missing cookies by HEAD after a refusal",
        "R2",
        NoCookieAfterRefusal,
        |asked, reply| {
            let is = asked.parts.method == http::Method::HEAD;
            fill(is && asked.is_refused(), asked, reply);
        },
        home,
    ),
    row(
        "missing cookies on a phone after a refusal",
        "R2",
        NoCookieAfterRefusal,
        |asked, reply| {
            let is = asked.header("user-agent").contains("Mobile");
            fill(is && asked.is_refused(), asked, reply);
        },
        home,
    ),
];

/// Correct sites that set what is missing, where they may.
pub(super) const RIGHT: &[Style] = &[(
    "cookies that need consent only where they are missing",
    |asked, reply| {
        let carried = ["map", "films_id", "_ga"].map(|name| asked.cookie(name).is_some());
        reply.change(|field| {
            let is_new = field.contains("kit-test");
            let names = ["map=", "films_id=", "_ga="].into_iter().zip(carried);
            let mut known = names.filter(|(name, _)| field.starts_with(name));
            let is_known = known.any(|(_, carried)| carried);
            (!(is_new && is_known)).then_some(field)
        });
    },
    super::site::pages,
)];
