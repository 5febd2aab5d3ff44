//! Shared caches: which responses they may give to others, and how a response says that they must not.
//!
//! Beside `Cache-Control` there are fields for some caches alone, which override it there: the targeted
//! fields of RFC 9213 (`CDN-Cache-Control`, and by convention every other name that ends so), and what
//! vendors had before it. Each is judged for itself, since any of their caches may be in front.

mod word;

use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{CACHE_CONTROL, DATE, EXPIRES, VARY},
};
use smallvec::SmallVec;

use self::word::{Dialect, Word, with};
use super::fields::fields;
use crate::wire::{self, CacheControl, Freshness};

/// What of a request decides about the caching of its response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cacheability {
    /// Caches reuse the response to such a method.
    is_cacheable: bool,
    /// With `Authorization`, a response is kept only where it says so (RFC 9111, section 3.5).
    authorized: bool,
}

impl Cacheability {
    pub(super) const USUAL: Self = Self {
        is_cacheable: true,
        authorized: false,
    };

    #[inline]
    pub(super) fn of(method: &Method, authorized: bool) -> Self {
        Self {
            is_cacheable: matches!(*method, Method::GET | Method::HEAD)
                || method.as_str() == "QUERY",
            authorized,
        }
    }
}

/// Whether a shared cache may give the response, with the cookies that it sets, to others without
/// asking the service: where a field says that it is fresh, or public, and nothing forbids it
/// (RFC 9111, sections 3 and 4.2.1; RFC 9213).
pub(super) fn keeps_cookies(
    headers: &HeaderMap,
    cacheability: Cacheability,
    now: impl Fn() -> u64,
) -> bool {
    let is_star = |field: &[u8]| field.trim_ascii() == b"*";
    // What varies on everything matches no request (RFC 9111, section 4.1).
    if !cacheability.is_cacheable || fields(headers, &VARY).any(is_star) {
        return false;
    }
    let expires = if headers.contains_key(EXPIRES) {
        let served = wire::server_date(fields(headers, &DATE));
        wire::expires(fields(headers, &EXPIRES), served, now())
    } else {
        Freshness::Unknown
    };
    let by_expires = !headers.contains_key(CACHE_CONTROL)
        && CacheControl::default().keeps_cookies(cacheability.authorized, expires);
    by_expires || Word::all(headers).any(|word| word.keeps_cookies(cacheability, expires, &now))
}

/// Keeps a response whose `Set-Cookie` fields were changed from becoming cacheable by that: a shared
/// cache may keep a response that has none where it would have left one with it alone. Fields in which
/// the site itself has said what shared caches may do stay as they are.
#[allow(
    clippy::redundant_closure_for_method_calls,
    reason = "the path of the method is not general enough over lifetimes"
)]
pub(super) fn make_private(headers: &mut HeaderMap) {
    close(headers, |word| word.speaks_of_sharing());
}

/// Keeps every shared cache from storing a response that carries one visitor's removals, whatever
/// else it says: of contradicting directives the strictest counts (RFC 9111, section 4.2.1).
#[allow(
    clippy::redundant_closure_for_method_calls,
    reason = "the path of the method is not general enough over lifetimes"
)]
pub(crate) fn forbid_sharing(headers: &mut HeaderMap) {
    close(headers, |word| word.forbids_sharing());
}

/// Closes each field that is not said to be closed, and `Cache-Control` where it is missing.
fn close(headers: &mut HeaderMap, is_closed: impl Fn(&Word<'_>) -> bool) {
    let mut is_missing = true;
    let mut open = SmallVec::<[HeaderName; 2]>::new();
    for word in Word::all(headers) {
        is_missing &= word.name != CACHE_CONTROL;
        if !is_closed(&word) {
            open.push(word.name.clone());
        }
    }
    if is_missing || open.contains(&CACHE_CONTROL) {
        // In a field of its own: what the service wrote stays as it is. A full map, beyond 24,000
        // fields, takes it only within a field that is there, and no server sends either.
        let private = HeaderValue::from_static("private");
        if headers.try_append(CACHE_CONTROL, private).is_err()
            && let Some(field) = headers.get_mut(CACHE_CONTROL)
        {
            *field = with(field, "private");
        }
    }
    if open.iter().all(|name| name == CACHE_CONTROL) {
        return;
    }
    for (name, field) in headers.iter_mut().filter(|(name, _)| open.contains(name)) {
        // Within each field, since some caches read the first or the last one alone.
        match Dialect::of(name) {
            Some(Dialect::Targeted) => *field = with(field, "private"),
            Some(Dialect::Surrogate | Dialect::Edge) => *field = with(field, "no-store"),
            Some(Dialect::Accel) => *field = HeaderValue::from_static("0"),
            Some(Dialect::CacheControl) | None => {}
        }
    }
}

/// Marks a response as made for one visitor: `private` takes the place of what shared caches were
/// told, and what the visitor's own browser was told stays.
#[cfg(feature = "pages")]
pub(crate) fn make_personal(headers: &mut HeaderMap) {
    if headers.contains_key(CACHE_CONTROL)
        && !CacheControl::of(fields(headers, &CACHE_CONTROL)).forbids_sharing()
    {
        let all = fields(headers, &CACHE_CONTROL).flat_map(wire::directives);
        let mut all: Vec<&[u8]> = all.filter(|directive| is_for_browsers(directive)).collect();
        all.push(b"private");
        // Directives of valid values make a valid one.
        let all = HeaderValue::from_bytes(&all.join(&b", "[..]));
        let all = all.unwrap_or(HeaderValue::from_static("private"));
        // What is taken out of a full map leaves room for one.
        headers.remove(CACHE_CONTROL);
        drop(headers.try_insert(CACHE_CONTROL, all));
    }
    forbid_sharing(headers);
}

#[cfg(feature = "pages")]
fn is_for_browsers(directive: &[u8]) -> bool {
    let name = directive.split(|&byte| byte == b'=').next();
    let name = name.unwrap_or_default().trim_ascii();
    let is_for_shared = |known: &[u8]| name.eq_ignore_ascii_case(known);
    !name.is_empty() && !is_for_shared(b"public") && !is_for_shared(b"s-maxage")
}
