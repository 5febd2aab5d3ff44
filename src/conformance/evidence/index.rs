//! The page that explains every file to somebody who is not an engineer.

use minijinja::{AutoEscape, Environment};
use serde::Serialize;

use super::{
    EvidenceError,
    input::Input,
    item::{Items, Section},
    manifest::{MANIFEST, SIGNATURE, generator},
};
use crate::records::{Document, Instant};

/// The values of the page.
#[derive(Serialize)]
pub(super) struct Index {
    site: Option<String>,
    date: Instant,
    generator: String,
    policy: String,
    /// The outcome of the check in a sentence.
    outcome: String,
    gaps: Vec<String>,
    sections: Vec<Part>,
    manifest: &'static str,
    signature: &'static str,
}

#[derive(Serialize)]
struct Part {
    id: String,
    title: &'static str,
    about: &'static str,
    files: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    path: String,
    about: String,
    size: String,
}

impl Index {
    pub(super) fn new(input: &Input, items: &Items, gaps: Vec<String>) -> Self {
        let parts = Section::ALL.into_iter().map(|section| {
            let files = items.0.iter().filter(|(_, item)| item.section == section);
            let files = files.map(|(path, item)| Line {
                path: path.clone(),
                about: item.about.clone(),
                size: size(item.content.len()),
            });
            Part {
                id: super::item::named(section.title()),
                title: section.title(),
                about: section.about(),
                files: files.collect(),
            }
        });
        Self {
            site: input.site.clone(),
            date: input.date,
            generator: generator(),
            policy: Document::of_policy(&input.policy).digest().to_string(),
            outcome: outcome(input),
            gaps,
            sections: parts.filter(|part| !part.files.is_empty()).collect(),
            manifest: MANIFEST,
            signature: SIGNATURE,
        }
    }
}

fn outcome(input: &Input) -> String {
    let Some(report) = &input.report else {
        return "not checked".to_owned();
    };
    let broken = report.findings().count();
    match (report.is_ok(), broken) {
        (true, _) => "no violation was found in what was exercised".to_owned(),
        (false, 0) => "the check could not be completed".to_owned(),
        (false, 1) => "1 violation was found".to_owned(),
        (false, broken) => format!("{broken} violations were found"),
    }
}

/// Returns a size for people.
fn size(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{} MB", bytes.div_ceil(1_000_000)),
    }
}

pub(super) fn render(index: &Index) -> Result<String, EvidenceError> {
    let mut templates = Environment::empty();
    templates.set_trim_blocks(true);
    templates.set_lstrip_blocks(true);
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    let page = templates.render_str(include_str!("templates/index.html"), index);
    page.map_err(|error| EvidenceError::new(format!("the index can't be rendered: {error}")))
}
