//! Values that no tool writes, and mappings that no tool has.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode;
use proptest::{collection, prelude::*, strategy::ValueTree, test_runner::TestRunner};
use serde_json::{Value, json};

use super::tables::{Case, Table, tables};
use crate::policy::CookiePolicy;

/// A change of a value's bytes.
#[derive(Clone, Debug)]
enum Change {
    Flip(usize, u32),
    Set(usize, u8),
    Cut(usize),
    Insert(usize, u8),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        (0usize..400, 0u32..8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        (0usize..400, any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        (0usize..400).prop_map(Change::Cut),
        (0usize..400, any::<u8>()).prop_map(|(at, byte)| Change::Insert(at, byte)),
    ];
    collection::vec(change, 1..4)
}

fn changed(text: &str, changes: &[Change]) -> Vec<u8> {
    let mut bytes: Vec<u8> = text.chars().map(|c| u8::try_from(c).unwrap()).collect();
    for change in changes {
        match *change {
            Change::Flip(at, bit) => bytes
                .iter_mut()
                .skip(at)
                .take(1)
                .for_each(|b| *b ^= 1 << bit),
            Change::Set(at, byte) => bytes.iter_mut().skip(at).take(1).for_each(|b| *b = byte),
            Change::Cut(at) => bytes.truncate(at),
            Change::Insert(at, byte) if at <= bytes.len() => bytes.insert(at, byte),
            Change::Insert(..) => {}
        }
    }
    bytes
}

/// Reads the changed values of a case; returns the keys that they grant, and those values.
fn granted(
    (table, case, policy): (&Table, &Case, &CookiePolicy),
    changes: &[Change],
) -> (Vec<String>, Vec<Vec<u8>>) {
    let values: Vec<_> = policy
        .preferences_names()
        .map(|name| Some(changed(case.values.get(name)?, changes)))
        .collect();
    let slots: Vec<_> = values.iter().map(Option::as_deref).collect();
    let cookie = policy.preferences_cookie();
    let granted = match cookie.decode(policy, &slots, table.now) {
        Ok(decoded) if !decoded.undecided => {
            let keys = table.keys().into_iter().enumerate();
            let granted = keys.filter(|(number, _)| {
                decoded.choice.get(policy, &format!("k{number}")) == Some(true)
            });
            granted.map(|(_, key)| key.to_owned()).collect()
        }
        _ => Vec::new(),
    };
    (granted, values.into_iter().flatten().collect())
}

/// Returns `true` if a key, or the last part of one, is in one of the values, in any of the ways in
/// which tools encode them.
fn mentions(values: &[Vec<u8>], key: &str) -> bool {
    let key = key.rsplit('.').next().unwrap_or(key);
    values.iter().any(|value| {
        let decoded: Cow<'_, [u8]> = percent_decode(value).into();
        let texts = [
            value.clone(),
            STANDARD.decode(&decoded).unwrap_or_default(),
            decoded.into(),
        ];
        texts
            .iter()
            .any(|text| memchr::memmem::find(text, key.as_bytes()).is_some())
    })
}

/// Returns `true` for keys that are not in the values: bits, the names of cookies, and the only key.
fn is_elsewhere(tool: &str, key: &str) -> bool {
    super::tc_string::Key::read(key).is_some()
        || matches!(
            (tool, key),
            (
                "complianz",
                "functional" | "preferences" | "statistics" | "marketing"
            ) | ("osano" | "aspnet" | "matomo", _)
        )
}

/// Undecided values are among the cases, and refusals.
#[test]
fn no_value_panics_or_grants_what_it_does_not_name() {
    let mut runner = TestRunner::deterministic();
    for table in tables() {
        for case in &table.cases {
            let policy = table.policy(case);
            for _ in 0..40 {
                let changes = changes().new_tree(&mut runner).unwrap().current();
                let (granted, values) = granted((&table, case, &policy), &changes);
                for key in granted {
                    let known = is_elsewhere(&table.tool, &key) || mentions(&values, &key);
                    assert!(known, "{}: {key} in {values:?}", table.tool);
                }
            }
        }
    }
}

/// Noise of any length, in place of each of the values.
#[test]
fn no_noise_panics() {
    let mut runner = TestRunner::deterministic();
    for table in tables() {
        let policy = table.policy(&table.cases[0]);
        let count = policy.preferences_names().len();
        let noise = collection::vec(
            proptest::option::of(collection::vec(any::<u8>(), 0..300)),
            count,
        );
        for _ in 0..40 {
            let values = noise.new_tree(&mut runner).unwrap().current();
            let slots: Vec<_> = values.iter().map(Option::as_deref).collect();
            let cookie = policy.preferences_cookie();
            if let Ok(decoded) = cookie.decode(&policy, &slots, table.now) {
                let mut ids = (0..table.keys().len()).map(|number| format!("k{number}"));
                let granted = ids.any(|id| decoded.choice.get(&policy, &id) == Some(true));
                assert!(!granted, "{}: {values:?}", table.tool);
            }
        }
    }
}

fn problem(cookie: &Value) -> String {
    let policy = json!({
        "preferences_cookie": cookie,
        "categories": [{"id": "ads", "basis": "consent"}],
    });
    match serde_json::from_str::<CookiePolicy>(&policy.to_string()) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn wrong_keys_and_names_are_reported() {
    let cases = include_str!("../../../tests/data/codec_problems.jsonl");
    for case in cases.lines() {
        let case: Value = serde_json::from_str(case).unwrap();
        let (found, expected) = (problem(&case["cookie"]), case["problem"].as_str().unwrap());
        let fits = found.contains(expected) && found.is_empty() == expected.is_empty();
        assert!(fits, "{case}: {found:?}");
    }
}
