//! A pull reader of one JSON object (RFC 8259), for the preferences alone: it borrows, allocates
//! nothing but for an escaped key, and tells apart no more than they need.

use std::borrow::Cow;

/// What is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SyntaxError;

type Result<T> = std::result::Result<T, SyntaxError>;

/// The deepest nesting of a value that is skipped.
const DEEPEST: u32 = 128;

/// The value of a member, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Bool(bool),
    /// As it is written.
    Number(&'a str),
    /// A string, array, object or null, checked and skipped.
    Other,
}

/// Reads the members of one object in order.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    first: bool,
}

impl<'a> Reader<'a> {
    /// Begins to read; `None` for JSON that is no object.
    pub(super) fn new(json: &'a str) -> Result<Option<Self>> {
        let mut reader = Self {
            rest: json.as_bytes(),
            first: true,
        };
        reader.skip_blanks();
        if reader.rest.first() == Some(&b'{') {
            reader.advance(1);
            return Ok(Some(reader));
        }
        reader.value()?;
        reader.end().map(|()| None)
    }

    /// The next key; `None` behind the last member, once nothing but blanks follows the object.
    pub(super) fn key(&mut self) -> Result<Option<Cow<'a, [u8]>>> {
        self.skip_blanks();
        if self.take(b'}') {
            return self.end().map(|()| None);
        }
        if !self.first {
            self.expect(b',')?;
            self.skip_blanks();
        }
        self.first = false;
        let raw = self.string()?;
        self.skip_blanks();
        self.expect(b':')?;
        Ok(Some(unescaped(raw)?))
    }

    /// The value of the member whose key was read last.
    pub(super) fn value(&mut self) -> Result<Value<'a>> {
        self.skip_blanks();
        let value = match self.rest.first().ok_or(SyntaxError)? {
            b't' => self.literal(b"true", Value::Bool(true)),
            b'f' => self.literal(b"false", Value::Bool(false)),
            b'-' | b'0'..=b'9' => self.number().map(Value::Number),
            _ => self.skip_other().map(|()| Value::Other),
        };
        self.skip_blanks();
        value
    }

    fn end(&mut self) -> Result<()> {
        self.skip_blanks();
        self.rest.is_empty().then_some(()).ok_or(SyntaxError)
    }

    fn literal(&mut self, literal: &[u8], value: Value<'a>) -> Result<Value<'a>> {
        self.rest = self.rest.strip_prefix(literal).ok_or(SyntaxError)?;
        Ok(value)
    }

    /// A string's bytes between the quotes, its escapes as they stand.
    fn string(&mut self) -> Result<&'a [u8]> {
        self.expect(b'"')?;
        let string = self.rest;
        let mut length = 0;
        loop {
            match *string.get(length).ok_or(SyntaxError)? {
                b'"' => break,
                b'\\' => length += escape(string.get(length..).unwrap_or_default())?,
                0x00..=0x1F => return Err(SyntaxError),
                _ => length += 1,
            }
        }
        self.advance(length + 1);
        string.get(..length).ok_or(SyntaxError)
    }

    fn number(&mut self) -> Result<&'a str> {
        let number = self.rest;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        let length = number.len() - self.rest.len();
        let number = number.get(..length).ok_or(SyntaxError)?;
        str::from_utf8(number).map_err(|_| SyntaxError)
    }

    fn digits(&mut self) -> Result<()> {
        let count = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.advance(count);
        (count > 0).then_some(()).ok_or(SyntaxError)
    }

    /// Skips a string, null, array or object, however deep within bounds, in one loop.
    fn skip_other(&mut self) -> Result<()> {
        // One bit a level, the lowest the innermost: set for an object.
        let (mut objects, mut depth) = (0_u128, 0_u32);
        loop {
            self.skip_blanks();
            let opened = match self.rest.first().ok_or(SyntaxError)? {
                open @ (b'[' | b'{') if depth < DEEPEST => {
                    self.advance(1);
                    depth += 1;
                    objects = (objects << 1) | u128::from(*open == b'{');
                    true
                }
                b'"' => self.string().map(|_| false)?,
                b'n' => self.literal(b"null", Value::Other).map(|_| false)?,
                b't' => self.literal(b"true", Value::Other).map(|_| false)?,
                b'f' => self.literal(b"false", Value::Other).map(|_| false)?,
                b'-' | b'0'..=b'9' => self.number().map(|_| false)?,
                _ => return Err(SyntaxError),
            };
            if opened && !self.closes(objects) {
                self.member_key(objects)?;
                continue;
            }
            loop {
                if depth == 0 {
                    return Ok(());
                }
                self.skip_blanks();
                if self.closes(objects) {
                    self.advance(1);
                    depth -= 1;
                    objects >>= 1;
                } else {
                    self.expect(b',')?;
                    self.member_key(objects)?;
                    break;
                }
            }
        }
    }

    /// Whether the innermost array or object ends here.
    fn closes(&mut self, objects: u128) -> bool {
        self.skip_blanks();
        let close = if objects & 1 == 1 { b'}' } else { b']' };
        self.rest.first() == Some(&close)
    }

    /// The key before a value, where the innermost level is an object.
    fn member_key(&mut self, objects: u128) -> Result<()> {
        if objects & 1 == 1 {
            self.skip_blanks();
            self.string()?;
            self.skip_blanks();
            self.expect(b':')?;
        }
        Ok(())
    }

    fn skip_blanks(&mut self) {
        while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.rest.first() == Some(&byte);
        self.advance(usize::from(there));
        there
    }

    fn expect(&mut self, byte: u8) -> Result<()> {
        self.take(byte).then_some(()).ok_or(SyntaxError)
    }

    fn advance(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }
}

/// The length of the escape at the start of `string`.
fn escape(string: &[u8]) -> Result<usize> {
    match string {
        [_, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => Ok(2),
        [_, b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(|hex| hex.is_ascii_hexdigit()) => {
            Ok(6)
        }
        _ => Err(SyntaxError),
    }
}

/// A key without its escapes; nobody writes an id so, but it means the same.
fn unescaped(raw: &[u8]) -> Result<Cow<'_, [u8]>> {
    if !raw.contains(&b'\\') {
        return Ok(Cow::Borrowed(raw));
    }
    let quoted = [b"\"", raw, b"\""].concat();
    let key: String = serde_json::from_slice(&quoted).map_err(|_| SyntaxError)?;
    Ok(Cow::Owned(key.into_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;

    fn members(json: &str) -> Result<Option<Vec<(String, String)>>> {
        let Some(mut reader) = Reader::new(json)? else {
            return Ok(None);
        };
        let mut members = Vec::new();
        while let Some(key) = reader.key()? {
            let value = match reader.value()? {
                Value::Bool(value) => value.to_string(),
                Value::Number(number) => number.to_owned(),
                Value::Other => "other".to_owned(),
            };
            members.push((String::from_utf8(key.into_owned()).unwrap(), value));
        }
        Ok(Some(members))
    }

    /// The same by `serde_json`, whose map visitor keeps members in order and twice.
    fn expected(json: &str) -> Result<Option<Vec<(String, String)>>> {
        struct Members(Vec<(String, String)>);
        impl<'de> serde::Deserialize<'de> for Members {
            fn deserialize<D: serde::Deserializer<'de>>(
                deserializer: D,
            ) -> std::result::Result<Self, D::Error> {
                struct Visitor;
                impl<'de> serde::de::Visitor<'de> for Visitor {
                    type Value = Members;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }
                    fn visit_map<A: serde::de::MapAccess<'de>>(
                        self,
                        mut map: A,
                    ) -> std::result::Result<Members, A::Error> {
                        let mut members = Vec::new();
                        while let Some((key, value)) = map.next_entry::<String, &RawValue>()? {
                            let value = match value.get() {
                                text @ ("true" | "false") => text,
                                text if text.starts_with(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) => text,
                                _ => "other",
                            };
                            members.push((key, value.to_owned()));
                        }
                        Ok(Members(members))
                    }
                }
                deserializer.deserialize_map(Visitor)
            }
        }
        match serde_json::from_str::<Members>(json) {
            Ok(Members(members)) => Ok(Some(members)),
            Err(_) => match serde_json::from_str::<&RawValue>(json) {
                Ok(value) if !value.get().starts_with('{') => Ok(None),
                _ => Err(SyntaxError),
            },
        }
    }

    #[test]
    fn nesting_is_skipped_to_a_bound() {
        let nested = |depth| format!(r#"{{"a":{}1{},"b":true}}"#, "[".repeat(depth), "]".repeat(depth));
        assert_eq!(members(&nested(128)).unwrap().unwrap().len(), 2);
        assert_eq!(members(&nested(129)), Err(SyntaxError));
        let mixed = r#"{"a":[{},[],{"b":[{"c":"]}"},null,-0.5e+3]},true , false ],"d" : 1}"#;
        assert_eq!(members(mixed), expected(mixed));
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
            }
        }
    }
}
