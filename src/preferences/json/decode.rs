//! Decodes a value into a choice.

use std::{fmt, slice, str};

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{
    super::{Choice, DecodeError, Decoded, RegimeNumber, Terms},
    MAX_ESCAPED_KEYS, MAX_MEMBERS, text, written,
};
use crate::{wire::MAX_PAIR, work};

/// Above this, a timestamp counts milliseconds: as seconds it would be the year 5138, as
/// milliseconds it is 1973.
const MILLISECONDS_FROM: u64 = 100_000_000_000;

/// The number of digits up to which every whole number is exact.
const EXACT_DIGITS: usize = 18;

/// Reads the first value, in either form.
#[inline]
pub(crate) fn decode_first(
    policy: &impl Terms,
    values: &[Option<&[u8]>],
) -> Result<Decoded, DecodeError> {
    let value = values.first().copied().flatten();
    let value = value.ok_or(DecodeError::Format)?;
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
    let json = text::of(value).ok_or(DecodeError::Format)?;
    Members::of_json(policy, &json)?.decoded(policy)
}

/// The subject of a member.
#[derive(Clone, Copy)]
enum Member {
    Category(u8),
    Timestamp,
    Revision,
    Gpc,
    Regime,
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
            b"regime" => Self::Regime,
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
    regime: Option<RegimeNumber>,
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
            regime: None,
            kept: false,
            unknown: false,
            count: 0,
        }
    }
}

impl Members {
    /// Reads all members of an object.
    fn of_json(policy: &impl Terms, json: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = MembersReader {
            policy,
            members: Self::default(),
            fault: None,
            buffer: Vec::new(),
            escaped_keys: 0,
        };
        let is_json = reader.read(json).is_some();
        match reader.fault {
            Some(why) => Err(why),
            None if is_json => Ok(reader.members),
            None => Err(DecodeError::Format),
        }
    }

    fn take(
        &mut self,
        policy: &impl Terms,
        member: Member,
        value: &str,
    ) -> Result<(), DecodeError> {
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
            Member::Regime => {
                let regime = regime(policy, value);
                // Other text may be an identifier.
                self.unknown |= regime == RegimeNumber::UNKNOWN;
                self.regime.replace(regime).is_some()
            }
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
        choice.regime = self.regime.unwrap_or(RegimeNumber::OWN);
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
            denials_only: timestamp.err(),
            undecided: false,
            former: false,
        })
    }
}

/// Reads one object, whose members may be in any order and repeated.
struct MembersReader<'p, T> {
    policy: &'p T,
    members: Members,
    /// The reason why the value can't be read, which ends the reading.
    fault: Option<DecodeError>,
    /// The last key with escapes, without them.
    buffer: Vec<u8>,
    /// The number of keys with escapes, which cost the most to read.
    escaped_keys: usize,
}

impl<T: Terms> MembersReader<'_, T> {
    /// Reads it. Returns `None` if it is not JSON, or not an object.
    fn read(&mut self, json: &[u8]) -> Option<()> {
        work::did(json.len());
        let json = str::from_utf8(json).ok()?;
        let mut deserializer = serde_json::Deserializer::from_str(json);
        deserializer.deserialize_map(self).ok()?;
        deserializer.end().ok()
    }

    fn take(&mut self, key: &str, value: &str) -> Result<(), DecodeError> {
        self.escaped_keys += usize::from(key.contains('\\'));
        if self.escaped_keys > MAX_ESCAPED_KEYS {
            return Err(DecodeError::TooManyMembers);
        }
        let key = unescaped(key, &mut self.buffer).ok_or(DecodeError::Format)?;
        let member = Member::of(self.policy, key);
        self.members.take(self.policy, member, value)
    }
}

impl<'de, T: Terms> Visitor<'de> for &mut MembersReader<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while self.fault.is_none()
            && let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()?
        {
            self.fault = self.take(key.get(), value.get()).err();
        }
        Ok(())
    }
}

/// Returns the text of a JSON string, in the buffer if it has escapes. Returns `None` if one of them
/// is half a character.
fn unescaped<'a>(string: &'a str, buffer: &'a mut Vec<u8>) -> Option<&'a [u8]> {
    let text = string.strip_prefix('"')?.strip_suffix('"')?;
    if !text.contains('\\') {
        return Some(text.as_bytes());
    }
    buffer.clear();
    buffer.reserve(text.len());
    let mut bytes = text.as_bytes().iter();
    while let Some(&byte) = bytes.next() {
        buffer.push(match byte {
            b'\\' => match bytes.next()? {
                b'u' => {
                    let char = escaped_char(&mut bytes)?;
                    buffer.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                    continue;
                }
                b'b' => 0x08,
                b'f' => 0x0C,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                itself => *itself,
            },
            itself => itself,
        });
    }
    Some(buffer)
}

/// Reads the rest of an escape with digits. Beyond 16 bits, the second half of UTF-16 follows.
fn escaped_char(bytes: &mut slice::Iter<'_, u8>) -> Option<char> {
    let first = code_unit(bytes)?;
    if let Some(char) = char::from_u32(first.into()) {
        return Some(char);
    }
    *bytes = bytes.as_slice().strip_prefix(b"\\u")?.iter();
    char::decode_utf16([first, code_unit(bytes)?]).next()?.ok()
}

/// Reads four hexadecimal digits.
fn code_unit(bytes: &mut slice::Iter<'_, u8>) -> Option<u16> {
    let mut digits = bytes.by_ref().take(4);
    digits.try_fold(0, |unit, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(unit << 4 | u16::try_from(digit).ok()?)
    })
}

/// Reads the id of a regime, which needs no escapes.
fn regime(policy: &impl Terms, value: &str) -> RegimeNumber {
    let id = value.strip_prefix('"').and_then(|id| id.strip_suffix('"'));
    id.map_or(RegimeNumber::UNKNOWN, |id| {
        policy.regime_number(id.as_bytes())
    })
}

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
