//! The words of the W3C Data Privacy Vocabulary (DPV 2) that receipts use, and their prefixes.

use serde_json::{Value, json};

use crate::records::{Answer, AnswerState, Cause};

/// The release of the vocabulary.
pub(super) const VERSION: &str = "https://w3id.org/dpv/2.1";

/// Returns the meaning of the prefixes. What is not of a vocabulary is opaque JSON.
pub(super) fn context() -> Value {
    let opaque = |name: &str| json!({"@id": format!("tcc:{name}"), "@type": "@json"});
    json!({
        "dct": "http://purl.org/dc/terms/",
        "dpv": "https://w3id.org/dpv#",
        "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
        "loc": "https://w3id.org/dpv/loc#",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "schema": "https://schema.org/",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "tcc": "https://docs.rs/tower-cookie-consent/#",
        "inclusion": opaque("inclusion"),
        "key": "tcc:key",
        "missing": "tcc:missing",
        "record": opaque("record"),
        "signature": "tcc:signature",
    })
}

/// Returns the state of a consent. Where it is not confirmed, its response had been sent without what is granted.
pub(super) const fn status(answer: Answer, cause: Cause, is_confirmed: bool) -> &'static str {
    match (answer.state, answer.before, cause) {
        (AnswerState::Granted, ..) if !is_confirmed => "dpv:ConsentInvalidated",
        (AnswerState::Granted, AnswerState::Granted, _) => "dpv:RenewedConsentGiven",
        (AnswerState::Granted, ..) => "dpv:ConsentGiven",
        (AnswerState::Denied, AnswerState::Granted, _) => "dpv:ConsentWithdrawn",
        (AnswerState::NotAsked, AnswerState::Granted, Cause::Removed) => "dpv:ConsentWithdrawn",
        (AnswerState::Denied, ..) => "dpv:ConsentRefused",
        (AnswerState::NotAsked, ..) => "dpv:ConsentUnknown",
    }
}

/// Returns a duration as of ISO 8601.
pub(super) fn days(days: u64) -> String {
    format!("P{days}D")
}

/// Leaves out members without a value.
pub(super) fn without_nulls(mut value: Value) -> Value {
    if let Value::Object(members) = &mut value {
        members.retain(|_, value| !value.is_null());
    }
    value
}
