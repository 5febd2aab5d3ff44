//! Rule 6: removals that every browser recognises, and replacements for those that only some do.

use super::{DAY, date, name};

/// Browsers correct `Expires` by the response's own date; half a day around now counts as current.
const ABOUT_NOW: u64 = DAY / 2;

/// No browser reads a longer attribute value (RFC 6265bis, section 5.6).
const LONGEST_VALUE: usize = 1_024;

/// Returns the text of a header in which every browser finds the same attributes.
fn plain(field: &[u8]) -> Option<&str> {
    let plain = field
        .iter()
        .all(|&byte| matches!(byte, b' '..=b'~') && byte != b'"');
    plain.then(|| str::from_utf8(field).expect("ASCII"))
}

/// Returns names in lower case, and values.
fn attributes(text: &str) -> Vec<(String, Option<&str>)> {
    text.split(';')
        .skip(1)
        .map(|attribute| match attribute.split_once('=') {
            Some((name, value)) => (name, Some(value.trim_matches(' '))),
            None => (attribute, None),
        })
        .map(|(name, value)| (name.trim_matches(' ').to_ascii_lowercase(), value))
        .filter(|(name, value)| !name.is_empty() || value.is_some())
        .collect()
}

/// Returns `true` if every browser treats the header as a removal at `now`, in a response with
/// these `Date` headers.
pub fn is_strict(field: &[u8], now: u64, dates: &[Vec<u8>]) -> bool {
    let Some(text) = plain(field) else {
        return false;
    };
    if name::of_set_cookie(field).is_none() {
        return false;
    }
    let (mut max_ages, mut expires) = (0, 0);
    for (name, value) in attributes(text) {
        let value = value.unwrap_or_default();
        match &*name {
            "max-age" => {
                max_ages += 1;
                let digits = value.strip_prefix('-').unwrap_or(value);
                let integer =
                    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                let past = value.starts_with('-') || digits.bytes().all(|byte| byte == b'0');
                if !integer || !past || value.len() > LONGEST_VALUE {
                    return false;
                }
            }
            "expires" => {
                expires += 1;
                match date::well_formed(value) {
                    Some(at) if at + DAY < now => {}
                    _ => return false,
                }
            }
            _ => {}
        }
    }
    max_ages > 0 || (expires > 0 && is_about_now(now, dates))
}

/// Whether the response's own date is absent or about now.
fn is_about_now(now: u64, dates: &[Vec<u8>]) -> bool {
    let read = |date: &Vec<u8>| {
        let text = str::from_utf8(date).ok()?;
        date::well_formed(text.trim_matches([' ', '\t']))
    };
    let Some((first, others)) = dates.split_first() else {
        return true;
    };
    let first = read(first);
    first.is_some_and(|at| at.abs_diff(now) <= ABOUT_NOW)
        && others.iter().all(|other| read(other) == first)
}

/// Returns `true` if the header limits the lifetime at all. If browsers may find different attributes
/// in it, the words are enough, wherever they are.
pub fn has_lifetime(field: &[u8]) -> bool {
    if let Some(text) = plain(field) {
        let attributes = attributes(text);
        return attributes.iter().any(is_lifetime);
    }
    let field = field.to_ascii_lowercase();
    let says = |word: &[u8]| field.windows(word.len()).any(|part| part == word);
    says(b"max-age") || says(b"expires")
}

/// Returns `true` if some browser may treat the header as a removal: it has a lifetime other than a
/// future one that decides everywhere. (From 2^31 seconds on, WebKitGTK sees a removal.)
pub fn may_remove(field: &[u8]) -> bool {
    let future = only_max_age(field).is_some_and(|seconds| (1..1 << 31).contains(&seconds));
    has_lifetime(field) && !future
}

fn is_lifetime((name, _): &(String, Option<&str>)) -> bool {
    name == "max-age" || name == "expires"
}

/// Returns `true` if the header's only lifetime is an `Expires` that may be any time: not a
/// well-formed date, but with a digit.
pub fn has_odd_date(field: &[u8]) -> bool {
    let attributes = plain(field).map(attributes).unwrap_or_default();
    let mut lifetimes = attributes.iter().filter(|it| is_lifetime(it));
    match (lifetimes.next(), lifetimes.next()) {
        (Some((name, Some(value))), None) => {
            name == "expires"
                && date::well_formed(value).is_none()
                && value.bytes().any(|byte| byte.is_ascii_digit())
        }
        _ => false,
    }
}

/// Returns the seconds of a `Max-Age` that alone decides how long browsers keep the cookie.
pub fn only_max_age(field: &[u8]) -> Option<u64> {
    let attributes = attributes(plain(field)?);
    let mut lifetimes = attributes.iter().filter(|it| is_lifetime(it));
    let (Some((name, Some(value))), None) = (lifetimes.next(), lifetimes.next()) else {
        return None;
    };
    let digits = name == "max-age" && value.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| value.parse().ok()).flatten()
}

/// The parts of a `Set-Cookie` that determine where it is stored: its name, and its attributes in
/// alphabetical order without `Max-Age` and `Expires`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Scope {
    /// The value of an attribute; empty for a flag.
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut all = self.attributes.iter();
        all.find_map(|(found, value)| (found == name).then_some(&**value))
    }

    /// Adds the `Secure` that browsers require for `SameSite=None` and `Partitioned`.
    pub fn with_secure_where_needed(mut self) -> Self {
        let needed = self.value("samesite") == Some("none") || self.value("partitioned").is_some();
        if needed && self.value("secure").is_none() {
            self.attributes.push(("secure".to_owned(), String::new()));
            self.attributes.sort();
        }
        self
    }
}

/// Returns where the header is stored, if every browser agrees: no attribute is repeated, flags
/// have no value, and path and domain are plain.
pub fn scope(field: &[u8]) -> Option<Scope> {
    let text = plain(field)?;
    let mut found = Vec::new();
    for (name, value) in attributes(text) {
        let value = value.unwrap_or_default();
        let known = match &*name {
            "path" => value.starts_with('/') && value.len() <= LONGEST_VALUE,
            "domain" => is_domain(value),
            "samesite" => ["strict", "lax", "none"].contains(&&*value.to_ascii_lowercase()),
            "secure" | "httponly" | "partitioned" => value.is_empty(),
            _ => continue,
        };
        if !known {
            return None;
        }
        let value = match &*name {
            // A leading dot means nothing (RFC 6265, section 5.2.3).
            "domain" => value.strip_prefix('.').unwrap_or(value).to_owned(),
            "samesite" => value.to_ascii_lowercase(),
            _ => value.to_owned(),
        };
        found.push((name, value));
    }
    found.sort();
    if found.windows(2).any(|two| two[0].0 == two[1].0) {
        return None;
    }
    Some(Scope {
        name: name::of_set_cookie(field)?.to_owned(),
        attributes: found,
    })
}

fn is_domain(value: &str) -> bool {
    let name = value.strip_prefix('.').unwrap_or(value);
    let plain = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    value.len() <= LONGEST_VALUE && name.split('.').all(plain)
}

/// Returns `true` if the header is a removal that replaces another header: no value, and a
/// `Max-Age`, so that the date of the response does not matter.
pub fn is_replacement(field: &[u8], now: u64) -> bool {
    let far_off = [b"Thu, 01 Jan 1970 00:00:00 GMT".to_vec()];
    is_strict(field, now, &far_off) && name::value_of_set_cookie(field).is_empty()
}

/// Returns `true` if the header is a removal of a refused cookie as the crate creates it for a
/// visitor of `host`: without a domain that browsers reject there.
pub fn is_of_our_making(field: &[u8], now: u64, host: &str) -> bool {
    let (host, _) = host.split_once(':').unwrap_or((host, ""));
    let fits = |domain: &str| {
        let domain = domain
            .strip_prefix('.')
            .unwrap_or(domain)
            .to_ascii_lowercase();
        format!(".{}", host.to_ascii_lowercase()).ends_with(&format!(".{domain}"))
    };
    let attributes = plain(field).map(attributes).unwrap_or_default();
    let mut domains = attributes.iter().filter(|(name, _)| name == "domain");
    is_replacement(field, now) && domains.all(|(_, domain)| domain.is_some_and(fits))
}
