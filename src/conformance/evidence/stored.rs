//! What was read from a store of records.

use std::collections::BTreeSet;

use crate::records::{Archive, ArchiveError, Checkpoint, Digest};

/// What was read from a store.
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
            outbox,
            checkpoint: archive.published(None).await?,
            documents: BTreeSet::new(),
        })
    }
}
