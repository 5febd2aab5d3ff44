//! The members of a stored choice beside its answers.

use percent_encoding::percent_decode;
use serde_json::{Map, Value};

use super::Hearing;
use crate::{conformance::fates::FieldFate, consent::Reading, wire};

/// The members of a choice in JSON that are none of its answers.
const OWN: [&str; 4] = ["timestamp", "revision", "gpc", "regime"];

impl Hearing<'_> {
    /// Returns the other members of a choice that the layer withholds for them alone.
    pub(super) fn other_members(
        &self,
        field: &[u8],
        fate: FieldFate,
        after: &Reading<'_>,
    ) -> Option<String> {
        let own = self.policy.preferences_cookie().name().as_bytes();
        let is_own = wire::name(field) == Ok(own);
        if !is_own || fate != FieldFate::Stripped || after.unreadable.is_some() {
            return None;
        }
        let plain: Vec<u8> = percent_decode(wire::value(field)).collect();
        let mut members: Map<String, Value> = serde_json::from_slice(&plain).ok()?;
        members.retain(|name, _| {
            let is_answer = self.policy.index_of(name.as_bytes()).is_some();
            !is_answer && !OWN.contains(&&**name)
        });
        (!members.is_empty()).then(|| Value::Object(members).to_string())
    }
}
