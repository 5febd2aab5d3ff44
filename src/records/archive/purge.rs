//! Records that are kept long enough are dropped.

use std::{collections::BTreeMap, ops::RangeInclusive};

use super::{
    Archive, ArchiveError, RecordRetention, Signer, StoredRecord,
    lines::{Line, PurgeNote},
    store::Purge,
};
use crate::records::{Digest, Instant, RecordId};

/// Records that are read at once, and at most purged in one transaction: writers wait for it.
const PAGE: usize = 200;

/// For how many seconds a choice counts, by policy: thousands of records have the same one.
type Lifetimes = BTreeMap<Digest, u64>;

impl Archive {
    /// Drops the records that are kept long enough, and their links. Their hashes stay in the Merkle tree, and
    /// each purge becomes a leaf. A choice that still counts is never purged, nor is a record that is not in
    /// the tree. Returns how many it dropped.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if a policy can't be read, or if the store fails.
    pub async fn purge(
        &self,
        retention: RecordRetention,
        key: &dyn Signer,
        now: Instant,
    ) -> Result<u64, ArchiveError> {
        self.checkpoint(key, now).await?;
        let mut lifetimes = Lifetimes::new();
        let mut after = None;
        let mut purged = 0;
        loop {
            let page = self.store.records(after, PAGE).await?;
            let Some(last) = page.last() else {
                break;
            };
            after = Some(last.record.id);
            let mut old = Vec::new();
            for stored in &page {
                if let Some(leaf) = stored.leaf
                    && self.is_old(stored, retention, now, &mut lifetimes).await?
                {
                    old.push((stored.record.id, leaf));
                }
            }
            if !old.is_empty() {
                purged += u64::try_from(old.len()).unwrap_or(u64::MAX);
                self.store.purge(&purge_of(old, now)).await?;
            }
        }
        let oldest_kept = now.unix_seconds().saturating_sub(retention.least());
        self.store
            .drop_empty(Instant::from_unix_seconds(oldest_kept))
            .await?;
        self.checkpoint(key, now).await?;
        Ok(purged)
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

fn purge_of(old: Vec<(RecordId, u64)>, now: Instant) -> Purge {
    let (records, leaves): (Vec<_>, Vec<_>) = old.into_iter().unzip();
    let line = Line::Purge(PurgeNote {
        time: now,
        records: u64::try_from(records.len()).unwrap_or(u64::MAX),
        leaves: runs(leaves),
    });
    Purge {
        records,
        line: line.text(),
    }
}

/// Joins numbers that follow each other.
fn runs(mut leaves: Vec<u64>) -> Vec<(u64, u64)> {
    leaves.sort_unstable();
    let mut runs: Vec<RangeInclusive<u64>> = Vec::new();
    for leaf in leaves {
        match runs.last_mut() {
            Some(run) if *run.end() + 1 == leaf => *run = *run.start()..=leaf,
            _ => runs.push(leaf..=leaf),
        }
    }
    runs.iter().map(|run| (*run.start(), *run.end())).collect()
}

#[cfg(test)]
mod tests {
    use super::runs;

    #[test]
    fn leaves_that_follow_each_other_are_one_run() {
        for (leaves, expected) in [
            (&[][..], &[][..]),
            (&[7], &[(7, 7)]),
            (&[3, 1, 2], &[(1, 3)]),
            (&[5, 0, 4, 2], &[(0, 0), (2, 2), (4, 5)]),
        ] {
            assert_eq!(runs(leaves.to_vec()), expected, "{leaves:?}");
        }
    }
}
