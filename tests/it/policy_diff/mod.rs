//! Two editions of a policy compared: pairs of policies with what has to be found, choices that are played
//! through the layer, and the example `policy`.

mod example;
mod played;

use serde_json::{Value, json};
use tower_cookie_consent::{
    CookiePolicy,
    diff::{AskedAgain, DiffFault, PolicyChange, PolicyDiff, Translation},
};

fn data() -> Value {
    serde_json::from_str(include_str!("../../data/policy_diffs.json")).unwrap()
}

/// Returns the base with these changes.
fn edited(base: &Value, changes: &Value) -> Value {
    let mut policy = base.clone();
    for (pointer, value) in changes.as_object().into_iter().flatten() {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match (policy.pointer_mut(parent), value) {
            (Some(Value::Array(list)), Value::Null) => drop(list.remove(key.parse().unwrap())),
            (Some(Value::Array(list)), value) if key == "-" => list.push(value.clone()),
            (Some(Value::Object(object)), Value::Null) => drop(object.remove(key)),
            (Some(Value::Object(object)), value) => {
                object.insert(key.to_owned(), value.clone());
            }
            other => panic!("{pointer}: {other:?}"),
        }
    }
    policy
}

fn policy(json: &Value) -> CookiePolicy {
    serde_json::from_value(json.clone()).unwrap_or_else(|error| panic!("{error}"))
}

/// Returns the word that serde writes.
fn word(value: impl serde::Serialize) -> String {
    let word = serde_json::to_value(value).unwrap();
    word.as_str().unwrap().to_owned()
}

fn change(change: &PolicyChange) -> String {
    let mut line = format!("{} {}", word(change.kind()), change.place());
    if let Some(key) = change.key() {
        line += &format!(" {key}");
    }
    if !change.languages().is_empty() {
        line += &format!(" {}", change.languages().join("+"));
    }
    line
}

fn asked(asked: &AskedAgain) -> String {
    let answers: Vec<_> = asked.answers().iter().map(word).collect();
    let who = match asked.is_everybody() {
        true => "everybody".to_owned(),
        false => answers.join("+"),
    };
    let mut line = format!("{} {who} {}", asked.category(), word(asked.cause()));
    if let Some(service) = asked.service() {
        line += &format!(" {service}");
    }
    if let Some((first, last)) = asked.revisions() {
        line += &format!(" {first}..{last}");
    }
    if let Some(days) = asked.older_than_days() {
        line += &format!(" >{days}");
    }
    if asked.regimes().len() > 0 {
        let regimes: Vec<_> = asked.regimes().map(|id| id.unwrap_or("-")).collect();
        line += &format!(" @{}", regimes.join("+"));
    }
    line
}

fn translation(translation: &Translation) -> String {
    let state = if translation.is_missing() {
        "missing"
    } else {
        "stale"
    };
    let (place, key) = (translation.place(), translation.key());
    format!(
        "{place} {key} {} {state}",
        translation.languages().join("+")
    )
}

fn found(diff: &PolicyDiff) -> Value {
    json!({
        "changes": diff.changes().iter().map(change).collect::<Vec<_>>(),
        "asked": diff.asked_again().iter().map(asked).collect::<Vec<_>>(),
        "translations": diff.translations().iter().map(translation).collect::<Vec<_>>(),
        "faults": diff.faults().iter().map(|fault| word(fault.kind())).collect::<Vec<_>>(),
    })
}

#[test]
fn each_pair_has_exactly_its_differences() {
    let data = data();
    let cases = data["cases"].as_array().unwrap();
    assert!(cases.len() >= 50);
    let mut wrong = Vec::new();
    for case in cases {
        let old = policy(&edited(&data["base"], &case["old"]));
        let new = policy(&edited(&data["base"], &case["new"]));
        let diff = old.diff(&new);
        let expected = |key: &str| case.get(key).cloned().unwrap_or(json!([]));
        let expected = json!({
            "changes": expected("changes"), "asked": expected("asked"),
            "translations": expected("translations"), "faults": expected("faults"),
        });
        if found(&diff) != expected {
            wrong.push(format!(
                "{}:\nfound    {}\nexpected {expected}",
                case["name"],
                found(&diff)
            ));
        }
        let is_error = |fault: &DiffFault| fault.is_error();
        let misses = diff.translations().iter().any(Translation::is_missing);
        let is_ok = !misses && !diff.faults().iter().any(is_error);
        assert_eq!(diff.is_ok(), is_ok, "{}", case["name"]);
        assert_eq!(
            case["ok"].as_bool().unwrap_or(is_ok),
            is_ok,
            "{}",
            case["name"]
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_text_names_everything_that_was_found() {
    let data = data();
    for case in data["cases"].as_array().unwrap() {
        let old = policy(&edited(&data["base"], &case["old"]));
        let diff = old.diff(&policy(&edited(&data["base"], &case["new"])));
        let text = diff.to_string();
        let lines = diff.changes().iter().map(ToString::to_string);
        let lines = lines.chain(diff.asked_again().iter().map(ToString::to_string));
        let lines = lines.chain(diff.translations().iter().map(ToString::to_string));
        for line in lines.chain(diff.faults().iter().map(ToString::to_string)) {
            assert!(
                text.contains(&line) && !line.contains('\n'),
                "{line}: {text}"
            );
        }
        // A change because of which somebody is asked says so.
        for change in diff.changes() {
            let has_category = |it: &AskedAgain| diff.asked_again().contains(it);
            assert!(change.asked_again().iter().all(has_category), "{text}");
        }
        for asked in diff.asked_again() {
            let mut changes = diff.changes().iter();
            let is_explained = changes.any(|change| change.asked_again().contains(asked));
            assert!(is_explained, "{}: no change explains {asked}", case["name"]);
        }
        let json = serde_json::to_value(&diff).unwrap();
        assert_eq!(
            json["changes"].as_array().unwrap().len(),
            diff.changes().len()
        );
        assert_eq!(
            json["faults"].as_array().unwrap().len(),
            diff.faults().len()
        );
    }
}
