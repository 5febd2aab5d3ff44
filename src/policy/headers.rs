//! Declared response headers: the names that can be declared, and the look-up of declarations.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::{
    Category, CategorySet, Named, TrackerKind,
    groups::Group,
    index::Found,
    names::{is_token_byte, pattern_prefix},
};
use crate::wire::NameLengths;

/// Names, or prefixes with a `*`, of headers that belong to the response itself: without them it
/// would be a different or less safe response.
const NOT_STATE: [&str; 36] = [
    "accept-ranges",
    "access-control-*",
    "age",
    "allow",
    "cache-control",
    "cdn-cache-control",
    "clear-site-data",
    "connection",
    "content-*",
    "cross-origin-*",
    "date",
    "expires",
    "keep-alive",
    "location",
    "origin-agent-cluster",
    "permissions-policy",
    "pragma",
    "proxy-*",
    "referrer-policy",
    "refresh",
    "retry-after",
    "sec-websocket-*",
    "server-timing",
    "set-cookie",
    "set-cookie2",
    "strict-transport-security",
    "surrogate-control",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "vary",
    "via",
    "www-authenticate",
    "x-content-type-options",
    "x-frame-options",
];

/// Checks the declared name of a response header, or its pattern.
pub(super) fn check_header_name(name: &str) -> Result<(), &'static str> {
    let stem = pattern_prefix(name).unwrap_or(name);
    if stem.is_empty() {
        return Err("no name: give that of a response header, such as \"Accept-CH\"");
    }
    if stem.contains('*') || !stem.bytes().all(is_token_byte) {
        return Err(
            "not the name of a header: use letters, digits and `-`, and one `*` at the end for all \
             that begin so",
        );
    }
    let lower = name.to_ascii_lowercase();
    if lower == "set-cookie" {
        return Err("`Set-Cookie` is not declared as a header: declare each cookie by its name");
    }
    if NOT_STATE.iter().any(|known| overlap(known, &lower)) {
        return Err(
            "this header belongs to the response itself: declare headers from which \
             browsers keep state, such as \"ETag\", \"Accept-CH\" or \"NEL\"",
        );
    }
    Ok(())
}

/// Returns `true` if some name matches both names or patterns.
fn overlap(a: &str, b: &str) -> bool {
    match (pattern_prefix(a), pattern_prefix(b)) {
        (None, None) => a == b,
        (Some(prefix), None) => b.starts_with(prefix),
        (None, Some(prefix)) => a.starts_with(prefix),
        (Some(a), Some(b)) => a.starts_with(b) || b.starts_with(a),
    }
}

/// The response headers that a policy declares.
pub(super) struct Headers {
    /// The exact names in lower case.
    exact: HashMap<Box<str>, Found, FixedState>,
    /// The prefixes in lower case, longest first.
    prefixes: Vec<(Box<str>, Found)>,
    categories: CategorySet,
    /// The lengths of all governed names, declared or not.
    lengths: NameLengths,
}

impl Headers {
    pub(super) fn new(categories: &[Category]) -> Self {
        let mut headers = Self {
            exact: HashMap::default(),
            prefixes: Vec::new(),
            categories: CategorySet::EMPTY,
            lengths: NameLengths::undeclared(),
        };
        let mut declarations = 0..u32::MAX;
        for group in Group::all(categories) {
            for (row, declaration) in group.cookies().iter().zip(&mut declarations) {
                if row.get_kind() != TrackerKind::Header {
                    continue;
                }
                let name = row.name().to_ascii_lowercase();
                let prefix = pattern_prefix(&name);
                let found = Found {
                    named: Named::of(group.number),
                    declared_in: group.category_number,
                    by_pattern: prefix.is_some(),
                    declaration,
                };
                headers.categories.insert(group.number);
                headers.lengths.add(&name);
                match prefix {
                    Some(prefix) => headers.prefixes.push((prefix.into(), found)),
                    None => drop(headers.exact.insert(name.into(), found)),
                }
            }
        }
        let longest_first = |prefix: &(Box<str>, Found)| std::cmp::Reverse(prefix.0.len());
        headers.prefixes.sort_by_key(longest_first);
        headers
    }

    /// Returns the declaration of a header, by its name in lower case.
    pub(super) fn find(&self, name: &str) -> Option<Found> {
        if self.categories.is_empty() {
            return None;
        }
        let by_prefix = || {
            let mut prefixes = self.prefixes.iter();
            let found = prefixes.find(|(prefix, _)| name.starts_with(&**prefix));
            found.map(|(_, found)| *found)
        };
        self.exact.get(name).copied().or_else(by_prefix)
    }

    /// Returns the categories that declare headers.
    pub(super) const fn categories(&self) -> CategorySet {
        self.categories
    }

    pub(super) const fn lengths(&self) -> &NameLengths {
        &self.lengths
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        policy::{CookieDeclaration, CookiePolicy},
        wire::{self, StateHeader},
    };

    #[test]
    fn header_names_are_tokens_that_are_not_the_response() {
        for name in [
            "ETag",
            "etag",
            "Accept-CH",
            "Attribution-Reporting-*",
            "X-Visitor",
            "Reporting-Endpoints",
        ] {
            assert_eq!(check_header_name(name), Ok(()), "{name}");
        }
        for (name, part) in [
            ("", "no name"),
            ("*", "no name"),
            ("a*b", "not the name"),
            ("a**", "not the name"),
            ("ETag: x", "not the name"),
            ("é", "not the name"),
            ("Set-Cookie", "each cookie"),
            ("Set-*", "belongs to"),
            ("Content-Length", "belongs to"),
            ("content-*", "belongs to"),
            ("C*", "belongs to"),
            ("Content-Security-Policy-*", "belongs to"),
            ("Vary", "belongs to"),
            ("S*", "belongs to"),
        ] {
            let fault = check_header_name(name).unwrap_err();
            assert!(fault.contains(part), "{name}: {fault}");
        }
    }

    #[test]
    fn ordinary_response_headers_are_never_declared() {
        use http::header::{
            CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, DATE, LOCATION,
            TRANSFER_ENCODING, VARY,
        };
        let plain = [
            CACHE_CONTROL,
            CONTENT_ENCODING,
            CONTENT_LENGTH,
            CONTENT_TYPE,
            DATE,
            LOCATION,
            TRANSFER_ENCODING,
            VARY,
        ];
        for name in plain {
            assert!(wire::is_plainly_not_state(&name), "{name}");
            assert!(check_header_name(name.as_str()).is_err(), "{name}");
            assert!(StateHeader::find(name.as_str()).is_none(), "{name}");
        }
        assert!(!wire::is_plainly_not_state(&http::header::ETAG));
        assert!(!wire::is_plainly_not_state(&http::header::SET_COOKIE));
    }

    #[test]
    fn exact_headers_beat_patterns_and_longer_ones_shorter() {
        let header = |name: &str| CookieDeclaration::new(name).kind(TrackerKind::Header);
        let policy = CookiePolicy::new([
            Category::necessary("a").cookies([header("X-V*"), CookieDeclaration::new("nel")]),
            Category::consent("b").cookie(header("X-Visitor-*")),
            Category::exempt("c").cookies([header("X-Visitor-Id"), header("ETag")]),
        ])
        .unwrap();
        let category = |name| {
            let found = policy.find_header(name)?;
            policy.category_at(found.category()?).map(Category::id)
        };
        assert_eq!(category("x-v"), Some("a"));
        assert_eq!(category("x-visitor-ids"), Some("b"));
        assert_eq!(category("x-visitor-id"), Some("c"));
        assert_eq!(category("etag"), Some("c"));
        assert_eq!(category("nel"), None, "that is a cookie");
        let found = policy.find_header("etag").unwrap();
        let row = policy.declaration_at(found.declaration);
        assert_eq!(row.map(CookieDeclaration::name), Some("ETag"));
        assert_eq!(policy.find(b"ETag"), None, "that is a header");
        assert_eq!(policy.header_categories().bits(), 0b111);
        let lengths = policy.header_lengths();
        assert!(lengths.may_have("etag") && lengths.may_have("x-visitor"));
        assert!(!lengths.may_have("last-modified"));
    }
}
