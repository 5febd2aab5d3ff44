//! The attributes of a `Set-Cookie`.

use super::bytes::{cut, trim_blanks, trim_blanks_start};

/// Longest attribute value that browsers read, in bytes after trimming; Chromium and Firefox
/// ignore an attribute with a longer one (RFC 6265bis, section 5.6).
pub(super) const LONGEST_VALUE: usize = 1024;

/// One attribute, spaces and tabs around name and value trimmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attribute<'a> {
    /// As written; compare it through [`is`](Self::is).
    pub(crate) name: &'a [u8],
    /// What stands after the first `=`; `None` where there is no `=`.
    pub(crate) value: Option<&'a [u8]>,
}

impl Attribute<'_> {
    /// Whether this is the attribute `name`, in any case of ASCII letters.
    #[inline]
    pub(crate) fn is(&self, name: &str) -> bool {
        // As it is nearly always written.
        self.name == name.as_bytes() || self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// The attributes after the first `;`, in order, repeated and unknown ones too; what is blank
/// between two `;` is left out.
///
/// Quotes hide no `;` (they do in Safari, so callers that need certainty refuse headers with `"`).
pub(crate) fn attributes(set_cookie: &[u8]) -> impl Iterator<Item = Attribute<'_>> {
    let mut rest = cut(b';', set_cookie).1;
    std::iter::from_fn(move || {
        loop {
            let (attribute, next) = cut(b';', rest?);
            rest = next;
            let attribute = trim_blanks(attribute);
            if !attribute.is_empty() {
                let (name, value) = cut(b'=', attribute);
                return Some(Attribute {
                    name: trim_blanks(name),
                    value: value.map(trim_blanks),
                });
            }
        }
    })
}

/// The `Max-Age` and `Expires` among the [`attributes`], for less than looking at all of them.
#[inline]
pub(crate) fn lifetime_attributes(set_cookie: &[u8]) -> impl Iterator<Item = Attribute<'_>> {
    let mut rest = cut(b';', set_cookie).1;
    std::iter::from_fn(move || {
        loop {
            let attribute = trim_blanks_start(rest?);
            let (attribute, next) = cut(b';', attribute);
            rest = next;
            if let [b'M' | b'm' | b'E' | b'e', ..] = attribute {
                let (name, value) = cut(b'=', attribute);
                return Some(Attribute {
                    name: trim_blanks(name),
                    value: value.map(trim_blanks),
                });
            }
        }
    })
}

/// What a `Max-Age` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MaxAge {
    /// Zeros, or `-` and digits: a removal in every browser.
    Past,
    /// Seconds to live, saturated: the same in every browser (but see `removal`
    /// on WebKitGTK from 2^31 on).
    Seconds(u64),
    /// Anything else: browsers read it in different ways or ignore it.
    Odd {
        /// Some browser takes it for a removal.
        removes: bool,
        /// The first number in it, which some browser may take.
        number: Option<u64>,
    },
}

pub(super) fn max_age(value: Option<&[u8]>) -> MaxAge {
    let Some(value) = value else {
        return MaxAge::Odd {
            removes: false,
            number: None,
        };
    };
    let (negative, digits) = match value {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let seconds = number(digits);
    let is_number = !digits.is_empty() && seconds.1 == digits.len();
    if is_number && value.len() <= LONGEST_VALUE {
        return match seconds.0 {
            0 => MaxAge::Past,
            _ if negative => MaxAge::Past,
            seconds => MaxAge::Seconds(seconds),
        };
    }
    // Measured: Firefox removes at any `-`, WebKitGTK at an empty value and at bytes that are not
    // printable ASCII, Chromium at `+0`; Safari, which could not be measured, unquotes values.
    let stripped = match value {
        [b'"', inner @ .., b'"'] | [b'+' | b'"', inner @ ..] | inner => inner,
    };
    let zeros = !stripped.is_empty() && stripped.iter().all(|&byte| byte == b'0');
    let removes = value.is_empty()
        || negative
        || zeros
        || value.iter().any(|byte| !matches!(byte, b' '..=b'~'));
    let first = value.iter().position(u8::is_ascii_digit);
    let number = match first {
        Some(first) if !negative => Some(number(&value[first..]).0),
        _ => None,
    };
    MaxAge::Odd { removes, number }
}

/// The digits at the start as a number, saturated at `u64::MAX`, and how many they are.
fn number(bytes: &[u8]) -> (u64, usize) {
    let mut number = 0_u64;
    let mut rest = bytes;
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        let digit = u64::from(digit - b'0');
        number = number
            .checked_mul(10)
            .and_then(|number| number.checked_add(digit))
            .unwrap_or(u64::MAX);
        rest = after;
    }
    (number, bytes.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_in_order() {
        let read: Vec<_> = attributes(b"a=b;; Path = / ;\tSECURE\t; =x;Max-Age==0; ;").collect();
        let expected = [
            (&b"Path"[..], Some(&b"/"[..])),
            (b"SECURE", None),
            (b"", Some(b"x")),
            (b"Max-Age", Some(b"=0")),
        ];
        assert_eq!(
            read,
            expected.map(|(name, value)| Attribute { name, value })
        );
        assert!(read[1].is("secure") && !read[1].is("secured"));
        assert_eq!(attributes(b"a=b").count(), 0);
        assert_eq!(attributes(&b";".repeat(65_536)).count(), 0);
    }

    #[test]
    fn max_ages() {
        let odd = |removes, number| MaxAge::Odd { removes, number };
        for (value, expected) in [
            (&b"0"[..], MaxAge::Past),
            (b"000", MaxAge::Past),
            (b"-0", MaxAge::Past),
            (b"-99999999999999999999999", MaxAge::Past),
            (b"1", MaxAge::Seconds(1)),
            (b"0031536000", MaxAge::Seconds(31_536_000)),
            (b"99999999999999999999999", MaxAge::Seconds(u64::MAX)),
            (b"", odd(true, None)),
            (b"-", odd(true, None)),
            (b"-1x", odd(true, None)),
            (b"+0", odd(true, Some(0))),
            (b"+100", odd(false, Some(100))),
            (b"\"0\"", odd(true, Some(0))),
            (b"\"100\"", odd(false, Some(100))),
            (b"0x10", odd(false, Some(0))),
            (b"0.5", odd(false, Some(0))),
            (b"abc", odd(false, None)),
            (b"\xA0100", odd(true, Some(100))),
            (b"\"", odd(false, None)),
        ] {
            assert_eq!(max_age(Some(value)), expected, "{}", value.escape_ascii());
        }
        assert_eq!(max_age(None), odd(false, None));
        assert_eq!(max_age(Some(&[b'0'; 1024])), MaxAge::Past);
        assert_eq!(max_age(Some(&[b'0'; 1025])), odd(true, Some(0)));
        assert_eq!(max_age(Some(&[b'9'; 1025])), odd(false, Some(u64::MAX)));
    }
}
