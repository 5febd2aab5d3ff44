//! The responses that shared caches store, and the headers that keep them from it, where that is
//! plain: RFC 9111, RFC 9213, the Edge Architecture Specification (`Surrogate-Control`), and the
//! manuals of Akamai (`Edge-Control`) and nginx (`X-Accel-Expires`). `None` is an unclear answer.

use http::HeaderMap;

use super::date;
use crate::{NOW, scene::values};

/// The headers that tell caches what to do.
pub const NAMES: [&str; 5] = [
    "cache-control",
    "cdn-cache-control",
    "surrogate-control",
    "edge-control",
    "x-accel-expires",
];

/// Whether a shared cache may give the response, with its cookies, to others without asking again.
/// One cache that may is enough.
pub fn is_kept(response: &HeaderMap) -> Option<bool> {
    let vary = values(response, "vary");
    let mut members = vary
        .iter()
        .flat_map(|field| field.split(|&byte| byte == b','));
    // A stored response that varies on it never matches (RFC 9111, section 4.1).
    if members.any(|member| member.trim_ascii() == b"*") {
        return Some(false);
    }
    let answers = NAMES.map(|name| is_kept_by(name, response));
    match () {
        () if answers.contains(&Some(true)) => Some(true),
        () if answers == [Some(false); 5] => Some(false),
        () => None,
    }
}

fn is_kept_by(name: &str, response: &HeaderMap) -> Option<bool> {
    let fields = values(response, name);
    match name {
        "cache-control" => said_to_all(&Words::of(&fields)?, expires(response)),
        "cdn-cache-control" => said_to_all(&Words::of(&fields)?.lower_case()?, Lifetime::Absent),
        "surrogate-control" => said_to_surrogates(&Words::of(&fields)?),
        "edge-control" => said_to_akamai(&Words::of(&fields)?),
        _ => said_to_nginx(&fields),
    }
}

/// How long a response is fresh, by one directive or header.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lifetime {
    Absent,
    Stale,
    Fresh,
    Unclear,
}

/// RFC 9111, sections 3, 4.2 and 5.2.2.
fn said_to_all(words: &Words, expires: Lifetime) -> Option<bool> {
    let [public, private, no_store, no_cache] =
        ["public", "private", "no-store", "no-cache"].map(|name| words.flag(name));
    if private? || no_cache? {
        return Some(false);
    }
    if no_store? {
        // With `must-understand`, that depends on the cache.
        return (!words.has("must-understand")).then_some(false);
    }
    let (max_age, s_maxage) = (words.lifetime("max-age"), words.lifetime("s-maxage"));
    let lifetimes = [s_maxage, max_age, expires];
    let first = lifetimes.into_iter().find(|it| *it != Lifetime::Absent);
    let serves_stale = [
        words.lifetime("stale-while-revalidate"),
        words.lifetime("stale-if-error"),
    ];
    // A stale response may be served (RFC 5861), unless that is forbidden (RFC 9111, section 4.2.4).
    let forbidden = ["must-revalidate", "proxy-revalidate", "s-maxage"];
    match first {
        Some(Lifetime::Fresh) => Some(true),
        Some(Lifetime::Unclear) => None,
        _ if serves_stale == [Lifetime::Absent; 2] => first.map_or(public, |_| Some(false)),
        Some(_) if serves_stale[0] == Lifetime::Fresh => {
            let allowed = !forbidden.iter().any(|name| words.has(name));
            allowed.then_some(true)
        }
        _ => None,
    }
}

/// RFC 9111, section 5.3. Between the clock and the response's own date, it is unclear.
fn expires(response: &HeaderMap) -> Lifetime {
    let read = |field: &[u8]| {
        let text = str::from_utf8(field).ok()?;
        // Years of two digits are read in two ways.
        date::well_formed(text).filter(|_| !text.contains('-'))
    };
    let dates = values(response, "date");
    let served = match &dates[..] {
        [] => Some(NOW),
        [date] => read(date),
        _ => None,
    };
    match &values(response, "expires")[..] {
        [] => Lifetime::Absent,
        [field] if [&b"0"[..], b"-1", b""].contains(&&**field) => Lifetime::Stale,
        [field] => match (read(field), served) {
            (Some(until), Some(served)) if until > served.max(NOW) => Lifetime::Fresh,
            (Some(until), Some(served)) if until <= served.min(NOW) => Lifetime::Stale,
            _ => Lifetime::Unclear,
        },
        _ => Lifetime::Unclear,
    }
}

/// `max-age=600+60` is fresh for ten minutes, and may be served for another one after that. A
/// directive may be for one surrogate alone: `max-age=600;name`.
fn said_to_surrogates(words: &Words) -> Option<bool> {
    let no_store = words.flag("no-store")?;
    let foreign = [
        "private",
        "public",
        "no-cache",
        "s-maxage",
        "no-store-remote",
    ];
    if foreign.iter().any(|name| words.has(name)) || words.has("must-revalidate") {
        return None;
    }
    let Some(value) = words.value("max-age") else {
        return Some(false);
    };
    let (value, target) = match value.split_once(';') {
        Some((value, target)) => (value, Some(target)),
        None => (value, None),
    };
    let (fresh, stale) = value.split_once('+').unwrap_or((value, "0"));
    let seconds = seconds(fresh)?.max(seconds(stale)?);
    match no_store {
        // The one that is named may do otherwise.
        true => target.is_none().then_some(false),
        false => Some(seconds > 0),
    }
}

fn said_to_akamai(words: &Words) -> Option<bool> {
    if words.all.iter().any(|(name, _)| name.starts_with('!')) {
        return None;
    }
    if words.flag("no-store")? || words.flag("bypass-cache")? {
        return Some(false);
    }
    if ["private", "public", "no-cache", "s-maxage"]
        .iter()
        .any(|name| words.has(name))
    {
        return None;
    }
    match (words.value("cache-maxage"), words.value("max-age")) {
        (None, None) => Some(false),
        (Some(value), None) => Some(seconds(value.trim_end_matches(['s', 'm', 'h', 'd']))? > 0),
        (None, Some(value)) => Some(seconds(value)? > 0),
        (Some(_), Some(_)) => None,
    }
}

/// Seconds, or `@` with a Unix time; 0 means not to cache.
fn said_to_nginx(fields: &[Vec<u8>]) -> Option<bool> {
    match fields {
        [] => Some(false),
        [field] => match str::from_utf8(field).ok()?.strip_prefix('@') {
            Some(until) => Some(u64::from(until.parse::<u32>().ok()?) > NOW),
            None => Some(seconds(str::from_utf8(field).ok()?)? > 0),
        },
        _ => None,
    }
}

/// Whether no cache that reads this header stores the response.
pub fn is_closed(name: &str, fields: &[Vec<u8>]) -> Option<bool> {
    if name == "x-accel-expires" {
        let zero = |field: &Vec<u8>| field.iter().all(|&byte| byte == b'0');
        return match fields.iter().all(|field| field == b"0") {
            true => Some(true),
            false => (!fields.iter().any(zero)).then_some(false),
        };
    }
    let words = Words::of(fields)?;
    let no_store = words.flag("no-store")?;
    match name {
        "surrogate-control" => match words.all.iter().any(|(_, value)| value.is_some()) {
            // Something may be for one of them alone.
            true if no_store => None,
            _ => Some(no_store),
        },
        "edge-control" => {
            let closed = no_store || words.flag("bypass-cache")?;
            let taken_back = words.all.iter().any(|(name, _)| name.starts_with('!'));
            (!taken_back).then_some(closed)
        }
        _ => {
            let words = in_case(name, words)?;
            let private = words.flag("private")?;
            match words.has("must-understand") {
                true if !private && no_store => None,
                _ => Some(private || no_store),
            }
        }
    }
}

/// Whether the site itself says in this header what shared caches may do.
pub fn speaks_of_sharing(name: &str, fields: &[Vec<u8>]) -> Option<bool> {
    let closed = is_closed(name, fields)?;
    if !name.ends_with("cache-control") {
        return Some(closed);
    }
    let words = Words::of(fields)?;
    let shares = words.flag("public")? || words.lifetime("s-maxage") != Lifetime::Absent;
    match words.lifetime("s-maxage") {
        Lifetime::Unclear => None,
        _ => Some(closed || shares),
    }
}

/// Returns `true` if `after` is the header with the word that closes it, and nothing else is lost.
pub fn is_closing(name: &str, before: &[Vec<u8>], after: &[Vec<u8>]) -> bool {
    let word = match name {
        "x-accel-expires" => {
            return before.len() == after.len() && after.iter().all(|it| it == b"0");
        }
        "cache-control" => return after == [before, &[b"private".to_vec()]].concat(),
        "cdn-cache-control" => "private",
        _ => "no-store",
    };
    let closes = |(before, after): (&Vec<u8>, &Vec<u8>)| {
        let quotes = before.iter().filter(|&&byte| byte == b'"').count();
        let plain = quotes % 2 == 0 && !before.contains(&b'\\') && !before.contains(&b'!');
        let expected = [&joined(before), word.as_bytes()].concat();
        after.ends_with(word.as_bytes()) && (!plain || joined(after) == expected)
    };
    before.len() == after.len() && before.iter().zip(after).all(closes)
}

/// Returns a header without the blanks and commas between its directives.
fn joined(field: &[u8]) -> Vec<u8> {
    let all = field.iter().copied();
    all.filter(|byte| !matches!(byte, b' ' | b'\t' | b','))
        .collect()
}

/// The directives of a header, if nothing about them is unclear: no quotes, no repetitions.
struct Words {
    all: Vec<(String, Option<String>)>,
    /// All names were written in lower case, and no directive was missing.
    strict: bool,
}

impl Words {
    fn of(fields: &[Vec<u8>]) -> Option<Self> {
        let text = fields.join(&b","[..]);
        let text = str::from_utf8(&text).ok()?;
        let mut all = Vec::new();
        let mut strict = true;
        for directive in text.split(',').map(|directive| directive.trim_matches(' ')) {
            let (name, value) = match directive.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (directive, None),
            };
            // Written like this by those who use it: `content="ESI/1.0"`.
            let value = value.map(|value| match (name, &*value) {
                ("content", "\"ESI/1.0\"") => "ESI/1.0".to_owned(),
                _ => value,
            });
            let plain = |text: &str| {
                text.bytes()
                    .all(|byte| byte.is_ascii_graphic() && !br#""\,"#.contains(&byte))
            };
            if !plain(name) || name.contains(';') || !value.as_deref().is_none_or(plain) {
                return None;
            }
            strict &= !directive.is_empty() && !name.bytes().any(|byte| byte.is_ascii_uppercase());
            let name = name.to_ascii_lowercase();
            if all.iter().any(|(other, _)| *other == name) {
                return None;
            }
            if !directive.is_empty() {
                all.push((name, value));
            }
        }
        Some(Self {
            strict: strict || all.is_empty(),
            all,
        })
    }

    /// What is not a dictionary of RFC 8941 is not plain. (Without a member, it does not count.)
    fn lower_case(self) -> Option<Self> {
        let digits = |value: &str| seconds(value).is_some();
        let plain = self.all.iter().all(|(name, value)| {
            name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.bytes().all(is_of_a_key)
                && value.as_deref().is_none_or(digits)
        });
        (self.strict && plain).then_some(self)
    }

    fn has(&self, name: &str) -> bool {
        self.all.iter().any(|(found, _)| found == name)
    }

    /// With a value, it is unclear what it means.
    fn flag(&self, name: &str) -> Option<bool> {
        let found = self.all.iter().find(|(found, _)| found == name);
        match found {
            None => Some(false),
            Some((_, None)) => Some(true),
            Some((_, Some(_))) => None,
        }
    }

    /// Without a value, it is empty.
    fn value(&self, name: &str) -> Option<&str> {
        let found = self.all.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_deref().unwrap_or_default())
    }

    fn lifetime(&self, name: &str) -> Lifetime {
        match self.value(name).map(seconds) {
            None => Lifetime::Absent,
            Some(None) => Lifetime::Unclear,
            Some(Some(0)) => Lifetime::Stale,
            Some(Some(_)) => Lifetime::Fresh,
        }
    }
}

/// RFC 8941, section 3.1.2.
fn is_of_a_key(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.*".contains(&byte)
}

fn in_case(name: &str, words: Words) -> Option<Words> {
    match name {
        "cdn-cache-control" => words.lower_case(),
        _ => Some(words),
    }
}

fn seconds(digits: &str) -> Option<u32> {
    let plain = (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}
