//! The headers other than `Set-Cookie` that pass.

use super::preferences::Members;
use crate::scene::Scene;

/// The response headers of a scene that may be withheld.
pub const RESPONSE: [&str; 6] = [
    "etag",
    "last-modified",
    "nel",
    "alt-svc",
    "use-as-dictionary",
    "accept-ch",
];

/// The request headers of a scene that may be hidden, each with the response header that it brings
/// back.
pub const REQUEST: [(&str, &str); 4] = [
    ("if-none-match", "etag"),
    ("if-modified-since", "last-modified"),
    ("dictionary-id", "use-as-dictionary"),
    ("sec-ch-ua-model", "accept-ch"),
];

/// Returns `true` if the header may be present when these categories are allowed.
pub fn is_allowed(scene: &Scene, name: &str, allowed: &[bool]) -> bool {
    match scene.site.find_header(name) {
        Some(category) => allowed[category],
        None => !scene.withhold_headers || matches!(name, "etag" | "last-modified"),
    }
}

/// Returns `true` if a browser stores something from the header, or may.
pub fn keeps(scene: &Scene, name: &str, field: &[u8]) -> bool {
    let text = String::from_utf8_lossy(field).to_ascii_lowercase();
    let trimmed = field.trim_ascii();
    let declared = scene.site.find_header(name).is_some();
    match name {
        "accept-ch" => !trimmed.is_empty(),
        "nel" => !is_forgotten(trimmed),
        "alt-svc" => trimmed != b"clear" && (declared || has_key(&text, "persist")),
        "use-as-dictionary" => declared || has_key(&text, "id"),
        _ => declared,
    }
}

/// Finds `key=` after a comma, a semicolon or a blank, with a value other than `""`. Blanks may stand
/// around the `=`.
fn has_key(text: &str, key: &str) -> bool {
    let is_start = |at: &usize| {
        let before = text[..*at].chars().next_back();
        before.is_none_or(|c| matches!(c, ',' | ';' | ' ' | '\t'))
    };
    text.match_indices(key)
        .filter(|(at, _)| is_start(at))
        .map(|(at, _)| &text[at + key.len()..])
        .filter_map(|rest| rest.trim_ascii_start().strip_prefix('='))
        .any(|value| !value.trim_ascii_start().starts_with("\"\""))
}

/// Recognises a `NEL` policy with no lifetime.
fn is_forgotten(field: &[u8]) -> bool {
    let Ok(Members { all: members, .. }) = serde_json::from_slice(field) else {
        return false;
    };
    let mut ages = members.iter().filter(|(key, _)| key == "max_age");
    let first = ages.next().map(|(_, age)| age.get());
    matches!(first, Some("0")) && ages.next().is_none()
}
