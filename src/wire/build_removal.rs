//! Writes removals.

use std::fmt::Write;

use cookie::{Cookie, time::Duration};
use http::HeaderValue;

use super::{SameSite, Scope};

/// A constant: formatting a date anew costs more than the rest of a removal.
const LONG_PAST: &str = "Expires=Thu, 01 Jan 1970 00:00:00 GMT";

/// Nearly all removals are shorter.
const USUAL_BYTES: usize = 192;

/// Returns a `Set-Cookie` that every browser recognises as the removal of `name` in that scope.
pub(crate) fn build_removal(name: &str, scope: &Scope<'_>) -> Option<HeaderValue> {
    let mut cookie = Cookie::build((name, "")).max_age(Duration::ZERO);
    if let Some(path) = scope.path {
        cookie = cookie.path(path);
    }
    if let Some(domain) = scope.domain {
        cookie = cookie.domain(domain);
    }
    if scope.secure {
        cookie = cookie.secure(true);
    }
    if scope.http_only {
        cookie = cookie.http_only(true);
    }
    if scope.partitioned {
        cookie = cookie.partitioned(true);
    }
    if let Some(same_site) = scope.same_site {
        cookie = cookie.same_site(match same_site {
            SameSite::Strict => cookie::SameSite::Strict,
            SameSite::Lax => cookie::SameSite::Lax,
            SameSite::None => cookie::SameSite::None,
        });
    }
    let mut removal = String::with_capacity(USUAL_BYTES);
    write!(removal, "{}; {LONG_PAST}", cookie.build()).ok()?;
    HeaderValue::try_from(removal).ok()
}
