//! Whether caches may use a response again without asking the site, by its headers.

use http::{
    HeaderMap, HeaderName, Method, StatusCode,
    header::{AUTHORIZATION, CACHE_CONTROL, DATE, EXPIRES, LAST_MODIFIED, PRAGMA, VARY},
};

use crate::{
    conformance::judge::exchange::PlayedExchange,
    wire::{
        ServerDate,
        cache::{self, Cacheability},
        fields::fields,
        server_date,
    },
};

/// The statuses of which caches may guess how long they are fresh (RFC 9110, section 15.1), and 304, which
/// renews a stored response with its own headers (RFC 9111, section 3.2).
const GUESSED: [u16; 13] = [
    200, 203, 204, 206, 300, 301, 304, 308, 404, 405, 410, 414, 501,
];

/// A cache that guesses takes a tenth of the time since the last modification (RFC 9111, section 4.2.2).
const GUESSED_PART: u64 = 10;

/// The ways in which caches may use a response again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::conformance) struct Reuse {
    /// A shared cache may give it to others, whatever their cookies are.
    pub(in crate::conformance) shared: bool,
    /// The browser may show it again without asking the site, whatever its cookies are then.
    pub(in crate::conformance) browser: bool,
    /// The browser may keep it, and ask whether it has changed.
    pub(in crate::conformance) kept: bool,
    /// The lifetime that the headers say, in the browser.
    pub(in crate::conformance) seconds: u64,
}

impl Reuse {
    pub(in crate::conformance) fn of(exchange: &PlayedExchange<'_>) -> Self {
        let headers = exchange.received;
        let authorized = exchange.sent.contains_key(AUTHORIZATION);
        let directives = Directives::of(headers);
        let is_visit = matches!(*exchange.method, Method::GET | Method::HEAD);
        let now = || exchange.now;
        let guessed = is_guessed(exchange.status) && directives.is_guessed(headers, exchange.now);
        let cacheability = Cacheability::of(exchange.method, authorized);
        let by_headers = cache::keeps_cookies(headers, cacheability, now);
        let by_guess = guessed && is_visit && !directives.private && !authorized;
        let is_own = varies_by_cookies(headers);
        Self {
            shared: (by_headers || by_guess) && !is_own,
            browser: is_visit
                && !is_own
                && (guessed
                    || directives.is_fresh(headers, exchange.now)
                    || directives.keeps_redirect(headers, exchange.status)),
            kept: is_visit && !directives.no_store,
            seconds: directives.lifetime(headers, exchange.now),
        }
    }

    /// Returns `true` if the headers let caches use a response again, whatever the method of its request was.
    pub(in crate::conformance) fn is_offered(exchange: &PlayedExchange<'_>) -> bool {
        let headers = exchange.received;
        let now = || exchange.now;
        cache::keeps_cookies(headers, Cacheability::USUAL, now) && !varies_by_cookies(headers)
    }
}

fn is_guessed(status: StatusCode) -> bool {
    GUESSED.contains(&status.as_u16())
}

/// Returns `true` if another visitor, or the same after another choice, does not get it: their cookies differ.
fn varies_by_cookies(headers: &HeaderMap) -> bool {
    members(headers, &VARY).any(|it| it == b"*" || it.eq_ignore_ascii_case(b"cookie"))
}

fn members<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
    let all = fields(headers, name);
    all.flat_map(|field| field.split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
}

/// The directives of `Cache-Control` for browsers.
#[derive(Clone, Copy, Debug, Default)]
struct Directives {
    is_there: bool,
    no_store: bool,
    no_cache: bool,
    private: bool,
    must_revalidate: bool,
    /// The longest; 0 for one that can't be read.
    max_age: Option<u64>,
    stale_while_revalidate: u64,
}

impl Directives {
    fn of(headers: &HeaderMap) -> Self {
        let mut found = Self {
            is_there: headers.contains_key(CACHE_CONTROL),
            ..Self::default()
        };
        for member in members(headers, &CACHE_CONTROL) {
            let (name, value) = match member.iter().position(|byte| *byte == b'=') {
                Some(at) => (member.get(..at), member.get(at + 1..)),
                None => (Some(member), None),
            };
            let name = name.unwrap_or_default().trim_ascii().to_ascii_lowercase();
            let seconds = || value.map_or(0, seconds);
            match (&*name, value) {
                (b"no-store", _) => found.no_store = true,
                // With a value, they are about some headers.
                (b"no-cache", None) => found.no_cache = true,
                (b"private", None) => found.private = true,
                (b"must-revalidate", _) => found.must_revalidate = true,
                (b"max-age", _) => found.max_age = found.max_age.max(Some(seconds())),
                (b"stale-while-revalidate", _) => found.stale_while_revalidate = seconds(),
                _ => {}
            }
        }
        let mut pragma = members(headers, &PRAGMA);
        found.no_cache |= !found.is_there && pragma.any(|it| it.eq_ignore_ascii_case(b"no-cache"));
        found
    }

    const fn forbids(self) -> bool {
        self.no_store || self.no_cache
    }

    /// Returns `true` if the browser may use it again for a time that the headers say.
    fn is_fresh(self, headers: &HeaderMap, now: u64) -> bool {
        if self.forbids() {
            return false;
        }
        let serves_stale = self.stale_while_revalidate > 0 && !self.must_revalidate;
        self.lifetime(headers, now) > 0 || (self.max_age == Some(0) && serves_stale)
    }

    fn lifetime(self, headers: &HeaderMap, now: u64) -> u64 {
        let expires = || match date(headers, &EXPIRES) {
            ServerDate::At(until) => until.saturating_sub(served(headers, now)),
            ServerDate::Absent | ServerDate::Unreadable => 0,
        };
        self.max_age.unwrap_or_else(expires)
    }

    /// Returns `true` for a permanent redirect that browsers keep without a lifetime.
    fn keeps_redirect(self, headers: &HeaderMap, status: StatusCode) -> bool {
        let is_permanent = [
            StatusCode::MOVED_PERMANENTLY,
            StatusCode::PERMANENT_REDIRECT,
        ];
        let says = self.forbids() || self.max_age.is_some() || headers.contains_key(EXPIRES);
        is_permanent.contains(&status) && !says
    }

    /// Returns `true` if nothing says how long it is fresh, and it was modified long enough ago for a guess.
    fn is_guessed(self, headers: &HeaderMap, now: u64) -> bool {
        let says = self.forbids() || self.max_age.is_some() || headers.contains_key(EXPIRES);
        let s_maxage = members(headers, &CACHE_CONTROL)
            .any(|it| it.to_ascii_lowercase().starts_with(b"s-maxage"));
        let ServerDate::At(modified) = date(headers, &LAST_MODIFIED) else {
            return false;
        };
        !says && !s_maxage && served(headers, now).saturating_sub(modified) >= GUESSED_PART
    }
}

fn seconds(value: &[u8]) -> u64 {
    let value = value.trim_ascii();
    let value = value.strip_prefix(b"\"").unwrap_or(value);
    let value = value.strip_suffix(b"\"").unwrap_or(value);
    let value = str::from_utf8(value).unwrap_or_default();
    value.parse().unwrap_or_default()
}

fn date(headers: &HeaderMap, name: &HeaderName) -> ServerDate {
    server_date(fields(headers, name))
}

/// Returns the time of the response: its own, or else ours.
fn served(headers: &HeaderMap, now: u64) -> u64 {
    match date(headers, &DATE) {
        ServerDate::At(served) => served,
        ServerDate::Absent | ServerDate::Unreadable => now,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Uri};

    use super::*;

    /// 30 November 2026, 12:00 UTC.
    const NOW: u64 = 1_796_040_000;

    fn reuse(method: &Method, status: u16, lines: &[&str]) -> Reuse {
        let mut received = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            let name = HeaderName::try_from(name).unwrap();
            received.append(name, HeaderValue::try_from(value).unwrap());
        }
        let (uri, sent) = (Uri::from_static("/"), HeaderMap::new());
        Reuse::of(&PlayedExchange {
            method,
            uri: &uri,
            sent: &sent,
            status: StatusCode::from_u16(status).unwrap(),
            received: &received,
            now: NOW,
        })
    }

    #[test]
    #[allow(clippy::too_many_lines, reason = "a table")]
    fn freshness_is_read_as_in_rfc_9111() {
        const OLD: &str = "last-modified: Thu, 01 Jan 2026 00:00:00 GMT";
        for (status, lines, shared, browser) in [
            (200, &[][..], false, false),
            (200, &["cache-control: public"], true, false),
            (200, &["cache-control: public, max-age=60"], true, true),
            (200, &["cache-control: max-age=60"], true, true),
            (200, &["cache-control: Max-Age=\"60\""], true, true),
            (200, &["cache-control: s-maxage=60, max-age=0"], true, false),
            (200, &["cache-control: max-age=0"], false, false),
            (200, &["cache-control: max-age=x"], false, false),
            (200, &["cache-control: private, max-age=60"], false, true),
            (200, &["cache-control: private", OLD], false, true),
            (200, &["cache-control: no-cache, max-age=60"], false, false),
            (200, &["cache-control: no-store, max-age=60"], false, false),
            (
                200,
                &["cache-control: max-age=60", "vary: Cookie"],
                false,
                false,
            ),
            (
                200,
                &["cache-control: max-age=60", "vary: accept, COOKIE"],
                false,
                false,
            ),
            (200, &["cache-control: max-age=60", "vary: *"], false, false),
            (
                200,
                &["cache-control: max-age=60", "vary: accept"],
                true,
                true,
            ),
            (
                200,
                &["cache-control: max-age=0, stale-while-revalidate=60"],
                true,
                true,
            ),
            (200, &["expires: Tue, 01 Dec 2026 12:00:00 GMT"], true, true),
            (
                200,
                &["expires: Sun, 29 Nov 2026 12:00:00 GMT"],
                false,
                false,
            ),
            (200, &["expires: 0", OLD], false, false),
            (200, &["pragma: no-cache", OLD], false, false),
            (200, &[OLD], true, true),
            (
                200,
                &["last-modified: Mon, 30 Nov 2026 12:00:00 GMT"],
                false,
                false,
            ),
            (302, &[OLD], false, false),
            (404, &[OLD], true, true),
            (302, &["cache-control: max-age=60"], true, true),
            (301, &[], false, true),
            (308, &["cache-control: private"], false, true),
            (301, &["cache-control: no-cache"], false, false),
            (200, &["cdn-cache-control: max-age=60"], true, false),
        ] {
            let found = reuse(&Method::GET, status, lines);
            assert_eq!(
                (found.shared, found.browser),
                (shared, browser),
                "{status} {lines:?}"
            );
        }
        let posted = reuse(&Method::POST, 200, &["cache-control: public, max-age=60"]);
        assert!(!posted.shared && !posted.browser && !posted.kept);
        assert!(reuse(&Method::GET, 200, &["cache-control: no-cache"]).kept);
        assert!(!reuse(&Method::GET, 200, &["cache-control: no-store"]).kept);
    }
}
