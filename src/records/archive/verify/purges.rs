//! Leaves without content, and the purges that excuse them.

use super::verified::Misfit;
use crate::records::{Checkpoint, Digest, PublicKey, archive::lines::PurgeNote};

#[derive(Default)]
pub(super) struct Purges {
    /// Runs of leaves without content: the line of the first, the first, and the last.
    missing: Vec<(u64, u64, u64)>,
    /// Runs of leaves that purges name.
    named: Vec<(u64, u64)>,
    /// The size and the root of each checkpoint so far, which purges name.
    roots: Vec<(u64, Digest)>,
}

impl Purges {
    /// Notes that this leaf has no content, after the line of its hash.
    pub(super) fn miss(&mut self, line: u64, leaf: u64) {
        match self.missing.last_mut() {
            Some((.., last)) if *last + 1 == leaf => *last = leaf,
            _ => self.missing.push((line, leaf, leaf)),
        }
    }

    /// Notes a checkpoint that fits.
    pub(super) fn pass(&mut self, checkpoint: &Checkpoint) {
        self.roots.push((checkpoint.size, checkpoint.root));
    }

    /// Adds the purge that is this leaf, or a later one, and that this key has to have signed.
    pub(super) fn add(
        &mut self,
        note: &PurgeNote,
        key: &PublicKey,
        leaf: u64,
    ) -> Result<(), String> {
        note.check(key, leaf)?;
        let found = self.roots.binary_search_by_key(&note.size, |root| root.0);
        let root = found.ok().and_then(|at| self.roots.get(at));
        if root.is_none_or(|(_, root)| *root != note.root) {
            return Err(note.of_no_tree());
        }
        self.named.extend(&note.leaves);
        Ok(())
    }

    /// Checks that purges name all leaves without content.
    pub(super) fn finish(self) -> Result<(), Misfit> {
        let named = merged(self.named);
        for (line, first, last) in &self.missing {
            let after = named.partition_point(|(from, _)| from <= first);
            let around = after.checked_sub(1).and_then(|at| named.get(at));
            if around.is_none_or(|(_, to)| to < last) {
                let what = format!(
                    "leaves {first} to {last} have no content, and no purge names them all"
                );
                return Err(Misfit::new(*line, what));
            }
        }
        Ok(())
    }
}

/// Joins runs that touch.
fn merged(mut runs: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    runs.sort_unstable();
    let mut merged: Vec<(u64, u64)> = Vec::new();
    for (first, last) in runs {
        match merged.last_mut() {
            Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
            _ => merged.push((first, last)),
        }
    }
    merged
}
