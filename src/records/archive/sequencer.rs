use std::time;

use super::{
    Archive, ArchiveError,
    authority::Authority,
    checkpoint::Checkpoint,
    purge_note,
    signer::{Signer, sign},
    store::{ArchiveStore, Batch, Item, Lease},
    tree::{Growth, leaf_hash},
};
use crate::records::{Digest, Instant};

/// Leaves of one batch: it is one transaction, with one checkpoint.
const MAX_BATCH: usize = 4096;

/// A lease ends this many seconds after its last batch.
const LEASE_SECONDS: u64 = 60;

impl Archive {
    /// Adds everything that is not in the Merkle tree yet, in batches, with a signed checkpoint each. Returns
    /// the last one; if nothing was added, that is the one before, or the first, of the empty tree.
    ///
    /// Several processes may call it: one of them has the lease, and none can add leaves twice, even one that
    /// was stopped for longer than its lease.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if another process is adding, if another key signs this store's checkpoints, if somebody
    /// without the key has put a purge into the store, or if the store or the signer fails. What a signer did not
    /// sign then, it is asked for by the next call.
    pub async fn checkpoint(
        &self,
        key: &dyn Signer,
        now: Instant,
    ) -> Result<Checkpoint, ArchiveError> {
        let mut holder = [0; 16];
        getrandom::fill(&mut holder).map_err(|error| {
            ArchiveError::new(format!("the system has no random numbers: {error}"))
        })?;
        let store = &*self.store;
        let after = |seconds| Instant::from_unix_seconds(now.unix_seconds() + seconds);
        let lease = Lease {
            holder,
            now,
            expires_at: after(LEASE_SECONDS),
            latest: after(2 * LEASE_SECONDS),
        };
        if !store.lease(lease).await? {
            return Err(ArchiveError::new(
                "another process is making a checkpoint: try again in a minute".to_owned(),
            ));
        }
        let done = self.sequence(key, now, lease).await;
        // Ends the lease; a failure here only makes the next one wait.
        let ended = store
            .lease(Lease {
                expires_at: Instant::from_unix_seconds(0),
                ..lease
            })
            .await;
        let checkpoint = done?;
        ended?;
        Ok(checkpoint)
    }

    async fn sequence(
        &self,
        key: &dyn Signer,
        now: Instant,
        lease: Lease,
    ) -> Result<Checkpoint, ArchiveError> {
        let store = &*self.store;
        let (begun, mut renewed) = (time::Instant::now(), 0);
        let authority = Authority::of(store, &key.public()).await?;
        let mut last = store.last_checkpoint().await?;
        let size = last.as_ref().map_or(0, |checkpoint| checkpoint.size);
        let edge = store.nodes(&Growth::edge(size)).await?;
        let mut growth = Growth::new(size, &edge);
        if last.as_ref().is_some_and(|last| last.root != growth.root()) {
            return Err(ArchiveError::new(
                "the hashes of the tree do not fit its last checkpoint: restore a backup"
                    .to_owned(),
            ));
        }
        // One that was committed without, by a process that ended in between.
        if let Some(mut unsigned) = last.take_if(|last| last.signature.is_none()) {
            unsigned.time = now;
            last = Some(sign_stored(store, unsigned, key).await?);
        }
        let progress = self.leaves_to_add().await?;
        let first = size;
        loop {
            let items = store.unsequenced(None, MAX_BATCH).await?;
            if items.is_empty() {
                break;
            }
            let checked = purge_note::check_all(store, &key.public(), &items, growth.size()).await;
            if let Err(error) = checked {
                return Err(
                    match is_newest(store, growth.size(), authority.changes).await? {
                        true => error,
                        false => overtaken(),
                    },
                );
            }
            // A backlog may take longer than one lease.
            let elapsed = begun.elapsed().as_secs();
            if elapsed > renewed {
                if !store.lease(lease.later(elapsed)).await? {
                    return Err(overtaken());
                }
                renewed = elapsed;
            }
            let batch = batch(&mut growth, &items, now, authority.changes);
            if !store.commit(&batch).await? {
                return Err(overtaken());
            }
            let added = Checkpoint::new(batch.size, batch.root, now);
            last = Some(sign_stored(store, added, key).await?);
            progress.at(growth.size() - first);
        }
        // A checkpoint of the empty tree is signed, and not stored.
        match last {
            Some(last) => Ok(last),
            None => signed(Checkpoint::new(0, growth.root(), now), key).await,
        }
    }
}

/// Returns `true` if the store has no larger tree, and no more changes of keys. A purge that does not fit these may
/// be one of another process, whose lease began when that of this one had ended.
async fn is_newest(
    store: &dyn ArchiveStore,
    size: u64,
    changes: u64,
) -> Result<bool, ArchiveError> {
    let newest = store.last_checkpoint().await?;
    let lines = store.key_lines().await?;
    let is_largest = newest.is_none_or(|newest| newest.size == size);
    Ok(is_largest && u64::try_from(lines.len()) == Ok(changes))
}

fn overtaken() -> ArchiveError {
    ArchiveError::new("another process was quicker, or has replaced the key: try again")
}

/// Signs a checkpoint that the store has without a signature. Its time is that of the signature: a row with an
/// earlier one says nothing of when it was made.
async fn sign_stored(
    store: &dyn ArchiveStore,
    checkpoint: Checkpoint,
    key: &dyn Signer,
) -> Result<Checkpoint, ArchiveError> {
    let signed = signed(checkpoint, key).await?;
    store.sign(&signed).await?;
    Ok(signed)
}

async fn signed(mut checkpoint: Checkpoint, key: &dyn Signer) -> Result<Checkpoint, ArchiveError> {
    checkpoint.signature = Some(sign(key, &checkpoint.message()).await?);
    Ok(checkpoint)
}

/// Adds these leaves to the tree.
fn batch(growth: &mut Growth, items: &[Item], now: Instant, keys: u64) -> Batch {
    let first = growth.size();
    let mut nodes = Vec::with_capacity(2 * items.len() + 64);
    for item in items {
        growth.push(item.hash(), |place, hash| nodes.push((place, hash)));
    }
    let root = growth.close(|place, hash| nodes.push((place, hash)));
    Batch {
        first,
        leaves: items.iter().map(Item::source).collect(),
        nodes,
        size: growth.size(),
        root,
        time: now,
        keys,
    }
}

impl Lease {
    /// Returns the same for a time that is so many seconds later.
    fn later(self, seconds: u64) -> Self {
        let later = |time: Instant| Instant::from_unix_seconds(time.unix_seconds() + seconds);
        Self {
            now: later(self.now),
            expires_at: later(self.expires_at),
            latest: later(self.latest),
            ..self
        }
    }
}

impl Item {
    /// Returns the hash of its leaf.
    pub(super) fn hash(&self) -> Digest {
        match self {
            Self::Record(stored) => leaf_hash(&stored.record.leaf()),
            Self::Document(document) => leaf_hash(super::lines::document(document).as_bytes()),
            Self::Purge(purge) => leaf_hash(purge.line.as_bytes()),
        }
    }
}

#[cfg(test)]
#[cfg(feature = "records-sqlite")]
mod tests;
