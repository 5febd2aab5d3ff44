//! The fields of a request, and the ids that they may have.

use http::{header::CONTENT_TYPE, request::Parts};
use serde_json::Value;
use url::form_urlencoded;

use crate::CookiePolicy;

/// Returns the id of a category or service.
pub(super) fn id_of(policy: &CookiePolicy, index: u8) -> &str {
    policy.id_at(index).unwrap_or_default()
}

/// Parts of the names of fields that list what is refused.
const REFUSING: [&str; 9] = [
    "refus", "reject", "denied", "deny", "declin", "disallow", "disabl", "withdraw", "revoke",
];

/// Words in the names of fields that say nothing of what a form is about.
const BESIDE: [&str; 11] = [
    "csrf",
    "csrfmiddlewaretoken",
    "csrftoken",
    "xsrf",
    "token",
    "nonce",
    "next",
    "return",
    "returnto",
    "redirect",
    "back",
];

/// Returns `true` for the name of a field that lists what is refused.
pub(super) fn is_refusing(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    REFUSING.iter().any(|part| name.contains(part))
}

/// Returns `true` for a token of a form, or the page to go back to.
pub(super) fn is_beside(name: &str) -> bool {
    words_of(name).any(|word| BESIDE.contains(&&*word))
}

/// Returns the words of a name, in lower case.
pub(super) fn words_of(name: &str) -> impl Iterator<Item = String> {
    let words = name.split(|c: char| !c.is_ascii_alphabetic());
    words.map(str::to_ascii_lowercase)
}

/// Returns the fields of a form or of a JSON object, and of the query.
pub(super) fn fields(parts: &Parts, body: &[u8]) -> Vec<(String, String)> {
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
        // Yes and no are turned round in it.
        Value::Object(_) if is_refusing(name) => {}
        Value::Object(members) => {
            for (name, value) in members.iter().filter(|(_, value)| !value.is_object()) {
                flatten(name, value, pairs);
            }
        }
        Value::Null => {}
    }
}
