//! Reading the records, and proving that nobody changed them: the Merkle tree and its checkpoints.

// A store knows `store`, which says what is asked of it, and `tiles`, and none of the rest.

mod accounts;
mod authority;
#[cfg(feature = "pages")]
mod check;
mod checkpoint;
mod counters;
mod error;
mod export;
pub(super) mod hex;
mod history;
mod judge;
mod key_chain;
pub(super) mod key_file;
mod keys;
mod lines;
mod long_work;
mod opt_outs;
mod order;
mod outbox;
mod part;
mod progress;
mod proofs;
mod purge;
mod purge_note;
mod rest;
mod retention;
mod sequencer;
mod signer;
pub(super) mod store;
mod stored;
pub(super) mod tiles;
#[cfg(feature = "records-timestamps")]
mod timestamps;
mod tree;
mod verify;
mod witness;

use std::{fmt, sync::Arc};

#[cfg(feature = "pages")]
pub(super) use check::LastCheck;
pub use checkpoint::Checkpoint;
pub use error::ArchiveError;
#[cfg(feature = "pages")]
pub(super) use export::Export;
pub use judge::{PastVerdict, Stats};
pub use key_file::KeyError;
pub use keys::{PublicKey, SigningKey};
pub use opt_outs::{OptOutRequest, OptOutResponse};
pub use progress::ArchiveProgress;
pub(super) use progress::Listener;
pub use retention::RecordRetention;
#[cfg(feature = "pages")]
pub(crate) use signer::sign;
pub use signer::{Signer, SignerFuture};
pub use stored::StoredRecord;
#[cfg(feature = "records-timestamps")]
pub use timestamps::{
    TimestampAuthority, TimestampCertificates, TimestampError, TimestampErrorKind,
};
pub use verify::{Misfit, Timestamps, Verified, Verifier, verify};
pub use witness::{Witness, WitnessFuture};

use self::store::ArchiveStore;

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
/// // What could not be saved in time was never in force.
/// println!("{}", archive.taken_back(&[receipt]).await?.is_empty());
/// println!("{}", archive.verdict_at(receipt, "_ga", now).await?);
/// archive.checkpoint(key, now).await?;
/// archive.export(&mut std::io::stdout().lock()).await?;
/// archive.write_outbox(&mut std::io::stdout().lock()).await?;
/// archive.write_counters(&mut std::io::stdout().lock()).await?;
/// archive.opt_outs(Instant::from_unix_seconds(0), now, |request| Ok(println!("{request:?}"))).await?;
/// println!("{}", archive.stats().await?);
/// # Ok(())
/// # }
/// ```
///
/// It proves to others what is in the Merkle tree:
///
/// ```
/// # use tower_cookie_consent::records::{Archive, ArchiveError};
/// # async fn prove(archive: Archive) -> Result<(), ArchiveError> {
/// if let Some(newest) = archive.published(None).await? {
///     let path = archive.inclusion(0, newest.size).await?;
///     let since_the_first = archive.consistency(1, newest.size).await?;
///     println!("{newest:?} {path:?} {since_the_first:?}");
/// }
/// # Ok(())
/// # }
/// ```
///
/// With accounts it shows, and erases, what is linked with one:
///
/// ```
/// # use tower_cookie_consent::records::{AccountKeys, Archive, ArchiveError, Instant};
/// # async fn of_account(archive: Archive, keys: &AccountKeys, now: Instant) -> Result<(), ArchiveError> {
/// let account = keys.account("ada");
/// for stored in archive.account_history(&account).await? {
///     println!("{} {:?}", stored.record.decided_at, stored.subject);
/// }
/// let erased = archive.erase_account(&account, false, now).await?;
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
    pub(super) store: Arc<dyn ArchiveStore>,
    /// Of long work.
    pub(super) listener: Listener,
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Archive").field(&self.store).finish()
    }
}
