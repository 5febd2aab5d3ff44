use std::{fmt, pin::Pin};

use super::{Archive, ArchiveError, Checkpoint};

/// The future of a [`Witness`]: what goes to a checkpoint's `witness`.
pub type WitnessFuture<'a> =
    Pin<Box<dyn Future<Output = Result<String, ArchiveError>> + Send + 'a>>;

/// Somebody else who attests to have seen a checkpoint: a transparency log, a second key on another machine, or
/// a timestamping authority (RFC 3161), whose client is `TimestampAuthority` (feature `records-timestamps`).
/// Whoever has the signing key can't make another history of the same time then.
///
/// ```
/// use tower_cookie_consent::records::{Archive, ArchiveError, Witness, WitnessFuture};
///
/// /// Stands for a client of a log.
/// #[derive(Debug)]
/// struct Log;
///
/// impl Witness for Log {
///     fn attest<'a>(&'a self, checkpoint: &'a [u8]) -> WitnessFuture<'a> {
///         // Here, add these bytes to it.
///         Box::pin(async move { Ok(format!("entry of {} bytes", checkpoint.len())) })
///     }
/// }
///
/// # async fn attest(archive: Archive) -> Result<(), ArchiveError> {
/// // After each checkpoint, or later.
/// let checkpoint = archive.witness(&Log).await?;
/// # Ok(())
/// # }
/// ```
pub trait Witness: fmt::Debug + Send + Sync + 'static {
    /// Attests these bytes: the line of the signed checkpoint without its `witness`, as canonical JSON
    /// (RFC 8785). A [`Verifier`](super::Verifier) gives its check the same.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if it can't now.
    fn attest<'a>(&'a self, checkpoint: &'a [u8]) -> WitnessFuture<'a>;
}

impl Archive {
    /// Has the newest signed checkpoint attested, unless it is already, and stores what the witness says.
    /// Returns the checkpoint; `None` if there is none. The example is at [`Witness`].
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the witness or the store fails. The checkpoint stays as it is, and can be attested
    /// later.
    pub async fn witness(&self, witness: &dyn Witness) -> Result<Option<Checkpoint>, ArchiveError> {
        let Some(newest) = self.published(None).await? else {
            return Ok(None);
        };
        if newest.witness.is_some() {
            return Ok(Some(newest));
        }
        let attestation = witness.attest(newest.attested().as_bytes()).await?;
        self.store.attest(newest.size, &attestation).await?;
        // Another process may have been quicker, and its one counts.
        self.published(Some(newest.size)).await
    }
}
