//! The case tables of `tests/data/policies`.

use std::{fs, path::Path};

use serde::Deserialize;
use serde_json::Value;

use super::CookiePolicy;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// The policy, or its text if it is not JSON or has repeated keys.
    #[serde(default)]
    policy: Value,
    text: Option<String>,
    /// A part of each line of the error, in order.
    #[serde(default)]
    problems: Vec<String>,
}

fn cases(file: &str) -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/policies")
        .join(file);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Reads the case in each way that serde offers: from a borrowed text, a reader, and a value if
/// there is one.
fn read(case: &Case) -> Vec<Result<CookiePolicy, String>> {
    let text = case.text.clone().unwrap_or_else(|| case.policy.to_string());
    let mut results = vec![
        serde_json::from_str(&text),
        serde_json::from_reader(text.as_bytes()),
    ];
    if case.text.is_none() {
        results.push(serde_json::from_value(case.policy.clone()));
    }
    results
        .into_iter()
        .map(|result| result.map_err(|error| error.to_string()))
        .collect()
}

#[test]
fn valid_policies_are_read_and_written_without_loss() {
    for case in cases("valid.json") {
        let policies: Vec<CookiePolicy> = read(&case)
            .into_iter()
            .map(|result| result.unwrap_or_else(|error| panic!("{}: {error}", case.name)))
            .collect();
        for policy in &policies {
            assert_eq!(policy, &policies[0], "{}", case.name);
        }
        let text = serde_json::to_string_pretty(&policies[0]).unwrap();
        let again: CookiePolicy = serde_json::from_str(&text).unwrap();
        assert_eq!(again, policies[0], "{}", case.name);
        assert_eq!(
            serde_json::to_string_pretty(&again).unwrap(),
            text,
            "{}",
            case.name
        );
        let value = serde_json::to_value(&again).unwrap();
        assert_eq!(
            serde_json::from_value::<CookiePolicy>(value).unwrap(),
            again,
            "{}",
            case.name
        );
    }
}

#[test]
fn invalid_policies_report_each_problem() {
    for case in cases("invalid.json") {
        for result in read(&case) {
            let Err(error) = result else {
                panic!("{} passes", case.name)
            };
            let lines: Vec<&str> = error.lines().collect();
            assert_eq!(lines.len(), case.problems.len(), "{}: {error}", case.name);
            for (line, part) in lines.iter().zip(&case.problems) {
                assert!(
                    line.contains(part.as_str()),
                    "{}: {part:?} is not in {line}",
                    case.name
                );
            }
        }
    }
}
