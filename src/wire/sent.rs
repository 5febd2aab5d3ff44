//! The requests with which a browser sends a cookie (RFC 6265, section 5.4; RFC 6265bis, section
//! 5.8.3).

use super::attributes::{Attribute, attributes};
use super::bytes::cut;

/// Everything besides names that decides which cookies a request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sending<'a> {
    /// The path of the request's target.
    pub(crate) path: &'a str,
    pub(crate) from: From,
}

/// The origin of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// The site itself, or unknown.
    OwnSite,
    /// Another site, as a top-level GET navigation: it carries all cookies but `SameSite=Strict`
    /// ones.
    TopLevelGet,
    /// Another site, in any other way: it only carries `SameSite=None` cookies.
    OtherSite,
}

impl Sending<'_> {
    /// Returns `true` if this request would certainly have carried the cookie that `set_cookie`
    /// sets, had the browser stored it: the request's path is at or below the cookie's, and
    /// browsers send the cookie from this origin.
    ///
    /// (The domain does not matter: browsers only accept one that includes the request's host, and
    /// they send the cookie to that host.)
    pub(crate) fn would_bring(self, set_cookie: &[u8]) -> bool {
        let attributes = || attributes(set_cookie);
        // Bytes that some browser trims, or at which it ends the header.
        let attributes_bytes = cut(b';', set_cookie).1.unwrap_or_default();
        let plain = attributes_bytes
            .iter()
            .all(|byte| matches!(byte, b' '..=b'~'));
        // Browsers disagree about which of several counts.
        let mut paths = attributes().filter(|attribute| attribute.is("Path"));
        plain && paths.all(|path| self.is_within(&path)) && {
            let same_site = || attributes().filter(|attribute| attribute.is("SameSite"));
            match self.from {
                From::OwnSite => true,
                From::TopLevelGet => !same_site().any(|same_site| says(&same_site, b"strict")),
                From::OtherSite => {
                    let none = |value: &[u8]| value.eq_ignore_ascii_case(b"none");
                    same_site().next().is_some()
                        && same_site().all(|same_site| same_site.value.is_some_and(none))
                }
            }
        }
    }

    fn is_within(self, path: &Attribute<'_>) -> bool {
        match path.value.unwrap_or_default() {
            value if value.contains(&b'"') => false,
            value @ [b'/', ..] => path_matches(self.path, value),
            // The folder of the request (section 5.1.4).
            _ => true,
        }
    }
}

/// Compares the value, ignoring quotes around it, which Safari removes.
fn says(attribute: &Attribute<'_>, value: &[u8]) -> bool {
    let said = attribute.value.unwrap_or_default();
    let said = said.strip_prefix(b"\"").unwrap_or(said);
    let said = said.strip_suffix(b"\"").unwrap_or(said);
    said.eq_ignore_ascii_case(value)
}

/// Implements section 5.1.4.
fn path_matches(request: &str, cookie: &[u8]) -> bool {
    // `*` and an authority have no path.
    let request = match request.as_bytes() {
        path @ [b'/', ..] => path,
        _ => b"/",
    };
    match request.strip_prefix(cookie) {
        Some([] | [b'/', ..]) => true,
        Some(_) => cookie.ends_with(b"/"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn would_bring(path: &str, from: From, attributes: &str) -> bool {
        let sending = Sending { path, from };
        sending.would_bring(format!("a=b{attributes}").as_bytes())
    }

    #[test]
    fn cookies_of_paths_above_the_request_come_along() {
        for (request, attributes, expected) in [
            ("/", "", true),
            ("/", "; Path=/", true),
            ("/a/b", "; Path=/", true),
            ("/a/b", "; Path=/a", true),
            ("/a/b", "; path = /a/", true),
            ("/a/b", "; Path=/a/b", true),
            ("/a/b", "; Path=/a/b/", false),
            ("/a/b", "; Path=/A", false),
            ("/ab", "; Path=/a", false),
            ("/", "; Path=/stats", false),
            ("/stats", "; Path=/stats/", false),
            ("*", "; Path=/", true),
            ("", "; Path=/", true),
            ("", "; Path=/x", false),
            // The folder of the request.
            ("/a/b", "; Path", true),
            ("/a/b", "; Path=", true),
            ("/a/b", "; Path=stats", true),
            // Which one applies is unclear.
            ("/a/b", "; Path=/; Path=/stats", false),
            ("/a/b", "; Path=/stats; Path=/", false),
            ("/a/b", "; Path=/a; Path=/", true),
            // Browsers may read this in any way.
            ("/a/b", "; Path=\"/stats\"", false),
            ("/a/b", "; Path=\u{a0}/stats", false),
            ("/a/b", "; \u{a0}Path=/stats", false),
            ("/", "\"; Path=/; c=\"", true),
        ] {
            let found = would_bring(request, From::OwnSite, attributes);
            assert_eq!(found, expected, "{request} {attributes}");
        }
    }

    #[test]
    fn from_other_sites_same_site_says_what_comes_along() {
        for (attributes, top_level, other) in [
            ("", true, false),
            ("; SameSite", true, false),
            ("; SameSite=Lax", true, false),
            ("; samesite=STRICT", false, false),
            ("; SameSite=\"Strict\"", false, false),
            ("; SameSite=None; Secure", true, true),
            ("; SameSite=none; SameSite=None", true, true),
            ("; SameSite=None; SameSite=Lax", true, false),
            ("; SameSite=Strict; SameSite=None", false, false),
        ] {
            assert!(would_bring("/", From::OwnSite, attributes));
            let found = would_bring("/", From::TopLevelGet, attributes);
            assert_eq!(found, top_level, "{attributes}");
            let found = would_bring("/", From::OtherSite, attributes);
            assert_eq!(found, other, "{attributes}");
        }
    }
}
