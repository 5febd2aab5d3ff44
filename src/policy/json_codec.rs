use std::time::SystemTime;

use super::{CookiePolicy, PreferencesCodec};
use crate::preferences::{Choice, DecodeError, Decoded, json};

/// The default format of the preferences cookie: a percent-encoded JSON object with each category's
/// id → `true` or `false`, `timestamp` (seconds since 1970), `revision`, `gpc` if the choice
/// was made under that signal, and `regime`, the id of the [regime](crate::guide::regimes) that it was made
/// in, if there was one. A [`PreferencesCodec`].
///
/// ```text
/// {"internes":true,"tiers":false,"timestamp":1790000000,"revision":2}
/// ```
///
/// Reading is lenient in form: raw JSON if the value begins with `{"`, and percent-encoded JSON
/// otherwise, in which any character may be encoded; seconds or milliseconds, whole or
/// fractional; other members are ignored, and those listed in
/// [`PreferencesCookie::keep`](crate::preferences::PreferencesCookie::keep) are kept on writing if
/// they fit; a missing revision is 1. It fails closed in substance: a value is a [`DecodeError`] if
/// it has more than 4,096 bytes or 128 members, or more than 32 members whose keys have escapes, is
/// not UTF-8 or not a JSON object, repeats a relevant member, has an answer that is not a boolean, or lacks a usable timestamp; or if a
/// percent sign lacks its two hexadecimal digits, unless the JSON is raw. Without a timestamp, its
/// denials still count. A timestamp that is text, a list or an object counts as an unknown member,
/// since it could identify the visitor.
///
/// If an id is reused, visitors may still have answers to its old meaning: give a category that
/// takes over an old id a higher [`since`](crate::Category::since).
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct JsonCodec;

impl PreferencesCodec for JsonCodec {
    fn decode(
        &self,
        policy: &CookiePolicy,
        values: &[Option<&[u8]>],
        _: SystemTime,
    ) -> Result<Decoded, DecodeError> {
        json::decode_first(policy, values)
    }

    fn encode(
        &self,
        policy: &CookiePolicy,
        choice: &Choice,
        previous: Option<&[u8]>,
    ) -> Option<String> {
        Some(json::encode(policy, choice, previous))
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use percent_encoding::{percent_decode, utf8_percent_encode};
    use proptest::{
        collection::vec,
        prelude::any,
        sample::{select, subsequence},
    };

    use super::*;
    use crate::{
        policy::{Category, PreferencesCookie},
        preferences::json::{COMPONENT, MAX_MEMBERS},
        wire::MAX_PAIR,
    };

    fn policy() -> CookiePolicy {
        CookiePolicy::new([
            Category::necessary("base"),
            Category::exempt("stats"),
            Category::consent("ads"),
        ])
        .unwrap()
    }

    /// Returns the same policy, with these other members kept.
    fn keeping<const N: usize>(names: [&str; N]) -> CookiePolicy {
        let builder = CookiePolicy::builder()
            .preferences_cookie(PreferencesCookie::default().keep(names))
            .categories(policy().categories().cloned());
        builder.build().unwrap()
    }

    fn decode(value: &str) -> Result<Decoded, DecodeError> {
        JsonCodec.decode(&policy(), &[Some(value.as_bytes())], UNIX_EPOCH)
    }

    fn encode(policy: &CookiePolicy, choice: &Choice, previous: Option<&[u8]>) -> String {
        JsonCodec.encode(policy, choice, previous).unwrap()
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
            let value = encode(&policy(), &choice, None);
            assert_eq!(decode(&value), Ok(choice.into()), "{value}");
        }
    }

    #[test]
    fn the_written_value_is_what_encode_uri_component_would_write() {
        assert_eq!(
            encode(&policy(), &sample(), None),
            "%7B%22stats%22%3Afalse%2C%22ads%22%3Atrue%2C%22timestamp%22%3A1790000000\
             %2C%22revision%22%3A2%7D"
        );
    }

    #[test]
    fn members_of_others_are_kept_and_ours_are_replaced() {
        let policy = keeping(["ga", "note", "absent"]);
        let previous = r#"{"ga":true,"ads":false,"timestamp":1,"uid":4711,"note":"é, ;"}"#;
        let value = encode(&policy, &sample(), Some(previous.as_bytes()));
        let plain = percent_decode(value.as_bytes()).decode_utf8().unwrap();
        let json: serde_json::Value = serde_json::from_str(&plain).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"stats": false, "ads": true, "timestamp": 1_790_000_000,
                "revision": 2, "ga": true, "note": "é, ;"})
        );
        let read = |value: &str| {
            JsonCodec
                .decode(&policy, &[Some(value.as_bytes())], UNIX_EPOCH)
                .unwrap()
        };
        let written = read(&value);
        assert!(written.keep_value && !written.unknown_members);
        assert!(read(previous).keep_value && read(previous).unknown_members);
    }

    #[test]
    fn members_that_nobody_named_are_not_kept() {
        let previous = r#"{"uid":"visitor-4711","_ga":"GA1.2","id":1,"ads":true,"timestamp":1}"#;
        let value = encode(&policy(), &sample(), Some(previous.as_bytes()));
        assert_eq!(value, encode(&policy(), &sample(), None));
        let read = decode(previous).unwrap();
        assert!(!read.keep_value && read.unknown_members);
        assert!(!decode(&value).unwrap().unknown_members);
    }

    #[test]
    fn members_of_others_go_where_they_do_not_fit() {
        let previous = format!(r#"{{"long":"{}","short":1}}"#, "x".repeat(4_000));
        let policy = keeping(["long", "short"]);
        let value = encode(&policy, &sample(), Some(previous.as_bytes()));
        assert!(value.len() < MAX_PAIR);
        assert!(value.contains("short") && !value.contains("long"));
    }

    #[test]
    fn raw_json_is_not_decoded_first() {
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
            assert_eq!(decode(value), Err(DecodeError::Format), "{value}");
        }
    }

    #[test]
    fn timestamps_from_the_year_5138_on_are_milliseconds() {
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
    fn kept_members_fill_the_cookie_to_its_last_byte() {
        let policy = keeping(["x"]);
        let free = MAX_PAIR - policy.preferences_cookie().name().len();
        let with = |length| {
            let previous = format!(r#"{{"x":"{}"}}"#, "x".repeat(length));
            encode(&policy, &sample(), Some(previous.as_bytes()))
        };
        let rest = free - with(0).len();
        assert_eq!(with(rest).len(), free);
        assert_eq!(with(rest + 1), encode(&policy, &sample(), None));
    }

    #[test]
    fn leading_answers_count_as_members() {
        for (others, read) in [(125, true), (126, false)] {
            let others = (0..others).map(|number| format!("\"m{number}\":{number},"));
            let others = others.collect::<String>();
            let json = format!(r#"{{"stats":true,"ads":true,{others}"timestamp":1790000000}}"#);
            let encoded = utf8_percent_encode(&json, COMPONENT).to_string();
            assert_eq!(decode(&encoded).is_ok(), read, "{encoded}");
            assert_eq!(decode(&json), decode(&encoded));
        }
    }

    #[test]
    fn no_more_members_are_written_than_are_read() {
        let names: [_; MAX_MEMBERS] = std::array::from_fn(|member| format!("x{member}"));
        let previous: serde_json::Map<_, _> =
            names.iter().map(|name| (name.clone(), 1.into())).collect();
        let previous = serde_json::Value::from(previous).to_string();
        let policy = keeping(names.each_ref().map(String::as_str));
        let value = encode(&policy, &sample(), Some(previous.as_bytes()));
        assert_eq!(value.matches("%3A").count(), MAX_MEMBERS);
        assert_eq!(decode(&value).unwrap().choice, sample());
    }

    #[test]
    fn invalid_utf_8_is_unreadable_in_either_form() {
        for byte in 0x80..=0xFF {
            for (before, after) in [
                ("%7B%22", "%22%3Atrue%2C%22timestamp%22%3A1790000000%7D"),
                ("{\"", "\":true,\"timestamp\":1790000000}"),
            ] {
                let value = [before.as_bytes(), &[byte], after.as_bytes()].concat();
                let read = JsonCodec.decode(&policy(), &[Some(&value)], UNIX_EPOCH);
                assert_eq!(read, Err(DecodeError::Format), "{}", value.escape_ascii());
            }
        }
    }

    #[test]
    fn own_values_are_read_byte_for_byte() {
        for choice in [sample(), sample().with_gpc(true), Choice::at(0)] {
            let value = encode(&policy(), &choice, None);
            let read = |value: &[u8]| json::read_written(&policy(), value);
            assert_eq!(read(value.as_bytes()), Some(choice), "{value}");
            for length in 0..value.len() {
                assert_eq!(read(&value.as_bytes()[..length]), None, "{value} {length}");
            }
        }
    }

    #[test]
    fn members_of_others_may_nest_to_any_depth() {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}"), ("[{\"a\":", "}]")] {
            let depth = 4_000 / (open.len() + close.len());
            let nested = |close: &str| {
                let (open, close) = (open.repeat(depth), close.repeat(depth));
                decode(&format!(
                    r#"{{"ads":true,"x":{open}1{close},"timestamp":1}}"#
                ))
            };
            assert!(
                nested(close).is_ok_and(|read| read.unknown_members),
                "{open}"
            );
            assert_eq!(nested("").unwrap_err(), DecodeError::Format, "{open}");
        }
    }

    /// Written as members, some of which are not JSON.
    const VALUES: [&str; 16] = [
        "true",
        "false",
        "1",
        "1790000000",
        "truer",
        "null",
        "0",
        "01",
        "-0",
        "1.5",
        "1e3",
        "+1",
        "99999999999",
        "100000000000",
        "4294967296",
        "1e400",
    ];

    proptest::proptest! {
        /// Encoded values are read separately if they look like this crate's.
        #[test]
        fn an_encoded_value_says_what_the_same_json_says(
            keys in vec(select(&["base", "stats", "ads", "timestamp", "revision", "gpc", "x"][..]), 0..8),
            values in vec(select(&VALUES[..]), 8),
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
