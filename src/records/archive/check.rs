use super::{Archive, ArchiveError, Checkpoint, PublicKey, tree::Growth};

/// The newest checkpoint, checked against the stored hashes alone.
#[derive(Clone, Debug)]
pub(crate) struct LastCheck {
    pub(crate) checkpoint: Checkpoint,
    /// `None` without a key to check it.
    pub(crate) is_signed: Option<bool>,
    pub(crate) fits_tree: bool,
}

impl Archive {
    /// Checks the newest checkpoint, if there is one.
    pub(crate) async fn last_check(
        &self,
        key: Option<&PublicKey>,
    ) -> Result<Option<LastCheck>, ArchiveError> {
        let Some(checkpoint) = self.store.last_checkpoint().await? else {
            return Ok(None);
        };
        // A hash that is missing is another tree too.
        let edge = self.store.nodes(&Growth::edge(checkpoint.size)).await;
        let fits = |edge: Vec<_>| Growth::new(checkpoint.size, &edge).root() == checkpoint.root;
        Ok(Some(LastCheck {
            is_signed: key.map(|key| checkpoint.is_signed_by(key)),
            fits_tree: edge.is_ok_and(fits),
            checkpoint,
        }))
    }
}
