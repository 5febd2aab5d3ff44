//! The headers in which a response tells caches what to do, each in the syntax of its own caches.

use http::{HeaderMap, HeaderName, HeaderValue, header::CACHE_CONTROL};

use super::{
    super::{fields::fields, state_headers::is_plainly_not_state},
    cacheability::Cacheability,
    control::{CacheControl, Freshness, directives},
};

/// The syntax of a header for caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// RFC 9111; `Expires` applies as well.
    CacheControl,
    /// A dictionary of RFC 9213.
    Targeted,
    /// `Surrogate-Control` of the Edge Architecture (Fastly, Varnish), which does not know
    /// `private`.
    Surrogate,
    /// `Edge-Control` (Akamai): with `cache-maxage`, `bypass-cache`, and `!no-store`.
    Edge,
    /// `X-Accel-Expires` (nginx): seconds, or `@` and a Unix time; 0 turns caching off.
    Accel,
}

impl Dialect {
    pub(super) fn of(name: &HeaderName) -> Option<Self> {
        if name == CACHE_CONTROL {
            return Some(Self::CacheControl);
        }
        let text = name.as_str();
        match text.len() {
            12 if text == "edge-control" => Some(Self::Edge),
            15 if text == "x-accel-expires" => Some(Self::Accel),
            17 if text == "surrogate-control" => Some(Self::Surrogate),
            15.. => text.ends_with("-cache-control").then_some(Self::Targeted),
            _ => None,
        }
    }
}

/// A response's directives for caches in headers of one name.
pub(super) struct Word<'a> {
    dialect: Dialect,
    pub(super) name: &'a HeaderName,
    headers: &'a HeaderMap,
}

impl<'a> Word<'a> {
    pub(super) fn all(headers: &'a HeaderMap) -> impl Iterator<Item = Self> {
        let may_be_one = |name: &&HeaderName| *name == CACHE_CONTROL || !is_plainly_not_state(name);
        headers.keys().filter(may_be_one).filter_map(move |name| {
            let dialect = Dialect::of(name)?;
            Some(Self {
                dialect,
                name,
                headers,
            })
        })
    }

    fn fields(&self) -> impl Iterator<Item = &'a [u8]> {
        fields(self.headers, self.name)
    }

    fn directives(&self) -> impl Iterator<Item = &'a [u8]> {
        self.fields().flat_map(directives)
    }

    fn has(&self, name: &[u8]) -> bool {
        self.directives()
            .any(|directive| directive.eq_ignore_ascii_case(name))
    }

    /// Returns `true` if its caches may give the response with its cookies to others without
    /// asking.
    pub(super) fn keeps_cookies(
        &self,
        cacheability: Cacheability,
        expires: Freshness,
        now: &impl Fn() -> u64,
    ) -> bool {
        let read = || CacheControl::of(self.fields());
        match self.dialect {
            Dialect::CacheControl => read().keeps_cookies(cacheability.authorized, expires),
            Dialect::Targeted => CacheControl::of_targeted(self.fields()).is_some_and(|read| {
                read.keeps_cookies(cacheability.authorized, Freshness::Unknown)
            }),
            Dialect::Surrogate => read()
                .with_stale(self.directives().any(is_extended))
                .keeps_cookies(false, Freshness::Unknown),
            Dialect::Edge if self.has(b"no-store") || self.has(b"bypass-cache") => false,
            Dialect::Edge => {
                let lasts = |directive: &[u8]| {
                    let value = strip_prefix(directive, b"cache-maxage=");
                    value.is_some_and(|value| above_zero(value).is_some())
                };
                self.has(b"!no-store")
                    || self.directives().any(lasts)
                    || read().keeps_cookies(false, Freshness::Unknown)
            }
            Dialect::Accel => self.fields().any(|field| match field.strip_prefix(b"@") {
                Some(until) => above_zero(until).is_some_and(|until| until > now()),
                None => above_zero(field).is_some(),
            }),
        }
    }

    /// Returns `true` if it keeps its caches from storing the response.
    pub(super) fn forbids_sharing(&self) -> bool {
        match self.dialect {
            Dialect::CacheControl => CacheControl::of(self.fields()).forbids_sharing(),
            Dialect::Targeted => self.targeted().forbids_sharing(),
            Dialect::Surrogate => self.has(b"no-store"),
            Dialect::Edge => {
                (self.has(b"no-store") || self.has(b"bypass-cache")) && !self.has(b"!no-store")
            }
            Dialect::Accel => self.fields().all(|field| field == b"0"),
        }
    }

    /// Returns `true` if the site itself says what shared caches may do.
    pub(super) fn speaks_of_sharing(&self) -> bool {
        match self.dialect {
            Dialect::CacheControl => CacheControl::of(self.fields()).speaks_of_sharing(),
            Dialect::Targeted => self.targeted().speaks_of_sharing(),
            Dialect::Surrogate | Dialect::Edge | Dialect::Accel => self.forbids_sharing(),
        }
    }

    /// Ignores anything but a dictionary, but reads as much of it as a lenient cache would.
    fn targeted(&self) -> CacheControl {
        CacheControl::of_targeted(self.fields()).unwrap_or_else(|| CacheControl::of(self.fields()))
    }
}

/// Returns the number in a header if it is positive.
fn above_zero(digits: &[u8]) -> Option<u64> {
    let digits = str::from_utf8(digits).ok()?.trim();
    let digits = digits.split(|c: char| !c.is_ascii_digit()).next()?;
    if digits.is_empty() {
        return None;
    }
    // A number with too many digits counts as the largest.
    Some(digits.parse().unwrap_or(u64::MAX)).filter(|&number| number > 0)
}

/// Recognises `max-age=0+60`: it may be served for another minute once it is stale (Edge
/// Architecture, section 2.2.3).
fn is_extended(directive: &[u8]) -> bool {
    let value = strip_prefix(directive, b"max-age=");
    let mut parts = value.unwrap_or_default().splitn(2, |&byte| byte == b'+');
    parts
        .nth(1)
        .is_some_and(|stale| above_zero(stale).is_some())
}

fn strip_prefix<'a>(directive: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = directive.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Returns the header's directives with this one appended. Directives that contradict it with a `!`
/// are removed; a header with an unclosed quote is replaced.
pub(super) fn with(field: &HeaderValue, directive: &'static str) -> HeaderValue {
    let mut all: Vec<&[u8]> = directives(field.as_bytes())
        .filter(|directive| !directive.is_empty() && !directive.starts_with(b"!"))
        .collect();
    if all.last().is_some_and(|last| is_open(last)) {
        all.clear();
    }
    all.push(directive.as_bytes());
    let fallback = HeaderValue::from_static(directive);
    HeaderValue::from_bytes(&all.join(&b", "[..])).unwrap_or(fallback)
}

fn is_open(directive: &[u8]) -> bool {
    let (mut quoted, mut escaped) = (false, false);
    for byte in directive {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            _ => {}
        }
    }
    quoted
}
