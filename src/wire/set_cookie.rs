//! The name-value pair of a `Set-Cookie`.

#[cfg(feature = "records")]
use super::bytes::trim_spaces_start;
use super::bytes::{cut, trim_spaces};
use super::name::{Unclassifiable, classify, plain_prefix};
use super::search::find_near;

/// Returns the name under which every browser stores this header.
///
/// The header is cut at the first `;` and split at the first `=`, and spaces are trimmed (RFC
/// 6265bis, section 5.6). Quotes are ignored, and nothing is decoded.
///
/// # Errors
/// [`Unclassifiable`] if browsers would read different names.
pub(crate) fn name(set_cookie: &[u8]) -> Result<&[u8], Unclassifiable> {
    match plain_prefix(set_cookie) {
        Some((name, _)) => Ok(name),
        None => classify(cut(b';', set_cookie).0),
    }
}

/// Returns the part before the first `=`, wherever that is, without surrounding spaces: the
/// [name](name()), if it is a valid name.
#[inline(always)]
pub(crate) fn written_name(set_cookie: &[u8]) -> Option<&[u8]> {
    let name = set_cookie.get(..find_near(b'=', set_cookie)?)?;
    Some(trim_spaces(name))
}

/// Returns `true` if this valid name is the [written one](written_name): cheaper than to look for its end.
#[cfg(feature = "records")]
#[inline]
pub(crate) fn is_named(set_cookie: &[u8], name: &str) -> bool {
    let after = trim_spaces_start(set_cookie).strip_prefix(name.as_bytes());
    after.is_some_and(|after| matches!(trim_spaces_start(after), [b'=', ..]))
}

/// Returns the value: the part between the first `=` and the first `;`, without surrounding spaces.
/// It is empty without a `=`.
pub(crate) fn value(set_cookie: &[u8]) -> &[u8] {
    let (pair, _) = cut(b';', set_cookie);
    trim_spaces(cut(b'=', pair).1.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::check_name;
    use super::*;

    #[test]
    fn name_and_value() {
        let no_equals = Err(Unclassifiable::NoEquals);
        for (header, expected_name, expected_value) in [
            (&b"a=b; Path=/"[..], Ok(&b"a"[..]), &b"b"[..]),
            (b" a = b ;c=d", Ok(b"a"), b"b"),
            (b"a=b=c;", Ok(b"a"), b"b=c"),
            (b"a=\"x; Max-Age=0; y\"", Ok(b"a"), b"\"x"),
            (b"%5Fga=1", Ok(b"%5Fga"), b"1"),
            (b"a; b=c", no_equals, b""),
            (b";a=b", no_equals, b""),
            (b"", no_equals, b""),
            (b"=a; b=c", Err(Unclassifiable::NoName), b"a"),
            (b"a\t=b", Err(Unclassifiable::ControlByte), b"b"),
        ] {
            assert_eq!(name(header), expected_name, "{}", header.escape_ascii());
            assert_eq!(value(header), expected_value, "{}", header.escape_ascii());
            let written = written_name(header).filter(|name| check_name(name).is_ok());
            assert_eq!(written, expected_name.ok(), "{}", header.escape_ascii());
        }
    }

    #[cfg(feature = "records")]
    #[test]
    fn a_name_is_the_written_one_or_not() {
        for header in [
            "a=b",
            " a =b; a=c",
            "a",
            "a;=b",
            "a; b=c",
            "ab=c",
            "b=a",
            "=a",
            "",
            "A=b",
            "a\t=b",
            "aa=b",
        ] {
            for name in ["a", "ab", "b"] {
                let written = written_name(header.as_bytes()) == Some(name.as_bytes());
                assert_eq!(
                    is_named(header.as_bytes(), name),
                    written,
                    "{header} {name}"
                );
            }
        }
    }
}
