//! The parts of a store of records that a pack has.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::records::{Archive, ArchiveError, Checkpoint, Digest, canonical};

/// The parts of a store that a pack has.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) outbox: Vec<u8>,
    pub(super) checkpoint: Option<Checkpoint>,
    pub(super) documents: BTreeSet<Digest>,
}

impl Stored {
    pub(super) async fn read(archive: &Archive) -> Result<Self, ArchiveError> {
        let mut outbox = Vec::new();
        archive.write_outbox(&mut outbox).await?;
        Ok(Self {
            outbox: without_ids(&outbox),
            checkpoint: archive.published(None).await?,
            documents: BTreeSet::new(),
        })
    }
}

/// Replaces the id of each record by its hash: whoever has the id gets the visitor's receipt.
fn without_ids(outbox: &[u8]) -> Vec<u8> {
    let mut text = String::new();
    for line in outbox.split(|byte| *byte == b'\n') {
        let Ok(mut line) = serde_json::from_slice::<Map<String, Value>>(line) else {
            continue;
        };
        if let Some(Value::String(id)) = line.get("record") {
            let hash = Digest::of(id.as_bytes()).to_string();
            line.insert("record".to_owned(), hash.into());
        }
        text += &canonical(&line);
        text.push('\n');
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_the_outbox_is_named_by_its_hash() {
        let id = "019b76da-a800-7000-8000-000000000000";
        let line = format!(r#"{{"provider":"films","record":"{id}"}}"#);
        let shown = without_ids(format!("{line}\n{line}\n").as_bytes());
        let shown = String::from_utf8(shown).unwrap();
        let hash = Digest::of(id.as_bytes());
        let wanted = format!("{{\"provider\":\"films\",\"record\":\"{hash}\"}}\n");
        assert_eq!(shown, wanted.repeat(2));
    }
}
