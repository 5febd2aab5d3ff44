//! Captured visits as files.

use serde_json::json;

use super::{
    EvidenceError,
    exchange::LEFT_OUT,
    input::Input,
    item::{Items, Section, named},
    visits::Situation,
};
use crate::records::Instant;

pub(super) fn add(input: &Input, items: &mut Items) -> Result<(), EvidenceError> {
    for (folder, by, captured) in &input.captures {
        let folder = format!("captures/{}", named(folder));
        for (name, situation) in &captured.situations {
            items.add_json(
                Section::Captures,
                &format!("{folder}/{}.har", named(name)),
                format!("What was sent and received {name}. Captured by {by}."),
                &archive(by, name, situation, input.date),
            )?;
        }
        if !captured.sites.is_empty() {
            items.add_json(
                Section::Captures,
                &format!("{folder}/third-parties.json"),
                format!(
                    "The other sites that pages load from, with the service that the policy declares for them, and \
                     in which situation. Seen by {by}."
                ),
                &captured.sites,
            )?;
        }
    }
    Ok(())
}

/// Returns an HTTP archive, version 1.2.
fn archive(by: &str, name: &str, situation: &Situation, date: Instant) -> serde_json::Value {
    let entries = situation.exchanges.iter().map(|it| it.entry(date));
    let entries: Vec<_> = entries.collect();
    let mut comment = format!(
        "A visit {name}, captured by {by}. All times are the date of the pack, and headers are sorted. Values of cookies and queries, and of \
         headers that may differ from visitor to visitor, are replaced by {LEFT_OUT} or *; bodies are left out."
    );
    if situation.left_out > 0 {
        comment += &format!(" {} more exchanges are left out.", situation.left_out);
    }
    json!({"log": {
        "version": "1.2",
        "creator": {"name": "tower-cookie-consent", "version": env!("CARGO_PKG_VERSION")},
        "browser": {"name": by, "version": ""},
        "pages": [],
        "comment": comment,
        "entries": entries,
    }})
}
