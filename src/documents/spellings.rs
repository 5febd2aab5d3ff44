//! The gate against what browsers were seen to request (`tests/data/url_spellings.jsonl`).

use std::sync::Arc;

use serde::Deserialize;
use url::Url;

use super::{
    cases::run,
    charset::Charset,
    for_tests::Own,
    gate::{Gate, MEMORY, Setup},
    stopped::Stopped,
};

#[derive(Deserialize)]
struct Row {
    id: String,
    markup: String,
    base: String,
    requests: Vec<String>,
    #[serde(default)]
    firefox: Vec<String>,
    #[serde(default)]
    sometimes: Vec<String>,
}

fn gate(row: &Row, markup: &[u8], size: usize) -> Result<Vec<u8>, Stopped> {
    let document = Url::parse(&row.base).expect("a URL");
    let setup = Setup {
        judge: Arc::new(Own(document.origin())),
        document: document.into(),
        charset: Charset::UTF_8,
        memory: MEMORY,
        report_only: false,
        pass_charsets: false,
        is_guessed: false,
        placeholders: None,
        inserts: None,
    };
    run(Gate::new(setup), markup, size)
}

/// What scripts make up only a Content-Security-Policy can stop.
const SCRIPTS: [&str; 4] = [
    "script-document-write",
    "script-new-image",
    "script-module-import",
    "event-attribute-runs",
];

#[test]
fn what_browsers_request_is_held() {
    let (mut missed, mut touched) = (Vec::new(), Vec::new());
    for line in include_str!("../../tests/data/url_spellings.jsonl").lines() {
        let row: Row = serde_json::from_str(line).expect("a row");
        let requests = [&row.requests[..], &row.firefox, &row.sometimes].concat();
        let result = gate(&row, row.markup.as_bytes(), usize::MAX);
        for size in [1, 3] {
            assert_eq!(
                gate(&row, row.markup.as_bytes(), size),
                result,
                "{}",
                row.id
            );
        }
        let is_changed = result.as_deref() != Ok(row.markup.as_bytes());
        match (requests.is_empty(), is_changed) {
            (false, false) if SCRIPTS.contains(&&*row.id) => {}
            (false, false) => missed.push(format!("{}: {}", row.id, row.markup)),
            // What names another host may be held though no browser asks it.
            (true, true) if !names_another(&row.markup) => {
                touched.push(format!("{}: {}", row.id, row.markup));
            }
            (true, _) | (false, true) => {}
        }
        // What is held once has nothing left to hold.
        if let Ok(out) = result {
            assert_eq!(gate(&row, &out, 2), Ok(out.clone()), "{}", row.id);
        }
    }
    assert!(
        missed.is_empty(),
        "{} missed:\n{}",
        missed.len(),
        missed.join("\n")
    );
    assert!(
        touched.is_empty(),
        "{} touched:\n{}",
        touched.len(),
        touched.join("\n")
    );
}

fn names_another(markup: &str) -> bool {
    let mut hosts = markup.split("//").skip(1);
    markup.contains("third") || hosts.any(|rest| !rest.starts_with("own.test"))
}
