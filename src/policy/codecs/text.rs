//! Values as text: what several tools have in common.

use std::borrow::Cow;

use percent_encoding::percent_decode;
use serde::de::DeserializeOwned;

use crate::preferences::DecodeError;

/// Returns the only value, if there is one.
pub(super) fn only<'a>(values: &[Option<&'a [u8]>]) -> Option<&'a [u8]> {
    values.first().copied().flatten()
}

/// Decodes a value as `decodeURIComponent` does.
///
/// # Errors
///
/// A percent sign lacks its two digits, or the result is not UTF-8.
pub(super) fn percent_decoded(value: &[u8]) -> Result<Cow<'_, str>, DecodeError> {
    let mut rest = value;
    while let Some(at) = memchr::memchr(b'%', rest) {
        match rest.get(at + 1..at + 3) {
            Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => rest = &rest[at + 3..],
            _ => return Err(DecodeError::Format),
        }
    }
    percent_decode(value)
        .decode_utf8()
        .map_err(|_| DecodeError::Format)
}

/// Reads percent-encoded JSON. If a member is repeated, the last one counts, as in JavaScript.
///
/// # Errors
///
/// It is not percent-encoded, or not JSON of this form.
pub(super) fn percent_encoded_json<T: DeserializeOwned>(value: &[u8]) -> Result<T, DecodeError> {
    serde_json::from_str(&percent_decoded(value)?).map_err(|_| DecodeError::Format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_signs_need_their_digits() {
        for (value, decoded) in [
            ("", Some("")),
            ("a%20b%7b", Some("a b{")),
            ("%", None),
            ("%2", None),
            ("%2g", None),
            ("a%20%", None),
            ("%ff", None),
            ("%c3%a9", Some("\u{e9}")),
        ] {
            assert_eq!(
                percent_decoded(value.as_bytes()).ok().as_deref(),
                decoded,
                "{value}"
            );
        }
    }
}
