//! The members of a stored choice beside its answers.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue, header::SET_COOKIE};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::{CookiePolicy, wire};

/// The members of a choice in JSON that are none of its answers.
const OWN: [&str; 4] = ["timestamp", "revision", "gpc", "regime"];

/// Returns the headers of a response without the other members of the choice that it stores, for which alone the layer
/// would withhold it, and these members as text.
pub(super) fn without_others<'a>(
    policy: &CookiePolicy,
    received: &'a HeaderMap,
) -> (Cow<'a, HeaderMap>, Option<String>) {
    let mut headers = Cow::Borrowed(received);
    let mut found = None;
    for (index, field) in received.get_all(SET_COOKIE).iter().enumerate() {
        let Some((plain, others)) = plain(policy, field.as_bytes()) else {
            continue;
        };
        let mut fields = headers.to_mut().iter_mut();
        let mut fields = fields.by_ref().filter(|(name, _)| *name == SET_COOKIE);
        if let Some((_, own)) = fields.nth(index) {
            *own = plain;
        }
        found = Some(others);
    }
    (headers, found)
}

/// Returns the field of a choice without its other members, and these; `None` if it has none.
fn plain(policy: &CookiePolicy, field: &[u8]) -> Option<(HeaderValue, String)> {
    let own = policy.preferences_cookie().name();
    if wire::name(field) != Ok(own.as_bytes()) {
        return None;
    }
    let text: Vec<u8> = percent_decode(wire::value(field)).collect();
    let mut members: Map<String, Value> = serde_json::from_slice(&text).ok()?;
    let mut others = members.clone();
    let is_own = |name: &str| OWN.contains(&name) || policy.index_of(name.as_bytes()).is_some();
    members.retain(|name, _| is_own(name));
    others.retain(|name, _| !is_own(name));
    if others.is_empty() {
        return None;
    }
    let text = Value::Object(members).to_string();
    let value = utf8_percent_encode(&text, NON_ALPHANUMERIC);
    let rest = field.iter().position(|byte| *byte == b';');
    let rest = rest.and_then(|at| field.get(at..)).unwrap_or_default();
    let plain = [format!("{own}={value}").as_bytes(), rest].concat();
    let plain = HeaderValue::from_bytes(&plain).ok()?;
    Some((plain, Value::Object(others).to_string()))
}
