use super::{Archive, ArchiveError, Checkpoint, tree};
use crate::records::Digest;

impl Archive {
    /// Returns the newest signed checkpoint, or the one of the tree of this size. The example is at
    /// [`Archive`].
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the store fails.
    pub async fn published(&self, size: Option<u64>) -> Result<Option<Checkpoint>, ArchiveError> {
        let at_most = size.unwrap_or(tree::MAX_SIZE).min(tree::MAX_SIZE);
        let found = self.store.signed_checkpoint(at_most).await?;
        Ok(found.filter(|found| size.is_none_or(|size| found.size == size)))
    }

    /// Returns the proof that the leaf is in the tree of this size: the hashes of `PATH` (RFC 6962, section
    /// 2.1.1). `None` if there is no such leaf, or no signed checkpoint of a tree that large. The example is
    /// at [`Archive`].
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the store fails.
    pub async fn inclusion(
        &self,
        leaf: u64,
        size: u64,
    ) -> Result<Option<Vec<Digest>>, ArchiveError> {
        self.proof(tree::inclusion(leaf, size), size).await
    }

    /// Returns the proof that the tree of `size` leaves continues the one of `from` leaves: the hashes of
    /// `PROOF` (RFC 6962, section 2.1.2). `None` if `from` is 0 or the larger one, or if there is no signed
    /// checkpoint of a tree that large. The example is at [`Archive`].
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the store fails.
    pub async fn consistency(
        &self,
        from: u64,
        size: u64,
    ) -> Result<Option<Vec<Digest>>, ArchiveError> {
        self.proof(tree::consistency(from, size), size).await
    }

    /// Returns the hash of a leaf of the newest signed tree.
    #[cfg(feature = "pages")]
    pub(crate) async fn leaf_hash(&self, leaf: u64) -> Result<Option<Digest>, ArchiveError> {
        let hashes = self.proof(Some(vec![2 * leaf]), leaf + 1).await?;
        Ok(hashes.and_then(|hashes| hashes.first().copied()))
    }

    /// Returns the hashes of these nodes of the tree of this size. It may have grown since: only hashes that
    /// never change are read.
    async fn proof(
        &self,
        places: Option<Vec<u64>>,
        size: u64,
    ) -> Result<Option<Vec<Digest>>, ArchiveError> {
        let newest = self.published(None).await?.map_or(0, |newest| newest.size);
        let Some(places) = places.filter(|_| size <= newest) else {
            return Ok(None);
        };
        let parts: Vec<_> = places.iter().map(|it| tree::complete(*it, size)).collect();
        let read: Vec<_> = parts.concat();
        let mut hashes = &*self.store.nodes(&read).await?;
        let mut proof = Vec::with_capacity(places.len());
        for part in parts {
            let Some((own, rest)) = hashes.split_at_checked(part.len()) else {
                return Ok(None);
            };
            proof.extend(tree::joined(own));
            hashes = rest;
        }
        Ok(Some(proof))
    }
}
