//! The attributes of a `Set-Cookie`, without its name and value.

use std::time::Duration;

use crate::wire::{self, Lifetime, SameSite};

/// The attributes of a `Set-Cookie`, as far as all browsers read them the same way. Returned by
/// [`attributes`](crate::observe::Event::attributes) of an [`Event`](crate::observe::Event).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CookieAttributes<'a> {
    /// It is only sent over secure connections.
    pub secure: bool,
    /// Scripts can't see it.
    pub http_only: bool,
    /// It belongs to the site around a frame.
    pub partitioned: bool,
    /// The cross-site requests with which browsers send it; `None` if not specified, or not
    /// clearly.
    pub same_site: Option<SameSite>,
    /// As written; `None` if it is host-only.
    pub domain: Option<&'a str>,
    /// As written; `None` for the folder of the request.
    pub path: Option<&'a str>,
    /// The lifetime in the browser: `None` for its session, zero for a removal, the longest
    /// time if browsers differ.
    pub lifetime: Option<Duration>,
}

impl<'a> CookieAttributes<'a> {
    pub(super) fn of(set_cookie: &'a [u8], now: u64) -> Self {
        let lifetime = match wire::lifetime(set_cookie, now) {
            Lifetime::Session => None,
            Lifetime::Seconds(seconds) => Some(Duration::from_secs(seconds)),
        };
        let Some(scope) = wire::scope(set_cookie) else {
            // Browsers read the rest differently, so only the flags are reported.
            let has = |name| wire::attributes(set_cookie).any(|attribute| attribute.is(name));
            return Self {
                secure: has("secure"),
                http_only: has("httponly"),
                partitioned: has("partitioned"),
                lifetime,
                ..Self::default()
            };
        };
        Self {
            secure: scope.secure,
            http_only: scope.http_only,
            partitioned: scope.partitioned,
            same_site: scope.same_site,
            domain: scope.domain,
            path: scope.path,
            lifetime,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_reported_as_browsers_read_them() {
        let full = b"a=b; Secure; HttpOnly; SameSite=Lax; Path=/x; Domain=.a.example; Max-Age=60";
        assert_eq!(
            CookieAttributes::of(full, 0),
            CookieAttributes {
                secure: true,
                http_only: true,
                partitioned: false,
                same_site: Some(SameSite::Lax),
                domain: Some(".a.example"),
                path: Some("/x"),
                lifetime: Some(Duration::from_secs(60)),
            }
        );
        assert_eq!(CookieAttributes::of(b"a=b", 0), CookieAttributes::default());
    }

    #[test]
    fn ambiguous_fields_report_only_their_flags() {
        let attributes = CookieAttributes::of(b"a=\"b; Path=/secret; Secure; Domain=x\"", 0);
        let secure = CookieAttributes {
            secure: true,
            ..CookieAttributes::default()
        };
        assert_eq!(attributes, secure);
    }
}
