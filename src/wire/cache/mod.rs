//! Shared caches: which responses they may give to others, and how a response can forbid that.
//!
//! Some headers override `Cache-Control` for particular caches: the targeted headers of RFC 9213
//! (`CDN-Cache-Control`, and by convention every other name with that ending), and older ones of
//! individual vendors. Each is judged separately, since any of their caches may be in front.

mod cacheability;
mod control;
mod word;

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CACHE_CONTROL, DATE, EXPIRES, VARY},
};
use smallvec::SmallVec;

pub(crate) use self::cacheability::Cacheability;
use self::{
    control::{CacheControl, Freshness, expires},
    word::{Dialect, Word, with},
};
use super::{fields::fields, server_date};

/// Returns `true` if a shared cache may give the response with its cookies to others without asking
/// the service: some header says that it is fresh or public, and nothing forbids it (RFC 9111,
/// sections 3 and 4.2.1; RFC 9213).
pub(crate) fn keeps_cookies(
    headers: &HeaderMap,
    cacheability: Cacheability,
    now: impl Fn() -> u64,
) -> bool {
    let has_star = |field: &[u8]| {
        let mut members = field.split(|&byte| byte == b',');
        members.any(|member| member.trim_ascii() == b"*")
    };
    // A response that varies on everything matches no request, whatever else is listed (RFC 9111,
    // section 4.1).
    if !cacheability.is_cacheable || fields(headers, &VARY).any(has_star) {
        return false;
    }
    let expires = if headers.contains_key(EXPIRES) {
        let served = server_date(fields(headers, &DATE));
        expires(fields(headers, &EXPIRES), served, now())
    } else {
        Freshness::Unknown
    };
    let by_expires = !headers.contains_key(CACHE_CONTROL)
        && CacheControl::default().keeps_cookies(cacheability.authorized, expires);
    by_expires || Word::all(headers).any(|word| word.keeps_cookies(cacheability, expires, &now))
}

/// Keeps a response from becoming cacheable by the removal of its `Set-Cookie` headers: some shared
/// caches only store responses without any. Headers in which the site itself says what shared
/// caches may do are not changed.
#[allow(
    clippy::redundant_closure_for_method_calls,
    reason = "the path of the method is not general enough over lifetimes"
)]
pub(crate) fn make_private(headers: &mut HeaderMap) {
    close(headers, |word| word.speaks_of_sharing());
}

/// Keeps every shared cache from storing a response with one visitor's removals, whatever else it
/// says: the strictest of contradicting directives applies (RFC 9111, section 4.2.1).
#[allow(
    clippy::redundant_closure_for_method_calls,
    reason = "the path of the method is not general enough over lifetimes"
)]
pub(crate) fn forbid_sharing(headers: &mut HeaderMap) {
    close(headers, |word| word.forbids_sharing());
}

/// Adds request headers to those that a response varies by, if it varies by the visitor's choice: by
/// `Cookie`.
#[cold]
pub(crate) fn vary_too(headers: &mut HeaderMap, read: &HeaderValue) {
    let is_cookie = |member: &[u8]| member.trim_ascii().eq_ignore_ascii_case(b"cookie");
    let by_choice =
        fields(headers, &VARY).any(|field| field.split(|it| *it == b',').any(is_cookie));
    if by_choice {
        // The map is only full beyond 24,000 headers, and no server sends that.
        let _ = headers.try_append(VARY, read.clone());
    }
}

/// Closes each header that is not closed already, and adds `Cache-Control` if it is missing.
fn close(headers: &mut HeaderMap, is_closed: impl Fn(&Word<'_>) -> bool) {
    let (mut is_missing, mut is_open) = (true, false);
    // Headers that override `Cache-Control`, which are rare.
    let mut others = SmallVec::<[HeaderName; 2]>::new();
    for word in Word::all(headers) {
        let is_for_all = word.name == CACHE_CONTROL;
        is_missing &= !is_for_all;
        match is_closed(&word) {
            true => {}
            false if is_for_all => is_open = true,
            false => others.push(word.name.clone()),
        }
    }
    if is_missing || is_open {
        // As a separate header, so that the service's own is not changed. A full map, with more
        // than 24,000 headers, only has room in an existing header, and no server sends either.
        let private = HeaderValue::from_static("private");
        if headers.try_append(CACHE_CONTROL, private).is_err()
            && let Some(field) = headers.get_mut(CACHE_CONTROL)
        {
            *field = with(field, "private");
        }
    }
    if others.is_empty() {
        return;
    }
    for (name, field) in headers.iter_mut().filter(|(name, _)| others.contains(name)) {
        // Within each header, since some caches only read the first or the last one.
        match Dialect::of(name) {
            Some(Dialect::Targeted) => *field = with(field, "private"),
            Some(Dialect::Surrogate | Dialect::Edge) => *field = with(field, "no-store"),
            Some(Dialect::Accel) => *field = HeaderValue::from_static("0"),
            Some(Dialect::CacheControl) | None => {}
        }
    }
}

/// Marks a response as made for one visitor: `private` replaces the directives for shared caches,
/// and those for the visitor's own browser are kept.
#[cfg(any(feature = "documents", feature = "pages"))]
pub(crate) fn make_personal(headers: &mut HeaderMap) {
    if headers.contains_key(CACHE_CONTROL)
        && !CacheControl::of(fields(headers, &CACHE_CONTROL)).forbids_sharing()
    {
        let all = fields(headers, &CACHE_CONTROL).flat_map(control::directives);
        let mut all: Vec<&[u8]> = all.filter(|directive| is_for_browsers(directive)).collect();
        all.push(b"private");
        // Directives of valid values make a valid one.
        let all = HeaderValue::from_bytes(&all.join(&b", "[..]));
        let all = all.unwrap_or(HeaderValue::from_static("private"));
        // The headers removed from a full map leave room for one.
        headers.remove(CACHE_CONTROL);
        drop(headers.try_insert(CACHE_CONTROL, all));
    }
    forbid_sharing(headers);
}

/// Returns `true` if `Cache-Control` keeps the response from caches that visitors share.
#[cfg(feature = "documents")]
pub(crate) fn forbids_sharing(headers: &HeaderMap) -> bool {
    CacheControl::of(fields(headers, &CACHE_CONTROL)).forbids_sharing()
}

/// Returns `true` if no cache may store the response, not even the browser's.
#[cfg(all(feature = "documents", feature = "pages"))]
pub(crate) fn forbids_storing(headers: &HeaderMap) -> bool {
    fields(headers, &CACHE_CONTROL)
        .flat_map(control::directives)
        .any(|directive| directive.trim_ascii().eq_ignore_ascii_case(b"no-store"))
}

/// Keeps every cache from storing the response, the browser's too.
#[cfg(all(feature = "pages", feature = "records"))]
pub(crate) fn forbid_storing(headers: &mut HeaderMap) {
    // A header removed from a full map leaves room for one.
    headers.remove(CACHE_CONTROL);
    drop(headers.try_insert(CACHE_CONTROL, HeaderValue::from_static("no-store")));
    forbid_sharing(headers);
}

#[cfg(any(feature = "documents", feature = "pages"))]
fn is_for_browsers(directive: &[u8]) -> bool {
    let name = directive.split(|&byte| byte == b'=').next();
    let name = name.unwrap_or_default().trim_ascii();
    let is_for_shared = |known: &[u8]| name.eq_ignore_ascii_case(known);
    !name.is_empty() && !is_for_shared(b"public") && !is_for_shared(b"s-maxage")
}
