//! Compares the service with its description, `docs/openapi.json`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Answer, JSON, OWN, fetch, post_with, preferences};

fn description() -> Value {
    serde_json::from_str(include_str!("../../../docs/openapi.json")).unwrap()
}

/// Whether `value` is what the schema says: as much of JSON Schema as the file uses. What is wrong,
/// with its place.
fn check(root: &Value, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let found = root
            .pointer(reference.trim_start_matches('#'))
            .expect(reference);
        return check(root, found, value, place);
    }
    if *schema == Value::Bool(true) {
        return Ok(());
    }
    let is = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let types = match &schema["type"] {
        Value::Array(types) => types.clone(),
        one => vec![one.clone()],
    };
    if !types.iter().any(|one| one == is) {
        return Err(format!("{place}: {is} is not {types:?}"));
    }
    if let Some(values) = schema["enum"].as_array()
        && !values.contains(value)
    {
        return Err(format!("{place}: {value} is not in {values:?}"));
    }
    for (at, item) in value.as_array().into_iter().flatten().enumerate() {
        check(root, &schema["items"], item, &format!("{place}/{at}"))?;
    }
    let Some(object) = value.as_object() else {
        return Ok(());
    };
    for key in schema["required"].as_array().into_iter().flatten() {
        if !object.contains_key(key.as_str().unwrap()) {
            return Err(format!("{place}: {key} is missing"));
        }
    }
    for (key, member) in object {
        let of = match (&schema["properties"][key], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(false)) => return Err(format!("{place}: {key} is unknown")),
            (Value::Null, of) | (of, _) => of,
        };
        check(root, of, member, &format!("{place}/{key}"))?;
    }
    Ok(())
}

/// Checks a value against the schema of this name. What is wrong, with its place.
pub(crate) fn holds(name: &str, value: &Value) -> Result<(), String> {
    let root = description();
    let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
    check(&root, &schema, value, name)
}

fn body(answer: &Answer) -> Value {
    serde_json::from_str(answer.body()).unwrap()
}

#[test]
fn every_answer_is_what_the_description_says() {
    holds("State", &body(&fetch("/cookies/state", &[]))).unwrap();
    let accepted = post_with(&[JSON, OWN], r#"{"decision":"accept"}"#);
    holds("State", &body(&accepted)).unwrap();
    let cookie = preferences(&accepted).unwrap();
    holds(
        "State",
        &body(&fetch("/cookies/state", &[("cookie", &cookie)])),
    )
    .unwrap();

    let large = format!(r#"{{"decision":"{}"}}"#, "a".repeat(17_000));
    let text = [
        ("content-type", "text/plain"),
        ("accept", "application/json"),
        OWN,
    ];
    let mut errors = BTreeSet::new();
    let described = description();
    for (headers, sent) in [
        (&[JSON, OWN][..], "{"),
        (&[JSON, OWN], &large),
        (&text, "x"),
        (&[JSON, OWN], r#"{"decision":"maybe"}"#),
        (
            &[JSON, OWN],
            r#"{"decision":"save","categories":["nothing"]}"#,
        ),
        (&[JSON, OWN], r#"{"decision":"accept","revision":9}"#),
        (&[JSON], r#"{"decision":"accept"}"#),
    ] {
        let answer = post_with(headers, sent);
        let status = answer.status().as_str().to_owned();
        let known = &described["paths"]["/preferences"]["post"]["responses"][&status];
        assert!(known.is_object(), "{status}");
        let refusal = body(&answer);
        holds("Refusal", &refusal).unwrap();
        errors.insert(refusal["error"].as_str().unwrap().to_owned());
    }
    // `records::layer` shows those of a choice that is not recorded.
    errors.extend(["not_recorded", "too_many_choices"].map(str::to_owned));
    // Each described error can happen.
    let all = &described["components"]["schemas"]["Refusal"]["properties"]["error"]["enum"];
    let all: BTreeSet<String> = serde_json::from_value(all.clone()).unwrap();
    assert_eq!(errors, all);
}

#[test]
fn the_endpoint_takes_what_its_description_allows() {
    let choices = [
        (
            true,
            json!({"decision": "save", "categories": ["internes"], "objections": ["stats"]}),
        ),
        (
            true,
            json!({"decision": "refuse", "return_to": "/", "revision": 1, "texts": "x", "lang": "en", "surface": "banner"}),
        ),
        (true, json!({"decision": "withdraw"})),
        (true, json!({"decision": "object"})),
        (
            true,
            json!({"decision": "save", "categories": [], "services": [], "anchor": "main",
                "nonce": "0123456789abcdef0123456789abcdef"}),
        ),
        (false, json!({"decision": "perhaps"})),
        (false, json!({"categories": []})),
        (false, json!({"decision": "save", "categories": "internes"})),
        (
            false,
            json!({"decision": "save", "categories": [], "more": 1}),
        ),
    ];
    for (good, choice) in choices {
        assert_eq!(holds("Choice", &choice).is_ok(), good, "{choice}");
        let answer = post_with(&[JSON, OWN], &choice.to_string());
        assert_eq!(answer.status().is_success(), good, "{choice}");
    }
    let described = description();
    let keys = described["components"]["schemas"]["Choice"]["properties"]
        .as_object()
        .unwrap();
    assert_eq!(keys.len(), 12);
}
