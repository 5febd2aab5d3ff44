//! Cutting and trimming of bytes.

use super::search::find;
use crate::work;

/// Compares two texts, short ones without a call, which costs more than the comparison.
#[inline]
pub(crate) fn are_equal(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    // The first and the last eight, or four, which may overlap.
    if let (Some(first), Some(last)) = (one.first_chunk::<4>(), one.last_chunk::<4>())
        && one.len() <= 8
    {
        return other.first_chunk() == Some(first) && other.last_chunk() == Some(last);
    }
    one == other
}

/// Returns the parts before and after the first `separator`, or all of it and `None` without one.
#[inline(always)]
pub(super) fn cut(separator: u8, bytes: &[u8]) -> (&[u8], Option<&[u8]>) {
    match find(separator, bytes) {
        Some(index) => {
            let (before, rest) = bytes.split_at(index);
            (before, rest.get(1..))
        }
        None => (bytes, None),
    }
}

/// Strips spaces from both ends, but not tabs.
#[inline]
pub(super) const fn trim_spaces(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes;
    while let [b' ', rest @ ..] | [rest @ .., b' '] = bytes {
        bytes = rest;
    }
    bytes
}

/// Strips spaces and tabs from the start.
#[inline]
pub(super) const fn trim_blanks_start(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes;
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    bytes
}

/// Strips spaces and tabs from the end.
#[inline]
pub(super) const fn trim_blanks_end(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes;
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// Strips spaces from the end, but not tabs.
#[inline]
pub(super) const fn trim_spaces_end(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes;
    while let [rest @ .., b' '] = bytes {
        bytes = rest;
    }
    bytes
}

/// Strips spaces from the start, but not tabs.
#[inline]
pub(super) const fn trim_spaces_start(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes;
    while let [b' ', rest @ ..] = bytes {
        bytes = rest;
    }
    bytes
}

/// Strips spaces and tabs (WSP of RFC 5234) from both ends.
#[inline]
pub(super) const fn trim_blanks(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes;
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// Returns `true` if the header is printable ASCII without `"`. Only such headers are split into
/// attributes the same way everywhere: WebKit ends a header at some control bytes, and in Safari a
/// quoted string hides a `;`.
pub(super) fn is_plain(header: &[u8]) -> bool {
    work::did(header.len());
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"';
    // Without an early exit, a chunk is compared all at once.
    let (chunks, rest) = header.as_chunks::<16>();
    let all = |bytes: &[u8]| bytes.iter().fold(true, |all, &byte| all & is_plain(byte));
    chunks.iter().all(|chunk| all(chunk)) && all(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_any_length_are_compared() {
        let text = "us-opt-out-and-more";
        for length in 0..=text.len() {
            let one = &text[..length];
            assert!(are_equal(one, one));
            assert!(!are_equal(one, &format!("{one}x")));
            for at in 0..length {
                let mut other = one.to_owned();
                other.replace_range(at..=at, "_");
                assert!(!are_equal(one, &other), "{one} {other}");
            }
        }
    }

    #[test]
    fn trimming() {
        assert_eq!(trim_spaces(b"  a b\t "), b"a b\t");
        assert_eq!(trim_spaces(b"   "), b"");
        assert_eq!(trim_spaces_end(b" a\t  "), b" a\t");
        assert_eq!(trim_spaces_end(b"  "), b"");
        assert_eq!(trim_blanks(b" \t a\tb\t "), b"a\tb");
        assert_eq!(cut(b'=', b"a=b=c"), (&b"a"[..], Some(&b"b=c"[..])));
        assert_eq!(cut(b'=', b"a"), (&b"a"[..], None));
    }
}
