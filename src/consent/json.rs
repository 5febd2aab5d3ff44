use std::{borrow::Cow, cell::Cell, fmt, str};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category as JsonError;

use super::{
    choice::Choice,
    codec::{Decoded, PreferencesCodec, Unreadable},
};
use crate::policy::CookiePolicy;

/// The longest value, percent-encoded, that is read or written.
const LONGEST: usize = 4_096;
const MOST_MEMBERS: usize = 128;

/// Above this, a timestamp counts milliseconds: as seconds it would be the year 5138, as
/// milliseconds it is 1973.
const MILLISECONDS_FROM: f64 = 1e11;

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
        let mut buffer = [0; LONGEST];
        let mut len = 0;
        for (slot, byte) in buffer.iter_mut().zip(percent_decode(value)) {
            *slot = byte;
            len += 1;
        }
        decode_json(policy, buffer.get(..len).unwrap_or_default()).map_err(Failure::into_unreadable)
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

fn decode_json(policy: &CookiePolicy, json: &[u8]) -> Result<Decoded, Failure> {
    // `IgnoredAny` would skip over strings that are not UTF-8.
    let json = str::from_utf8(json).map_err(|_| Failure::Said(Unreadable::Format))?;
    let why = Cell::new(Unreadable::Format);
    let mut deserializer = serde_json::Deserializer::from_str(json);
    ObjectSeed { policy, why: &why }
        .deserialize(&mut deserializer)
        .and_then(|decoded| deserializer.end().map(|()| decoded))
        .map_err(|error| match error.classify() {
            JsonError::Data => Failure::Said(why.get()),
            JsonError::Io | JsonError::Syntax | JsonError::Eof => Failure::Syntax,
        })
}

/// Reads the object straight into bit sets; `why` is what an error at this point would mean.
struct ObjectSeed<'a> {
    policy: &'a CookiePolicy,
    why: &'a Cell<Unreadable>,
}

enum Key {
    Category(u8),
    Timestamp,
    Revision,
    Gpc,
    OfOthers,
}

impl<'de> DeserializeSeed<'de> for ObjectSeed<'_> {
    type Value = Decoded;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Decoded, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ObjectSeed<'_> {
    type Value = Decoded;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of answers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Decoded, A::Error> {
        let fail = |why| {
            self.why.set(why);
            de::Error::custom(why)
        };
        let mut choice = Choice::at(0);
        let (mut timestamp, mut revision, mut gpc) = (None, None, None);
        let (mut members, mut of_others) = (0, false);
        while let Some(key) = map.next_key_seed(KeySeed(self.policy))? {
            members += 1;
            if members > MOST_MEMBERS {
                return Err(fail(Unreadable::TooManyMembers));
            }
            let twice = match key {
                Key::Category(index) => {
                    self.why.set(Unreadable::Answer);
                    let granted = map.next_value()?;
                    let twice = (choice.granted | choice.denied).contains(index);
                    choice.answer_at(index, granted);
                    twice
                }
                Key::Timestamp => {
                    self.why.set(Unreadable::Timestamp);
                    timestamp.replace(map.next_value()?).is_some()
                }
                Key::Revision => {
                    self.why.set(Unreadable::Revision);
                    revision.replace(map.next_value::<u64>()?).is_some()
                }
                Key::Gpc => {
                    self.why.set(Unreadable::Answer);
                    gpc.replace(map.next_value()?).is_some()
                }
                Key::OfOthers => {
                    of_others = true;
                    map.next_value::<IgnoredAny>()?;
                    false
                }
            };
            if twice {
                return Err(fail(Unreadable::Duplicate));
            }
            self.why.set(Unreadable::Format);
        }
        choice.decided_at = timestamp
            .and_then(seconds)
            .ok_or_else(|| fail(Unreadable::Timestamp))?;
        choice.revision = revision.map_or(1, |given| u32::try_from(given).unwrap_or(u32::MAX));
        choice.gpc = gpc.unwrap_or(false);
        // A necessary category is always on, whatever a script wrote.
        choice.denied = choice.denied - self.policy.necessary();
        Ok(Decoded {
            choice,
            keep_value: of_others,
        })
    }
}

/// Whole seconds from seconds or milliseconds.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be between 0 and 1e20 above, and `as` saturates"
)]
fn seconds(timestamp: f64) -> Option<u64> {
    if !(0.0..1e20).contains(&timestamp) {
        return None;
    }
    let seconds = if timestamp >= MILLISECONDS_FROM {
        timestamp / 1_000.0
    } else {
        timestamp
    };
    Some(seconds as u64)
}

struct KeySeed<'a>(&'a CookiePolicy);

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = Key;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<Key, E> {
        Ok(match self.0.index_of(key.as_bytes()) {
            Some(index) => Key::Category(index),
            None => match key {
                "timestamp" => Key::Timestamp,
                "revision" => Key::Revision,
                "gpc" => Key::Gpc,
                _ => Key::OfOthers,
            },
        })
    }
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
