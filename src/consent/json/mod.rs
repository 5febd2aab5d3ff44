mod reader;

use std::{borrow::Cow, str};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

use self::reader::{Fault, PERCENT_ENCODED, PLAIN, Reader, Value};
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
/// where the choice was made under that signal. See [the example](PreferencesCodec).
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
    /// Not JSON in this form, as opposed to JSON that says something unusable.
    NotJson,
    Said(Unreadable),
}

impl Failure {
    fn into_unreadable(self) -> Unreadable {
        match self {
            Self::NotJson => Unreadable::Format,
            Self::Said(why) => why,
        }
    }
}

impl From<Fault> for Failure {
    fn from(_: Fault) -> Self {
        Self::NotJson
    }
}

impl From<Unreadable> for Failure {
    fn from(why: Unreadable) -> Self {
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
    let mut reader = Reader::<ENCODED>::new(json)?.ok_or(Unreadable::Format)?;
    let mut members = Read::default();
    if ENCODED {
        members.take_usual_answers(policy, &mut reader);
    }
    let mut said = Ok(());
    while reader.member()? {
        let (usual, key) = members.usual();
        let member = if ENCODED && reader.skip_key(key) {
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
    OfOthers,
}

impl Member {
    fn of(policy: &CookiePolicy, key: &[u8]) -> Self {
        match key {
            // No category can have these ids.
            b"timestamp" => Self::Timestamp,
            b"revision" => Self::Revision,
            b"gpc" => Self::Gpc,
            _ => policy.index_of(key).map_or(Self::OfOthers, Self::Category),
        }
    }
}

/// What the members read so far say.
struct Read {
    choice: Choice,
    timestamp: Option<u64>,
    revision: Option<u32>,
    gpc: Option<bool>,
    of_others: bool,
    count: usize,
}

impl Default for Read {
    fn default() -> Self {
        Self {
            choice: Choice::at(0),
            timestamp: None,
            revision: None,
            gpc: None,
            of_others: false,
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
    fn take(&mut self, member: Member, value: Value<'_>) -> Result<(), Unreadable> {
        self.count += 1;
        if self.count > MOST_MEMBERS {
            return Err(Unreadable::TooManyMembers);
        }
        let twice = match member {
            Member::Category(index) => {
                let twice = (self.choice.granted | self.choice.denied).contains(index);
                self.choice.answer_at(index, answer(value)?);
                twice
            }
            Member::Timestamp => self.timestamp.replace(seconds(value)?).is_some(),
            Member::Revision => self.revision.replace(whole(value)?).is_some(),
            Member::Gpc => self.gpc.replace(answer(value)?).is_some(),
            Member::OfOthers => {
                self.of_others = true;
                false
            }
        };
        if twice {
            Err(Unreadable::Duplicate)
        } else {
            Ok(())
        }
    }

    fn decoded(self, policy: &CookiePolicy) -> Result<Decoded, Unreadable> {
        let mut choice = self.choice;
        choice.decided_at = self.timestamp.ok_or(Unreadable::Timestamp)?;
        choice.revision = self.revision.unwrap_or(1);
        choice.gpc = self.gpc.unwrap_or(false);
        // A necessary category is always on, whatever a script wrote.
        choice.denied = choice.denied - policy.necessary();
        Ok(Decoded {
            choice,
            keep_value: self.of_others,
        })
    }
}

fn answer(value: Value<'_>) -> Result<bool, Unreadable> {
    match value {
        Value::Bool(answer) => Ok(answer),
        Value::Whole(_) | Value::Number(_) | Value::Other => Err(Unreadable::Answer),
    }
}

/// A whole number; one that is larger than any revision is newer than all of them.
fn whole(value: Value<'_>) -> Result<u32, Unreadable> {
    match value {
        Value::Whole(number) => Ok(u32::try_from(number).unwrap_or(u32::MAX)),
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
    let number = match value {
        // Nearly every one is a plain count of seconds.
        Value::Whole(seconds) if seconds < MILLISECONDS_FROM => return Ok(seconds),
        Value::Whole(milliseconds) => return Ok(milliseconds / 1_000),
        Value::Number(number) => number,
        Value::Bool(_) | Value::Other => return Err(Unreadable::Timestamp),
    };
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
    use proptest::{
        collection::vec,
        prelude::any,
        sample::{select, subsequence},
    };

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

    #[test]
    fn what_is_encoded_twice_is_unreadable() {
        for value in [
            "%257B%2522ads%2522%253Atrue%252C%2522timestamp%2522%253A1790000000%257D",
            "%257B\"ads\":true,\"timestamp\":1790000000%257D",
            "{\"ads\"%253Atrue,\"timestamp\":1790000000}",
        ] {
            assert_eq!(decode(value), Err(Unreadable::Format), "{value}");
        }
    }

    #[test]
    fn a_timestamp_counts_milliseconds_where_as_seconds_it_would_be_the_year_5138() {
        for (timestamp, seconds) in [
            ("99999999999", 99_999_999_999),
            ("99999999999.5", 99_999_999_999),
            ("100000000000", 100_000_000),
            ("100000000000.5", 100_000_000),
            ("1790000000999", 1_790_000_000),
        ] {
            let decoded = decode(&format!("{{\"timestamp\":{timestamp}}}")).unwrap();
            assert_eq!(decoded.choice.decided_at, seconds, "{timestamp}");
        }
    }

    #[test]
    fn members_of_others_are_kept_to_the_last_byte_that_browsers_keep() {
        let policy = policy();
        let free = LONGEST - policy.preferences_cookie().name().len();
        let with = |length| {
            let previous = format!(r#"{{"x":"{}"}}"#, "x".repeat(length));
            JsonCodec.encode(&policy, &sample(), Some(previous.as_bytes()))
        };
        let rest = free - with(0).len();
        assert_eq!(with(rest).len(), free);
        assert_eq!(with(rest + 1), JsonCodec.encode(&policy, &sample(), None));
    }

    #[test]
    fn no_more_members_are_written_than_are_read() {
        let previous: serde_json::Map<_, _> = (0..MOST_MEMBERS)
            .map(|member| (format!("x{member}"), 1.into()))
            .collect();
        let previous = serde_json::Value::from(previous).to_string();
        let value = JsonCodec.encode(&policy(), &sample(), Some(previous.as_bytes()));
        assert_eq!(value.matches("%3A").count(), MOST_MEMBERS);
        assert_eq!(decode(&value).unwrap().choice, sample());
    }

    #[test]
    fn what_is_no_utf_8_is_unreadable_in_either_form() {
        for byte in 0x80..=0xFF {
            for (before, after) in [
                ("%7B%22", "%22%3Atrue%2C%22timestamp%22%3A1790000000%7D"),
                ("{\"", "\":true,\"timestamp\":1790000000}"),
            ] {
                let value = [before.as_bytes(), &[byte], after.as_bytes()].concat();
                let read = JsonCodec.decode(&policy(), &[Some(&value)]);
                assert_eq!(read, Err(Unreadable::Format), "{}", value.escape_ascii());
            }
        }
    }

    proptest::proptest! {
        /// Encoded values have a way of their own as far as they look like this crate's.
        #[test]
        fn an_encoded_value_says_what_the_same_json_says(
            keys in vec(select(&["base", "stats", "ads", "timestamp", "revision", "gpc", "x"][..]), 0..8),
            values in vec(select(&["true", "false", "1", "1790000000", "truer", "null"][..]), 8),
            usual in any::<bool>(),
        ) {
            let usual_value = |key: &str| if key.len() > 5 { "1790000000" } else { "true" };
            let members = keys.iter().zip(&values).map(|(key, value)| {
                let value = if usual { usual_value(key) } else { value };
                format!("\"{key}\":{value}")
            });
            let json = format!("{{{}}}", members.collect::<Vec<_>>().join(","));
            let encoded = utf8_percent_encode(&json, COMPONENT).to_string();
            proptest::prop_assert_eq!(decode(&encoded), decode(&json), "{}", json);
        }

        #[test]
        fn answers_in_declared_order_say_what_the_same_json_says(
            keys in subsequence(vec!["base", "stats", "ads", "timestamp", "revision", "gpc"], 0..=6),
            no in any::<u8>(),
        ) {
            let members = keys.iter().enumerate().map(|(index, key)| match *key {
                "timestamp" | "revision" => format!("\"{key}\":1790000000"),
                key => format!("\"{key}\":{}", no >> index & 1 == 0),
            });
            let json = format!("{{{}}}", members.collect::<Vec<_>>().join(","));
            let encoded = utf8_percent_encode(&json, COMPONENT).to_string();
            proptest::prop_assert_eq!(decode(&encoded), decode(&json), "{}", json);
        }
    }
}
