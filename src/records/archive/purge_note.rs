//! What a purge says of itself. It is signed: the sequencer adds what it finds in the store, and nobody without the
//! key may excuse a record that is missing.

use super::{
    ArchiveError, Checkpoint, KeyError, PublicKey, Signer,
    lines::{Line, PurgeNote},
    signer::sign,
    store::{ArchiveStore, Item, PurgeLine},
};

impl PurgeNote {
    /// Adds the signature.
    pub(super) async fn signed(mut self, key: &dyn Signer) -> Result<Self, KeyError> {
        self.signature = Some(sign(key, &self.message()).await?);
        Ok(self)
    }

    /// Returns the canonical JSON that is signed: the line without its signature.
    fn message(&self) -> String {
        let unsigned = Self {
            signature: None,
            ..self.clone()
        };
        Line::Purge(unsigned).text()
    }

    /// Checks it as this leaf, or one after it, but for its root: that is the one of its size.
    pub(super) fn check(&self, key: &PublicKey, leaf: u64) -> Result<(), String> {
        let mut named = 0_u64;
        let mut next = 0;
        for (first, last) in &self.leaves {
            if *first < next || last < first || *last >= self.size {
                return Err(format!(
                    "the purge names leaves {first} to {last}, which are not in order in a tree of {} leaves",
                    self.size
                ));
            }
            named = named.saturating_add(last - first + 1);
            next = last + 1;
        }
        if named != self.records {
            return Err(format!(
                "the purge names {named} leaves, and {} records",
                self.records
            ));
        }
        if self.size > leaf {
            return Err(format!(
                "the purge names a tree of {} leaves, and only {leaf} are before it",
                self.size
            ));
        }
        let signature = self.signature.as_deref().unwrap_or_default();
        if !key.verifies(&self.message(), signature) {
            return Err("the purge is not signed by the key".to_owned());
        }
        Ok(())
    }

    /// Says that no checkpoint has its root.
    pub(super) fn of_no_tree(&self) -> String {
        format!(
            "no checkpoint of {} leaves before the purge has the root that it names",
            self.size
        )
    }
}

/// Checks the purges among what is added behind this leaf: in the tree, they could not be taken back.
pub(super) async fn check_all(
    store: &dyn ArchiveStore,
    key: &PublicKey,
    items: &[Item],
    leaf: u64,
) -> Result<(), ArchiveError> {
    let mut tree: Option<Checkpoint> = None;
    for item in items {
        let Item::Purge(purge) = item else {
            continue;
        };
        let refused = |what: String| {
            ArchiveError::new(format!(
                "purge {} in the store was not made with the key: {what}. Delete it; whose records are \
                 missing then, the verifier names",
                purge.row
            ))
        };
        let note =
            read(purge).ok_or_else(|| refused("it is not the line of a purge".to_owned()))?;
        note.check(key, leaf).map_err(refused)?;
        // Most are of one purge, and so of one tree.
        if tree.as_ref().is_none_or(|tree| tree.size != note.size) {
            tree = store.signed_checkpoint(note.size).await?;
        }
        let names = |tree: &Checkpoint| tree.size == note.size && tree.root == note.root;
        if !tree.as_ref().is_some_and(names) {
            return Err(refused(note.of_no_tree()));
        }
    }
    Ok(())
}

fn read(purge: &PurgeLine) -> Option<PurgeNote> {
    match serde_json::from_str(&purge.line) {
        Ok(line @ Line::Purge(_)) if line.text() != purge.line => None,
        Ok(Line::Purge(note)) => Some(note),
        _ => None,
    }
}
