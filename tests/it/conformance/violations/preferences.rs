//! Sites that take preferences that nobody can read for consent.

use serde_json::Value;

use tower_cookie_consent::conformance::Requirement::*;

use super::{
    Row, row,
    site::{Asked, Reply, home},
};

/// Returns the preferences as JSON.
fn json(asked: &Asked) -> Value {
    serde_json::from_str(&asked.text()).unwrap_or_default()
}

/// Sets what needs consent, although the preferences say nothing.
fn track(reply: &mut Reply) {
    reply.track("_ga");
}

fn now() -> u64 {
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

/// Does not touch what the crate reads as a choice.
fn is_unclear(asked: &Asked) -> bool {
    !asked.raw().is_empty()
        && asked.consent.choice().is_none()
        && !asked.consent.has_several_preferences()
}

fn is_cut(asked: &Asked) -> bool {
    let text = asked.text();
    is_unclear(asked) && text.starts_with("{\"") && !text.ends_with('}')
}

pub(super) const ROWS: &[Row] = &[
    row(
        "preferences cut anywhere",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if is_cut(asked) && !asked.text().contains("kit") {
                track(reply);
            }
        },
        home,
    ),
    row(
        "preferences cut in half",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if is_cut(asked) && asked.raw().len() < 100 && asked.raw().len() > 30 {
                track(reply);
            }
        },
        home,
    ),
    row(
        "preferences cut at the end",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if is_cut(asked) && asked.text().contains("timestamp") && asked.raw().len() < 300 {
                track(reply);
            }
        },
        home,
    ),
    row(
        "preferences without a beginning",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if is_unclear(asked) && asked.raw().starts_with("7B") {
                track(reply);
            }
        },
        home,
    ),
    row(
        "oversized preferences",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked.raw().len() > 4_096 && asked.text().contains("\"ads\":true") {
                track(reply);
            }
        },
        home,
    ),
    row(
        "oversized preferences with a long member",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked.raw().len() > 4_096 && json(asked)["ads"] == true {
                track(reply);
            }
        },
        home,
    ),
    row(
        "preferences dated next week",
        "R5, R9",
        UnclearGrantsNothing,
        |asked, reply| {
            let at = json(asked)["timestamp"].as_u64().unwrap_or_default();
            if at > now() + 3 * 86_400 && at < now() + 30 * 86_400 {
                track(reply);
            }
        },
        home,
    ),
    row(
        "preferences dated in a year or more",
        "R5, R9",
        UnclearGrantsNothing,
        |asked, reply| {
            let at = json(asked)["timestamp"].as_u64().unwrap_or_default();
            if at > now() + 300 * 86_400 && at < now() * 2 {
                track(reply);
            }
        },
        home,
    ),
    row(
        "answers that are text",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if json(asked)["ads"] == "true" {
                track(reply);
            }
        },
        home,
    ),
    row(
        "answers that are words",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if json(asked)["ads"] == "yes" || json(asked)["ads"] == "on" {
                track(reply);
            }
        },
        home,
    ),
    row(
        "answers that are numbers",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if json(asked)["ads"] == 1 {
                track(reply);
            }
        },
        home,
    ),
    row(
        "answers that are anything but false",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            let answer = &json(asked)["ads"];
            if is_unclear(asked) && (answer.is_object() || answer.is_array()) {
                track(reply);
            }
        },
        home,
    ),
    row(
        "a time that is text",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if json(asked)["timestamp"].is_string() && json(asked)["ads"] == true {
                track(reply);
            }
        },
        home,
    ),
    row(
        "a time that is null",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            let json = json(asked);
            if json.get("timestamp") == Some(&Value::Null) && json["ads"] == true {
                track(reply);
            }
        },
        home,
    ),
    row(
        "a time that is negative",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if json(asked)["timestamp"].as_i64().is_some_and(|at| at < 0) {
                track(reply);
            }
        },
        home,
    ),
    row(
        "no time",
        "R5, R9",
        UnclearGrantsNothing,
        |asked, reply| {
            let json = json(asked);
            if json.get("timestamp").is_none() && json["ads"] == true {
                track(reply);
            }
        },
        home,
    ),
    row(
        "the last of two answers",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            let text = asked.text();
            if is_unclear(asked)
                && text.contains("\"ads\":false")
                && text.rfind("\"ads\":true") > text.rfind("\"ads\":false")
            {
                track(reply);
            }
        },
        home,
    ),
    row(
        "the first of two answers",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            let text = asked.text();
            if is_unclear(asked)
                && text.contains("\"ads\":true")
                && text.rfind("\"ads\":true") < text.rfind("\"ads\":false")
            {
                track(reply);
            }
        },
        home,
    ),
    row(
        "the same answer twice",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            let text = asked.text();
            if text.ends_with('}')
                && text.matches('{').count() == 1
                && text.matches("\"ads\":true").count() == 2
            {
                track(reply);
            }
        },
        home,
    ),
    row(
        "answers in capitals",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| {
            if json(asked)["ADS"] == true {
                track(reply);
            }
        },
        home,
    ),
    row(
        "answers inside of another object",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if json(asked)["consent"]["ads"] == true {
                track(reply);
            }
        },
        home,
    ),
    row(
        "preferences in a list",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if json(asked)[0]["ads"] == true {
                track(reply);
            }
        },
        home,
    ),
    row(
        "preferences in Base64",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked.raw().starts_with("eyJ") {
                track(reply);
            }
        },
        home,
    ),
    row(
        "preferences encoded twice",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked.text().contains("%22ads%22%3Atrue") {
                track(reply);
            }
        },
        home,
    ),
    row(
        "preferences in quotes",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked.text().starts_with("\"{") && asked.consent.choice().is_none() {
                track(reply);
            }
        },
        home,
    ),
    row(
        "preferences in single quotes",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked.text().contains("'ads':true") {
                track(reply);
            }
        },
        home,
    ),
    row(
        "preferences with something after them",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked.text().ends_with("}kit") {
                track(reply);
            }
        },
        home,
    ),
    row(
        "preferences written twice",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked.text().contains("}{") {
                track(reply);
            }
        },
        home,
    ),
    row(
        "any value that is not no",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if ["true", "1", "yes"].contains(&asked.raw()) {
                track(reply);
            }
        },
        home,
    ),
    row(
        "the value all",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked.raw() == "all" || asked.raw() == "accepted" {
                track(reply);
            }
        },
        home,
    ),
    row(
        "an empty value",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked
                .cookies
                .split("; ")
                .any(|pair| pair == "cookies_preferences=")
            {
                track(reply);
            }
        },
        home,
    ),
    row(
        "an empty object",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked.raw() == "%7B%7D" {
                track(reply);
            }
        },
        home,
    ),
    row(
        "the cookie of Cookiebot",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| {
            if asked
                .cookie("CookieConsent")
                .is_some_and(|value| value.contains("marketing:true"))
            {
                track(reply);
            }
        },
        home,
    ),
    row(
        "the cookie of OneTrust",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| {
            if asked
                .cookie("OptanonConsent")
                .is_some_and(|value| value.contains("C0004%3A1"))
            {
                track(reply);
            }
        },
        home,
    ),
    row(
        "the cookie of vanilla-cookieconsent",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| {
            if asked.cookie("cc_cookie").is_some() {
                track(reply);
            }
        },
        home,
    ),
    row(
        "the cookie of osano",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| {
            if asked
                .cookie("cookieconsent_status")
                .is_some_and(|value| value.eq_ignore_ascii_case("allow"))
            {
                track(reply);
            }
        },
        home,
    ),
    row(
        "the cookie of tarteaucitron",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| {
            if asked
                .cookie("tarteaucitron")
                .is_some_and(|value| value.contains("=true"))
            {
                track(reply);
            }
        },
        home,
    ),
    row(
        "the cookie of Klaro",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| {
            if asked.cookie("klaro").is_some() {
                track(reply);
            }
        },
        home,
    ),
    row(
        "the cookie of ASP.NET",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| {
            if asked.cookie(".AspNet.Consent") == Some("yes") {
                track(reply);
            }
        },
        home,
    ),
    row(
        "a TC string",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| {
            if asked.cookie("euconsent-v2").is_some() {
                track(reply);
            }
        },
        home,
    ),
    row(
        "names in any case",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| {
            let named = |pair: &str| {
                let name = pair.split('=').next().unwrap_or_default();
                name != "cookies_preferences" && name.eq_ignore_ascii_case("cookies_preferences")
            };
            if asked.cookies.split("; ").any(named) {
                track(reply);
            }
        },
        home,
    ),
    row(
        "a name that begins with a capital",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| {
            if asked.cookie("Cookies_preferences").is_some() {
                track(reply);
            }
        },
        home,
    ),
    row(
        "a name that ends with this one",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| {
            if asked.cookie("xcookies_preferences").is_some() {
                track(reply);
            }
        },
        home,
    ),
    row(
        "a name that begins with this one",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| {
            if asked.cookie("cookies_preferences2").is_some() {
                track(reply);
            }
        },
        home,
    ),
    row(
        "a name with hyphens",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| {
            if asked.cookie("cookies-preferences").is_some() {
                track(reply);
            }
        },
        home,
    ),
    row(
        "cookies deleted for oversized preferences",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked.raw().len() > 4_096 {
                reply.set("_ga=; Path=/; Max-Age=0");
            }
        },
        home,
    ),
    row(
        "cookies deleted for preferences of the future",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if json(asked)["timestamp"]
                .as_u64()
                .is_some_and(|at| at > now() + 3 * 86_400)
            {
                reply.set("map=; Path=/; Max-Age=0");
            }
        },
        home,
    ),
    row(
        "statistics beside unreadable preferences",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if asked.raw() == "true" && asked.cookie("_pk_id.kit").is_some() {
                reply.track("_pk_id.2");
            }
        },
        home,
    ),
    row(
        "preferences that are a list of names",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            if is_unclear(asked) && asked.text().split(',').any(|name| name == "ads") {
                track(reply);
            }
        },
        home,
    ),
    row(
        "preferences that are an array of names",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            let names = json(asked);
            let has = |names: &Vec<Value>| names.iter().any(|name| name == "ads");
            if is_unclear(asked) && names.as_array().is_some_and(has) {
                track(reply);
            }
        },
        home,
    ),
    row(
        "preferences without a revision count for the newest",
        "R10",
        ChangesAskAgain,
        |asked, reply| {
            let members = json(asked);
            let is_old = members.get("timestamp").is_some() && members.get("revision").is_none();
            if is_old && members["ads"] == true && !asked.is_post() {
                track(reply);
            }
        },
        home,
    ),
];
