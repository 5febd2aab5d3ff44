//! Preferences that grant nothing: damaged, of other tools, or under other names.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use percent_encoding::percent_decode_str;

use super::{
    rewritten,
    situation::{Situation, Start},
    tools,
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

/// The number of words that are sent along with planted cookies too.
const MOST_PLANTED_WORDS: usize = 2;

pub(super) fn scenes(values: &CookieValues<'_>, age: u64) -> Vec<Situation> {
    let name = values.policy.preferences_cookie().name();
    let accepted = values.accepted(age);
    let mut all = damaged(&accepted);
    all.extend(of_the_future(values));
    let words = WORDS.map(|(what, word)| (what.to_owned(), word.to_owned()));
    let (known, more) = words.split_at(MOST_PLANTED_WORDS);
    all.extend_from_slice(known);
    let with_value = |(what, value): (String, String)| {
        let pairs = vec![format!("{name}={value}")];
        (!grants(values, &value)).then(|| beside(format!("preferences {what}"), pairs))
    };
    let mut scenes: Vec<_> = all.into_iter().filter_map(with_value).collect();
    // What is deleted for unreadable preferences is seen with those before.
    let mut bare = rewritten::values(values, &accepted);
    bare.extend_from_slice(more);
    let bare = bare.into_iter().filter_map(with_value);
    scenes.extend(bare.map(|scene| Situation { rounds: 1, ..scene }));
    scenes.extend(of_tools(values));
    scenes.extend(of_other_names(values, &accepted));
    scenes
}

/// Returns the visits with the cookies of other tools, unless the policy has their names for something else.
fn of_tools(values: &CookieValues<'_>) -> impl Iterator<Item = Situation> {
    let is_other = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        let is_own = values.policy.preferences_cookie().name() == name;
        is_own || values.policy.find(name.as_bytes()).is_none()
    };
    [
        (
            "cookies of other tools that accept everything",
            tools::ENCODED,
        ),
        (
            "cookies of other tools that accept everything, as text",
            tools::PLAIN,
        ),
    ]
    .into_iter()
    .map(move |(situation, pairs)| {
        let pairs = pairs.iter().copied().filter(is_other);
        beside(situation, pairs.map(str::to_owned).collect())
    })
}

/// Returns the visit with an acceptance under names that are not the one of the preferences cookie.
fn of_other_names(values: &CookieValues<'_>, accepted: &str) -> Option<Situation> {
    let name = values.policy.preferences_cookie().name();
    let is_new = |other: &String| {
        let all = tools::ENCODED.iter().chain(tools::PLAIN);
        let mut known = all.filter_map(|pair| pair.split('=').next());
        !known.any(|known| known == other) && values.policy.find(other.as_bytes()).is_none()
    };
    let mut names = written_otherwise(name);
    names.extend(similar_names(name));
    let names = names.into_iter().filter(is_new);
    let pairs: Vec<_> = names.map(|other| format!("{other}={accepted}")).collect();
    (!pairs.is_empty()).then(|| beside("acceptance under similar names", pairs))
}

fn beside(situation: impl Into<std::borrow::Cow<'static, str>>, pairs: Vec<String>) -> Situation {
    Situation {
        beside: pairs,
        ..Situation::new(situation, Start::Planted, Vec::new()).once_each()
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
fn similar_names(name: &str) -> Vec<String> {
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

/// Returns the name in the style of scripts, without anything between its words, and with other prefixes.
fn written_otherwise(name: &str) -> BTreeSet<String> {
    let bare = name.trim_start_matches("__Host-");
    let bare = bare.trim_start_matches("__Secure-");
    let words: Vec<_> = bare.split(['_', '-']).collect();
    let mut joined = String::new();
    for (number, word) in words.iter().enumerate() {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        match number {
            0 => joined.push_str(word),
            _ => joined.extend([&*first.to_ascii_uppercase(), rest]),
        }
    }
    let all = [
        bare.to_owned(),
        joined,
        words.concat(),
        words.join("."),
        format!("__Host-{bare}"),
        format!("__Secure-{bare}"),
    ];
    all.into_iter().filter(|other| other != name).collect()
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
