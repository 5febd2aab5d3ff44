//! Response headers other than `Set-Cookie` that browsers store, and the request headers that send
//! this state back.

use http::{
    HeaderName,
    header::{
        CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, DATE, LOCATION,
        TRANSFER_ENCODING, VARY,
    },
};
use serde::Deserialize;

/// A response header from which browsers store something beyond the page.
#[derive(Debug)]
pub(crate) struct StateHeader {
    /// The name as its specification writes it; a prefix if it ends in `*`.
    pub(crate) name: &'static str,
    pub(crate) keeps: Keeps,
    removal: Removal,
    /// The request headers that send it back, in lower case; a prefix if one ends in `*`.
    pub(crate) comes_back_as: &'static [&'static str],
    /// It is for advertising and nothing that a visitor asks for.
    pub(crate) advertises: bool,
}

/// The condition under which browsers store state from a header that no policy declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeps {
    /// Every such header is state.
    Always,
    /// A validator: ordinary caching, unless the policy declares that it identifies visitors.
    Validator,
    /// Only with a non-empty dictionary member of this name.
    WithMember(&'static str),
    /// Only with a parameter of this name.
    WithParameter(&'static str),
}

/// The headers that only make the browser forget something.
#[derive(Clone, Copy, Debug)]
enum Removal {
    None,
    /// No value: an empty list replaces the stored one.
    Blank,
    /// This value.
    Is(&'static str),
    /// A JSON object whose `max_age` is 0.
    MaxAge0,
}

const fn always(name: &'static str, comes_back_as: &'static [&'static str]) -> StateHeader {
    StateHeader {
        name,
        keeps: Keeps::Always,
        removal: Removal::None,
        comes_back_as,
        advertises: false,
    }
}

const fn validator(name: &'static str, comes_back_as: &'static [&'static str]) -> StateHeader {
    StateHeader {
        keeps: Keeps::Validator,
        ..always(name, comes_back_as)
    }
}

const fn advertising(name: &'static str, comes_back_as: &'static [&'static str]) -> StateHeader {
    StateHeader {
        advertises: true,
        ..always(name, comes_back_as)
    }
}

/// The client hints that `Accept-CH` requests (RFC 8942), and the older ones without a prefix.
const HINTS: &[&str] = &[
    "sec-ch-*",
    "device-memory",
    "downlink",
    "dpr",
    "ect",
    "rtt",
    "viewport-width",
    "width",
];

/// The hints that browsers send without being asked (User-Agent Client Hints, section 3: low
/// entropy).
const UNASKED: [&str; 3] = ["sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform"];

const SESSION: &[&str] = &[
    "sec-secure-session-id",
    "sec-session-id",
    "sec-session-response",
    "secure-session-response",
];

/// All headers that are governed without a declaration, and the two validators.
pub(crate) static STATE_HEADERS: [StateHeader; 18] = [
    // RFC 9110, section 8.8; RFC 9111, section 4.3. `Range` goes with `If-Range`: without it, it
    // would request a part of a representation that the client may not have.
    validator("ETag", &["if-none-match", "if-range"]),
    validator("Last-Modified", &["if-modified-since", "if-range"]),
    // RFC 9842, section 2.1; section 10 on dictionaries as cookies.
    StateHeader {
        keeps: Keeps::WithMember("id"),
        ..always(
            "Use-As-Dictionary",
            &["available-dictionary", "dictionary-id"],
        )
    },
    // RFC 8942, section 3.1; Client Hints Infrastructure: stored for the origin.
    StateHeader {
        removal: Removal::Blank,
        ..always("Accept-CH", HINTS)
    },
    StateHeader {
        removal: Removal::Blank,
        ..always("Critical-CH", HINTS)
    },
    // RFC 7838, section 3.1 and section 9.4 on tracking by unique names.
    StateHeader {
        keeps: Keeps::WithParameter("persist"),
        removal: Removal::Is("clear"),
        ..always("Alt-Svc", &["alt-used"])
    },
    // Network Error Logging, section 5; Reporting API of 2018, section 3.
    StateHeader {
        removal: Removal::MaxAge0,
        ..always("NEL", &[])
    },
    StateHeader {
        removal: Removal::MaxAge0,
        ..always("Report-To", &[])
    },
    // Attribution Reporting, Shared Storage and Topics: the Privacy Sandbox.
    advertising("Attribution-Reporting-*", &[]),
    StateHeader {
        removal: Removal::Is("clear"),
        ..advertising("Shared-Storage-Write", &[])
    },
    advertising("Observe-Browsing-Topics", &["sec-browsing-topics"]),
    // Private State Token API: tokens of an issuer, and records of their redemption.
    always(
        "Sec-Private-State-Token",
        &["sec-private-state-token", "sec-redemption-record"],
    ),
    // Storage Access Headers.
    always("Activate-Storage-Access", &[]),
    // Login Status API.
    StateHeader {
        removal: Removal::Is("logged-out"),
        ..always("Set-Login", &[])
    },
    // Device Bound Session Credentials, including the names used in its first trials.
    always("Secure-Session-Registration", SESSION),
    always("Secure-Session-Challenge", SESSION),
    always("Sec-Session-Registration", SESSION),
    always("Sec-Session-Challenge", SESSION),
];

impl StateHeader {
    /// Finds the entry of this name, ignoring case.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        STATE_HEADERS.iter().find(|header| fits(header.name, name))
    }

    /// Returns `true` if the browser stores something from this header, regardless of any
    /// declaration.
    pub(crate) fn keeps(&self, field: &[u8]) -> bool {
        match self.keeps {
            Keeps::Always => true,
            Keeps::Validator => false,
            Keeps::WithMember(key) | Keeps::WithParameter(key) => assigns(field, key),
        }
    }

    /// Returns `true` if the header only makes the browser forget something; it passes like the
    /// removal of a cookie.
    pub(crate) fn is_removal(&self, field: &[u8]) -> bool {
        let field = field.trim_ascii();
        match self.removal {
            Removal::None => false,
            Removal::Blank => field.is_empty(),
            Removal::Is(value) => field == value.as_bytes(),
            Removal::MaxAge0 => has_max_age_0(field),
        }
    }

    /// Returns `true` if a request header, in lower case, sends the state back.
    pub(crate) fn comes_back_in(&self, name: &str) -> bool {
        let mut names = self.comes_back_as.iter();
        names.any(|known| fits(known, name)) && !UNASKED.contains(&name)
    }
}

/// Compares ignoring case; a `known` name that ends in `*` is a prefix.
fn fits(known: &str, name: &str) -> bool {
    match known.strip_suffix('*') {
        None => known.eq_ignore_ascii_case(name),
        Some(prefix) => name
            .get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix)),
    }
}

/// Returns `true` if there is a `key=` with a value other than `""`, as a member or a parameter.
/// Text in quotes counts too: several headers form one list, in which a quote may close one opened
/// in another.
fn assigns(field: &[u8], key: &str) -> bool {
    let starts = (0..field.len()).filter(|at| {
        let before = at.checked_sub(1).and_then(|before| field.get(before));
        before.is_none_or(|byte| matches!(byte, b',' | b';' | b' ' | b'\t'))
    });
    starts
        .filter_map(|start| field.get(start..)?.split_at_checked(key.len()))
        .filter(|(name, _)| name.eq_ignore_ascii_case(key.as_bytes()))
        .filter_map(|(_, rest)| rest.trim_ascii_start().strip_prefix(b"="))
        .any(|value| !value.trim_ascii_start().starts_with(b"\"\""))
}

/// A `NEL` policy or a `Report-To` group. A repeated key is an error.
#[derive(Deserialize)]
struct Kept {
    max_age: u64,
}

fn has_max_age_0(field: &[u8]) -> bool {
    // (serde would read a list as the members of a struct.)
    let kept = str::from_utf8(field).map(serde_json::from_str::<Kept>);
    field.starts_with(b"{") && matches!(kept, Ok(Ok(Kept { max_age: 0 })))
}

/// The lengths of the names that a response is searched for, by their first letter: this rules out
/// most names without a comparison.
#[derive(Clone, Debug)]
pub(crate) struct NameLengths([u64; 32]);

impl NameLengths {
    /// The lengths for `Set-Cookie` and `Clear-Site-Data` alone.
    pub(crate) const COOKIES: &Self = &{
        let mut lengths = [0; 32];
        lengths[(b's' & 31) as usize] = 1 << "set-cookie".len();
        lengths[(b'c' & 31) as usize] = 1 << "clear-site-data".len();
        Self(lengths)
    };

    /// Returns the lengths of [`COOKIES`](Self::COOKIES) and of the headers that browsers store
    /// without a declaration.
    pub(crate) fn undeclared() -> Self {
        let mut lengths = Self::COOKIES.clone();
        for header in &STATE_HEADERS {
            if header.keeps != Keeps::Validator {
                lengths.add(header.name);
            }
        }
        lengths
    }

    /// Adds a name, or a prefix with `*`.
    pub(crate) fn add(&mut self, name: &str) {
        let (shortest, longest) = match name.strip_suffix('*') {
            None => (name.len(), name.len()),
            Some(prefix) => (prefix.len(), 63),
        };
        let first = name.bytes().next().unwrap_or_default();
        if let Some(lengths) = self.0.get_mut(usize::from(first & 31)) {
            for length in shortest.min(63)..=longest.min(63) {
                *lengths |= 1 << length;
            }
        }
    }

    /// Returns `true` if a name may be one of them.
    #[inline(always)]
    pub(crate) fn may_have(&self, name: &str) -> bool {
        let first = name.as_bytes().first().copied().unwrap_or_default();
        let lengths = self.0.get(usize::from(first & 31));
        lengths.is_some_and(|lengths| lengths >> name.len().min(63) & 1 == 1)
    }
}

/// Recognizes some of the headers that never keep state, those that most responses have: one look at the number that the
/// `http` crate has for each tells all of them apart, without reading the name.
#[inline]
pub(crate) fn is_plainly_not_state(name: &HeaderName) -> bool {
    name == CACHE_CONTROL
        || name == CONTENT_ENCODING
        || name == CONTENT_LENGTH
        || name == CONTENT_TYPE
        || name == DATE
        || name == LOCATION
        || name == TRANSFER_ENCODING
        || name == VARY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_header_is_found_by_name_in_any_case() {
        for header in &STATE_HEADERS {
            let name = header.name.replace('*', "Register-Source");
            for name in [name.to_ascii_lowercase(), name.to_ascii_uppercase(), name] {
                let found = StateHeader::find(&name).unwrap();
                assert_eq!(found.name, header.name);
            }
        }
        for name in [
            "",
            "nel-",
            "xnel",
            "attribution-reporting",
            "reporting-endpoints",
            "é",
        ] {
            assert!(StateHeader::find(name).is_none(), "{name}");
        }
    }

    /// The guide has a row for each, with the request headers that send it back.
    #[test]
    fn the_guide_lists_every_state_header() {
        let guide = include_str!("../../docs/guide/policy.md").to_ascii_lowercase();
        let rows: Vec<_> = guide.lines().filter(|row| row.starts_with("| `")).collect();
        let mut listed = 0;
        for header in &STATE_HEADERS {
            let name = format!("| `{}` |", header.name.to_ascii_lowercase());
            let row = rows.iter().find(|row| row.starts_with(&name)).unwrap();
            listed += 1;
            for known in header.comes_back_as {
                let told = row.contains(&format!("`{known}`"))
                    || (row.contains("the same") || row.contains("client hints"))
                    || row.contains("session-response");
                assert!(told, "{row}: {known}");
            }
        }
        let (_, table) = guide.split_once("| header | governed").unwrap();
        let (table, _) = table.split_once("\n\n").unwrap();
        assert_eq!(table.matches("\n| `").count(), listed);
    }

    #[test]
    fn lengths_let_every_searched_name_through() {
        let lengths = NameLengths::undeclared();
        for header in &STATE_HEADERS {
            let name = header.name.replace('*', "os-source").to_ascii_lowercase();
            let searched = header.keeps != Keeps::Validator;
            assert_eq!(lengths.may_have(&name), searched, "{name}");
        }
        assert!(lengths.may_have("set-cookie") && NameLengths::COOKIES.may_have("set-cookie"));
        let long = format!("attribution-reporting-{}", "x".repeat(100));
        assert!(lengths.may_have(&long));
        for name in [
            "",
            "content-type",
            "content-length",
            "cache-control",
            "date",
            "vary",
            "server",
            "location",
            "expires",
            "etag",
            "last-modified",
            "strict-transport-security",
            "content-security-policy",
            "x-content-type-options",
        ] {
            assert!(!lengths.may_have(name), "{name}");
        }
        let mut lengths = NameLengths::COOKIES.clone();
        lengths.add("ETag");
        lengths.add("X-*");
        assert!(lengths.may_have("etag") && lengths.may_have("x-a") && lengths.may_have("x-"));
        assert!(!lengths.may_have("x") && !lengths.may_have("nel"));
    }

    #[test]
    fn dictionaries_and_alternatives_count_only_with_a_key() {
        for (name, field, keeps) in [
            ("use-as-dictionary", r#"match="/*""#, false),
            ("use-as-dictionary", r#"match="/*", id="""#, false),
            ("use-as-dictionary", r#"match="/?id=*""#, false),
            (
                "use-as-dictionary",
                r#"match="/*", valid=1, idx="a""#,
                false,
            ),
            ("use-as-dictionary", r#"match="/*", id="v-4711""#, true),
            ("use-as-dictionary", r#"id="v";p=1,match="/*""#, true),
            ("use-as-dictionary", "match=\"/*\",\tID = v", true),
            ("use-as-dictionary", r#"", id="v"#, true),
            ("alt-svc", r#"h3=":443"; ma=86400"#, false),
            ("alt-svc", "clear", false),
            ("alt-svc", r#"h3=":443"; persist"#, false),
            ("alt-svc", r#"h3=":443"; xpersist=1"#, false),
            ("alt-svc", r#"h3=":443"; ma=86400; persist=1"#, true),
            ("alt-svc", r#"h2="v.example:443";Persist="1""#, true),
            ("alt-svc", r#"h2=":1", h3=":2" ; persist = 1"#, true),
            ("etag", "\"v-4711\"", false),
            ("accept-ch", "", true),
        ] {
            let header = StateHeader::find(name).unwrap();
            assert_eq!(header.keeps(field.as_bytes()), keeps, "{name}: {field}");
        }
    }

    #[test]
    fn removals_are_what_keeps_nothing() {
        for (name, field, removal) in [
            ("accept-ch", " ", true),
            ("accept-ch", "DPR", false),
            ("alt-svc", " clear ", true),
            ("alt-svc", "CLEAR", false),
            ("alt-svc", r#"clear, h2=":1"; persist=1"#, false),
            ("set-login", "logged-out", true),
            ("set-login", "logged-in", false),
            ("nel", r#"{"max_age":0}"#, true),
            ("nel", r#"{"report_to":"x","max_age":0} "#, true),
            ("nel", r#"{"max_age":1}"#, false),
            ("nel", r#"{"max_age":0,"max_age":1}"#, false),
            ("nel", r#"{"max_age":-0.0}"#, false),
            ("nel", r#"{"max_age":0},{"max_age":9}"#, false),
            ("nel", "{}", false),
            ("nel", "", false),
            ("nel", "[", false),
            ("nel", "[0]", false),
            ("nel", r#"{"a":{},"max_age":0}"#, true),
            ("report-to", r#"{"group":"a","max_age":0}"#, true),
            (
                "report-to",
                r#"{"max_age":0,"group":[{"max_age":1}]}"#,
                true,
            ),
            ("shared-storage-write", "clear", true),
            (
                "shared-storage-write",
                r#"clear, set;key="a";value="v""#,
                false,
            ),
            ("etag", "", false),
            ("observe-browsing-topics", "", false),
        ] {
            let header = StateHeader::find(name).unwrap();
            let found = header.is_removal(field.as_bytes());
            assert_eq!(found, removal, "{name}: {field}");
        }
    }

    #[test]
    fn request_headers_belong_to_what_they_bring_back() {
        for (header, request, comes_back) in [
            ("etag", "if-none-match", true),
            ("etag", "if-modified-since", false),
            ("etag", "if-match", false),
            ("last-modified", "if-modified-since", true),
            ("last-modified", "if-range", true),
            ("use-as-dictionary", "dictionary-id", true),
            ("use-as-dictionary", "available-dictionary", true),
            ("accept-ch", "sec-ch-ua-model", true),
            ("accept-ch", "sec-ch-prefers-color-scheme", true),
            ("accept-ch", "device-memory", true),
            ("accept-ch", "sec-ch-ua", false),
            ("accept-ch", "sec-ch-ua-mobile", false),
            ("accept-ch", "sec-ch-ua-platform", false),
            ("accept-ch", "sec-fetch-mode", false),
            ("alt-svc", "alt-used", true),
            ("observe-browsing-topics", "sec-browsing-topics", true),
            ("nel", "referer", false),
        ] {
            let found = StateHeader::find(header).unwrap();
            assert_eq!(
                found.comes_back_in(request),
                comes_back,
                "{header}: {request}"
            );
        }
    }
}
