mod reader;

use std::{borrow::Cow, str};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

use self::reader::{Reader, SyntaxError, Value};
use super::{
    choice::Choice,
    codec::{Decoded, PreferencesCodec, Unreadable},
};
use crate::policy::CookiePolicy;

/// The longest value, percent-encoded, that is read or written.
const LONGEST: usize = 4_096;
/// A value that is longer than this is rare.
const USUAL: usize = 512;
const MOST_MEMBERS: usize = 128;

/// Above this, a timestamp counts milliseconds: as seconds it would be the year 5138, as
/// milliseconds it is 1973.
const MILLISECONDS_FROM: u64 = 100_000_000_000;

/// What `encodeURIComponent` leaves alone, so that page scripts read the value with its inverse.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// The default format of the preferences cookie: a percent-encoded JSON object with each
/// category's id → `true` or `false`, `timestamp` (seconds since 1970), `revision`, and `gpc`
/// where the choice was made under that signal.
///
/// ```text
/// {"internes":true,"tiers":false,"timestamp":1790000000,"revision":2}
/// ```
///
/// Reading is tolerant in form: raw or percent-encoded JSON, seconds or milliseconds, whole or
/// fractional; members of others are ignored, and kept on writing while they fit; a missing
/// revision is 1. It fails closed in substance: a value over 4,096 bytes or 128 members, that is
/// not UTF-8 or not a JSON object, with a member that counts twice, with an answer that is no
/// boolean, or without a timestamp is [`Unreadable`].
///
/// An id that was once in use comes back with its old answers where visitors still have them:
/// give a category that takes over an old id a higher
/// [`since`](crate::Category::since).
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct JsonCodec;

impl PreferencesCodec for JsonCodec {
    fn decode(
        &self,
        policy: &CookiePolicy,
        values: &[Option<&[u8]>],
    ) -> Result<Decoded, Unreadable> {
        let value = values
            .first()
            .copied()
            .flatten()
            .ok_or(Unreadable::Format)?;
        if value.len() > LONGEST {
            return Err(Unreadable::TooLong);
        }
        // What is JSON as it stands is taken as it stands: decoding it could only add what its
        // writer did not say.
        if value.trim_ascii_start().first() == Some(&b'{') {
            match decode_json(policy, value) {
                Err(Failure::Syntax) if value.contains(&b'%') => {}
                result => return result.map_err(Failure::into_unreadable),
            }
        }
        // Nearly every value is short, and clearing the long buffer would cost more than the rest.
        let (mut usual, mut longest);
        let decoded = if value.len() <= USUAL {
            usual = [0; USUAL];
            percent_decoded(value, &mut usual)
        } else {
            longest = [0; LONGEST];
            percent_decoded(value, &mut longest)
        };
        decode_json(policy, decoded).map_err(Failure::into_unreadable)
    }

    fn encode(&self, policy: &CookiePolicy, choice: &Choice, previous: Option<&[u8]>) -> String {
        let mut members = Members::default();
        for (category, granted) in choice.answers(policy) {
            members.push(category.id(), granted);
        }
        members.push("timestamp", choice.decided_at);
        members.push("revision", choice.revision);
        if choice.gpc {
            members.push("gpc", true);
        }
        // Browsers count the cookie's name, too (RFC 6265bis §5.6).
        let free = LONGEST.saturating_sub(policy.preferences_cookie().name().len());
        for (key, value) in previous.map(members_of_others).into_iter().flatten() {
            if policy.index_of(key.as_bytes()).is_none() && !is_ours(&key) {
                members.push_if_it_fits(&key, &value, free);
            }
        }
        members.finish()
    }
}

fn is_ours(key: &str) -> bool {
    matches!(key, "timestamp" | "revision" | "gpc")
}

/// The members of an earlier value, whatever they are; none where it can't be read.
fn members_of_others(previous: &[u8]) -> serde_json::Map<String, serde_json::Value> {
    serde_json::from_slice(previous).unwrap_or_else(|_| {
        let decoded: Cow<'_, [u8]> = percent_decode(previous).into();
        serde_json::from_slice(&decoded).unwrap_or_default()
    })
}

/// A JSON object under construction, already percent-encoded.
#[derive(Default)]
struct Members {
    encoded: String,
    count: usize,
}

impl Members {
    fn push(&mut self, key: &str, value: impl Into<serde_json::Value>) {
        let member = Self::member(key, &value.into());
        self.append(&member);
    }

    fn push_if_it_fits(&mut self, key: &str, value: &serde_json::Value, free: usize) {
        let member = Self::member(key, value);
        // The brace that opens or comma that parts, and the brace that closes: three bytes each.
        let whole = self.encoded.len() + 3 + member.len() + 3;
        if whole <= free && self.count < MOST_MEMBERS {
            self.append(&member);
        }
    }

    fn append(&mut self, member: &str) {
        self.encoded
            .push_str(if self.count == 0 { "%7B" } else { "%2C" });
        self.encoded.push_str(member);
        self.count += 1;
    }

    fn member(key: &str, value: &serde_json::Value) -> String {
        let json = format!("{}:{value}", serde_json::Value::from(key));
        utf8_percent_encode(&json, COMPONENT).to_string()
    }

    fn finish(mut self) -> String {
        self.encoded.push_str("%7D");
        self.encoded
    }
}

/// Takes the percent-encoding off into `buffer`; what is no escape stays as it is.
fn percent_decoded<'b>(value: &[u8], buffer: &'b mut [u8]) -> &'b [u8] {
    let mut rest = value;
    let mut len = 0;
    while let (Some(slot), [byte, after @ ..]) = (buffer.get_mut(len), rest) {
        (*slot, rest) = match (byte, after) {
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, after),
                _ => (*byte, &rest[1..]),
            },
            _ => (*byte, after),
        };
        len += 1;
    }
    buffer.get(..len).unwrap_or_default()
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

enum Failure {
    /// Not JSON, as opposed to JSON that says something unusable.
    Syntax,
    Said(Unreadable),
}

impl Failure {
    fn into_unreadable(self) -> Unreadable {
        match self {
            Self::Syntax => Unreadable::Format,
            Self::Said(why) => why,
        }
    }
}

impl From<SyntaxError> for Failure {
    fn from(SyntaxError: SyntaxError) -> Self {
        Self::Syntax
    }
}

impl From<Unreadable> for Failure {
    fn from(why: Unreadable) -> Self {
        Self::Said(why)
    }
}

/// Reads the object straight into bit sets.
fn decode_json(policy: &CookiePolicy, json: &[u8]) -> Result<Decoded, Failure> {
    let json = str::from_utf8(json).map_err(|_| Unreadable::Format)?;
    let mut reader = Reader::new(json)?.ok_or(Unreadable::Format)?;
    let mut choice = Choice::at(0);
    let (mut timestamp, mut revision, mut gpc) = (None, None, None);
    let (mut members, mut of_others) = (0, false);
    let mut said = Ok(());
    while let Some(key) = reader.key()? {
        members += 1;
        let value = reader.value()?;
        let mut member = || -> Result<(), Unreadable> {
            let twice = if let Some(index) = policy.index_of(&key) {
                let twice = (choice.granted | choice.denied).contains(index);
                choice.answer_at(index, answer(value)?);
                twice
            } else {
                match &*key {
                    b"timestamp" => timestamp.replace(seconds(value)?).is_some(),
                    b"revision" => revision.replace(whole(value)?).is_some(),
                    b"gpc" => gpc.replace(answer(value)?).is_some(),
                    _ => {
                        of_others = true;
                        false
                    }
                }
            };
            if twice { Err(Unreadable::Duplicate) } else { Ok(()) }
        };
        // The rest is read all the same: what turns out to be no JSON may still be encoded JSON.
        said = said.and_then(|()| member());
        if members > MOST_MEMBERS {
            said = Err(Unreadable::TooManyMembers);
        }
    }
    said?;
    choice.decided_at = timestamp.ok_or(Unreadable::Timestamp)?;
    choice.revision = revision.unwrap_or(1);
    choice.gpc = gpc.unwrap_or(false);
    // A necessary category is always on, whatever a script wrote.
    choice.denied = choice.denied - policy.necessary();
    Ok(Decoded {
        choice,
        keep_value: of_others,
    })
}

fn answer(value: Value<'_>) -> Result<bool, Unreadable> {
    match value {
        Value::Bool(answer) => Ok(answer),
        Value::Number(_) | Value::Other => Err(Unreadable::Answer),
    }
}

/// A whole number; one that is larger than any revision is newer than all of them.
fn whole(value: Value<'_>) -> Result<u32, Unreadable> {
    match value {
        Value::Number(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(number.parse().unwrap_or(u32::MAX))
        }
        _ => Err(Unreadable::Revision),
    }
}

/// Whole seconds from seconds or milliseconds, whole or fractional.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be between 0 and 1e20 above, and `as` saturates"
)]
fn seconds(value: Value<'_>) -> Result<u64, Unreadable> {
    let Value::Number(number) = value else {
        return Err(Unreadable::Timestamp);
    };
    // Nearly every one is a plain count of seconds.
    if let Ok(seconds) = number.parse::<u64>()
        && seconds < MILLISECONDS_FROM
    {
        return Ok(seconds);
    }
    let timestamp: f64 = number.parse().map_err(|_| Unreadable::Timestamp)?;
    if !(0.0..1e20).contains(&timestamp) {
        return Err(Unreadable::Timestamp);
    }
    let seconds = timestamp as u64;
    Ok(if seconds < MILLISECONDS_FROM {
        seconds
    } else {
        seconds / 1_000
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Category;

    fn policy() -> CookiePolicy {
        CookiePolicy::new([
            Category::necessary("base"),
            Category::exempt("stats"),
            Category::consent("ads"),
        ])
        .unwrap()
    }

    fn decode(value: &str) -> Result<Decoded, Unreadable> {
        JsonCodec.decode(&policy(), &[Some(value.as_bytes())])
    }

    fn sample() -> Choice {
        let policy = policy();
        let mut choice = Choice::at(1_790_000_000).with_revision(2);
        choice.answer(&policy, "stats", false).unwrap();
        choice.answer(&policy, "ads", true).unwrap();
        choice
    }

    #[test]
    fn a_choice_survives_writing_and_reading() {
        for choice in [sample(), sample().with_gpc(true), Choice::at(0)] {
            let value = JsonCodec.encode(&policy(), &choice, None);
            assert_eq!(decode(&value), Ok(choice.into()), "{value}");
        }
    }

    #[test]
    fn the_written_value_is_what_encode_uri_component_would_write() {
        assert_eq!(
            JsonCodec.encode(&policy(), &sample(), None),
            "%7B%22stats%22%3Afalse%2C%22ads%22%3Atrue%2C%22timestamp%22%3A1790000000\
             %2C%22revision%22%3A2%7D"
        );
    }

    #[test]
    fn members_of_others_are_kept_and_ours_are_replaced() {
        let previous = r#"{"ga":true,"ads":false,"timestamp":1,"note":"é, ;"}"#;
        let value = JsonCodec.encode(&policy(), &sample(), Some(previous.as_bytes()));
        let plain = percent_decode(value.as_bytes()).decode_utf8().unwrap();
        let json: serde_json::Value = serde_json::from_str(&plain).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"stats": false, "ads": true, "timestamp": 1_790_000_000,
                "revision": 2, "ga": true, "note": "é, ;"})
        );
        assert!(decode(&value).unwrap().keep_value);
    }

    #[test]
    fn members_of_others_go_where_they_do_not_fit() {
        let previous = format!(r#"{{"long":"{}","short":1}}"#, "x".repeat(4_000));
        let value = JsonCodec.encode(&policy(), &sample(), Some(previous.as_bytes()));
        assert!(value.len() < 4_096);
        assert!(value.contains("short") && !value.contains("long"));
    }

    #[test]
    fn what_is_json_as_it_stands_is_not_decoded_first() {
        let raw = r#"{"timestamp":1790000000,"note":"%22,%22ads%22:true,%22x%22:%22"}"#;
        assert_eq!(decode(raw).unwrap().choice.granted, Choice::at(0).granted);
    }
}
