//! Encodes a choice as a value.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    super::{Choice, RegimeNumber, Terms},
    MAX_MEMBERS, text,
};

/// The characters that `encodeURIComponent` does not encode, so that page scripts can read the
/// value with its inverse.
pub(crate) const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Encodes the choice over an earlier value, whose members that the policy keeps are kept as far as
/// they fit.
pub(crate) fn encode(policy: &impl Terms, choice: &Choice, previous: Option<&[u8]>) -> String {
    let mut members = Members::default();
    for index in choice.answered().iter() {
        if let Some(id) = policy.id_at(index) {
            members.push(id, !choice.denied.contains(index));
        }
    }
    members.push("timestamp", choice.decided_at);
    members.push("revision", choice.revision);
    if choice.gpc {
        members.push("gpc", true);
    }
    // Of one that nobody knows, what counted here was left: without a regime it would count for more.
    let regime = match choice.regime {
        RegimeNumber::UNKNOWN => policy.own_regime(),
        known => known,
    };
    if let Some(regime) = policy.regime_id(regime) {
        members.push("regime", regime);
    }
    let free = policy.room();
    for (key, value) in previous.map(members_of).into_iter().flatten() {
        if policy.keeps(key.as_bytes()) {
            members.push_if_it_fits(&key, &value, free);
        }
    }
    members.finish()
}

/// Returns all members of an earlier value; none if it can't be read.
fn members_of(previous: &[u8]) -> serde_json::Map<String, serde_json::Value> {
    let json = text::of(previous).unwrap_or_default();
    serde_json::from_slice(&json).unwrap_or_default()
}

/// A JSON object under construction, already percent-encoded.
#[derive(Default)]
struct Members {
    encoded: String,
    count: usize,
}

impl Members {
    fn push(&mut self, key: &str, value: impl Into<serde_json::Value>) {
        let member = Self::member(key, &value.into());
        self.append(&member);
    }

    fn push_if_it_fits(&mut self, key: &str, value: &serde_json::Value, free: usize) {
        let member = Self::member(key, value);
        // The opening brace or separating comma, and the closing brace: three bytes each.
        let whole = self.encoded.len() + 3 + member.len() + 3;
        if whole <= free && self.count < MAX_MEMBERS {
            self.append(&member);
        }
    }

    fn append(&mut self, member: &str) {
        self.encoded
            .push_str(if self.count == 0 { "%7B" } else { "%2C" });
        self.encoded.push_str(member);
        self.count += 1;
    }

    fn member(key: &str, value: &serde_json::Value) -> String {
        let json = format!("{}:{value}", serde_json::Value::from(key));
        utf8_percent_encode(&json, COMPONENT).to_string()
    }

    fn finish(mut self) -> String {
        self.encoded.push_str("%7D");
        self.encoded
    }
}
