//! The pairs of a `Cookie` header.

use super::bytes::{cut, trim_spaces, trim_spaces_end};
use super::name::{Unclassifiable, classify, is_name_byte, plain_prefix};
use super::search::{find, find_before};
use crate::work;
use std::iter::{self, FusedIterator};

/// One pair of a `Cookie` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair<'a> {
    /// The untouched bytes between two semicolons.
    pub(crate) raw: &'a [u8],
    /// The part before the first `=`, without surrounding spaces.
    pub(crate) name: Result<&'a [u8], Unclassifiable>,
    /// The part after the first `=`, without surrounding spaces; empty without a `=`.
    pub(crate) value: &'a [u8],
}

impl<'a> Pair<'a> {
    #[inline]
    fn plain(raw: &'a [u8], name: &'a [u8], value: &'a [u8]) -> Self {
        Self {
            raw,
            name: Ok(name),
            value: trim_spaces(value),
        }
    }

    #[cold]
    fn odd(raw: &'a [u8]) -> Self {
        // A plain name directly followed by `=` never gets here.
        let name = match classify(raw) {
            Ok(_) => Err(Unclassifiable::SpaceBeforeEquals),
            Err(reason) => Err(reason),
        };
        let value = cut(b'=', raw).1.unwrap_or_default();
        Self {
            raw,
            name,
            value: trim_spaces(value),
        }
    }

    /// Returns `true` if there are at most spaces between the two semicolons.
    pub(crate) fn is_blank(&self) -> bool {
        self.raw.iter().all(|&byte| byte == b' ')
    }
}

/// Returns the pairs of one `Cookie` header in order, including blank ones, so that joining the raw
/// bytes with `;` gives the header again.
///
/// Quotes do not hide a `;` here (RFC 6265bis, section 5.8.3: browsers join pairs this way).
pub(crate) const fn pairs(field: &[u8]) -> Pairs<'_> {
    Pairs { rest: Some(field) }
}

/// Returns the values of all pairs named `name` in one `Cookie` header, just like [`pairs`] but
/// without reading every pair.
#[inline]
pub(crate) const fn values<'f, 'n>(field: &'f [u8], name: &'n [u8]) -> Values<'f, 'n> {
    Values {
        field,
        name,
        start: 0,
    }
}

/// Iterator of [`values`].
#[derive(Clone, Debug)]
pub(crate) struct Values<'f, 'n> {
    field: &'f [u8],
    name: &'n [u8],
    /// Everything before it has been searched.
    start: usize,
}

impl<'f> Iterator for Values<'f, '_> {
    type Item = &'f [u8];

    /// Searches for the end of the name, which few other names share.
    #[inline(always)]
    fn next(&mut self) -> Option<&'f [u8]> {
        let (first, last) = (self.name.first()?, *self.name.last()?);
        loop {
            let found = find_before::<0>(last, |next| next == b'=', self.field, self.start)?;
            self.start = found + 1;
            let (before, value) = self.field.split_at_checked(self.start)?;
            // Rarely, this is another name with the same ending.
            let start = before.len().checked_sub(self.name.len());
            if start.and_then(|start| before.get(start)) != Some(first) {
                continue;
            }
            work::did(self.name.len());
            if let Some(before) = before.strip_suffix(self.name)
                && matches!(trim_spaces_end(before), [] | [.., b';'])
            {
                let value = value.get(1..)?;
                // A choice is longer than most values.
                let end = memchr::memchr(b';', value).unwrap_or(value.len());
                work::did(end);
                return Some(trim_spaces(value.get(..end)?));
            }
        }
    }
}

/// Iterator of [`pairs`].
#[derive(Clone, Debug)]
pub(crate) struct Pairs<'a> {
    /// `None` after the last pair.
    rest: Option<&'a [u8]>,
}

impl<'a> Iterator for Pairs<'a> {
    type Item = Pair<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<Pair<'a>> {
        let field = self.rest?;
        // With nothing between two semicolons, the rest need not be inspected.
        if let [b';', rest @ ..] = field {
            self.rest = Some(rest);
            work::did(1);
            return Some(Pair {
                raw: &field[..0],
                name: Err(Unclassifiable::NoEquals),
                value: &field[..0],
            });
        }
        if let Some((name, start)) = plain_prefix(field) {
            let (value, rest) = cut(b';', &field[start..]);
            self.rest = rest;
            return Some(Pair::plain(&field[..start + value.len()], name, value));
        }
        let (raw, rest) = cut(b';', field);
        self.rest = rest;
        Some(Pair::odd(raw))
    }
}

impl FusedIterator for Pairs<'_> {}

/// Returns the names that some server-side parser might read inside a value: Python's
/// `http.cookies` and aiohttp start a new pair after a blank, Tomcat's legacy processor and Jetty's
/// RFC 2965 mode also after a comma.
///
/// A candidate is a run of name bytes after a comma or blank and before a `=`, with optional blanks
/// in between. Blanks are the space and all control bytes.
pub(crate) fn names_in_value(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    iter::from_fn(move || {
        loop {
            let from = start;
            let length = find(b'=', value.get(from..)?)?;
            start = from + length + 1;
            let before = trim_end(&value[from..from + length], is_blank);
            let (rest, name) = before.split_at(trim_end(before, is_name_byte).len());
            let separated = rest
                .last()
                .is_some_and(|&byte| byte == b',' || is_blank(byte));
            if separated && !name.is_empty() {
                return Some(name);
            }
        }
    })
}

fn trim_end(bytes: &[u8], trimmed: impl Fn(u8) -> bool) -> &[u8] {
    let kept = bytes.iter().rposition(|&byte| !trimmed(byte));
    &bytes[..kept.map_or(0, |last| last + 1)]
}

const fn is_blank(byte: u8) -> bool {
    byte <= b' ' || byte == 0x7F
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read<'a> = (Result<&'a [u8], Unclassifiable>, &'a [u8]);

    fn read(field: &[u8]) -> Vec<Read<'_>> {
        pairs(field)
            .filter(|pair| !pair.is_blank())
            .map(|pair| (pair.name, pair.value))
            .collect()
    }

    #[test]
    fn pairs_in_order() {
        assert_eq!(
            read(b"a=1; b = 2 ;c=\"x; d=y\";;  ; =3; e;f=;a=4"),
            [
                (Ok(&b"a"[..]), &b"1"[..]),
                (Err(Unclassifiable::SpaceBeforeEquals), b"2"),
                (Ok(b"c"), b"\"x"),
                (Ok(b"d"), b"y\""),
                (Err(Unclassifiable::NoName), b"3"),
                (Err(Unclassifiable::NoEquals), b""),
                (Ok(b"f"), b""),
                (Ok(b"a"), b"4"),
            ]
        );
    }

    #[test]
    fn raw_bytes_joined_are_the_field() {
        for field in [
            &b""[..],
            b";",
            b"; ;",
            b"a=1",
            b" a=1 ;\tb=2;; c ;=;",
            b"\xFF=\0; \"a;b\"",
        ] {
            let raw: Vec<_> = pairs(field).map(|pair| pair.raw).collect();
            assert_eq!(raw.join(&b';'), field, "{}", field.escape_ascii());
        }
    }

    #[test]
    fn values_are_those_of_the_pairs_of_that_name() {
        for field in [
            &b"p=1; p=2"[..],
            b" p= 1 ;pp=2; p =3;=p;p;p==4 ;\tp=5;P=6; p=;p",
            b"",
            b"p=1;;",
            b"p=p=p=; a p=1;p=p=1;   p=2;  ;p=3",
        ] {
            let plain = pairs(field).filter(|pair| pair.name == Ok(b"p"));
            let plain: Vec<_> = plain.map(|pair| pair.value).collect();
            assert_eq!(values(field, b"p").collect::<Vec<_>>(), plain);
        }
    }

    #[test]
    fn fused_after_the_last_pair() {
        let mut pairs = pairs(b"a=1;");
        assert_eq!(pairs.by_ref().count(), 2);
        assert_eq!(pairs.next(), None);
    }

    #[test]
    fn hostile_fields_end() {
        for filler in [
            &b"="[..],
            b";",
            b" ",
            b"a ",
            b"a =",
            b"\t;",
            b"\xA0",
            b"a=a,",
        ] {
            let field = filler.repeat(65_536 / filler.len());
            let total: usize = pairs(&field).map(|pair| pair.raw.len() + 1).sum();
            assert_eq!(total, field.len() + 1);
            assert!(names_in_value(&field).count() <= field.len());
        }
    }

    #[test]
    fn candidates_in_values() {
        for (value, expected) in [
            (&b"1"[..], &[][..]),
            (b"abc==", &[]),
            (b"_ga=2", &[]),
            (b"1, _ga=2", &[&b"_ga"[..]][..]),
            (b"1,_ga =2", &[b"_ga"]),
            (b"1 _ga\t= 2,x=3", &[b"_ga", b"x"]),
            (b"1\xC2\xA0_ga=2", &[]),
            (b"\"1\"_ga=2", &[]),
            (b"\"1\" _ga=2", &[b"_ga"]),
            (b"x=_ga=2", &[]),
            (b"x= _ga=2", &[b"_ga"]),
            (b"1\x0C_ga=2", &[b"_ga"]),
            (b"1 a _ga=2", &[b"_ga"]),
            (b"1&_ga=2", &[]),
            (b"1,=2", &[]),
            (b"=", &[]),
        ] {
            let names: Vec<_> = names_in_value(value).collect();
            assert_eq!(names, expected, "{}", value.escape_ascii());
        }
    }
}
