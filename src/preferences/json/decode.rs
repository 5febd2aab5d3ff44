//! Decodes a value into a choice.

use std::{borrow::Cow, fmt, str};

use percent_encoding::percent_decode;
use serde::{
    Deserialize,
    de::{Deserializer, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    super::{Choice, DecodeError, Decoded, Terms},
    MAX_MEMBERS, written,
};
use crate::{wire::MAX_PAIR, work};

/// Above this, a timestamp counts milliseconds: as seconds it would be the year 5138, as
/// milliseconds it is 1973.
const MILLISECONDS_FROM: u64 = 100_000_000_000;

/// The number of digits up to which every whole number is exact.
const EXACT_DIGITS: usize = 18;

/// Reads the value in either form.
#[inline]
pub(crate) fn decode(policy: &impl Terms, value: &[u8]) -> Result<Decoded, DecodeError> {
    if value.len() > MAX_PAIR {
        return Err(DecodeError::TooLong);
    }
    match written::read(policy, value) {
        Some(choice) => Ok(choice.into()),
        None => decode_any(policy, value),
    }
}

/// Reads a value that this crate would write differently, or that has other members.
#[cold]
fn decode_any(policy: &impl Terms, value: &[u8]) -> Result<Decoded, DecodeError> {
    if !value.contains(&b'%') {
        return Members::of_json(policy, value)?.decoded(policy);
    }
    // Raw JSON is not decoded first: that could only add what its writer did not say.
    let members = Members::of_valid_json(policy, value).unwrap_or_else(|| {
        let decoded: Cow<'_, [u8]> = percent_decode(value).into();
        Members::of_json(policy, &decoded)
    });
    members?.decoded(policy)
}

/// The subject of a member.
#[derive(Clone, Copy)]
enum Member {
    Category(u8),
    Timestamp,
    Revision,
    Gpc,
    /// Another member that is kept.
    Kept,
    /// Another member that is not kept.
    Unknown,
}

impl Member {
    fn of(policy: &impl Terms, key: &[u8]) -> Self {
        match key {
            // No category can have these ids.
            b"timestamp" => Self::Timestamp,
            b"revision" => Self::Revision,
            b"gpc" => Self::Gpc,
            _ => match policy.index_of(key) {
                Some(category) => Self::Category(category),
                None if policy.keeps(key) => Self::Kept,
                None => Self::Unknown,
            },
        }
    }
}

/// The members read so far.
struct Members {
    choice: Choice,
    timestamp: Option<Result<u64, DecodeError>>,
    revision: Option<u32>,
    gpc: Option<bool>,
    kept: bool,
    unknown: bool,
    count: usize,
}

impl Default for Members {
    fn default() -> Self {
        Self {
            choice: Choice::at(0),
            timestamp: None,
            revision: None,
            gpc: None,
            kept: false,
            unknown: false,
            count: 0,
        }
    }
}

impl Members {
    /// Reads all members of an object.
    fn of_json(policy: &impl Terms, json: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = MembersReader::new(policy, true);
        let is_json = reader.read(json).is_some();
        match reader.fault {
            Some(why) => Err(why),
            None if is_json => Ok(reader.members),
            None => Err(DecodeError::Format),
        }
    }

    /// Reads all members of an object. Returns `None` if it is not complete JSON, and may still be
    /// encoded JSON.
    fn of_valid_json(policy: &impl Terms, json: &[u8]) -> Option<Result<Self, DecodeError>> {
        // Not worth reading if its end is encoded.
        json.trim_ascii_end().strip_suffix(b"}")?;
        let mut reader = MembersReader::new(policy, false);
        reader.read(json)?;
        Some(reader.fault.map_or(Ok(reader.members), Err))
    }

    fn take(&mut self, member: Member, value: &str) -> Result<(), DecodeError> {
        self.count += 1;
        if self.count > MAX_MEMBERS {
            return Err(DecodeError::TooManyMembers);
        }
        let twice = match member {
            Member::Category(index) => {
                let twice = self.choice.answered().contains(index);
                self.choice.answer_at(index, answer(value)?);
                twice
            }
            // Without a usable one, the other denials still count.
            Member::Timestamp => {
                // Text, a list or an object is not a date, but may be an identifier.
                self.unknown |= value.starts_with(['"', '[', '{']);
                self.timestamp.replace(seconds(value)).is_some()
            }
            Member::Revision => self.revision.replace(whole(value)?).is_some(),
            Member::Gpc => self.gpc.replace(answer(value)?).is_some(),
            Member::Kept => {
                self.kept = true;
                false
            }
            Member::Unknown => {
                self.unknown = true;
                false
            }
        };
        if twice {
            Err(DecodeError::Duplicate)
        } else {
            Ok(())
        }
    }

    fn decoded(self, policy: &impl Terms) -> Result<Decoded, DecodeError> {
        let mut choice = self.choice;
        let timestamp = self.timestamp.unwrap_or(Err(DecodeError::Timestamp));
        choice.revision = self.revision.unwrap_or(1);
        choice.gpc = self.gpc.unwrap_or(false);
        // Necessary categories are always on, whatever a script wrote.
        choice.denied = choice.denied - policy.necessary();
        match timestamp {
            Ok(timestamp) => choice.decided_at = timestamp,
            Err(why) if choice.denied.is_empty() => return Err(why),
            Err(_) => {}
        }
        Ok(Decoded {
            choice,
            keep_value: self.kept,
            unknown_members: self.unknown,
            undated: timestamp.is_err(),
        })
    }
}

/// Reads one object, whose members may be in any order and repeated.
struct MembersReader<'p, T> {
    policy: &'p T,
    members: Members,
    /// The reason why the value can't be read, although it may be JSON.
    fault: Option<DecodeError>,
    /// A fault stops the reading.
    ends_at_fault: bool,
}

impl<'p, T: Terms> MembersReader<'p, T> {
    fn new(policy: &'p T, ends_at_fault: bool) -> Self {
        Self {
            policy,
            members: Members::default(),
            fault: None,
            ends_at_fault,
        }
    }

    /// Reads it. Returns `None` if it is not JSON, or not an object.
    fn read(&mut self, json: &[u8]) -> Option<()> {
        work::did(json.len());
        let json = str::from_utf8(json).ok()?;
        let mut deserializer = serde_json::Deserializer::from_str(json);
        deserializer.deserialize_map(self).ok()?;
        deserializer.end().ok()
    }
}

impl<'de, T: Terms> Visitor<'de> for &mut MembersReader<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while self.fault.is_none() {
            let Some((Key(key), value)) = map.next_entry::<Key<'_>, &RawValue>()? else {
                return Ok(());
            };
            let member = Member::of(self.policy, key.as_bytes());
            self.fault = self.members.take(member, value.get()).err();
        }
        while !self.ends_at_fault && map.next_entry::<Key<'_>, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

/// A key, borrowed unless it has escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

fn answer(value: &str) -> Result<bool, DecodeError> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(DecodeError::Answer),
    }
}

/// Reads a whole number; one that is larger than any revision is newer than all of them.
fn whole(value: &str) -> Result<u32, DecodeError> {
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(value.parse().unwrap_or(u32::MAX))
    } else {
        Err(DecodeError::Revision)
    }
}

/// Reads whole seconds from seconds or milliseconds, whole or fractional.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be between 0 and 1e20, and `as` saturates"
)]
fn seconds(value: &str) -> Result<u64, DecodeError> {
    // The only JSON values that Rust parses as a number are numbers.
    let number: f64 = value.parse().map_err(|_| DecodeError::Timestamp)?;
    if !(0.0..1e20).contains(&number) {
        return Err(DecodeError::Timestamp);
    }
    let exact = value.parse().ok().filter(|_| value.len() <= EXACT_DIGITS);
    let whole = exact.unwrap_or(number as u64);
    Ok(if whole < MILLISECONDS_FROM {
        whole
    } else {
        whole / 1_000
    })
}
