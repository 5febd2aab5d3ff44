//! Reading the records, and proving that nobody changed them: the Merkle tree and its checkpoints.

// A store knows `store`, which says what is asked of it, and none of the rest.

mod checkpoint;
mod counters;
mod error;
mod export;
mod hex;
mod history;
mod judge;
mod key_chain;
mod keys;
mod lines;
mod outbox;
mod retention;
mod sequencer;
pub(super) mod store;
mod tree;
mod verify;

use std::{fmt, sync::Arc};

pub use checkpoint::Checkpoint;
pub use error::ArchiveError;
pub use judge::Stats;
pub use keys::{KeyError, PublicKey, SigningKey};
pub use retention::RecordRetention;
pub use verify::{Misfit, Verified, verify};

use self::store::ArchiveStore;
use super::{ConsentRecord, RecordId};

/// The records of a store, to read and to prove.
///
/// ```
/// # use tower_cookie_consent::records::{Archive, ArchiveError, Instant, SigningKey};
/// # use tower_cookie_consent::records::RecordId;
/// # async fn read(receipt: RecordId, key: &SigningKey, now: Instant) -> Result<(), ArchiveError> {
/// let archive = Archive::open("sqlite:consent.db").await?;
/// if let Some(stored) = archive.find(receipt).await? {
///     println!("{:?}", archive.document(stored.record.policy).await?);
/// }
/// for stored in archive.history(receipt).await? {
///     println!("{} {:?}", stored.record.decided_at, stored.record.answers);
/// }
/// println!("{:?}", archive.verdict_at(receipt, "_ga", now).await?);
/// archive.checkpoint(key, now).await?;
/// archive.export(&mut std::io::stdout().lock()).await?;
/// archive.write_outbox(&mut std::io::stdout().lock()).await?;
/// archive.write_counters(&mut std::io::stdout().lock()).await?;
/// println!("{}", archive.stats().await?);
/// # Ok(())
/// # }
/// ```
///
/// It also drops what is old enough, erases what links a visitor's records, and replaces the key:
///
/// ```
/// # use tower_cookie_consent::records::{Archive, ArchiveError, Instant, RecordId};
/// # use tower_cookie_consent::records::{RecordRetention, SigningKey};
/// # async fn end(archive: Archive, key: &SigningKey, id: RecordId, now: Instant) -> Result<(), ArchiveError> {
/// let dropped = archive.purge(RecordRetention::default(), key, now).await?;
/// let erased = archive.erase(id, false, now).await?;
/// archive.rotate(key, &SigningKey::generate()?, now).await?;
/// let again = archive.retry_dead_letters(now).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Archive {
    store: Arc<dyn ArchiveStore>,
}

impl Archive {
    /// Opens the store with this URL: `sqlite:FILE`, with the feature `records-sqlite`, or
    /// `postgres://USER:PASSWORD@HOST/DATABASE`, with the feature `records-postgres`.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the URL has another form, or if the store can't be opened.
    pub async fn open(url: &str) -> Result<Self, ArchiveError> {
        #[cfg(feature = "records-sqlite")]
        if let Some(file) = url.strip_prefix("sqlite:") {
            return Ok(super::SqliteStore::open(file)?.into());
        }
        #[cfg(feature = "records-postgres")]
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            return Ok(super::PostgresStore::connect(url).await?.into());
        }
        // Without what follows the scheme, which may be a password.
        let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
        Err(ArchiveError::new(format!(
            "unknown store `{scheme}:`: write sqlite:FILE or postgres://USER:PASSWORD@HOST/DATABASE"
        )))
    }
}

#[cfg(feature = "records-sqlite")]
impl From<super::SqliteStore> for Archive {
    fn from(store: super::SqliteStore) -> Self {
        Self {
            store: Arc::new(store),
        }
    }
}

#[cfg(feature = "records-postgres")]
impl From<super::PostgresStore> for Archive {
    fn from(store: super::PostgresStore) -> Self {
        Self {
            store: Arc::new(store),
        }
    }
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Archive").field(&self.store).finish()
    }
}

/// A record as it is stored, which an [`Archive`] returns.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredRecord {
    /// The record.
    pub record: ConsentRecord,
    /// The record before, of the same visitor, until it is erased.
    pub previous: Option<RecordId>,
    /// Its index in the Merkle tree. `None` until the next checkpoint.
    pub leaf: Option<u64>,
}
