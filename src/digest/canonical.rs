//! Canonical JSON (RFC 8785): the bytes that are hashed.

use serde::Serialize;

/// Returns the canonical JSON of data for which this can't fail: with text as keys, and finite numbers.
pub(crate) fn canonical(value: &impl Serialize) -> String {
    // A failure would be a mistake of this crate, and then nothing fits the hash.
    serde_json_canonicalizer::to_string(value).unwrap_or_default()
}
