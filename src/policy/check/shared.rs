//! What several checks need: the places of problems, and checks of what many declarations have.

use super::problem::{PolicyProblem, PolicyProblemKind as Kind, Shown};
use crate::policy::{
    Basis, Category, Text,
    names::{first_other, nearest},
    text::is_language_tag,
    unknown_key::UnknownKey,
};

pub(super) type Problems = Vec<PolicyProblem>;

const MAX_ID: usize = 32;
/// The keys of the preferences cookie other than answers.
const RESERVED_IDS: [&str; 5] = ["timestamp", "revision", "id", "gpc", "regime"];
/// Returns the place of a category's problem.
pub(in crate::policy) fn place_of(category: &str) -> String {
    format!("category {category:?}")
}

/// Returns the place of a declaration's problem.
pub(in crate::policy) fn place_of_cookie(category: &str, name: &str) -> String {
    format!("cookie {name:?} of category {category:?}")
}

/// Returns the place of a service's problem.
pub(in crate::policy) fn place_of_service(category: &str, service: &str) -> String {
    format!("service {service:?} of category {category:?}")
}

/// Returns the place of a problem of the preferences cookie.
pub(super) fn place_of_preferences(name: &str) -> String {
    format!("preferences cookie {name:?}")
}

pub(super) fn name_fault(character: Option<char>) -> String {
    match character {
        Some(character) => format!("a cookie name cannot contain {}", Shown(character)),
        None => "a cookie name cannot be empty".to_owned(),
    }
}

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

pub(super) fn check_since(
    place: impl Fn() -> String,
    since: u32,
    revision: u32,
    problems: &mut Problems,
) {
    if since > revision {
        let message = format!(
            "since {since} is above the policy's revision {revision}: raise the revision or lower \
             since"
        );
        problems.push(PolicyProblem::new(Kind::InvalidValue, place(), message));
    }
}

pub(super) fn invalid_language(place: impl Into<String>, language: &str) -> PolicyProblem {
    let message = format!(
        "invalid language tag {language:?}: use one of BCP 47, such as \"fr\" or \"en-GB\""
    );
    PolicyProblem::new(Kind::InvalidValue, place, message)
}

pub(super) fn did_you_mean(word: &str, known: &[&str], otherwise: &str) -> String {
    nearest(word, known).map_or_else(
        || otherwise.to_owned(),
        |known| format!("did you mean `{known}`?"),
    )
}

/// Reports a basis on which nothing sensitive may be stored: without an explicit yes.
pub(super) fn check_sensitive(
    place: impl Fn() -> String,
    category: &Category,
    problems: &mut Problems,
) {
    if matches!(category.basis(), Basis::Exempt | Basis::OptOut) {
        let basis = category.basis().word();
        let message = format!(
            "it is sensitive, and the category is {basis:?}: use \"consent\", since only an \
             explicit yes allows it (GDPR, art. 9)"
        );
        problems.push(PolicyProblem::new(Kind::Conflict, place(), message));
    }
}

/// Returns what is wrong with the code of a country.
pub(super) fn fault_of_country(code: &str) -> Option<String> {
    let is_code = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    (!is_code).then(|| {
        format!(
            "invalid country {code:?}: use its code of two capital letters (ISO 3166-1), such as \
             \"FR\""
        )
    })
}
