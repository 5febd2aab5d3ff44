//! The JSON text of a value in either form.

use std::borrow::Cow;

use memchr::memchr;

use crate::work;

/// Returns the JSON text of a value, which is raw or percent-encoded. Returns `None` if a percent
/// sign lacks its digits: `decodeURIComponent` fails, too.
pub(super) fn of(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    if is_raw(value) {
        Some(Cow::Borrowed(value))
    } else {
        percent_decoded(value).map(Cow::Owned)
    }
}

/// Returns `true` if the value begins with an object's first key, whose quotation marks no encoding
/// of cookies leaves. Decoding raw JSON could only add what its writer did not say.
fn is_raw(value: &[u8]) -> bool {
    let members = value.trim_ascii_start().strip_prefix(b"{");
    members.is_some_and(|members| members.trim_ascii_start().starts_with(b"\""))
}

/// Decodes everything, the text between two percent signs at once.
fn percent_decoded(value: &[u8]) -> Option<Vec<u8>> {
    work::did(value.len());
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((text, escape)) = memchr(b'%', rest).and_then(|at| rest.split_at_checked(at)) {
        decoded.extend_from_slice(text);
        let [_, high, low, after @ ..] = escape else {
            return None;
        };
        let [high, low] = [high, low].map(|&digit| char::from(digit).to_digit(16));
        decoded.push(u8::try_from(high? * 16 + low?).ok()?);
        rest = after;
    }
    decoded.extend_from_slice(rest);
    Some(decoded)
}
