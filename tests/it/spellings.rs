//! Spellings of URLs in documents: `tests/data/url_spellings.jsonl` lists what browsers request for
//! each, and both browsers are measured again.
//!
//! A row has
//! - `id`, and `markup`: the document is [`START`] and this text, in UTF-8;
//! - `base`: the URL of the document;
//! - `requests`: whom the browser asks, except the document's own origin, as in the request line
//!   to a proxy: `third.test` or `third.test:8080` for `http:`, `third.test:443` for `https:`;
//! - `firefox`, where Firefox differs, and `sometimes`, what depends on how fast the document
//!   arrives; each with a `note`, the reason.
//!
//! What a site must hold back to be safe is all three together. `WRITE_SPELLINGS=1 cargo test --test
//! it spellings` measures the rows without `requests` and fills them in.

use std::{collections::BTreeSet, env, fs, path::PathBuf, thread, time::Duration};

use serde_json::{Map, Value};

use crate::support::{
    browser::{Browser, Kind},
    hosts::{Asked, Hosts, Page},
    process::of_crate,
};

/// The text before the markup of a row. The head is still open.
const START: &str = "<!DOCTYPE html><meta charset=utf-8><title>Spelling</title>";

/// The browsers of one kind that share the rows.
const LANES: usize = 2;

/// Without `ALL_SPELLINGS`, one of so many rows is shown in each lane.
const STRIDE: usize = 4;

/// Returns what differs from the row.
fn difference(hosts: &Hosts, browser: &Browser, kind: Kind, row: &Row) -> Option<String> {
    let expected = row.expected(kind);
    let mut asked = visit(hosts, browser, row, &expected, Duration::from_millis(80));
    asked.retain(|it| expected.contains(it) || !row.list("sometimes").contains(it));
    (asked != expected).then(|| format!("{}: {asked:?}, not {expected:?}", row.text("id")))
}

/// Shows the row, and returns who was asked once these all were and nothing more comes.
fn visit(hosts: &Hosts, browser: &Browser, row: &Row, expected: &Asked, quiet: Duration) -> Asked {
    let document = row.document();
    let page = Page {
        address: row.text("base"),
        head: String::new(),
        document,
    };
    hosts.show(browser, page, expected, quiet)
}

pub(crate) struct Row(Map<String, Value>);

impl Row {
    pub(crate) fn document(&self) -> String {
        format!("{START}{}", self.text("markup"))
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap()
    }

    fn list(&self, name: &str) -> Asked {
        let list = self.0.get(name).and_then(Value::as_array);
        let list = list.into_iter().flatten();
        list.map(|it| it.as_str().unwrap().to_owned()).collect()
    }

    fn expected(&self, kind: Kind) -> Asked {
        let firefox = kind == Kind::Firefox && self.0.contains_key("firefox");
        self.list(if firefox { "firefox" } else { "requests" })
    }

    /// Puts in what was measured.
    fn measured(&mut self, kind: Kind, asked: Asked) {
        if kind == Kind::Chromium {
            self.0
                .insert("requests".to_owned(), asked.into_iter().collect());
        } else if self.expected(Kind::Chromium) == asked {
            self.0.remove("firefox");
        } else {
            self.0
                .insert("firefox".to_owned(), asked.into_iter().collect());
        }
    }
}

fn file() -> PathBuf {
    of_crate("tests/data/url_spellings.jsonl")
}

pub(crate) fn rows() -> Vec<Row> {
    let text = fs::read_to_string(file()).unwrap();
    let row = |line| Row(serde_json::from_str(line).unwrap_or_else(|it| panic!("{it}: {line}")));
    text.lines().map(row).collect()
}

/// Visits every row, in several browsers at once: most of the time is spent waiting for silence.
fn compare(kind: Kind) {
    let lanes: Option<Vec<_>> = (0..LANES)
        .map(|_| {
            let hosts = Hosts::start();
            let browser = Browser::start_behind(kind, hosts.address)?;
            Some((hosts, browser))
        })
        .collect();
    let Some(lanes) = lanes else { return };
    let rows = rows();
    let stride = match env::var_os("ALL_SPELLINGS") {
        Some(_) => 1,
        None => STRIDE,
    };
    let wrong: Vec<_> = thread::scope(|scope| {
        let rows = &rows;
        let visits: Vec<_> = (0..)
            .zip(lanes)
            .map(|(lane, (hosts, browser))| {
                scope.spawn(move || {
                    let rows = rows.iter().skip(lane).step_by(LANES * stride);
                    rows.filter_map(|row| difference(&hosts, &browser, kind, row))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        visits
            .into_iter()
            .flat_map(|visit| visit.join().unwrap())
            .collect()
    });
    assert!(wrong.is_empty(), "{kind:?} asked\n{}", wrong.join("\n"));
}

#[test]
fn chromium_requests_what_the_spellings_list() {
    compare(Kind::Chromium);
}

#[test]
fn firefox_requests_what_the_spellings_list() {
    compare(Kind::Firefox);
}

#[test]
fn there_are_220_spellings_with_a_name_of_their_own() {
    let rows = rows();
    let names: BTreeSet<_> = rows.iter().map(|row| row.text("id")).collect();
    assert_eq!(names.len(), rows.len());
    assert!(rows.len() >= 220, "{}", rows.len());
    for row in &rows {
        let explained = row.0.contains_key("note");
        let differs = ["firefox", "sometimes"].map(|name| row.0.contains_key(name));
        assert_eq!(differs.contains(&true), explained, "{}", row.text("id"));
    }
}

/// Fills in what the browsers request: `WRITE_SPELLINGS=1 cargo test --test it spellings`.
#[test]
fn the_spellings_are_measured_when_asked_to() {
    if env::var_os("WRITE_SPELLINGS").is_none() {
        return;
    }
    let mut rows = rows();
    let is_new: Vec<_> = rows
        .iter()
        .map(|row| !row.0.contains_key("requests"))
        .collect();
    for kind in [Kind::Chromium, Kind::Firefox] {
        let hosts = Hosts::start();
        let Some(browser) = Browser::start_behind(kind, hosts.address) else {
            return;
        };
        for (row, _) in rows.iter_mut().zip(&is_new).filter(|(_, new)| **new) {
            let asked = visit(
                &hosts,
                &browser,
                row,
                &Asked::new(),
                Duration::from_millis(700),
            );
            row.measured(kind, asked);
        }
    }
    let mut text = String::new();
    for row in rows {
        text.push_str(&serde_json::to_string(&row.0).unwrap());
        text.push('\n');
    }
    fs::write(file(), text).unwrap();
}
