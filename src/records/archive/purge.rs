//! Records that are kept long enough are dropped.

use std::collections::BTreeMap;

use super::{
    Archive, ArchiveError, Checkpoint, RecordRetention, Signer, StoredRecord,
    accounts::Policies,
    authority::Authority,
    lines::{Line, PurgeNote},
    part,
    store::Purge,
    tree::leaf_hash,
};
use crate::records::{Digest, Instant};

/// Records that are purged in one transaction at most: writers wait for it.
const PIECE: usize = 200;

/// Records that the store looks at for one answer: nearly all are kept.
const LOOKED_AT: usize = 2048;

/// For how many seconds a choice counts, by policy: thousands of records have the same one.
type Lifetimes = BTreeMap<Digest, u64>;

impl Archive {
    /// Drops the records that are kept long enough, and their links. Their hashes stay in the Merkle tree, and
    /// each purge, of at most 200 records, is signed and becomes a leaf. A choice that still counts is never
    /// purged, nor is a record that is not in the tree. An account whose last record that was is dropped, and its
    /// [choice](crate::records::AccountChoices) if it is in the same store, unless that counts still or is an objection:
    /// such a choice is dropped by the first purge after it has ended. Returns how many records it dropped.
    ///
    /// Records younger than the shorter of both periods are not read, and of the others, the store passes over
    /// those of grants that have not ended for long enough whatever their policy says.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if a record that seems old enough is not what the tree has of it, or a policy can't be read:
    /// somebody may have changed them, so that they are purged. Also where
    /// [`checkpoint`](Self::checkpoint) has errors.
    pub async fn purge(
        &self,
        retention: RecordRetention,
        key: &dyn Signer,
        now: Instant,
    ) -> Result<u64, ArchiveError> {
        let tree = self.checkpoint(key, now).await?;
        let authority = Authority::of(&*self.store, &key.public()).await?;
        if !authority.signed(&tree) {
            return Err(replaced());
        }
        let (mut lifetimes, mut policies) = (Lifetimes::new(), Policies::default());
        let mut due = retention.due(now, LOOKED_AT);
        let progress = self.since_first(0, due.before.unix_seconds()).await?;
        let mut purged = 0;
        loop {
            let page = self.store.due(due).await?;
            let mut old = Vec::new();
            for stored in &page.records {
                if let Some(leaf) = stored.leaf.filter(|leaf| *leaf < tree.size)
                    && self.is_old(stored, retention, now, &mut lifetimes).await?
                {
                    old.push((leaf, stored));
                }
            }
            for piece in old.chunks(PIECE) {
                let piece: BTreeMap<u64, &StoredRecord> = piece.iter().copied().collect();
                self.prove(&piece, &tree).await?;
                let mut purge = purge_of(&piece, &tree, now, (key, authority.changes)).await?;
                let records = piece.values().copied();
                let ended = self.ended_choices(records, &mut policies, retention, now);
                purge.choices = ended.await?;
                if !self.store.purge(&purge).await? {
                    return Err(replaced());
                }
                purged += u64::try_from(piece.len()).unwrap_or(u64::MAX);
                progress.up_to(piece.values().map(|stored| stored.record.id).max());
            }
            progress.up_to(page.last);
            if page.last.is_none() {
                break;
            }
            due.after = page.last;
        }
        let oldest_kept = now.unix_seconds().saturating_sub(retention.least());
        self.store
            .drop_empty(Instant::from_unix_seconds(oldest_kept))
            .await?;
        let ended = self.drop_lone_choices(&mut policies, retention, now);
        if ended.await? || purged > 0 {
            self.store.scrub().await?;
        }
        self.checkpoint(key, now).await?;
        Ok(purged)
    }

    /// Checks that these records are the leaves of a signed tree. Whoever can write to the store could give one
    /// another date, so that it is old enough, and its hashes for as long as it takes.
    async fn prove(
        &self,
        records: &BTreeMap<u64, &StoredRecord>,
        tree: &Checkpoint,
    ) -> Result<(), ArchiveError> {
        let hash = |stored: &StoredRecord| leaf_hash(&stored.record.leaf());
        let known: Vec<_> = records.iter().map(|(leaf, it)| (*leaf, hash(it))).collect();
        let leaves: Vec<_> = records.keys().copied().collect();
        let beside = self.store.nodes(&part::beside(&leaves, tree.size)).await?;
        if part::root(&known, tree.size, &beside) == Some(tree.root) {
            return Ok(());
        }
        let places: Vec<_> = leaves.iter().map(|leaf| 2 * leaf).collect();
        let hashes = self.store.nodes(&places).await?;
        let mut changed = records.iter().zip(known.iter().zip(hashes));
        let changed = changed.find(|(_, ((_, own), stored))| own != stored);
        Err(ArchiveError::new(match changed {
            Some(((leaf, stored), _)) => format!(
                "record {} was changed in the store after it became leaf {leaf} of the tree: restore it from a \
                 backup, and purge then",
                stored.record.id
            ),
            None => {
                "the hashes of the tree do not fit its last checkpoint: restore a backup".to_owned()
            }
        }))
    }

    async fn is_old(
        &self,
        stored: &StoredRecord,
        retention: RecordRetention,
        now: Instant,
        lifetimes: &mut Lifetimes,
    ) -> Result<bool, ArchiveError> {
        let age = now.unix_seconds();
        let age = age.saturating_sub(stored.record.recorded_at.unix_seconds());
        if age < retention.least() {
            return Ok(false);
        }
        let policy = stored.record.policy;
        let lifetime = match lifetimes.get(&policy) {
            Some(lifetime) => *lifetime,
            None => self.policy_of(stored).await?.choice_lifetime().as_secs(),
        };
        lifetimes.insert(policy, lifetime);
        Ok(retention.has_ended(stored, lifetime, now))
    }
}

fn replaced() -> ArchiveError {
    ArchiveError::new("the key was replaced meanwhile: purge again, with the new one")
}

/// Returns the purge of these records of a tree, signed with the key, which so many changes of keys were before.
async fn purge_of(
    old: &BTreeMap<u64, &StoredRecord>,
    tree: &Checkpoint,
    now: Instant,
    (key, keys): (&dyn Signer, u64),
) -> Result<Purge, ArchiveError> {
    let note = PurgeNote {
        time: now,
        records: u64::try_from(old.len()).unwrap_or(u64::MAX),
        leaves: runs(old.keys().copied()),
        size: tree.size,
        root: tree.root,
        signature: None,
    };
    let note = note.signed(key).await?;
    Ok(Purge {
        records: old.values().map(|stored| stored.record.id).collect(),
        choices: Vec::new(),
        line: Line::Purge(note).text(),
        keys,
    })
}

/// Joins numbers that follow each other. They are in order.
fn runs(leaves: impl IntoIterator<Item = u64>) -> Vec<(u64, u64)> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for leaf in leaves {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == leaf => *last = leaf,
            _ => runs.push((leaf, leaf)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::runs;

    #[test]
    fn leaves_that_follow_each_other_are_one_run() {
        for (leaves, expected) in [
            (&[][..], &[][..]),
            (&[7], &[(7, 7)]),
            (&[1, 2, 3], &[(1, 3)]),
            (&[0, 2, 4, 5], &[(0, 0), (2, 2), (4, 5)]),
        ] {
            assert_eq!(runs(leaves.iter().copied()), expected, "{leaves:?}");
        }
    }
}
