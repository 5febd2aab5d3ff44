//! The parts of a store of records that a pack has.

use std::collections::BTreeSet;

use crate::records::{Archive, ArchiveError, Checkpoint, Digest};

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
            outbox,
            checkpoint: archive.published(None).await?,
            documents: BTreeSet::new(),
        })
    }
}
