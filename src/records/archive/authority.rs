//! Which key signs now: no other may add to the tree, since what it signed would fit no export.

use super::{
    ArchiveError, Checkpoint, PublicKey, key_chain::KeyChain, lines::Line, store::ArchiveStore,
    tree::MAX_SIZE,
};

/// The key that signs now, and those before it.
pub(super) struct Authority {
    chain: KeyChain,
    /// The number of changes of keys. What is signed with this key counts only as long as there are no more.
    pub(super) changes: u64,
}

impl Authority {
    /// Checks that this key is the one that signs now: the last that followed another, or else the one of the
    /// newest checkpoint. Of an empty tree it is any.
    pub(super) async fn of(
        store: &dyn ArchiveStore,
        key: &PublicKey,
    ) -> Result<Self, ArchiveError> {
        let mut chain = KeyChain::new(*key);
        let lines = store.key_lines().await?;
        for line in &lines {
            let changed = match serde_json::from_str(line) {
                Ok(Line::Key(change)) => chain.change(&change),
                _ => Err("not the line of a change of keys"),
            };
            changed.map_err(|what| {
                ArchiveError::new(format!(
                    "a change of keys in the store does not fit: {what}: restore a backup"
                ))
            })?;
        }
        if chain.newest() != key {
            return Err(refused(key, &chain.newest().name()));
        }
        let newest = store.signed_checkpoint(MAX_SIZE).await?;
        if let Some(other) = newest.filter(|newest| !chain.signed(newest)) {
            let signature = other.signature.unwrap_or_default();
            let name = signature
                .rsplit_once(':')
                .map_or("nobody", |(name, _)| name);
            return Err(refused(key, name));
        }
        Ok(Self {
            chain,
            changes: u64::try_from(lines.len()).unwrap_or(u64::MAX),
        })
    }

    /// Returns `true` if the key of its time signed the checkpoint.
    pub(super) fn signed(&self, checkpoint: &Checkpoint) -> bool {
        self.chain.signed(checkpoint)
    }
}

fn refused(key: &PublicKey, signs: &str) -> ArchiveError {
    ArchiveError::new(format!(
        "the key {} signs nothing in this store, where {signs} does: give that key, or have it sign first that the \
         other one follows (`Archive::rotate`)",
        key.name()
    ))
}
