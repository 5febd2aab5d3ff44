//! The case tables of `tests/data/codecs/`: one for each tool, with values as the tool writes them.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    policy::CookiePolicy,
    preferences::{DecodeError, Decoded},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    /// The tool's name in JSON.
    pub(super) tool: String,
    /// The sources of the values.
    #[allow(dead_code, reason = "for readers of the file")]
    sources: Vec<String>,
    /// Keys next to the tool's name.
    #[serde(default)]
    settings: Map<String, Value>,
    /// Instead of the tool's own name, for tools that name it in another way on each site.
    cookie: Option<String>,
    /// The keys that answer for exempt categories; all others are about consent.
    #[serde(default)]
    exempt: Vec<String>,
    /// Seconds since 1970.
    pub(super) now: u64,
    pub(super) cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    name: String,
    /// Each cookie's name and value: one character U+0000–U+00FF for each byte.
    pub(super) values: BTreeMap<String, String>,
    /// Instead of the table's.
    settings: Option<Map<String, Value>>,
    /// The tool's keys. Of every key in the table, what is in neither list must not be answered.
    #[serde(default)]
    granted: Vec<String>,
    #[serde(default)]
    denied: Vec<String>,
    /// Without it, the date must be that of the table's `now`, or there must be none.
    decided_at: Option<u64>,
    revision: Option<u32>,
    #[serde(default)]
    undated: bool,
    #[serde(default)]
    undecided: bool,
    #[serde(default)]
    unreadable: bool,
}

impl Table {
    /// Returns a policy with a category for each key.
    pub(super) fn policy(&self, case: &Case) -> CookiePolicy {
        let settings = case.settings.as_ref().unwrap_or(&self.settings);
        let mut codec = settings.clone();
        let keys = self.keys();
        let answers: Map<_, _> = keys
            .iter()
            .enumerate()
            .map(|(number, key)| (format!("k{number}"), json!([key])))
            .collect();
        let is_exempt = |key: &str| self.exempt.iter().any(|exempt| exempt == key);
        let categories: Vec<_> = keys
            .iter()
            .enumerate()
            .map(|(number, key)| {
                let basis = if is_exempt(key) { "exempt" } else { "consent" };
                json!({"id": format!("k{number}"), "basis": basis})
            })
            .collect();
        codec.insert(self.tool.clone(), Value::Object(answers));
        let mut cookie = json!({"codec": codec});
        if let Some(name) = &self.cookie {
            cookie["name"] = json!(name);
        }
        let policy = json!({
            "revision": 9,
            "preferences_cookie": cookie,
            "categories": categories,
        });
        serde_json::from_str(&policy.to_string()).unwrap()
    }

    pub(super) fn keys(&self) -> Vec<&str> {
        let cases = self.cases.iter();
        let mut keys: Vec<_> = cases
            .flat_map(|case| case.granted.iter().chain(&case.denied))
            .map(String::as_str)
            .collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn read(&self, case: &Case) -> Result<Decoded, DecodeError> {
        let policy = self.policy(case);
        let bytes =
            |text: &String| -> Vec<u8> { text.chars().map(|c| u8::try_from(c).unwrap()).collect() };
        let values: BTreeMap<_, _> = case
            .values
            .iter()
            .map(|(name, text)| (name, bytes(text)))
            .collect();
        let names: Vec<_> = policy.preferences_names().map(str::to_owned).collect();
        for name in values.keys() {
            assert!(names.contains(name), "{}: {name} is not read", case.name);
        }
        let slots: Vec<_> = names
            .iter()
            .map(|name| values.get(name).map(|value| &**value))
            .collect();
        policy
            .preferences_cookie()
            .decode(&policy, &slots, self.now)
    }

    fn check(&self, case: &Case) {
        let name = format!("{}: {}", self.tool, case.name);
        let decoded = match self.read(case) {
            Ok(decoded) => decoded,
            Err(why) => {
                assert!(case.unreadable, "{name}: {why}");
                return;
            }
        };
        assert!(!case.unreadable, "{name}: it can be read");
        assert_eq!(decoded.undecided, case.undecided, "{name}: undecided");
        if case.undecided {
            assert!(case.granted.is_empty() && case.denied.is_empty(), "{name}");
            return;
        }
        let policy = self.policy(case);
        let ids: Vec<_> = (0..self.keys().len())
            .map(|number| format!("k{number}"))
            .collect();
        for (id, key) in ids.iter().zip(self.keys()) {
            let holds = |list: &[String]| list.iter().any(|listed| listed == key);
            let expected = match (holds(&case.granted), holds(&case.denied)) {
                (true, false) => Some(true),
                (false, true) => Some(false),
                (false, false) => None,
                (true, true) => panic!("{name}: {key} is in both lists"),
            };
            assert_eq!(decoded.choice.get(&policy, id), expected, "{name}: {key}");
        }
        assert_eq!(
            decoded.denials_only.is_some(),
            case.undated,
            "{name}: undated"
        );
        let decided_at = case.decided_at.unwrap_or(self.now);
        assert_eq!(decoded.choice.decided_at, decided_at, "{name}: decided_at");
        assert_eq!(
            decoded.choice.revision,
            case.revision.unwrap_or(1),
            "{name}: revision"
        );
    }
}

pub(super) fn tables() -> Vec<Table> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/codecs");
    let files = fs::read_dir(folder).unwrap();
    let tables = files.map(|file| {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    });
    tables.collect()
}

#[test]
fn each_table_holds() {
    for table in tables() {
        assert!(table.cases.len() >= 8, "{}: too few cases", table.tool);
        for case in &table.cases {
            table.check(case);
        }
    }
}

#[test]
fn each_reader_has_a_table_and_survives_json() {
    let mut tables: Vec<_> = tables().into_iter().map(|table| table.tool).collect();
    tables.sort_unstable();
    let mut tools = super::json::tools();
    tools.sort_unstable();
    assert_eq!(tables, tools);
    for tool in tools {
        let text = json!({
            "preferences_cookie": {"codec": {tool: {}}},
            "categories": [{"id": "statistics", "basis": "consent"}],
        });
        let Ok(policy) = serde_json::from_str::<CookiePolicy>(&text.to_string()) else {
            // Its keys are others.
            continue;
        };
        let written = serde_json::to_string(&policy).unwrap();
        assert!(written.contains(&format!("\"{tool}\":{{}}")), "{written}");
        let read: CookiePolicy = serde_json::from_str(&written).unwrap();
        assert_eq!(read, policy);
    }
}
