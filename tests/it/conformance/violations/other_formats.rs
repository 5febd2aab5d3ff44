//! Sites that take what other tools write for consent: their cookies, and their formats under the own name.

use serde_json::Value;
use tower_cookie_consent::conformance::{Conformance, Requirement::*};

use super::{
    Row, Style, row,
    site::{Asked, Reply, home},
};

fn track(is: bool, reply: &mut Reply) {
    if is {
        reply.track("_ga");
    }
}

/// Returns `true` for another cookie with this in its value.
fn says(asked: &Asked, name: &str, part: &str) -> bool {
    asked.cookie(name).is_some_and(|value| value.contains(part))
}

fn json(asked: &Asked) -> Value {
    serde_json::from_str(&asked.text()).unwrap_or_default()
}

fn is_listed(asked: &Asked, name: &str) -> bool {
    let members = json(asked);
    let all = members[name].as_array();
    all.is_some_and(|all| all.iter().any(|id| id == "ads"))
}

pub(super) const ROWS: &[Row] = &[
    row(
        "the cookie of CookieYes",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| {
            track(says(asked, "cookieyes-consent", "advertisement:yes"), reply);
        },
        home,
    ),
    row(
        "the cookie of Complianz",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.cookie("cmplz_marketing") == Some("allow"), reply),
        home,
    ),
    row(
        "the cookie of Axeptio",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| {
            track(
                says(asked, "axeptio_authorized_vendors", "google_analytics"),
                reply,
            );
        },
        home,
    ),
    row(
        "the cookie of a plug-in for laws",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| {
            let name = "cookielawinfo-checkbox-advertisement";
            track(asked.cookie(name) == Some("yes"), reply);
        },
        home,
    ),
    row(
        "the cookie of OneTrust as text",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| track(says(asked, "OptanonConsent", "C0004:1"), reply),
        home,
    ),
    row(
        "the string on privacy of the United States",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| track(says(asked, "usprivacy", "1YN"), reply),
        home,
    ),
    row(
        "answers that are granted",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| track(json(asked)["ads"] == "granted", reply),
        home,
    ),
    row(
        "answers that are numbers in text",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| track(json(asked)["ads"] == "1", reply),
        home,
    ),
    row(
        "answers that begin with capitals",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| track(json(asked)["Ads"] == true, reply),
        home,
    ),
    row(
        "a list of what is accepted",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| track(is_listed(asked, "accepted"), reply),
        home,
    ),
    row(
        "a list of categories, where something is missing",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| {
            let is = is_listed(asked, "categories") && asked.cookie("_ga").is_none();
            track(is, reply);
        },
        home,
    ),
    row(
        "pairs with colons",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| track(asked.raw().split(',').any(|it| it == "ads:true"), reply),
        home,
    ),
    row(
        "a query in the cookie",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| track(asked.text().split('&').any(|it| it == "ads=1"), reply),
        home,
    ),
    row(
        "a revision that is a fraction",
        "R5",
        UnclearGrantsNothing,
        |asked, reply| {
            let members = json(asked);
            let is = members["revision"]
                .as_f64()
                .is_some_and(|it| it.fract() > 0.0);
            track(is && members["ads"] == true, reply);
        },
        home,
    ),
    row(
        "the name in the style of scripts",
        "R5",
        NoCookieBeforeConsent,
        |asked, reply| track(asked.cookie("cookiesPreferences").is_some(), reply),
        home,
    ),
];

fn remembering() -> Conformance {
    use tower_cookie_consent::{Category, CookieDeclaration};
    let notice = Category::necessary("notice").cookie(CookieDeclaration::new("consent"));
    let policy = super::site::policy().to_builder().categories([notice]);
    let policy = policy.build();
    Conformance::new(policy.unwrap()).visit(["/"])
}

/// Correct sites with such cookies.
pub(super) const RIGHT: &[Style] = &[
    (
        "a necessary cookie with the name of another tool",
        |asked, reply| {
            if asked.cookie("consent").is_none() {
                reply.set("consent=seen; Path=/; Secure");
            }
        },
        remembering,
    ),
    (
        "an old cookie of another tool is removed",
        |asked, reply| {
            if asked.cookie("cookieconsent_status").is_some() && !asked.is_post() {
                reply.set("cookieconsent_status=; Path=/; Max-Age=0");
            }
        },
        home,
    ),
];
