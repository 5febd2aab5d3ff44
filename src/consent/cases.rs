//! The case table of `tests/data/preferences.json`: the meaning of one value under one policy.

use std::{fs, path::Path};

use serde::Deserialize;

use super::{Choice, DecodeError, PreferencesValues, Reading, read};
use crate::policy::{CategorySet, CookiePolicy};

#[derive(Deserialize)]
struct Table {
    policy: CookiePolicy,
    now: u64,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// A string with one character U+0000–U+00FF for each byte.
    value: String,
    /// The length of the value once its `~` is replaced with as many `x`.
    fill: Option<usize>,
    /// The number of members that replace `~`.
    members: Option<usize>,
    /// The number of nested brackets that replace `~`.
    nest: Option<usize>,
    #[serde(default)]
    granted: Vec<String>,
    #[serde(default)]
    denied: Vec<String>,
    timestamp: Option<u64>,
    #[serde(default = "first")]
    revision: u32,
    #[serde(default)]
    gpc: bool,
    /// The value must be kept for its other members; if not specified, it does not matter.
    keeps: Option<bool>,
    /// The value contains something that is not kept; if not specified, it does not matter.
    unknown: Option<bool>,
    unreadable: Option<String>,
}

fn first() -> u32 {
    1
}

impl Case {
    fn value(&self) -> Vec<u8> {
        let filling = match (self.fill, self.members, self.nest) {
            (Some(length), ..) => "x".repeat(length + 1 - self.value.len()),
            (_, Some(count), _) => {
                let members: Vec<_> = (0..count).map(|n| format!("\"m{n}\":{n}")).collect();
                members.join(",")
            }
            (.., Some(depth)) => format!("{}{}", "[".repeat(depth), "]".repeat(depth)),
            _ => "~".to_owned(),
        };
        let value = self.value.replace('~', &filling);
        value.chars().map(|c| u8::try_from(c).unwrap()).collect()
    }

    fn expected(&self, policy: &CookiePolicy, undated: u64) -> Choice {
        let set = |ids: &[String]| -> CategorySet {
            ids.iter()
                .map(|id| policy.index_of(id.as_bytes()).unwrap())
                .collect()
        };
        Choice {
            granted: set(&self.granted),
            denied: set(&self.denied),
            revision: self.revision,
            gpc: self.gpc,
            ..Choice::at(self.timestamp.unwrap_or(undated))
        }
    }
}

fn table() -> Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/preferences.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn reading<'a>(table: &Table, values: impl IntoIterator<Item = &'a [u8]>) -> Reading<'a> {
    let mut found = PreferencesValues::default();
    for value in values {
        assert!(found.offer(&table.policy, b"cookies_preferences", value));
    }
    read(&table.policy, &found, table.now)
}

#[test]
fn each_value_says_what_the_table_says() {
    let table = table();
    for case in &table.cases {
        let value = case.value();
        let reading = reading(&table, [&value[..]]);
        assert!(!reading.several, "{}", case.name);
        let why = reading.unreadable.map(|why| format!("{why:?}"));
        assert_eq!(why, case.unreadable, "{}", case.name);
        if case.unreadable.is_some() {
            // A denial needs no date.
            let denials =
                (!case.denied.is_empty()).then(|| case.expected(&table.policy, table.now));
            assert_eq!(reading.choice, denials, "{}", case.name);
            assert_eq!(reading.denied_by_all, CategorySet::EMPTY, "{}", case.name);
            continue;
        }
        assert!(case.timestamp.is_some(), "{}", case.name);
        let expected = case.expected(&table.policy, table.now);
        assert_eq!(reading.choice, Some(expected), "{}", case.name);
        assert_eq!(reading.denied_by_all, expected.denied, "{}", case.name);
        if let Some(keeps) = case.keeps {
            assert_eq!(reading.previous.is_some(), keeps, "{}", case.name);
        }
        if let Some(unknown) = case.unknown {
            assert_eq!(reading.fault.is_some(), unknown, "{}", case.name);
        }
    }
}

#[test]
fn the_table_has_every_reason() {
    let table = table();
    for why in [
        DecodeError::TooLong,
        DecodeError::TooManyMembers,
        DecodeError::Format,
        DecodeError::Duplicate,
        DecodeError::Answer,
        DecodeError::Timestamp,
        DecodeError::FutureTimestamp,
        DecodeError::Revision,
    ] {
        let why = format!("{why:?}");
        let there = table
            .cases
            .iter()
            .any(|case| case.unreadable.as_ref() == Some(&why));
        assert!(there, "{why}");
    }
    assert!(table.cases.len() > 90);
}

/// Reads every two values of the table together in one request.
#[test]
fn two_values_grant_no_more_than_either() {
    let table = table();
    let values: Vec<_> = table.cases.iter().map(Case::value).collect();
    for one in &values {
        let alone = reading(&table, [&one[..]]);
        for other in &values {
            let both = reading(&table, [&one[..], other]);
            assert!(both.several && both.previous.is_none());
            let granted = |reading: &Reading<'_>| {
                reading
                    .choice
                    .map_or(CategorySet::EMPTY, |choice| choice.granted)
            };
            let denied = |reading: &Reading<'_>| {
                reading
                    .choice
                    .map_or(CategorySet::EMPTY, |choice| choice.denied)
            };
            let more = granted(&both) - granted(&alone);
            assert!(
                more.is_empty(),
                "{} {}",
                one.escape_ascii(),
                other.escape_ascii()
            );
            let fewer = denied(&alone) - denied(&both);
            assert!(
                fewer.is_empty(),
                "{} {}",
                one.escape_ascii(),
                other.escape_ascii()
            );
            assert!((both.denied_by_all - alone.denied_by_all).is_empty());
            assert_eq!(
                both.unreadable.is_some(),
                alone.unreadable.is_some() || reading(&table, [&other[..]]).unreadable.is_some()
            );
            assert_eq!(granted(&both), granted(&reading(&table, [&other[..], one])));
        }
    }
}

#[test]
fn sixteen_cookies_are_read_and_seventeen_are_not() {
    let table = table();
    let value = br#"{"tiers":true,"timestamp":1795000000}"#;
    let sixteen = reading(&table, [&value[..]; 16]);
    assert_eq!(sixteen.unreadable, None);
    assert!(!sixteen.choice.unwrap().granted.is_empty());
    let seventeen = reading(&table, [&value[..]; 17]);
    assert_eq!(seventeen.unreadable, Some(DecodeError::TooManyCookies));
    assert_eq!(seventeen.choice, None);
}
