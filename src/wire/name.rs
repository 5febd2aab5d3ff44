//! The bytes that can name a cookie.

use super::bytes::{cut, trim_spaces, trim_spaces_start};
use super::search::find_in_block;
use crate::work;
use std::fmt;

/// Returns `true` if browsers agree on names with this byte: visible ASCII without `"`, `,`, `;`,
/// `=` and `\`.
///
/// These are the `cookie-octet`s of RFC 6265 without `=`, which is more than a `token`. On names
/// made of them, Chromium, Firefox and WebKit agreed on every measured header.
pub(crate) const fn is_name_byte(byte: u8) -> bool {
    // Comparisons without a branch, so that a block of bytes is compared at once.
    let other = (byte < b'!')
        | (byte > b'~')
        | (byte == b'"')
        | (byte == b',')
        | (byte == b';')
        | (byte == b'=')
        | (byte == b'\\');
    !other
}

/// The [name bytes](is_name_byte) as a table, to check them one at a time.
const NAME_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = u8::MAX;
    while byte > 0 {
        table[byte as usize] = is_name_byte(byte);
        byte -= 1;
    }
    table
};

/// A fault in a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadName {
    /// The name is empty.
    Empty,
    /// The first byte that is not allowed in a name.
    Byte {
        /// Its position, counted in bytes from 0.
        index: usize,
        /// The byte itself.
        byte: u8,
    },
}

/// Checks that `name` is a non-empty run of [name bytes](is_name_byte).
///
/// # Errors
/// [`BadName`] with the first byte that is not allowed.
pub(crate) fn check_name(name: &[u8]) -> Result<(), BadName> {
    if name.is_empty() {
        return Err(BadName::Empty);
    }
    let index = name_length(name);
    match name.get(index) {
        None => Ok(()),
        Some(&byte) => Err(BadName::Byte { index, byte }),
    }
}

/// The reason why a header has no name that all browsers agree on.
///
/// Browsers store such a header under different names, and some of those may be withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Unclassifiable {
    /// No `=`: a nameless cookie, a name without a value, or nothing at all.
    NoEquals,
    /// Nothing before `=`: browsers use the value as the name, or ignore the header.
    NoName,
    /// A byte below 0x20, including tabs, or 0x7F.
    ControlByte,
    /// A byte from 0x80 on: browsers cut the name there, replace the byte, or keep it.
    NonAscii,
    /// `"`, `,`, `\` or a space within the name.
    Delimiter,
    /// Spaces between the name and `=` in a request. Browsers do not send them; PHP and Rack read
    /// them as part of the name.
    SpaceBeforeEquals,
}

impl Unclassifiable {
    /// Returns the reason in a few words, without any byte of the header.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::NoEquals => "no `=`",
            Self::NoName => "no name before `=`",
            Self::ControlByte => "a control byte or tab in the name",
            Self::NonAscii => "a non-ASCII byte in the name",
            Self::Delimiter => "a quote, comma, backslash or space in the name",
            Self::SpaceBeforeEquals => "a space between the name and `=`",
        }
    }
}

impl fmt::Display for Unclassifiable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads a plain name at the start of `bytes`. Returns it with its length, including the spaces
/// before and the `=` after it. Nearly every pair is read here, so its name is scanned only once.
#[inline]
pub(super) fn plain_prefix(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let rest = trim_spaces_start(bytes);
    let length = name_length(rest);
    work::did(bytes.len() - rest.len() + length + 1);
    let after = rest
        .get(length + 1..)
        .filter(|_| length > 0 && rest[length] == b'=')?;
    Some((&rest[..length], bytes.len() - after.len()))
}

/// Counts the name bytes at the start of `bytes`.
#[inline(always)]
fn name_length(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let Some((block, after)) = rest.split_first_chunk() {
        if let Some(index) = find_in_block(block, |byte| !is_name_byte(byte)) {
            return bytes.len() - rest.len() + index;
        }
        rest = after;
    }
    let is_other = |byte: &u8| !NAME_BYTES[usize::from(*byte)];
    let other = rest.iter().position(is_other);
    bytes.len() - rest.len() + other.unwrap_or(rest.len())
}

/// Reads the name of a pair (the bytes up to a `;`), by splitting at the first `=` and trimming
/// spaces.
pub(super) fn classify(pair: &[u8]) -> Result<&[u8], Unclassifiable> {
    let (name, Some(_)) = cut(b'=', pair) else {
        return Err(Unclassifiable::NoEquals);
    };
    let name = trim_spaces(name);
    match check_name(name) {
        Ok(()) => Ok(name),
        Err(BadName::Empty) => Err(Unclassifiable::NoName),
        Err(BadName::Byte { byte, .. }) => Err(match byte {
            0x00..=0x1F | 0x7F => Unclassifiable::ControlByte,
            0x80..=0xFF => Unclassifiable::NonAscii,
            _ => Unclassifiable::Delimiter,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_bytes_are_those_of_the_rule() {
        for byte in 0..=u8::MAX {
            let expected = byte.is_ascii_graphic() && !b"\",;=\\".contains(&byte);
            assert_eq!(is_name_byte(byte), expected, "{byte:#04x}");
            assert_eq!(check_name(&[byte]).is_ok(), expected, "{byte:#04x}");
        }
    }

    #[test]
    fn check_names_the_first_bad_byte() {
        assert_eq!(check_name(b"_pk_id.1$(x)"), Ok(()));
        assert_eq!(check_name(b""), Err(BadName::Empty));
        let bad = |index, byte| Err(BadName::Byte { index, byte });
        assert_eq!(check_name(b"a b\t"), bad(1, b' '));
        assert_eq!(check_name("né".as_bytes()), bad(1, 0xC3));
    }

    #[test]
    fn classified_pairs() {
        use Unclassifiable::*;
        for (pair, expected) in [
            (&b"a=b"[..], Ok(&b"a"[..])),
            (b"  a  =b", Ok(b"a")),
            (b"a==", Ok(b"a")),
            (b"", Err(NoEquals)),
            (b"a", Err(NoEquals)),
            (b"=a=b", Err(NoName)),
            (b"   =a", Err(NoName)),
            (b"\ta=b", Err(ControlByte)),
            (b"a\t=b", Err(ControlByte)),
            (b"a\0=b", Err(ControlByte)),
            (b"a\x7F=b", Err(ControlByte)),
            (b"\xEF\xBB\xBFa=b", Err(NonAscii)),
            (b"\xA0a=b", Err(NonAscii)),
            (b"a b=c", Err(Delimiter)),
            (b"\"a\"=b", Err(Delimiter)),
            (b"a,b=c", Err(Delimiter)),
        ] {
            assert_eq!(classify(pair), expected, "{}", pair.escape_ascii());
            if let Some((name, length)) = plain_prefix(pair) {
                assert_eq!(Ok(name), expected);
                assert_eq!(pair[length - 1], b'=');
            }
        }
        assert_eq!(plain_prefix(b" a=b"), Some((&b"a"[..], 3)));
    }
}
