//! Other forms of a value that is a JSON object, as the crate's own codec writes it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::values::CookieValues;
use crate::{Basis, Category, wire::MAX_PAIR};

/// The bytes that scripts encode in a cookie.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// Returns the forms, each with what is wrong with it.
pub(super) fn values(values: &CookieValues<'_>, accepted: &str) -> Vec<(String, String)> {
    let plain = percent_decode_str(accepted)
        .decode_utf8_lossy()
        .into_owned();
    let Ok(Value::Object(members)) = serde_json::from_str(&plain) else {
        return Vec::new();
    };
    let asked = values.policy.categories();
    let asked = asked.filter(|category| category.basis() == Basis::Consent);
    let asked: Vec<_> = asked.map(Category::id).collect();
    let mut all = with_other_times(&members, values.now);
    // A site with one revision only need not read it.
    if values.policy.revision() > 1 {
        all.extend(with_other_revisions(&members));
    }
    all.extend(with_other_answers(&members, &asked));
    all.extend(with_other_texts(&plain, &asked));
    all
}

/// Returns the value without its revision, if it has one.
pub(super) fn without_revision(accepted: &str) -> Option<String> {
    let plain = percent_decode_str(accepted).decode_utf8_lossy();
    let Ok(Value::Object(mut members)) = serde_json::from_str(&plain) else {
        return None;
    };
    members.remove("revision")?;
    Some(encoded(&Value::Object(members).to_string()))
}

fn changed(
    what: &str,
    members: &Map<String, Value>,
    change: impl FnOnce(&mut Map<String, Value>),
) -> (String, String) {
    let mut members = members.clone();
    change(&mut members);
    (
        what.to_owned(),
        encoded(&Value::Object(members).to_string()),
    )
}

fn with_other_times(members: &Map<String, Value>, now: u64) -> Vec<(String, String)> {
    let mut all = vec![changed("without a time", members, |members| {
        members.remove("timestamp");
    })];
    for (what, time) in [
        ("whose time is text", json!(now.to_string())),
        (
            "whose time is a date in words",
            json!("2026-01-01T00:00:00Z"),
        ),
        ("whose time is null", Value::Null),
        ("whose time is true", json!(true)),
        ("whose time is negative", json!(-1)),
        ("whose time is 0", json!(0)),
        ("whose time is a list", json!([now])),
        ("whose time is huge", json!(1e30)),
    ] {
        all.push(changed(what, members, |members| {
            members.insert("timestamp".to_owned(), time);
        }));
    }
    all
}

/// One that is null may be read like a missing one.
fn with_other_revisions(members: &Map<String, Value>) -> Vec<(String, String)> {
    let revisions = [
        ("whose revision is text", json!("3")),
        ("whose revision is negative", json!(-1)),
        ("whose revision is a fraction", json!(1.5)),
    ];
    let changed = |(what, revision): (&str, Value)| {
        changed(what, members, |members| {
            members.insert("revision".to_owned(), revision);
        })
    };
    revisions.into_iter().map(changed).collect()
}

fn with_other_answers(members: &Map<String, Value>, asked: &[&str]) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (what, yes) in [
        ("whose answers are text", json!("true")),
        ("whose answers are words", json!("yes")),
        ("whose answers are \"on\"", json!("on")),
        ("whose answers are numbers", json!(1)),
        ("whose answers are lists", json!([true])),
        ("whose answers are objects", json!({"granted": true})),
        ("whose answers are null", Value::Null),
        ("whose answers are numbers in text", json!("1")),
        ("whose answers are \"granted\"", json!("granted")),
        ("whose answers are \"allow\"", json!("allow")),
        ("whose answers are \"True\"", json!("True")),
        ("whose answers are larger numbers", json!(2)),
    ] {
        all.push(changed(what, members, |members| {
            for id in asked {
                members.insert((*id).to_owned(), yes.clone());
            }
        }));
    }
    for (what, is_whole) in [
        ("whose answers have capitals", true),
        ("whose answers begin with capitals", false),
    ] {
        all.push(changed(what, members, |members| {
            for id in asked {
                members.remove(*id);
                members.insert(with_capitals(id, is_whole), json!(true));
            }
        }));
    }
    all.push(changed("that list what is allowed", members, |members| {
        let answers: Map<_, _> = asked
            .iter()
            .filter_map(|id| Some(((*id).to_owned(), members.remove(*id)?)))
            .collect();
        for name in ["categories", "accepted", "granted", "level", "services"] {
            members.insert(name.to_owned(), json!(asked));
        }
        for name in ["purposes", "consents", "choices", "preferences"] {
            members.insert(name.to_owned(), Value::Object(answers.clone()));
        }
    }));
    all.push(changed("inside of another object", members, |members| {
        let inner = std::mem::take(members);
        members.insert("consent".to_owned(), Value::Object(inner));
    }));
    all
}

fn with_other_texts(plain: &str, asked: &[&str]) -> Vec<(String, String)> {
    let answers = |yes: bool| {
        let answers: Vec<_> = asked.iter().map(|id| format!("\"{id}\":{yes}")).collect();
        answers.join(",")
    };
    let (yes, no) = (answers(true), answers(false));
    let inside = plain.trim().trim_start_matches('{').trim_end_matches('}');
    let long = "x".repeat(MAX_PAIR);
    let pairs = |between: &str, sign: char, yes: &str| {
        let all: Vec<_> = asked.iter().map(|id| format!("{id}{sign}{yes}")).collect();
        all.join(between)
    };
    let unencoded = [
        ("that are pairs with colons", pairs(",", ':', "true")),
        ("that are a query", pairs("&", '=', "1")),
    ];
    let all = [
        (
            "with each answer twice, the last one true",
            format!("{{{no},{inside}}}"),
        ),
        (
            "with each answer twice, the last one false",
            format!("{{{inside},{no}}}"),
        ),
        ("with each answer twice", format!("{{{inside},{yes}}}")),
        ("with a comma too many", format!("{{{inside},}}")),
        ("in single quotation marks", plain.replace('"', "'")),
        ("that are a list of names", asked.join(",")),
        ("that are an array of names", json!(asked).to_string()),
        (
            "with a member that is too long",
            format!("{{{inside},\"kit\":\"{long}\"}}"),
        ),
    ];
    let all = all.map(|(what, text)| (what, encoded(&text)));
    let all = all.into_iter().chain(unencoded);
    all.map(|(what, text)| (what.to_owned(), text)).collect()
}

fn with_capitals(id: &str, is_whole: bool) -> String {
    if is_whole {
        return id.to_ascii_uppercase();
    }
    let (first, rest) = id.split_at_checked(1).unwrap_or((id, ""));
    first.to_ascii_uppercase() + rest
}

/// Encodes a text as scripts do.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}
