//! Encodes a choice as the value of the preferences cookie.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{Choice, EncodeError, Terms};

/// Bytes that a cookie value can't contain (RFC 6265 §4.1.1, cookie-octet).
const NO_COOKIE_OCTET: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b',').add(b';').add(b'\\');

/// Returns the value of the preferences cookie, encoded for a cookie, without anything of the
/// `previous` one on a refusal.
///
/// # Errors
///
/// The codec only reads, or it panicked.
pub(crate) fn encoded_value(
    policy: &impl Terms,
    choice: &Choice,
    previous: Option<&[u8]>,
) -> Result<String, EncodeError> {
    let previous = previous.filter(|_| !choice.is_refusal(policy));
    let value = policy.encode(choice, previous)?;
    Ok(policy.sign(utf8_percent_encode(&value, NO_COOKIE_OCTET).to_string()))
}
