//! The attributes of a `Set-Cookie`.

use super::bytes::{cut, trim_blanks, trim_blanks_end, trim_blanks_start};
use super::search::find_before;

/// The longest attribute value that browsers read, in bytes after trimming: Chromium and Firefox
/// ignore longer ones (RFC 6265bis, section 5.6).
pub(super) const LONGEST_VALUE: usize = 1024;

/// One attribute, without spaces and tabs around its name and value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attribute<'a> {
    /// The name as written; compare it with [`is`](Self::is).
    pub(crate) name: &'a [u8],
    /// The part after the first `=`, or `None` without a `=`.
    pub(crate) value: Option<&'a [u8]>,
}

impl Attribute<'_> {
    /// Returns `true` if this is the attribute `name`, ignoring ASCII case.
    #[inline]
    pub(crate) fn is(&self, name: &str) -> bool {
        // Nearly always written this way.
        self.name == name.as_bytes() || self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// Returns the attributes after the first `;` in order, including repeated and unknown ones. Blank
/// ones are skipped.
///
/// Quotes do not hide a `;` (they do in Safari, so callers that need certainty reject headers with
/// `"`).
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

/// An attribute that limits a cookie's lifetime, with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LifetimeAttribute<'a> {
    MaxAge(Option<&'a [u8]>),
    Expires(Option<&'a [u8]>),
}

/// The bit that differs between a small letter and its capital.
const SMALL: u8 = 0x20;

/// Finds where the `x-` of a `Max-Age` or the `xp` of an `Expires` may be. Hardly any other
/// attribute contains these.
#[inline(always)]
pub(super) fn find_lifetime(set_cookie: &[u8], start: usize) -> Option<usize> {
    let follows = |next| (next == b'-') | ((next | SMALL) == b'p');
    find_before::<SMALL>(b'x', follows, set_cookie, start)
}

/// Iterator over the `Max-Age` and `Expires` among the [`attributes`], in order, cheaper than
/// visiting all of them.
#[derive(Debug)]
pub(super) struct LifetimeAttributes<'a> {
    set_cookie: &'a [u8],
    start: usize,
}

pub(super) const fn lifetime_attributes(set_cookie: &[u8]) -> LifetimeAttributes<'_> {
    LifetimeAttributes {
        set_cookie,
        start: 0,
    }
}

impl<'a> Iterator for LifetimeAttributes<'a> {
    type Item = LifetimeAttribute<'a>;

    fn next(&mut self) -> Option<LifetimeAttribute<'a>> {
        loop {
            let x = find_lifetime(self.set_cookie, self.start)?;
            self.start = x + 1;
            if self.set_cookie.get(self.start) == Some(&b'-') {
                let start = x.wrapping_sub(2);
                if let Some(value) = value_of(self.set_cookie, start, b"Max-Age") {
                    return Some(LifetimeAttribute::MaxAge(value));
                }
            } else {
                let start = x.wrapping_sub(1);
                if let Some(value) = value_of(self.set_cookie, start, b"Expires") {
                    return Some(LifetimeAttribute::Expires(value));
                }
            }
        }
    }
}

/// Returns the value of the attribute of this name that begins at `start`, or `None` if none does.
fn value_of<'a>(set_cookie: &'a [u8], start: usize, name: &[u8; 7]) -> Option<Option<&'a [u8]>> {
    let (before, attribute) = set_cookie.split_at_checked(start)?;
    let (found, after) = attribute.split_first_chunk::<7>()?;
    let [.., b';'] = trim_blanks_end(before) else {
        return None;
    };
    // Nearly always written this way, so this comes first.
    if found != name && !found.eq_ignore_ascii_case(name) {
        return None;
    }
    match trim_blanks_start(after) {
        [b'=', rest @ ..] => Some(Some(trim_blanks(cut(b';', rest).0))),
        [] | [b';', ..] => Some(None),
        _ => None,
    }
}

/// The meaning of a `Max-Age` value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MaxAge<'a> {
    /// Zeros, or `-` and digits: a removal in every browser.
    Past,
    /// Digits that are not all zeros: the lifetime in seconds in every browser (but see `removal`
    /// on WebKitGTK from 2^31 on).
    Seconds(&'a [u8]),
    /// Anything else: browsers read it differently or ignore it.
    Odd {
        /// Some browser treats it as a removal.
        removes: bool,
        /// The first number in it, which some browser may use.
        number: Option<u64>,
    },
}

pub(super) fn max_age(value: Option<&[u8]>) -> MaxAge<'_> {
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
    let mut is_number = !digits.is_empty() && value.len() <= LONGEST_VALUE;
    let mut bits = 0;
    for digit in digits {
        is_number &= digit.is_ascii_digit();
        bits |= digit;
    }
    match bits {
        _ if !is_number => odd_max_age(value, negative),
        b'0' => MaxAge::Past,
        _ if negative => MaxAge::Past,
        _ => MaxAge::Seconds(digits),
    }
}

/// Reads a value that no browser writes itself.
#[cold]
fn odd_max_age(value: &[u8], negative: bool) -> MaxAge<'_> {
    // Measured: Firefox removes the cookie for any `-`, WebKitGTK for an empty value and for bytes
    // that are not printable ASCII, Chromium for `+0`. Safari could not be measured; it unquotes
    // values.
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
        Some(first) if !negative => value.get(first..).map(number),
        _ => None,
    };
    MaxAge::Odd { removes, number }
}

/// Returns the leading digits as a number, saturated at `u64::MAX`.
pub(super) fn number(bytes: &[u8]) -> u64 {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number: u64, digit| {
        let digit = u64::from(digit - b'0');
        number.saturating_mul(10).saturating_add(digit)
    })
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
    fn lifetime_attributes_are_found_among_all() {
        for header in [
            "a=x; Max-Age=1; Expires=2",
            "a=x;max-age;EXPIRES ; expires=",
            "a=b; \t mAx-aGe \t = 3\t; xMax-Age=1; Max-Agex=1; Max-Age x=1; x; Expire; ax",
            "Max-Age=1; Expires=x; x=Max-Age=1; =Max-Age=1",
            "; Max-Age=1;Max-Age=\"x; Expires=Max-Age; Max-Age=",
            "x",
            "x=x; Max-Age=0",
            "ax-age; Max-Age=1",
            "ex; expires=1",
            "expires; Expires=1",
            "a; max\rage=1; Max-age; \rxpires; EXPIRE\x13=1",
            "a; Max-Ag",
            "a; ma",
            "a; e",
            ";Expires",
        ] {
            let header = header.as_bytes();
            let all: Vec<_> = attributes(header)
                .filter_map(|attribute| match attribute {
                    _ if attribute.is("Max-Age") => {
                        Some(LifetimeAttribute::MaxAge(attribute.value))
                    }
                    _ if attribute.is("Expires") => {
                        Some(LifetimeAttribute::Expires(attribute.value))
                    }
                    _ => None,
                })
                .collect();
            let found: Vec<_> = lifetime_attributes(header).collect();
            assert_eq!(found, all, "{}", header.escape_ascii());
        }
    }

    #[test]
    fn max_ages() {
        let odd = |removes, number| MaxAge::Odd { removes, number };
        for (value, expected) in [
            (&b"0"[..], MaxAge::Past),
            (b"000", MaxAge::Past),
            (b"-0", MaxAge::Past),
            (b"-99999999999999999999999", MaxAge::Past),
            (b"1", MaxAge::Seconds(b"1")),
            (b"0031536000", MaxAge::Seconds(b"0031536000")),
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
        for (digits, expected) in [
            (&b"0031536000"[..], 31_536_000),
            (b"18446744073709551614", u64::MAX - 1),
            (b"18446744073709551616", u64::MAX),
            (b"99999999999999999999999x", u64::MAX),
            (b"5x1", 5),
            (b"", 0),
        ] {
            assert_eq!(number(digits), expected);
        }
        assert_eq!(max_age(None), odd(false, None));
        assert_eq!(max_age(Some(&[b'0'; 1024])), MaxAge::Past);
        assert_eq!(max_age(Some(&[b'0'; 1025])), odd(true, Some(0)));
        assert_eq!(max_age(Some(&[b'9'; 1025])), odd(false, Some(u64::MAX)));
    }
}
