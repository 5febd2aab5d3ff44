use std::fmt;

use super::{CountedChoices, Entry, OutboxStore, RecordId, StoreFuture};

/// A place that keeps records.
///
/// It is called by one writer, with groups of entries: one transaction for each group.
///
/// ```
/// use std::sync::Mutex;
/// use tower_cookie_consent::records::{Appended, Entry, RecordStore, StoreFuture};
///
/// /// Forgets everything with the process: for tests alone.
/// #[derive(Debug, Default)]
/// struct Forgetful(Mutex<Vec<Entry>>);
///
/// impl RecordStore for Forgetful {
///     fn append<'a>(&'a self, entries: &'a [Entry]) -> StoreFuture<'a, Vec<Appended>> {
///         if let Ok(mut kept) = self.0.lock() {
///             for entry in entries {
///                 let is_new = kept.iter().all(|other| other.record.id != entry.record.id);
///                 kept.extend(is_new.then(|| entry.clone()));
///             }
///         }
///         Box::pin(async { Ok(vec![Appended::New; entries.len()]) })
///     }
/// }
/// ```
pub trait RecordStore: fmt::Debug + Send + Sync + 'static {
    /// Stores these entries, with their documents, in one transaction, and returns once all are durable:
    /// `fsync`ed, or acknowledged by a server that has. Returns what became of each, in order.
    ///
    /// It is called again with the same entries after an error, since nobody knows how far the first call
    /// came: an entry whose id is stored already is [`Appended::New`] again, and not stored twice.
    ///
    /// An entry with a [key](super::ConsentRecord::key), whose last record of less than 48 hours ago has the same
    /// answers, is not stored: [`Appended::Same`].
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::records::StoreError) if nothing of the group is stored, or nobody knows. After one that
    /// is not [temporary](crate::records::StoreError::is_temporary), the entries are handed over in smaller groups,
    /// and one that is refused while others are taken is set aside: it stops nobody else's.
    fn append<'a>(&'a self, entries: &'a [Entry]) -> StoreFuture<'a, Vec<Appended>>;

    /// Adds choices that have no records to the daily counters. Default: forgets them, as a store without counters
    /// does.
    ///
    /// After an error it is called again with the same numbers: where only the answer was lost, they count twice.
    ///
    /// ```
    /// # use tower_cookie_consent::records::{CountedChoices, RecordStore, StoreError};
    /// async fn add(store: &impl RecordStore, choices: &[CountedChoices]) -> Result<(), StoreError> {
    ///     store.count(choices).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::records::StoreError) if they are not counted, or if nobody knows.
    fn count<'a>(&'a self, choices: &'a [CountedChoices]) -> StoreFuture<'a, ()> {
        let _ = choices;
        Box::pin(async { Ok(()) })
    }

    /// Returns the store's outbox, if it keeps [withdrawals](Entry::withdrawals). Default: `None`.
    ///
    /// ```
    /// # use tower_cookie_consent::records::RecordStore;
    /// fn may_pass_on(store: &impl RecordStore) -> bool {
    ///     store.outbox().is_some()
    /// }
    /// ```
    fn outbox(&self) -> Option<&dyn OutboxStore> {
        None
    }
}

/// The outcome for one entry of a [`RecordStore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Appended {
    /// It is stored.
    New,
    /// It repeats this record, with the same key and the same answers, and is not stored.
    Same(RecordId),
}
