//! The words by which requests say what visitors mean.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::{header::CONTENT_TYPE, request::Parts};
use serde_json::Value;
use url::form_urlencoded;

use crate::{CookiePolicy, policy::CategorySet};

/// Words for an intent, without anything but letters.
pub(super) const ACCEPT: [&str; 16] = [
    "accept",
    "acceptall",
    "accepted",
    "acceptcookies",
    "agree",
    "agreed",
    "allow",
    "allowall",
    "all",
    "grant",
    "grantall",
    "accepter",
    "toutaccepter",
    "akzeptieren",
    "alleakzeptieren",
    "yes",
];
pub(super) const REFUSE: [&str; 22] = [
    "refuse",
    "refuseall",
    "refused",
    "reject",
    "rejectall",
    "rejected",
    "deny",
    "denyall",
    "denied",
    "decline",
    "declineall",
    "none",
    "disallow",
    "refuser",
    "toutrefuser",
    "ablehnen",
    "alleablehnen",
    "necessary",
    "necessaryonly",
    "essential",
    "essentialonly",
    "no",
];
pub(super) const WITHDRAW: [&str; 8] = [
    "withdraw",
    "withdrawall",
    "withdrawal",
    "withdrawconsent",
    "revoke",
    "revokeall",
    "retirer",
    "widerrufen",
];
pub(super) const SAVE: [&str; 6] = [
    "save",
    "savechoice",
    "savechoices",
    "custom",
    "selection",
    "enregistrer",
];

/// Parts of the names of fields, and of paths, that are about a choice.
pub(super) const SUBJECTS: [&str; 9] = [
    "cookie", "consent", "choice", "decision", "prefer", "privacy", "charte", "rgpd", "gdpr",
];

/// Parts of a request that may be about a choice in some way.
pub(super) const SIGNS: [&str; 24] = [
    "cookie", "consent", "choice", "choose", "decision", "decide", "prefer", "privacy", "charte",
    "rgpd", "gdpr", "dsgvo", "accept", "agree", "allow", "grant", "banner", "opt", "categor",
    "service", "tracking", "save", "option", "setting",
];

/// Returns `true` if anything in the request may be about a choice.
pub(in crate::conformance) fn is_of_choice(
    parts: &Parts,
    body: &[u8],
    policy: &CookiePolicy,
) -> bool {
    let query = parts.uri.query().unwrap_or_default();
    let text = format!(
        "{} {query} {}",
        parts.uri.path(),
        String::from_utf8_lossy(body)
    );
    let text = text.to_ascii_lowercase();
    let ids = (0..CategorySet::CAPACITY).map(|index| id_of(policy, index));
    let mut ids = ids.filter(|id| !id.is_empty());
    SIGNS.iter().any(|sign| text.contains(sign))
        || ids.any(|id| text.contains(&id.to_ascii_lowercase()))
}

/// Returns the id of a category or service.
pub(super) fn id_of(policy: &CookiePolicy, index: u8) -> &str {
    policy.id_at(index).unwrap_or_default()
}

/// The categories and services that a request names.
#[derive(Default)]
pub(super) struct Named {
    pub(super) yes: BTreeSet<String>,
    pub(super) no: BTreeSet<String>,
}

impl Named {
    pub(super) fn of(pairs: &[(String, String)], policy: &CookiePolicy) -> Self {
        let consenting = policy.consenting() | policy.services();
        let ids: Vec<_> = consenting
            .iter()
            .map(|index| id_of(policy, index))
            .collect();
        let mut named = Self::default();
        for (name, value) in pairs {
            let of = |text: &str| {
                ids.iter()
                    .find(|id| **id == text)
                    .map(|id| (*id).to_owned())
            };
            if let Some(id) = of(name) {
                let list = match &*letters(value) {
                    "" if !matches!(value.trim(), "1" | "") => &mut named.no,
                    "false" | "no" | "off" | "deny" | "denied" | "refuse" => &mut named.no,
                    _ => &mut named.yes,
                };
                list.insert(id);
            } else if let Some(id) = of(value) {
                named.yes.insert(id);
            }
        }
        named
    }

    pub(super) fn is_empty(&self) -> bool {
        self.yes.is_empty() && self.no.is_empty()
    }
}

/// Returns the fields of a form or of a JSON object, and of the query.
pub(super) fn fields(parts: &Parts, body: &Bytes) -> Vec<(String, String)> {
    let media = parts.headers.get(CONTENT_TYPE);
    let media = media
        .and_then(|media| media.to_str().ok())
        .unwrap_or_default();
    let query = parts.uri.query().unwrap_or_default();
    let mut pairs: Vec<_> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    match media.split(';').next().unwrap_or_default().trim() {
        "" | "application/x-www-form-urlencoded" => {
            pairs.extend(form_urlencoded::parse(body).into_owned());
        }
        media if media.ends_with("json") => {
            if let Ok(Value::Object(members)) = serde_json::from_slice(body) {
                for (name, value) in &members {
                    flatten(name, value, &mut pairs);
                }
            }
        }
        _ => {}
    }
    pairs
}

/// Adds the members of a value, and of objects in it.
pub(super) fn flatten(name: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    let mut add = |value: String| pairs.push((name.to_owned(), value));
    match value {
        Value::String(text) => add(text.clone()),
        Value::Bool(yes) => add(yes.to_string()),
        Value::Number(number) => add(number.to_string()),
        Value::Array(list) => list
            .iter()
            .filter_map(Value::as_str)
            .for_each(|text| add(text.to_owned())),
        Value::Object(members) => {
            for (name, value) in members.iter().filter(|(_, value)| !value.is_object()) {
                flatten(name, value, pairs);
            }
        }
        Value::Null => {}
    }
}

pub(super) fn is_about(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    SUBJECTS.iter().any(|subject| text.contains(subject))
}

/// Returns `true` if a field has one of these words: as the value of a field about a choice, or as its name.
pub(super) fn says(name: &str, value: &str, words: &[&str]) -> bool {
    let (name_letters, value_letters) = (letters(name), letters(value));
    let is_word = |text: &str| words.contains(&text);
    let is_action = matches!(
        &*name_letters,
        "action" | "do" | "submit" | "button" | "answer"
    );
    // Short words mean something only where the field is about a choice.
    let is_named = is_word(&name_letters)
        && name_letters.len() > 4
        && matches!(value.trim(), "" | "1" | "on" | "true" | "yes");
    is_named
        || (is_word(&value_letters) && (is_about(name) || (is_action && value_letters.len() > 3)))
}

pub(super) fn letters(text: &str) -> String {
    let letters = text.chars().filter(|letter| letter.is_alphabetic());
    letters.flat_map(char::to_lowercase).collect()
}
