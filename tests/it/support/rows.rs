//! The rows of the measured corpora.

use serde_json::Value;

pub(crate) fn rows(file: &str) -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/corpora/");
    let text = std::fs::read_to_string(format!("{folder}{file}.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Returns the bytes of a string with one character for each byte.
pub(crate) fn bytes(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap();
    text.chars().map(|c| u8::try_from(c).unwrap()).collect()
}

pub(crate) fn all_bytes(texts: &Value) -> Vec<Vec<u8>> {
    texts.as_array().unwrap().iter().map(bytes).collect()
}

/// Returns `true` if the row can be a header value at all.
pub(crate) fn possible(row: &Value) -> bool {
    row["header_value_ok"].as_bool().unwrap()
}
