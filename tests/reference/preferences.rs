//! Reads one value of the preferences cookie with `serde_json`, strictly.

use std::{borrow::Cow, fmt};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The contents of a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// The answers of the categories, in the requested order.
    pub answers: Vec<Option<bool>>,
    /// Seconds since 1970; without it, there are only denials.
    pub timestamp: Option<u64>,
    pub revision: u32,
    pub gpc: bool,
    /// There is another member that is kept.
    pub kept: bool,
    /// There are further members.
    pub others: bool,
}

/// The members of a JSON object in order, including repeated keys.
pub struct Members {
    pub all: Vec<(String, Box<RawValue>)>,
    /// The number of keys with escapes.
    escaped: usize,
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;

        impl<'de> Visitor<'de> for Each {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Members {
                    all: Vec::new(),
                    escaped: 0,
                };
                while let Some((key, value)) = map.next_entry::<Box<RawValue>, _>()? {
                    members.escaped += usize::from(key.get().contains('\\'));
                    let key = serde_json::from_str(key.get()).map_err(serde::de::Error::custom)?;
                    members.all.push((key, value));
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Each)
    }
}

/// Reads a value literally, raw or percent-encoded; `None` if it is unclear. `ids` are those of the
/// categories.
pub fn decode(ids: &[&str], keep: &[&str], value: &[u8]) -> Option<Said> {
    if value.len() > 4_096 {
        return None;
    }
    let Members {
        all: members,
        escaped,
    } = serde_json::from_slice(&json(value)?).ok()?;
    if members.len() > 128 || escaped > 32 {
        return None;
    }
    // `Some(None)` is a missing member, and `None` a repeated one.
    let only = |key: &str| -> Option<Option<&str>> {
        let mut found = members.iter().filter(|(name, _)| name == key);
        let first = found.next().map(|(_, value)| value.get());
        found.next().is_none().then_some(first)
    };
    let answer = |key: &str| -> Option<Option<bool>> {
        match only(key)? {
            None => Some(None),
            Some("true") => Some(Some(true)),
            Some("false") => Some(Some(false)),
            Some(_) => None,
        }
    };
    let mut answers = Vec::new();
    for id in ids {
        answers.push(answer(id)?);
    }
    Some(Said {
        answers,
        timestamp: only("timestamp")?.and_then(seconds),
        revision: match only("revision")? {
            None => 1,
            Some(digits) => revision(digits)?,
        },
        gpc: answer("gpc")?.unwrap_or(false),
        kept: members.iter().any(|(key, _)| keep.contains(&&**key)),
        others: members.iter().any(|(key, value)| {
            let known = [ids, keep, &["timestamp", "revision", "gpc"]].concat();
            let is_no_date = key == "timestamp" && value.get().starts_with(['"', '[', '{']);
            is_no_date || !known.contains(&&**key)
        }),
    })
}

/// The JSON text of a value, raw or percent-encoded; `None` if a percent sign lacks its digits.
pub fn json(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    // Raw JSON begins with an object's first key.
    let mut visible = value.iter().filter(|byte| !byte.is_ascii_whitespace());
    if (visible.next(), visible.next()) == (Some(&b'{'), Some(&b'"')) {
        return Some(value.into());
    }
    has_whole_escapes(value).then(|| percent_encoding::percent_decode(value).into())
}

/// Two hexadecimal digits follow each percent sign.
fn has_whole_escapes(value: &[u8]) -> bool {
    value.split(|&byte| byte == b'%').skip(1).all(|after| {
        let digits = after.iter().take_while(|byte| byte.is_ascii_hexdigit());
        digits.count() >= 2
    })
}

/// Seconds or milliseconds, whole or with a fraction.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked, and the largest numbers stay the largest"
)]
fn seconds(number: &str) -> Option<u64> {
    let read: f64 = number.parse().ok()?;
    if !number.starts_with(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
        || !(0.0..1e20).contains(&read)
    {
        return None;
    }
    // Up to 18 digits are exact; all other numbers are doubles, as in page scripts.
    let exact = number.parse().ok().filter(|_| number.len() <= 18);
    let whole = exact.unwrap_or(read as u64);
    // In the year 5138, seconds would have twelve digits.
    Some(if whole >= 100_000_000_000 {
        whole / 1_000
    } else {
        whole
    })
}

/// A whole number; one that is too large is newer than all revisions.
fn revision(digits: &str) -> Option<u32> {
    let whole = digits.bytes().all(|byte| byte.is_ascii_digit());
    whole.then(|| digits.parse().unwrap_or(u32::MAX))
}
