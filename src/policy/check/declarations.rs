//! Checks categories and their declarations.

use super::{
    Kind, PolicyProblem, Problems, check_since, did_you_mean, invalid_language,
    location::{domain_fault, path_fault},
    place_of, place_of_cookie,
    problem::Shown,
    services::check_sensitive,
};
use crate::policy::{
    Basis, Category, Controller, CookieDeclaration, MAX_EXEMPT_DAYS, Text, TrackerKind,
    builder::Declared,
    headers::check_header_name,
    names::{MAX_NAME, NameFault, check_name, check_other_name, first_other},
    text::is_language_tag,
    unknown_key::UnknownKey,
};

const MAX_ID: usize = 32;
/// The keys of the preferences cookie other than answers.
const RESERVED_IDS: [&str; 5] = ["timestamp", "revision", "id", "gpc", "regime"];
/// Google Consent Mode v2.
const SIGNALS: [&str; 7] = [
    "ad_storage",
    "ad_user_data",
    "ad_personalization",
    "analytics_storage",
    "functionality_storage",
    "personalization_storage",
    "security_storage",
];

/// Checks the id of a category or service.
pub(super) fn check_id(place: impl Fn() -> String, id: &str, problems: &mut Problems) {
    let url_safe = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') // RFC 3986
    };
    let mut push = |kind, message: String| {
        problems.push(PolicyProblem::new(kind, place(), message));
    };
    if id.is_empty() {
        let message = format!("no id: give it one of 1 to {MAX_ID} characters");
        push(Kind::Missing, message);
        return;
    }
    if id.len() > MAX_ID {
        let length = id.len();
        let message = format!("the id is {length} bytes long: the limit is {MAX_ID}");
        push(Kind::TooLarge, message);
    }
    if let Some(character) = first_other(id, url_safe) {
        let message = format!(
            "the id has {}: use letters, digits, `-`, `.`, `_` and `~` only",
            Shown(character)
        );
        push(Kind::InvalidId, message);
    }
    if RESERVED_IDS.contains(&id) || id.starts_with('_') {
        let message = format!(
            "this id is reserved: choose one other than {}, and not beginning with `_`",
            RESERVED_IDS.join(", ")
        );
        push(Kind::InvalidId, message);
    }
}

pub(super) fn check_category(policy: &Declared, category: &Category, problems: &mut Problems) {
    let id = category.id();
    let place = || place_of(id);
    check_unknown(place, &category.unknown, Category::KEYS, problems);
    if category.basis.is_none() {
        let message = "no basis: use \"necessary\", \"exempt\", \"opt_out\" or \"consent\"";
        problems.push(PolicyProblem::new(Kind::Missing, place(), message));
    }
    check_languages(place, category.texts(), problems);
    if let Some(since) = category.since {
        check_since(place, since, policy.revision, problems);
    }
    for signal in &category.consent_mode {
        if !SIGNALS.contains(&signal.as_str()) {
            let help = did_you_mean(signal, &SIGNALS, "remove it");
            let message =
                format!("consent_mode {signal:?} is not a signal of Consent Mode v2: {help}");
            problems.push(PolicyProblem::new(Kind::InvalidValue, place(), message));
        }
    }
    if category.sensitive {
        check_sensitive(place, category, problems);
    }
    if category.gpc && category.basis() != Basis::Exempt {
        let basis = category.basis().word();
        let message = format!("gpc is for exempt categories, and this one is {basis:?}: remove it");
        problems.push(PolicyProblem::new(Kind::Conflict, place(), message));
    }
}

pub(super) fn check_cookie(
    category: &Category,
    cookie: &CookieDeclaration,
    problems: &mut Problems,
) {
    let place = || place_of_cookie(category.id(), cookie.name());
    check_unknown(place, &cookie.unknown, CookieDeclaration::KEYS, problems);
    let named = match cookie.kind {
        TrackerKind::Cookie => check_name(cookie.name()),
        TrackerKind::Header => {
            if let Err(fault) = check_header_name(cookie.name()) {
                let (id, name) = (category.id(), cookie.name());
                let place = format!("header {name:?} of category {id:?}");
                problems.push(PolicyProblem::new(Kind::InvalidName, place, fault));
            }
            Ok(())
        }
        TrackerKind::Storage | TrackerKind::Pixel | TrackerKind::Other => {
            check_other_name(cookie.name())
        }
    };
    if let Err(fault) = named {
        problems.push(name_problem(category.id(), cookie.name(), fault));
    }
    let mut push = |kind, message| problems.push(PolicyProblem::new(kind, place(), message));
    if cookie.third_party.is_some() && cookie.kind != TrackerKind::Cookie {
        let kind = cookie.kind.word();
        let message = format!("third_party is for cookies, and this is a {kind}: remove it");
        push(Kind::Conflict, message);
    }
    for domain in cookie.domain.iter().chain(&cookie.third_party) {
        if let Some(fault) = domain_fault(domain) {
            push(
                Kind::InvalidValue,
                format!("invalid domain {domain:?}: {fault}"),
            );
        }
    }
    for path in &cookie.path {
        if let Some(fault) = path_fault(path) {
            push(
                Kind::InvalidValue,
                format!("invalid path {path:?}: {fault}"),
            );
        }
    }
    if let Some(retention) = cookie.retention
        && category.basis() == Basis::Exempt
        && retention
            .as_days()
            .is_some_and(|days| days > MAX_EXEMPT_DAYS)
    {
        let message = format!(
            "a retention of {retention} is over the 13 months ({MAX_EXEMPT_DAYS} days) of an \
             exempt category: shorten it, or ask for consent"
        );
        push(Kind::Conflict, message);
    }
    check_languages(place, cookie.texts(), problems);
}

fn name_problem(category: &str, name: &str, fault: NameFault) -> PolicyProblem {
    let place = place_of_cookie(category, name);
    let (kind, place, message) = match fault {
        NameFault::Empty => (
            Kind::Missing,
            place_of(category),
            "a cookie has no name: set its exact name, or a prefix and `*`".to_owned(),
        ),
        NameFault::TooLong => {
            let length = name.len();
            let message = format!("the name is {length} bytes long: browsers keep {MAX_NAME}");
            (Kind::TooLarge, place, message)
        }
        NameFault::Bare => (
            Kind::InvalidName,
            place_of(category),
            "the name \"*\" would declare every cookie: give what the names begin with, such as \
             \"_pk_*\""
                .to_owned(),
        ),
        NameFault::Star => (
            Kind::InvalidName,
            place,
            "`*` is allowed once, at the end: give what the names begin with and one `*`"
                .to_owned(),
        ),
        NameFault::Character(character) => {
            let message = format!(
                "a cookie name cannot contain {}: give the name as in Set-Cookie",
                Shown(character)
            );
            (Kind::InvalidName, place, message)
        }
    };
    PolicyProblem::new(kind, place, message)
}

pub(super) fn check_controller(controller: &Controller, problems: &mut Problems) {
    let place = || "controller".to_owned();
    check_unknown(place, &controller.unknown, Controller::KEYS, problems);
    if controller.name == Text::from("") {
        let message = "no name: give the company's or the person's";
        problems.push(PolicyProblem::new(Kind::Missing, place(), message));
    }
    check_languages(place, controller.texts(), problems);
}

/// Reports unknown keys of the JSON, each with the known key that was probably meant.
pub(super) fn check_unknown(
    place: impl Fn() -> String,
    unknown: &[UnknownKey],
    known: &[&str],
    problems: &mut Problems,
) {
    for (key, position) in unknown {
        let help = did_you_mean(
            key,
            known,
            "remove it, or begin a key of your own with `x-`",
        );
        let message = format!("unknown key {key:?}: {help}{position}");
        problems.push(PolicyProblem::new(Kind::UnknownKey, place(), message));
    }
}

#[allow(
    single_use_lifetimes,
    reason = "an anonymous one is unstable in this place"
)]
pub(super) fn check_languages<'t>(
    place: impl Fn() -> String,
    texts: impl Iterator<Item = (&'static str, &'t Text)>,
    problems: &mut Problems,
) {
    for (key, text) in texts {
        let place = || format!("{key} of {}", place());
        let mut previous = "";
        for language in text.languages() {
            if !is_language_tag(language) {
                problems.push(invalid_language(place(), language));
            } else if language.eq_ignore_ascii_case(previous) {
                let message = format!("the language {language:?} appears twice: remove one text");
                problems.push(PolicyProblem::new(Kind::Duplicate, place(), message));
            }
            previous = language;
        }
    }
}
