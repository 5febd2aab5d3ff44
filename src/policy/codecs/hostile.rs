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
    for (cookie, expected) in [
        (
            json!({"codec": {"onetrust": {}}, "name": "OptanonAlertBoxClosed"}),
            "use \"OptanonConsent\"",
        ),
        (
            json!({"codec": {"didomi": {}}, "name": "euconsent-v2"}),
            "use \"didomi_token\"",
        ),
        (
            json!({"codec": {"usercentrics": {}}}),
            "usercentrics stores the choice in localStorage",
        ),
        (
            json!({"codec": {"termly": {"ads": ["advertising"]}}}),
            "termly stores the choice in localStorage",
        ),
        (
            json!({"codec": {"one_trust": {}}}),
            "did you mean \"onetrust\"?",
        ),
        (
            json!({"codec": {"cookiebot": {"ads": ["marketings"]}}}),
            "did you mean \"marketing\"?",
        ),
        (
            json!({"codec": {"cookieyes": {"ads": ["consent"]}}}),
            "is not a category of CookieYes",
        ),
        (
            json!({"codec": {"faz": {"ads": ["action"]}}}),
            "is not a category of FAZ",
        ),
        (
            json!({"codec": {"axeptio": {"ads": ["$$completed"]}}}),
            "is not a vendor of Axeptio",
        ),
        (
            json!({"codec": {"tcf": {"ads": ["purpose12"]}}}),
            "use purpose1 to purpose11",
        ),
        (
            json!({"codec": {"tcf": {"ads": ["vendor0"]}}}),
            "is not a key of a TC string",
        ),
        (
            json!({"codec": {"tcf": {"ads": ["vendor65536"]}}}),
            "is not a key of a TC string",
        ),
        (
            json!({"codec": {"tcf": {"ads": ["vendor01"]}}}),
            "is not a key of a TC string",
        ),
        (
            json!({"codec": {"tcf": {}}}),
            "no id of the policy is a key of tcf",
        ),
        (
            json!({"codec": {"iubenda": {"ads": ["5"]}}}),
            "use \"_iub_cs-\" and the id of the site",
        ),
        (
            json!({"codec": {"iubenda": {"ads": ["6"]}}, "name": "_iub_cs-1"}),
            "\"6\" is not a key",
        ),
        (
            json!({"codec": {"real_cookie_banner": {"ads": ["22"]}}}),
            "use the one that the browser",
        ),
        (
            json!({"codec": {"real_cookie_banner": {"ads": ["ga"]}}, "name": "real_cookie_banner-blog:1"}),
            "is not the id of a service",
        ),
        (
            json!({"codec": {"complianz": {"ads": ["marketing"]}}, "name": "cmplz"}),
            "cmplz_rt_banner",
        ),
        (
            json!({"codec": {"klaro": {"ads": ["ga"]}}, "name": "a b"}),
            "give the name as in Set-Cookie",
        ),
        (
            json!({"codec": {"onetrust": {"ads": ["C0004"]}}, "name": "a*"}),
            "cannot contain '*'",
        ),
    ] {
        let problem = problem(&cookie);
        assert!(problem.contains(expected), "{cookie}: {problem:?}");
    }
    for (tool, key) in [
        ("cookiebot", "necessary"),
        ("cookiefirst", "necessary"),
        ("cookieyes", "necessary"),
        ("complianz", "functional"),
        ("faz", "necessary"),
        ("onetrust", "C0001"),
    ] {
        let problem = problem(&json!({"codec": {tool: {"ads": [key]}}}));
        assert!(
            problem.contains("without a question"),
            "{tool}: {problem:?}"
        );
    }
    for cookie in [
        json!({"codec": {"tcf": {"ads": ["purpose1", "special_feature2", "vendor65535"]}}}),
        json!({"codec": {"tcf": {"ads": ["purpose11"]}}, "name": "eupubconsent-v2"}),
        json!({"codec": {"iubenda": {"ads": ["5"]}}, "name": "_iub_cs-s12345678"}),
        json!({"codec": {"complianz": {"ads": ["marketing"]}}, "name": "cmplz_rt_banner-status"}),
        json!({"codec": {"real_cookie_banner": {"ads": ["22"]}}, "name": "real_cookie_banner-v:3_blog:1"}),
    ] {
        assert_eq!(problem(&cookie), "", "{cookie}");
    }
}
