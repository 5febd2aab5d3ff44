//! The directives of `Cache-Control` (RFC 9111, section 5.2) and of the headers aimed at particular
//! caches, as far as they affect the cookies of a response.

use std::{iter, slice};

use super::super::{
    bytes::trim_blanks,
    date::cookie_date,
    dictionary::{self, Member},
    removal::ServerDate,
};

/// The shared-cache directives of all headers of one name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct CacheControl {
    private: bool,
    no_store: bool,
    must_understand: bool,
    no_cache: bool,
    /// `private` or `no-cache` lists `Set-Cookie` among its fields.
    excludes_cookies: bool,
    public: bool,
    must_revalidate: bool,
    max_age: Freshness,
    s_maxage: Freshness,
    /// A stale response may be served for a while.
    serves_stale: bool,
}

/// The freshness of a response according to its headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Freshness {
    /// Not specified.
    #[default]
    Unknown,
    /// Not fresh at all, or an invalid lifetime: caches are encouraged to treat that as stale (RFC
    /// 9111, section 4.2.1).
    Stale,
    /// Fresh for at least a second.
    Fresh,
}

impl Freshness {
    /// Returns the more specific of two, unless it is unknown.
    const fn or(self, other: Self) -> Self {
        match self {
            Self::Unknown => other,
            known => known,
        }
    }
}

impl CacheControl {
    /// Reads all `Cache-Control` headers, or those of a vendor's header with the same syntax.
    #[allow(
        single_use_lifetimes,
        reason = "an anonymous one is unstable in this place"
    )]
    pub(super) fn of<'a>(fields: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut found = Self::default();
        for directive in fields.flat_map(directives) {
            found.take(directive);
            // That settles every question here, whatever else is said.
            if found.private {
                break;
            }
        }
        found
    }

    /// Reads all headers of a targeted field, which is a dictionary of RFC 8941. Returns `None` if
    /// it is empty or malformed and therefore ignored (RFC 9213, section 2.1).
    #[allow(
        single_use_lifetimes,
        reason = "an anonymous one is unstable in this place"
    )]
    pub(super) fn of_targeted<'a>(fields: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        let mut found = Self::default();
        for field in fields {
            dictionary::members(field, |key, member| found.take_member(key, member))?;
        }
        Some(found)
    }

    fn take(&mut self, directive: &[u8]) {
        let equals = directive.iter().position(|&byte| byte == b'=');
        let Some(equals) = equals else {
            return self.take_flag(directive, true);
        };
        let (name, value) = directive.split_at(equals);
        let value = trim_blanks(value.get(1..).unwrap_or_default());
        let value = unquoted(value);
        if !self.take_list(trim_blanks(name), value) {
            self.take_seconds(trim_blanks(name), seconds(value));
        }
    }

    /// Ignores a member whose type does not fit its directive (RFC 9213, section 2.1).
    fn take_member(&mut self, key: &[u8], member: Member<'_>) {
        match member {
            Member::Boolean(on) => self.take_flag(key, on),
            Member::Text(text) => drop(self.take_list(key, text)),
            Member::Integer(above_zero) => self.take_seconds(
                key,
                match above_zero {
                    true => Freshness::Fresh,
                    false => Freshness::Stale,
                },
            ),
            Member::Other => {}
        }
    }

    fn take_flag(&mut self, name: &[u8], on: bool) {
        // Nearly always written this way.
        let is = |known: &[u8]| name == known || name.eq_ignore_ascii_case(known);
        match name.len() {
            6 if is(b"public") => self.public = on,
            7 if is(b"private") => self.private = on,
            8 if is(b"no-store") => self.no_store = on,
            8 if is(b"no-cache") => self.no_cache = on,
            15 if is(b"must-understand") => self.must_understand = on,
            15 if is(b"must-revalidate") => self.must_revalidate = on,
            _ => {}
        }
    }

    /// Limits `private="…"` and `no-cache="…"` to the listed fields.
    fn take_list(&mut self, name: &[u8], list: &[u8]) -> bool {
        let is_known =
            name.eq_ignore_ascii_case(b"private") || name.eq_ignore_ascii_case(b"no-cache");
        let mut fields = list.split(|&byte| byte == b',').map(trim_blanks);
        self.excludes_cookies |=
            is_known && fields.any(|field| field.eq_ignore_ascii_case(b"set-cookie"));
        is_known
    }

    /// Keeps the longest time if a directive is repeated: a cache may use any of them.
    fn take_seconds(&mut self, name: &[u8], freshness: Freshness) {
        if name.eq_ignore_ascii_case(b"max-age") {
            self.max_age = self.max_age.max(freshness);
        } else if name.eq_ignore_ascii_case(b"s-maxage") {
            self.s_maxage = self.s_maxage.max(freshness);
        } else if name.eq_ignore_ascii_case(b"stale-while-revalidate")
            || name.eq_ignore_ascii_case(b"stale-if-error")
        {
            self.serves_stale |= freshness == Freshness::Fresh;
        }
    }

    /// Adds what another directive says about stale responses.
    pub(super) const fn with_stale(mut self, served: bool) -> Self {
        self.serves_stale |= served;
        self
    }

    /// Returns `true` if a shared cache must not store the response. (`no-store` together with
    /// `must-understand` does not apply to a cache that knows the status; RFC 9111, section
    /// 5.2.2.3.)
    pub(super) const fn forbids_sharing(self) -> bool {
        self.private || (self.no_store && !self.must_understand)
    }

    /// Returns `true` if the site itself says anything about shared caches.
    pub(super) const fn speaks_of_sharing(self) -> bool {
        self.forbids_sharing() || self.public || !matches!(self.s_maxage, Freshness::Unknown)
    }

    /// Returns `true` if a shared cache may give the response with its cookies to others without
    /// asking the service (RFC 9111, sections 3, 3.5 and 4.2.1; RFC 5861). A lifetime that a cache
    /// only guesses does not count, unless `public` allows it.
    pub(super) fn keeps_cookies(self, authorized: bool, expires: Freshness) -> bool {
        let for_all = self.public || self.must_revalidate || self.s_maxage != Freshness::Unknown;
        if self.forbids_sharing()
            || self.no_cache
            || self.excludes_cookies
            || (authorized && !for_all)
        {
            return false;
        }
        match self.s_maxage.or(self.max_age).or(expires) {
            Freshness::Fresh => true,
            Freshness::Stale => self.serves_stale,
            Freshness::Unknown => self.public || self.serves_stale,
        }
    }
}

/// Returns the freshness that `Expires` gives a response made at `served` and read at `now` (Unix
/// seconds), in any format that some cache reads.
#[allow(
    single_use_lifetimes,
    reason = "an anonymous one is unstable in this place"
)]
pub(super) fn expires<'a>(
    fields: impl Iterator<Item = &'a [u8]>,
    served: ServerDate,
    now: u64,
) -> Freshness {
    let from = match served {
        ServerDate::At(served) => served.min(now),
        ServerDate::Absent | ServerDate::Unreadable => now,
    };
    let of_field = |field| match cookie_date(field).map(u64::try_from) {
        Some(Ok(until)) if until > from => Freshness::Fresh,
        _ => Freshness::Stale,
    };
    fields.map(of_field).max().unwrap_or_default()
}

/// Returns the directives of one header, as written.
pub(super) fn directives(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(field);
    iter::from_fn(move || {
        let field = rest?;
        let end = end_of_directive(field);
        rest = field.get(end + 1..);
        field.get(..end).map(<[u8]>::trim_ascii)
    })
}

/// Returns the end of the first directive: the first comma outside quotes.
#[inline]
fn end_of_directive(field: &[u8]) -> usize {
    let mut bytes = field.iter();
    while let Some(byte) = bytes.find(|byte| matches!(byte, b',' | b'"')) {
        if *byte == b',' {
            return field.len() - bytes.len() - 1;
        }
        skip_quoted(&mut bytes);
    }
    field.len()
}

/// Skips what is left of a quoted string, with the quote that ends it.
fn skip_quoted(bytes: &mut slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
}

/// Returns the part between quotes, or all of it without quotes. (Recipients accept both forms of a
/// number; RFC 9111, section 5.2.)
fn unquoted(value: &[u8]) -> &[u8] {
    let inner = value
        .strip_prefix(b"\"")
        .map(|value| value.strip_suffix(b"\"").unwrap_or(value));
    inner.unwrap_or(value)
}

/// Reads the leading digits, as caches do if a number is followed by something else.
fn seconds(value: &[u8]) -> Freshness {
    let value = trim_blanks(value);
    let mut digits = value.iter().take_while(|byte| byte.is_ascii_digit());
    if digits.any(|&digit| digit != b'0') {
        Freshness::Fresh
    } else {
        Freshness::Stale
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(fields: &[&str]) -> CacheControl {
        CacheControl::of(fields.iter().map(|field| field.as_bytes()))
    }

    fn keeps(fields: &[&str]) -> bool {
        of(fields).keeps_cookies(false, Freshness::Unknown)
    }

    #[test]
    fn commas_in_quotes_part_no_directives() {
        for fields in [
            &[r#"x="a", public, y"#][..],
            &[r#"x="\"", public, y"#],
            &[r#"x="\\", public, y"#],
            &["no-x", "PUBLIC , x"],
        ] {
            assert!(keeps(fields), "{fields:?}");
        }
        for fields in [
            &[r#"x="a, public""#][..],
            &[r#"x="a, public, b""#],
            &[r#"x="\", public, b""#],
            &[r#"x=\", public, b""#],
            &["publicly"],
        ] {
            assert!(!keeps(fields), "{fields:?}");
        }
    }

    #[test]
    fn times_are_read_as_leniently_as_caches_do() {
        for field in [
            "max-age=1",
            "max-age=\"60\"",
            "Max-Age = 60",
            "max-age=0, max-age=60",
            "max-age=60, max-age=0",
            "max-age=99999999999999999999",
            "max-age=60s",
            "max-age=0, stale-while-revalidate=5",
            "max-age=0, stale-if-error=5",
            "max-age=0, s-maxage=1",
        ] {
            assert!(keeps(&[field]), "{field}");
        }
        for field in [
            "max-age=0",
            "max-age=000",
            "max-age=",
            "max-age",
            "max-age=x",
            "max-age=-60",
            "max-age=0.9",
            "public, max-age=0",
            "public, max-age=x",
            "public, s-maxage=0, max-age=60",
            "max-age=0, stale-if-error=0",
        ] {
            assert!(!keeps(&[field]), "{field}");
        }
    }

    #[test]
    fn targeted_fields_are_read_as_dictionaries() {
        let keeps = |fields: &[&str]| {
            let found = CacheControl::of_targeted(fields.iter().map(|field| field.as_bytes()));
            found.map(|found| found.keeps_cookies(false, Freshness::Unknown))
        };
        for (fields, kept) in [
            (&["max-age=60"][..], Some(true)),
            (&["max-age=60;x=1, must-revalidate"], Some(true)),
            (&["public", "max-age=0"], Some(false)),
            (&["max-age=60", "private"], Some(false)),
            (&["max-age=60, private=?1"], Some(false)),
            (&["max-age=60, private=?0"], Some(true)),
            (&["max-age=60, private, private=?0"], Some(true)),
            (&["none"], Some(false)),
            // A type that does not fit the directive.
            (&["max-age=\"60\""], Some(false)),
            (&["max-age=60.5"], Some(false)),
            (&["max-age=60, no-cache=\"set-cookie, x\""], Some(false)),
            // Nothing relevant.
            (&[""], None),
            (&["Max-Age=60"], None),
            (&["max-age=60,"], None),
            (&["max-age=60", "&"], None),
        ] {
            assert_eq!(keeps(fields), kept, "{fields:?}");
        }
    }
}
