//! Records in one file, with SQLite: the embedded default.

// `SqliteStore` is public. `open` prepares the file; `append`, `counters`, `read`, `log`,
// `outbox` and `subjects` have the statements. `scrub` empties the write-ahead log.

mod append;
mod counters;
mod due;
mod error;
mod log;
mod open;
mod outbox;
mod read;
mod scrub;
mod subjects;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
};

use rusqlite::Connection;

use self::error::Problem;
use super::{
    Account, AccountChoices, Appended, Checkpoint, CountedChoices, Digest, Document, Entry,
    Instant, OutboxStore, Outgoing, RecordId, RecordStore, Settled, StoreError, StoreFuture,
    StoredRecord, SubjectId, Withdrawal,
    archive::store::{
        ArchiveStore, Batch, Counts, Due, Item, Leaf, Lease, LoneChoices, MaybeDue, OutboxCounts,
        OutboxRow, Purge, Source,
    },
    counters::Counter,
};

/// A store in one file, with SQLite (feature `records-sqlite`), without a server.
///
/// Every group of entries is one transaction, which is synced to the disk before it counts
/// (`synchronous=FULL`, in a write-ahead log). Two more files are beside it while it is open: `FILE-wal`
/// and `FILE-shm`. Copy all three, or use SQLite's own backup. It must be on a local disk.
///
/// Its futures work on the thread that polls them, and wait for the disk there.
///
/// ```
/// use tower_cookie_consent::records::SqliteStore;
///
/// # let folder = std::env::temp_dir().join(format!("records-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// let store = SqliteStore::open(folder.join("consent.db"))?;
/// # drop(store);
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SqliteStore {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
}

/// As many connections for reading are kept for the next call.
const MAX_READERS: usize = 8;

impl SqliteStore {
    /// Opens the file, creates it if it is missing (readable by its owner alone), and brings the schema
    /// of an earlier release up to date.
    ///
    /// # Errors
    ///
    /// [`StoreError`], with the fix, if the folder is missing, if the file can't be written, if it is not a
    /// database or another program's, if the disk is full, or if a newer release has changed its schema.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = open::resolve(path.as_ref())?;
        let mut writer = open::connect(&path)?;
        open::migrate(&path, &mut writer)?;
        Ok(Self {
            path,
            writer: Mutex::new(writer),
            readers: Mutex::default(),
        })
    }

    /// Calls `work` with the connection for writing.
    fn write<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Problem>,
    ) -> Result<T, StoreError> {
        // A transaction that panicked was rolled back.
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut writer).map_err(|problem| problem.at(&self.path))
    }

    /// Calls `work` with a connection for reading.
    fn read<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Problem>,
    ) -> Result<T, StoreError> {
        let kept = self.readers().pop();
        let mut reader = kept.map_or_else(|| open::connect_reader(&self.path), Ok)?;
        let result = work(&mut reader).map_err(|problem| problem.at(&self.path));
        let mut readers = self.readers();
        if readers.len() < MAX_READERS {
            readers.push(reader);
        }
        result
    }

    fn readers(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl RecordStore for SqliteStore {
    fn append<'a>(&'a self, entries: &'a [Entry]) -> StoreFuture<'a, Vec<Appended>> {
        Box::pin(async move { self.write(|connection| append::append(connection, entries)) })
    }

    fn count<'a>(&'a self, choices: &'a [CountedChoices]) -> StoreFuture<'a, ()> {
        Box::pin(async move { self.write(|connection| counters::count(connection, choices)) })
    }

    fn outbox(&self) -> Option<&dyn OutboxStore> {
        Some(self)
    }
}

impl AccountChoices for SqliteStore {
    fn load<'a>(&'a self, account: &'a Account) -> StoreFuture<'a, Option<String>> {
        Box::pin(async move { self.read(|connection| subjects::load(connection, account)) })
    }

    fn save<'a>(&'a self, account: &'a Account, choice: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(
            async move { self.write(|connection| subjects::save(connection, account, choice)) },
        )
    }

    fn replace<'a>(
        &'a self,
        account: &'a Account,
        before: Option<&'a str>,
        choice: &'a str,
    ) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            self.write(|connection| subjects::replace(connection, account, before, choice))
        })
    }
}

impl OutboxStore for SqliteStore {
    fn claim(&self, now: Instant, until: Instant, max: usize) -> StoreFuture<'_, Vec<Outgoing>> {
        Box::pin(async move { self.write(|connection| outbox::claim(connection, now, until, max)) })
    }

    fn settle<'a>(&'a self, withdrawal: &'a Withdrawal, settled: Settled) -> StoreFuture<'a, ()> {
        Box::pin(
            async move { self.write(|connection| outbox::settle(connection, withdrawal, settled)) },
        )
    }
}

impl ArchiveStore for SqliteStore {
    fn find(&self, id: RecordId) -> StoreFuture<'_, Option<StoredRecord>> {
        Box::pin(async move { self.read(|connection| read::find(connection, id)) })
    }

    fn document(&self, digest: Digest) -> StoreFuture<'_, Option<Document>> {
        Box::pin(async move { self.read(|connection| read::document(connection, digest)) })
    }

    fn records(&self, after: Option<RecordId>, max: usize) -> StoreFuture<'_, Vec<StoredRecord>> {
        Box::pin(async move { self.read(|connection| read::records(connection, after, max)) })
    }

    fn due(&self, due: Due) -> StoreFuture<'_, MaybeDue> {
        Box::pin(async move { self.read(|connection| due::due(connection, due)) })
    }

    fn waiting(&self) -> StoreFuture<'_, u64> {
        Box::pin(async move { self.read(|connection| read::waiting(connection)) })
    }

    fn following<'a>(&'a self, ids: &'a [RecordId], max: usize) -> StoreFuture<'a, Vec<RecordId>> {
        Box::pin(async move { self.read(|connection| read::following(connection, ids, max)) })
    }

    fn taken_back<'a>(&'a self, ids: &'a [RecordId]) -> StoreFuture<'a, Vec<RecordId>> {
        Box::pin(async move { self.read(|connection| read::taken_back(connection, ids)) })
    }

    fn subjects<'a>(&'a self, account: &'a Account) -> StoreFuture<'a, Vec<SubjectId>> {
        Box::pin(async move { self.read(|connection| subjects::of_account(connection, account)) })
    }

    fn records_of(
        &self,
        subject: SubjectId,
        after: Option<RecordId>,
        max: usize,
    ) -> StoreFuture<'_, Vec<StoredRecord>> {
        Box::pin(async move {
            self.read(|connection| read::of_subject(connection, subject, after, max))
        })
    }

    fn erase_account<'a>(&'a self, account: &'a Account) -> StoreFuture<'a, u64> {
        Box::pin(async move { self.write(|connection| subjects::erase(connection, account)) })
    }

    fn erase<'a>(&'a self, ids: &'a [RecordId]) -> StoreFuture<'a, u64> {
        Box::pin(async move {
            let start = std::time::Instant::now();
            let erased = self.write(|connection| log::erase(connection, ids))?;
            // As after a purge.
            thread::sleep(start.elapsed());
            Ok(erased)
        })
    }

    fn choices_of<'a>(
        &'a self,
        subjects: &'a [SubjectId],
    ) -> StoreFuture<'a, Vec<(SubjectId, String)>> {
        Box::pin(async move { self.read(|it| subjects::choices_of(it, subjects)) })
    }

    fn lone_choices(&self, after: Option<SubjectId>, max: usize) -> StoreFuture<'_, LoneChoices> {
        Box::pin(async move { self.read(|it| subjects::lone_choices(it, after, max)) })
    }

    fn drop_choices<'a>(&'a self, choices: &'a [(SubjectId, String)]) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let start = std::time::Instant::now();
            self.write(|connection| subjects::drop_choices(connection, choices))?;
            // As after a purge.
            thread::sleep(start.elapsed());
            Ok(())
        })
    }

    fn documents_of<'a>(&'a self, media_type: &'a str) -> StoreFuture<'a, Vec<Digest>> {
        Box::pin(async move { self.read(|it| read::documents_of(it, media_type)) })
    }

    fn purge<'a>(&'a self, purge: &'a Purge) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let start = std::time::Instant::now();
            let purged = self.write(|connection| log::purge(connection, purge))?;
            // Other processes can't queue for the file's lock: they only get it while nobody has it.
            thread::sleep(start.elapsed());
            Ok(purged)
        })
    }

    fn scrub(&self) -> StoreFuture<'_, ()> {
        Box::pin(async move { scrub::scrub(&self.path) })
    }

    fn counts(&self) -> StoreFuture<'_, Counts> {
        Box::pin(async move { self.read(|connection| read::counts(connection)) })
    }

    fn counters(&self, first: u64, last: u64, max: u64) -> StoreFuture<'_, Vec<Counter>> {
        Box::pin(
            async move { self.read(|connection| counters::read(connection, first, last, max)) },
        )
    }

    fn leaves(&self, from: u64, max: usize) -> StoreFuture<'_, Vec<Leaf>> {
        Box::pin(async move { self.read(|connection| read::leaves(connection, from, max)) })
    }

    fn unsequenced(&self, after: Option<Source>, max: usize) -> StoreFuture<'_, Vec<Item>> {
        Box::pin(async move { self.read(|connection| read::unsequenced(connection, after, max)) })
    }

    fn nodes<'a>(&'a self, places: &'a [u64]) -> StoreFuture<'a, Vec<Digest>> {
        Box::pin(async move { self.read(|connection| log::nodes(connection, places)) })
    }

    fn checkpoints(&self, after: u64, max: usize) -> StoreFuture<'_, Vec<Checkpoint>> {
        Box::pin(async move { self.read(|connection| log::checkpoints(connection, after, max)) })
    }

    fn last_checkpoint(&self) -> StoreFuture<'_, Option<Checkpoint>> {
        Box::pin(async move { self.read(|connection| log::last_checkpoint(connection)) })
    }

    fn signed_checkpoint(&self, at_most: u64) -> StoreFuture<'_, Option<Checkpoint>> {
        Box::pin(async move { self.read(|connection| log::signed_checkpoint(connection, at_most)) })
    }

    fn lease(&self, lease: Lease) -> StoreFuture<'_, bool> {
        Box::pin(async move { self.write(|connection| log::lease(connection, lease)) })
    }

    fn commit<'a>(&'a self, batch: &'a Batch) -> StoreFuture<'a, bool> {
        Box::pin(async move { self.write(|connection| log::commit(connection, batch)) })
    }

    fn sign<'a>(&'a self, checkpoint: &'a Checkpoint) -> StoreFuture<'a, ()> {
        Box::pin(async move { self.write(|connection| log::sign(connection, checkpoint)) })
    }

    fn attest<'a>(&'a self, size: u64, witness: &'a str) -> StoreFuture<'a, ()> {
        Box::pin(async move { self.write(|connection| log::attest(connection, size, witness)) })
    }

    fn key_lines(&self) -> StoreFuture<'_, Vec<String>> {
        Box::pin(async move { self.read(|connection| log::key_lines(connection)) })
    }

    fn add_key_line<'a>(&'a self, size: u64, line: &'a str) -> StoreFuture<'a, bool> {
        Box::pin(async move { self.write(|connection| log::add_key_line(connection, size, line)) })
    }

    fn outbox_rows<'a>(
        &'a self,
        after: Option<&'a Withdrawal>,
        max: usize,
    ) -> StoreFuture<'a, Vec<OutboxRow>> {
        Box::pin(async move { self.read(|connection| outbox::rows(connection, after, max)) })
    }

    fn retry(&self, now: Instant) -> StoreFuture<'_, u64> {
        Box::pin(async move { self.write(|connection| outbox::retry(connection, now)) })
    }

    fn outbox_counts(&self) -> StoreFuture<'_, OutboxCounts> {
        Box::pin(async move { self.read(|connection| outbox::counts(connection)) })
    }
}
