//! From a value to a choice.

use std::{borrow::Cow, str};

use percent_encoding::percent_decode;

use super::{
    super::{
        choice::Choice,
        codec::{DecodeError, Decoded},
    },
    LONGEST, MOST_MEMBERS,
    reader::{Fault, PERCENT_ENCODED, PLAIN, Reader, Value},
};
use crate::policy::CookiePolicy;

/// Above this, a timestamp counts milliseconds: as seconds it would be the year 5138, as
/// milliseconds it is 1973.
const MILLISECONDS_FROM: u64 = 100_000_000_000;

/// What the value says, in whichever form it is written.
#[inline]
pub(super) fn decode(policy: &CookiePolicy, value: &[u8]) -> Result<Decoded, DecodeError> {
    if value.len() > LONGEST {
        return Err(DecodeError::TooLong);
    }
    // What is JSON as it stands is taken as it stands: decoding it could only add what its
    // writer did not say.
    if value.trim_ascii_start().first() == Some(&b'{') {
        match decode_json::<PLAIN>(policy, value) {
            Err(Failure::NotJson) if value.contains(&b'%') => {}
            result => return result.map_err(Failure::into_unreadable),
        }
    }
    match decode_json::<PERCENT_ENCODED>(policy, value) {
        Err(Failure::NotJson) => {}
        result => return result.map_err(Failure::into_unreadable),
    }
    let decoded: Cow<'_, [u8]> = percent_decode(value).into();
    decode_json::<PLAIN>(policy, &decoded).map_err(Failure::into_unreadable)
}

enum Failure {
    /// Not JSON in this form, as opposed to JSON that says something unusable.
    NotJson,
    Said(DecodeError),
}

impl Failure {
    fn into_unreadable(self) -> DecodeError {
        match self {
            Self::NotJson => DecodeError::Format,
            Self::Said(why) => why,
        }
    }
}

impl From<Fault> for Failure {
    fn from(_: Fault) -> Self {
        Self::NotJson
    }
}

impl From<DecodeError> for Failure {
    fn from(why: DecodeError) -> Self {
        Self::Said(why)
    }
}

/// Reads the object straight into bit sets.
fn decode_json<const ENCODED: bool>(
    policy: &CookiePolicy,
    json: &[u8],
) -> Result<Decoded, Failure> {
    if !ENCODED {
        str::from_utf8(json).map_err(|_| Failure::NotJson)?;
    }
    let mut reader = Reader::<ENCODED>::new(json)?.ok_or(DecodeError::Format)?;
    let mut members = Read::default();
    members.take_usual_answers(policy, &mut reader);
    let mut said = Ok(());
    while reader.member()? {
        let (usual, key) = members.usual();
        let member = if reader.skip_key(key) {
            usual
        } else {
            Member::of(policy, &reader.key()?)
        };
        let value = reader.value()?;
        // The rest is read all the same: what turns out to be no JSON may still be encoded JSON.
        if said.is_ok() {
            said = members.take(member, value);
        }
    }
    said?;
    Ok(members.decoded(policy)?)
}

/// What a member is about.
#[derive(Clone, Copy)]
enum Member {
    Category(u8),
    Timestamp,
    Revision,
    Gpc,
    /// Of others, and kept.
    Kept,
    /// Of others, or of nobody.
    Unknown,
}

impl Member {
    fn of(policy: &CookiePolicy, key: &[u8]) -> Self {
        match key {
            // No category can have these ids.
            b"timestamp" => Self::Timestamp,
            b"revision" => Self::Revision,
            b"gpc" => Self::Gpc,
            _ => match policy.index_of(key) {
                Some(category) => Self::Category(category),
                None if policy.preferences_cookie().keeps(key) => Self::Kept,
                None => Self::Unknown,
            },
        }
    }
}

/// What the members read so far say.
struct Read {
    choice: Choice,
    timestamp: Option<Result<u64, DecodeError>>,
    revision: Option<u32>,
    gpc: Option<bool>,
    kept: bool,
    unknown: bool,
    count: usize,
}

impl Default for Read {
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

impl Read {
    /// Takes the answers that stand first, in declared order, as this crate writes them. What follows
    /// is read as whatever it is: this only costs less.
    #[inline(always)]
    fn take_usual_answers<const ENCODED: bool>(
        &mut self,
        policy: &CookiePolicy,
        reader: &mut Reader<'_, ENCODED>,
    ) {
        for (index, key) in policy.encoded_keys() {
            if let Some(answer) = reader.skip_answer(key) {
                self.count += 1;
                self.choice.answer_at(index, answer);
            } else if !policy.necessary().contains(index) {
                // What is always on is often left out.
                return;
            }
        }
    }

    /// What comes next where this crate wrote it, once the answers are read.
    #[inline(always)]
    fn usual(&self) -> (Member, &'static [u8]) {
        match self.timestamp {
            None => (Member::Timestamp, b"%22timestamp%22%3A"),
            Some(_) => (Member::Revision, b"%22revision%22%3A"),
        }
    }

    #[inline(always)]
    fn take(&mut self, member: Member, value: Value<'_>) -> Result<(), DecodeError> {
        self.count += 1;
        if self.count > MOST_MEMBERS {
            return Err(DecodeError::TooManyMembers);
        }
        let twice = match member {
            Member::Category(index) => {
                let twice = (self.choice.granted | self.choice.denied).contains(index);
                self.choice.answer_at(index, answer(value)?);
                twice
            }
            // Without a usable one, the denials beside it still count.
            Member::Timestamp => self.timestamp.replace(seconds(value)).is_some(),
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

    fn decoded(self, policy: &CookiePolicy) -> Result<Decoded, DecodeError> {
        let mut choice = self.choice;
        let timestamp = self.timestamp.unwrap_or(Err(DecodeError::Timestamp));
        choice.revision = self.revision.unwrap_or(1);
        choice.gpc = self.gpc.unwrap_or(false);
        // A necessary category is always on, whatever a script wrote.
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

fn answer(value: Value<'_>) -> Result<bool, DecodeError> {
    match value {
        Value::Bool(answer) => Ok(answer),
        Value::Whole(_) | Value::Number(_) | Value::Other => Err(DecodeError::Answer),
    }
}

/// A whole number; one that is larger than any revision is newer than all of them.
fn whole(value: Value<'_>) -> Result<u32, DecodeError> {
    match value {
        Value::Whole(number) => Ok(u32::try_from(number).unwrap_or(u32::MAX)),
        Value::Number(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(number.parse().unwrap_or(u32::MAX))
        }
        _ => Err(DecodeError::Revision),
    }
}

/// Whole seconds from seconds or milliseconds, whole or fractional.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be between 0 and 1e20 above, and `as` saturates"
)]
fn seconds(value: Value<'_>) -> Result<u64, DecodeError> {
    let number = match value {
        // Nearly every one is a plain count of seconds.
        Value::Whole(seconds) if seconds < MILLISECONDS_FROM => return Ok(seconds),
        Value::Whole(milliseconds) => return Ok(milliseconds / 1_000),
        Value::Number(number) => number,
        Value::Bool(_) | Value::Other => return Err(DecodeError::Timestamp),
    };
    let timestamp: f64 = number.parse().map_err(|_| DecodeError::Timestamp)?;
    if !(0.0..1e20).contains(&timestamp) {
        return Err(DecodeError::Timestamp);
    }
    let seconds = timestamp as u64;
    Ok(if seconds < MILLISECONDS_FROM {
        seconds
    } else {
        seconds / 1_000
    })
}
