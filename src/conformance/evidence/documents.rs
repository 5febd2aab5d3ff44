//! The documents that records refer to, and what their store says.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{
    EvidenceError,
    input::Input,
    item::{Items, Section},
    surfaces::ShownDocument,
};
use crate::records::Digest;

/// A document in the list.
#[derive(Serialize)]
struct Row<'a> {
    sha256: Digest,
    file: String,
    kind: &'static str,
    edition: &'a str,
    language: Option<&'a str>,
    /// The store has it. `None` without a store.
    stored: Option<bool>,
}

pub(super) fn add(
    input: &Input,
    documents: &[ShownDocument],
    items: &mut Items,
) -> Result<(), EvidenceError> {
    let stored = input.stored.as_ref();
    let mut rows = Vec::new();
    let mut known = BTreeSet::new();
    for it in documents {
        let digest = it.document.digest();
        let name = digest.to_string().replace("sha256:", "");
        let ending = match it.kind {
            "policy" => "json",
            _ => "html",
        };
        let file = format!("documents/{name}.{ending}");
        if known.insert(digest) {
            let what = match &it.language {
                Some(language) => {
                    format!("The texts of the {}, in the language {language}", it.what)
                }
                None => "The policy".to_owned(),
            };
            let about = format!("{what}, as a record names it by its hash ({}).", it.edition);
            items.add(Section::Records, &file, about, it.document.content())?;
        }
        rows.push(Row {
            sha256: digest,
            file,
            kind: it.kind,
            edition: &it.edition,
            language: it.language.as_deref(),
            stored: stored.map(|stored| stored.documents.contains(&digest)),
        });
    }
    items.add_json(
        Section::Records,
        "documents/documents.json",
        "The list of these documents with their hashes, and whether the store of records has them.",
        &rows,
    )?;
    let Some(stored) = stored else {
        return Ok(());
    };
    items.add(
        Section::Records,
        "records/outbox.jsonl",
        "The withdrawals that other companies had to be informed of, and when they were: one a line, without \
         anything about the visitor.",
        stored.outbox.clone(),
    )?;
    let Some(checkpoint) = &stored.checkpoint else {
        return Ok(());
    };
    items.add(
        Section::Records,
        "records/checkpoint.json",
        "The newest signed state of the records: nobody can change an older record without breaking it.",
        format!("{checkpoint}\n"),
    )
}
