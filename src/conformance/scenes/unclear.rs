//! Preferences that grant nothing: damaged, of other tools, or under other names.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use percent_encoding::percent_decode_str;

use super::{
    rewritten,
    situation::{Situation, Start},
    values::CookieValues,
};
use crate::wire::{DAY, MAX_PAIR};

/// Words that other sites write, and sites that only look for a word take for consent.
const WORDS: [(&str, &str); 12] = [
    ("that are \"true\"", "true"),
    ("that are \"1\"", "1"),
    ("that are \"yes\"", "yes"),
    ("that are \"all\"", "all"),
    ("that are \"accept\"", "accept"),
    ("that are \"accepted\"", "accepted"),
    ("that are \"allow\"", "allow"),
    ("that are \"granted\"", "granted"),
    ("that are empty", ""),
    ("that are \"null\"", "null"),
    ("that are an empty object", "%7B%7D"),
    ("that are an empty list", "%5B%5D"),
];

/// Consent to everything in the cookies of other tools, which no visitor gave to this site's policy.
const TOOLS: [&str; 16] = [
    "CookieConsent=%7Bstamp:%27kit%27%2Cnecessary:true%2Cpreferences:true%2Cstatistics:true%2Cmarketing:true\
     %2Cmethod:%27explicit%27%2Cver:1%2Cutc:1724770548958%2Cregion:%27de%27%7D",
    "OptanonConsent=isGpcEnabled=0&groups=C0001%3A1%2CC0002%3A1%2CC0003%3A1%2CC0004%3A1",
    "OptanonAlertBoxClosed=2026-01-01T00:00:00.000Z",
    "cc_cookie=%7B%22categories%22%3A%5B%22necessary%22%2C%22analytics%22%2C%22ads%22%5D%7D",
    "tarteaucitron=!gtag=true!matomocloud=true!youtube=true",
    "klaro=%7B%22ads%22%3Atrue%2C%22analytics%22%3Atrue%7D",
    "cookieconsent_status=allow",
    "cookieconsent_status_MARKETING=ALLOW",
    "c15t=c.necessary:1,c.measurement:1,c.marketing:1",
    "euconsent-v2=CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA",
    "cookies_policy=%7B%22essential%22%3Atrue%2C%22usage%22%3Atrue%2C%22campaigns%22%3Atrue%7D",
    "cookies_preferences_set=true",
    ".AspNet.Consent=yes",
    "cookie_consent=accepted",
    "cookie-agreed=2",
    "cookie_notice_accepted=true",
];

pub(super) fn scenes(values: &CookieValues<'_>, age: u64) -> Vec<Situation> {
    let name = values.policy.preferences_cookie().name();
    let accepted = values.accepted(age);
    let mut all = damaged(&accepted);
    all.extend(of_the_future(values));
    all.extend(rewritten::values(values, &accepted));
    all.extend(WORDS.map(|(what, word)| (what.to_owned(), word.to_owned())));
    let unclear = all.into_iter().filter(|(_, value)| !grants(values, value));
    let mut scenes: Vec<_> = unclear
        .map(|(what, value)| {
            beside(
                format!("preferences {what}"),
                vec![format!("{name}={value}")],
            )
        })
        .collect();
    scenes.push(beside(
        "cookies of other tools that accept everything",
        TOOLS.map(str::to_owned).to_vec(),
    ));
    let is_new = |other: &String| {
        let known = TOOLS
            .iter()
            .any(|tool| tool.starts_with(&format!("{other}=")));
        !known && values.policy.find(other.as_bytes()).is_none()
    };
    let others = other_names(name).into_iter().filter(is_new);
    scenes.extend(others.map(|other| {
        beside(
            format!("acceptance under the name {other:?}"),
            vec![format!("{other}={accepted}")],
        )
    }));
    scenes
}

fn beside(situation: impl Into<std::borrow::Cow<'static, str>>, pairs: Vec<String>) -> Situation {
    Situation {
        beside: pairs,
        rounds: 1,
        ..Situation::new(situation, Start::Planted, Vec::new())
    }
}

/// Returns `true` if the policy's codec reads consent from the value, so that it is not unclear.
fn grants(values: &CookieValues<'_>, value: &str) -> bool {
    let consenting = values.policy.consenting() | values.policy.services();
    let read = values.read(value);
    // The layer does not count one of the future, beyond wrong time zones.
    let read = read.filter(|choice| choice.decided_at <= values.now.saturating_add(DAY));
    read.is_some_and(|choice| !(choice.granted & consenting).is_empty())
}

/// Returns names that are not the one of the preferences cookie, but similar.
fn other_names(name: &str) -> Vec<String> {
    let mut capital = name.to_owned();
    if let Some(first) = capital.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    [
        name.to_ascii_uppercase(),
        name.to_ascii_lowercase(),
        capital,
        name.replace('_', "-"),
        format!("x{name}"),
        format!("old_{name}"),
        format!("{name}2"),
        format!("{name}.bak"),
    ]
    .into_iter()
    .filter(|other| other != name)
    .collect()
}

fn damaged(accepted: &str) -> Vec<(String, String)> {
    let part = |end: usize| accepted.get(..end).unwrap_or_default().to_owned();
    let plain = percent_decode_str(accepted)
        .decode_utf8_lossy()
        .into_owned();
    let all = [
        ("cut in half", part(accepted.len() / 2)),
        (
            "without their last letter",
            part(accepted.len().saturating_sub(1)),
        ),
        ("without their end", part(accepted.len().saturating_sub(4))),
        (
            "without their beginning",
            accepted.chars().skip(1).collect(),
        ),
        ("written twice", accepted.repeat(2)),
        ("with something after them", format!("{accepted}kit")),
        (
            "that are too long",
            format!("{accepted}{}", "%20".repeat(MAX_PAIR / 3)),
        ),
        ("encoded twice", accepted.replace('%', "%25")),
        ("in quotes", format!("%22{accepted}%22")),
        ("in quotation marks", format!("\"{accepted}\"")),
        (
            "in capitals",
            rewritten::encoded(&plain.to_ascii_uppercase()),
        ),
        ("in Base64", STANDARD_NO_PAD.encode(&plain)),
        ("as a list", rewritten::encoded(&format!("[{plain}]"))),
    ];
    all.map(|(what, value)| (what.to_owned(), value)).to_vec()
}

fn of_the_future(values: &CookieValues<'_>) -> Vec<(String, String)> {
    let in_days = |days: u64| {
        let mut choice = values.consent.accept_all();
        choice.decided_at = values.now.saturating_add(days.saturating_mul(DAY));
        crate::preferences::encoded_value(values.policy, &choice, None).unwrap_or_default()
    };
    let all = [
        ("dated next week", 7),
        ("dated next year", 370),
        ("dated in ten years", 3_660),
    ];
    all.map(|(what, days)| (what.to_owned(), in_days(days)))
        .to_vec()
}
