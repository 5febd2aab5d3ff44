//! A pull reader of one JSON object (RFC 8259), for the preferences alone: it borrows, allocates
//! nothing but for an escaped key, and tells apart no more than they need.

use std::borrow::Cow;

use super::mark::{BEGIN_OBJECT, COLON, COMMA, END_OBJECT, Mark, QUOTE, structural};
use crate::work;

/// Why there is nothing to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is not JSON.
    Syntax,
    /// More is percent-encoded than can be read in place: decode it all, and read it plain.
    Encoded,
}

pub(super) type Result<T> = std::result::Result<T, Fault>;

/// The JSON is written as it is; it has to be UTF-8.
pub(super) const PLAIN: bool = false;
/// The JSON is percent-encoded. What `encodeURIComponent` makes of keys of plain letters is read in
/// place.
pub(super) const PERCENT_ENCODED: bool = true;

/// The value of a member, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Bool(bool),
    /// A number of nothing but digits, where it is not too long for one.
    Whole(u64),
    /// Any other number, as it is written.
    Number(&'a str),
    /// A string, array, object or null, checked and skipped.
    Other,
}

/// Reads the members of one object in order.
#[derive(Debug)]
pub(super) struct Reader<'a, const ENCODED: bool> {
    rest: &'a [u8],
    first: bool,
}

impl<'a, const ENCODED: bool> Reader<'a, ENCODED> {
    /// Begins to read; `None` for JSON that is no object.
    #[inline(always)]
    pub(super) fn new(json: &'a [u8]) -> Result<Option<Self>> {
        let mut reader = Self {
            rest: json,
            first: true,
        };
        if reader.take(BEGIN_OBJECT)? {
            return Ok(Some(reader));
        }
        reader.value()?;
        reader.end().map(|()| None)
    }

    /// Whether there is another member, whose key comes next. Behind the last one nothing but
    /// blanks may follow the object.
    #[inline]
    pub(super) fn member(&mut self) -> Result<bool> {
        let first = std::mem::replace(&mut self.first, false);
        if !first && !self.take(COMMA)? || first && self.peek()?.0 == b'}' {
            self.expect(END_OBJECT)?;
            return self.end().map(|()| false);
        }
        Ok(true)
    }

    /// The key of the member.
    #[inline]
    pub(super) fn key(&mut self) -> Result<Cow<'a, [u8]>> {
        let raw = self.string()?;
        self.expect(COLON)?;
        if !ENCODED && raw.contains(&b'\\') {
            return unescaped(raw);
        }
        Ok(Cow::Borrowed(raw))
    }

    /// Goes past the next member of encoded JSON if its key, with the comma before it, is written exactly
    /// so, and its value is a boolean. If not, [`member`](Self::member) and the others have to read it: it may
    /// still mean the same.
    #[inline(always)]
    pub(super) fn skip_answer(&mut self, key: &[u8]) -> Option<bool> {
        let key = if self.first {
            key.strip_prefix(b"%2C")?
        } else {
            key
        };
        let value = self.rest.strip_prefix(key).filter(|_| ENCODED)?;
        let (answer, after) = match value.strip_prefix(b"true") {
            Some(after) => (true, after),
            None => (false, value.strip_prefix(b"false")?),
        };
        work::did(self.rest.len() - after.len());
        self.rest = after;
        self.first = false;
        Some(answer)
    }

    /// Goes past the key of a member of encoded JSON if it is written exactly so. If not, [`key`](Self::key) has to
    /// read it.
    #[inline(always)]
    pub(super) fn skip_key(&mut self, key: &[u8]) -> bool {
        let after = self.rest.strip_prefix(key).filter(|_| ENCODED);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    /// The value of the member whose key was read last.
    #[inline(always)]
    pub(super) fn value(&mut self) -> Result<Value<'a>> {
        loop {
            match self.rest.first().ok_or(Fault::Syntax)? {
                b't' => return self.literal(b"true", Value::Bool(true)),
                b'f' => return self.literal(b"false", Value::Bool(false)),
                b'-' | b'0'..=b'9' => return self.number(),
                _ if self.skip_blanks()? => {}
                _ => return self.skip_other().map(|()| Value::Other),
            }
        }
    }

    fn end(&mut self) -> Result<()> {
        self.skip_blanks()?;
        self.rest.is_empty().then_some(()).ok_or(Fault::Syntax)
    }

    #[inline]
    pub(super) fn literal(&mut self, literal: &[u8], value: Value<'a>) -> Result<Value<'a>> {
        self.rest = self
            .rest
            .strip_prefix(literal)
            .ok_or_else(|| self.fault())?;
        Ok(value)
    }

    /// A string's bytes between the quotes, its escapes as they stand.
    #[inline]
    pub(super) fn string(&mut self) -> Result<&'a [u8]> {
        self.expect(QUOTE)?;
        let string = self.rest;
        let mut rest = string;
        let after = loop {
            rest = match rest {
                [byte, after @ ..] if MEANS_ITSELF[usize::from(*byte)] => after,
                [b'"', after @ ..] => break after,
                [b'%', b'2', b'2', after @ ..] if ENCODED => break after,
                [] | [0x00..=0x1F, ..] => return Err(Fault::Syntax),
                _ if ENCODED => return Err(Fault::Encoded),
                [b'\\', ..] => rest.get(escape(rest)?..).unwrap_or_default(),
                [_, after @ ..] => after,
            };
        };
        self.rest = after;
        work::did(string.len() - after.len());
        string.get(..string.len() - rest.len()).ok_or(Fault::Syntax)
    }

    #[inline]
    pub(super) fn number(&mut self) -> Result<Value<'a>> {
        let mut rest = self.rest;
        let mut whole = 0_u64;
        while let [digit @ b'0'..=b'9', after @ ..] = rest {
            whole = whole.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            rest = after;
        }
        let digits = self.rest.len() - rest.len();
        work::did(digits);
        let ends = !matches!(rest, [b'.' | b'e' | b'E', ..]);
        // As it is nearly always written, and too short to overflow.
        if ends && (self.rest.first() != Some(&b'0') || digits == 1) && (1..=18).contains(&digits) {
            self.rest = rest;
            return Ok(Value::Whole(whole));
        }
        self.other_number().map(Value::Number)
    }

    #[cold]
    fn other_number(&mut self) -> Result<&'a str> {
        let number = self.rest;
        self.take_plain(b'-');
        if !self.take_plain(b'0') {
            self.digits()?;
        }
        if self.take_plain(b'.') {
            self.digits()?;
        }
        if self.take_plain(b'e') || self.take_plain(b'E') {
            let _sign = self.take_plain(b'+') || self.take_plain(b'-');
            self.digits()?;
        }
        let length = number.len() - self.rest.len();
        let number = number.get(..length).ok_or(Fault::Syntax)?;
        str::from_utf8(number).map_err(|_| Fault::Syntax)
    }

    fn digits(&mut self) -> Result<()> {
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit());
        let count = digits.count();
        self.advance(count);
        if count > 0 { Ok(()) } else { Err(self.fault()) }
    }

    /// The next byte that is no blank, and how long it is written.
    pub(super) fn peek(&mut self) -> Result<(u8, usize)> {
        loop {
            work::did(1);
            let (byte, length) = match self.rest {
                [b'%', high, low, ..] if ENCODED => {
                    (structural([*high, *low]).ok_or(Fault::Encoded)?, 3)
                }
                [byte, ..] => (*byte, 1),
                [] => return Err(Fault::Syntax),
            };
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Ok((byte, length));
            }
            self.advance(length);
        }
    }

    /// Whether there were any.
    fn skip_blanks(&mut self) -> Result<bool> {
        let before = self.rest.len();
        match self.peek() {
            Err(Fault::Syntax) if self.rest.is_empty() => {}
            next => drop(next?),
        }
        Ok(self.rest.len() < before)
    }

    /// Goes past `mark`, and the blanks before it, if it comes next.
    #[inline]
    pub(super) fn take(&mut self, mark: Mark) -> Result<bool> {
        // As it is nearly always written.
        match self.rest.split_first_chunk() {
            Some((next, rest)) if ENCODED && *next == mark.encoded => {
                self.rest = rest;
                Ok(true)
            }
            _ => self.take_any(mark),
        }
    }

    fn take_any(&mut self, mark: Mark) -> Result<bool> {
        let (next, length) = self.peek()?;
        if next == mark.plain {
            self.advance(length);
        }
        Ok(next == mark.plain)
    }

    #[inline]
    pub(super) fn expect(&mut self, mark: Mark) -> Result<()> {
        if self.take(mark)? {
            Ok(())
        } else {
            Err(Fault::Syntax)
        }
    }

    fn take_plain(&mut self, byte: u8) -> bool {
        let there = self.rest.first() == Some(&byte);
        self.advance(usize::from(there));
        there
    }

    pub(super) fn advance(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    /// What is wrong where a letter or digit should stand: it may be encoded.
    #[cold]
    fn fault(&self) -> Fault {
        if ENCODED && self.rest.contains(&b'%') {
            Fault::Encoded
        } else {
            Fault::Syntax
        }
    }
}

/// The bytes of a string that mean themselves in either form.
const MEANS_ITSELF: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = b' ';
    while byte < 0x80 {
        table[byte as usize] = !matches!(byte, b'"' | b'\\' | b'%');
        byte += 1;
    }
    table
};

/// The length of the escape at the start of `string`.
fn escape(string: &[u8]) -> Result<usize> {
    match string {
        [
            _,
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't',
            ..,
        ] => Ok(2),
        [_, b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(|hex| hex.is_ascii_hexdigit()) => {
            Ok(6)
        }
        _ => Err(Fault::Syntax),
    }
}

/// A key without its escapes; nobody writes an id so, but it means the same.
#[cold]
fn unescaped(raw: &[u8]) -> Result<Cow<'_, [u8]>> {
    let quoted = [b"\"", raw, b"\""].concat();
    let key: String = serde_json::from_slice(&quoted).map_err(|_| Fault::Syntax)?;
    Ok(Cow::Owned(key.into_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;

    type Members = Option<Vec<(String, String)>>;

    fn members(json: &str) -> Result<Members> {
        members_in::<PLAIN>(json)
    }

    fn members_in<const ENCODED: bool>(json: &str) -> Result<Members> {
        let Some(mut reader) = Reader::<ENCODED>::new(json.as_bytes())? else {
            return Ok(None);
        };
        let mut members = Vec::new();
        while reader.member()? {
            let key = reader.key()?;
            let value = match reader.value()? {
                Value::Bool(value) => value.to_string(),
                Value::Whole(number) => number.to_string(),
                Value::Number(number) => number.to_owned(),
                Value::Other => "other".to_owned(),
            };
            members.push((String::from_utf8(key.into_owned()).unwrap(), value));
        }
        Ok(Some(members))
    }

    /// The same by `serde_json`, whose map visitor keeps members in order and twice.
    fn expected(json: &str) -> Result<Members> {
        struct Entries(Vec<(String, String)>);
        impl<'de> serde::Deserialize<'de> for Entries {
            fn deserialize<D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> std::result::Result<Self, D::Error> {
                struct Visitor;
                impl<'de> serde::de::Visitor<'de> for Visitor {
                    type Value = Entries;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }
                    fn visit_map<A: serde::de::MapAccess<'de>>(
                        self,
                        mut map: A,
                    ) -> std::result::Result<Entries, A::Error> {
                        let mut members = Vec::new();
                        while let Some((key, value)) = map.next_entry::<String, &RawValue>()? {
                            let value = match value.get() {
                                text @ ("true" | "false") => text,
                                text if text.starts_with([
                                    '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9',
                                ]) =>
                                {
                                    text
                                }
                                _ => "other",
                            };
                            members.push((key, value.to_owned()));
                        }
                        Ok(Entries(members))
                    }
                }
                deserializer.deserialize_map(Visitor)
            }
        }
        match serde_json::from_str::<Entries>(json) {
            Ok(Entries(members)) => Ok(Some(members)),
            Err(_) => match serde_json::from_str::<&RawValue>(json) {
                Ok(value) if !value.get().starts_with('{') => Ok(None),
                _ => Err(Fault::Syntax),
            },
        }
    }

    #[test]
    fn nesting_is_skipped_to_a_bound() {
        let nested = |depth| {
            format!(
                r#"{{"a":{}1{},"b":true}}"#,
                "[".repeat(depth),
                "]".repeat(depth)
            )
        };
        assert_eq!(members(&nested(4_096)).unwrap().unwrap().len(), 2);
        assert_eq!(members(&nested(4_097)), Err(Fault::Syntax));
        let mixed = r#"{"a":[{},[],{"b":[{"c":"]}"},null,-0.5e+3]},true , false ],"d" : 1}"#;
        assert_eq!(members(mixed), expected(mixed));
    }

    #[test]
    fn odd_values_are_read_as_serde_json_reads_them() {
        for value in [
            "0",
            "-0",
            "10",
            "01",
            "-",
            "-x",
            "1.",
            "1.5",
            ".5",
            "1e3",
            "1E3",
            "1e+3",
            "1e-3",
            "1e",
            "1e+",
            "1e+-3",
            "1x",
            "+1",
            "[{},{}]",
            "[{},{\"b\":[]},{}]",
            "[[],{}]",
            "[1,]",
            "[,1]",
            "[",
            "]",
            "{\"b\"}",
            "{\"b\":}",
            "\"\\u00e9\"",
            "\"\\u00g0\"",
            "\"\\u00e\"",
            "\"\\x\"",
            "\"\\\"\"",
            "\"\u{1f}\"",
            "\"é\"",
            "nul",
            "truefalse",
            "true false",
        ] {
            let json = format!("{{\"a\":{value},\"d\":true}}");
            assert_eq!(members(&json), expected(&json), "{json}");
        }
    }

    #[test]
    fn of_what_is_encoded_only_marks_and_blanks_are_read_in_place() {
        for high in 0..=u8::MAX {
            for low in 0..=u8::MAX {
                let pair = [high, low];
                let byte = str::from_utf8(&pair)
                    .ok()
                    .filter(|pair| pair.bytes().all(|digit| digit.is_ascii_hexdigit()))
                    .and_then(|pair| u8::from_str_radix(pair, 16).ok())
                    .filter(|byte| b"\":,{}[] \t\n\r".contains(byte));
                assert_eq!(structural(pair), byte, "{}", pair.escape_ascii());
            }
        }
    }

    proptest! {
        #[test]
        fn it_reads_what_serde_json_reads(json in r#"[{}\[\]:,"a-c\\u0-9.eE+\- tf]{0,24}"#) {
            prop_assert_eq!(members(&json), expected(&json));
        }

        #[test]
        fn it_reads_objects_as_serde_json_does(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "{", "}", "[", "]", ",", ":", "\"a\"", "\"b\"", "\"\\u0061\"", "\"\\\"\"", "true",
                    "false", "null", "0", "-1", "1.5", "1e3", "01", "\"", " ", "\"a\":", ",\"b\":",
                ]),
                0..12,
            ),
        ) {
            for json in [parts.concat(), format!("{{{}}}", parts.concat()), format!("{{\"k\":{}}}", parts.concat())] {
                prop_assert_eq!(members(&json), expected(&json), "{}", json);
                for set in [&super::super::encode::COMPONENT, &percent_encoding::NON_ALPHANUMERIC] {
                    let encoded = percent_encoding::utf8_percent_encode(&json, set).to_string();
                    let in_place = members_in::<PERCENT_ENCODED>(&encoded);
                    if in_place != Err(Fault::Encoded) {
                        prop_assert_eq!(in_place, expected(&json), "{}", encoded);
                    }
                }
            }
        }
    }
}
