//! Requests of a test whose path, or one field, says what they mean. On pages, such forms may be about anything.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::request::Parts;

use super::{
    Intent,
    fields::{fields, id_of, is_beside},
    hints::is_about,
    subject::is_of_other,
    words::{SAVE, letters, says_by_value},
};
use crate::{CookiePolicy, policy::CategorySet};

/// The verbs that a path of one part may be, without their objects.
const PATHS: [(&str, Intent); 8] = [
    ("accept", Intent::Accept),
    ("allow", Intent::Accept),
    ("refuse", Intent::Refuse),
    ("reject", Intent::Refuse),
    ("decline", Intent::Refuse),
    ("deny", Intent::Refuse),
    ("withdraw", Intent::Withdraw),
    ("revoke", Intent::Withdraw),
];

/// The objects of these verbs.
const OBJECTS: [&str; 4] = ["all", "cookies", "cookie", "consent"];

/// The names of fields whose value is yes or no.
const ANSWERED: [&str; 4] = ["consent", "cookie", "cookies", "cookieconsent"];

impl Intent {
    /// Reads the intent of a request of a test, which is about cookies more surely than the forms of a page.
    pub(in crate::conformance) fn of_plan(
        parts: &Parts,
        body: &Bytes,
        policy: &CookiePolicy,
    ) -> Option<Self> {
        match (Self::read(parts, body, policy), verb(parts)) {
            (None, _) => read(parts, body, policy),
            // What it names is refused, or all of it.
            (Some(Self::Save { .. }), Some(Self::Refuse | Self::Withdraw)) => None,
            (said, _) => said,
        }
    }
}

/// Returns what a path says that is a verb alone, such as `/refuse-all`.
fn verb(parts: &Parts) -> Option<Intent> {
    let path = parts.uri.path().trim_matches('/');
    if path.contains('/') {
        return None;
    }
    let path = letters(path);
    let mut left = &*path;
    while let Some(shorter) = OBJECTS.iter().find_map(|object| left.strip_suffix(object)) {
        left = shorter;
    }
    let known = PATHS.iter().find(|(verb, _)| *verb == left);
    known.map(|(_, intent)| intent.clone())
}

/// Reads a request that has one field at most, beside tokens.
fn read(parts: &Parts, body: &[u8], policy: &CookiePolicy) -> Option<Intent> {
    if parts.method.is_safe() || is_of_other(parts, body) {
        return None;
    }
    let mut pairs = fields(parts, body);
    pairs.retain(|(name, _)| !is_beside(name));
    let path = parts.uri.path().to_lowercase();
    match &*pairs {
        // What cannot be read may say anything.
        [] if is_blank(parts, body) => verb(parts),
        [(name, value)] if is_about(&path) => {
            if saves(name, value) {
                return Some(saved_empty());
            }
            let mut ids = (0..CategorySet::CAPACITY).map(|index| id_of(policy, index));
            let is_of_one = ids.any(|id| !id.is_empty() && path.contains(&id.to_lowercase()));
            let is_answer = ANSWERED.contains(&&*letters(name)) && !is_of_one;
            answer(value).filter(|_| is_answer)
        }
        [(name, value)] if is_about(name) && says_by_value(name, value, &SAVE) => {
            Some(saved_empty())
        }
        _ => None,
    }
}

/// Returns `true` if a request says nothing beside its path, but for tokens.
fn is_blank(parts: &Parts, body: &[u8]) -> bool {
    body.is_empty() || !fields(parts, body).is_empty() || matches!(body.trim_ascii(), b"{}")
}

fn saves(name: &str, value: &str) -> bool {
    let is_named = SAVE.contains(&&*letters(name)) && matches!(value, "" | "1" | "on" | "true");
    is_named || says_by_value(name, value, &SAVE)
}

/// A form with nothing ticked.
const fn saved_empty() -> Intent {
    Intent::Save {
        yes: BTreeSet::new(),
        no: BTreeSet::new(),
        perhaps: BTreeSet::new(),
        whole: true,
    }
}

fn answer(value: &str) -> Option<Intent> {
    match &*value.trim().to_ascii_lowercase() {
        "1" | "true" | "on" | "granted" => Some(Intent::Accept),
        "0" | "false" | "off" | "denied" => Some(Intent::Refuse),
        _ => None,
    }
}
