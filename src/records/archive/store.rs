//! What an archive asks of a store beyond appending.

#![cfg_attr(
    not(any(feature = "records-postgres", feature = "records-sqlite")),
    allow(dead_code, reason = "only the crate's own stores make these")
)]

use crate::records::{
    Account, Checkpoint, Digest, Document, Instant, Outgoing, RecordId, RecordStore, StoreFuture,
    StoredRecord, SubjectId, Withdrawal, counters::Counter,
};

/// A store that can be read, and whose rows are put into the Merkle tree.
///
/// Numbers are the places of [`tree`](super::tree); `max` bounds a page.
pub(crate) trait ArchiveStore: RecordStore {
    /// Returns a record by its id.
    fn find(&self, id: RecordId) -> StoreFuture<'_, Option<StoredRecord>>;

    /// Returns a document by its hash.
    fn document(&self, digest: Digest) -> StoreFuture<'_, Option<Document>>;

    /// Returns records in the order of their ids, which is that of time, after this one.
    fn records(&self, after: Option<RecordId>, max: usize) -> StoreFuture<'_, Vec<StoredRecord>>;

    /// Looks at the next records in the order of their ids, and returns those that a purge has to look at.
    fn due(&self, due: Due) -> StoreFuture<'_, MaybeDue>;

    /// Returns how much is not in the tree yet.
    fn waiting(&self) -> StoreFuture<'_, u64>;

    /// Returns the ids of at most `max` records that link these as the one before.
    fn following<'a>(&'a self, ids: &'a [RecordId], max: usize) -> StoreFuture<'a, Vec<RecordId>>;

    /// Returns those of these records whose grants another record takes back, as
    /// [unconfirmed](crate::records::Cause::Unconfirmed).
    fn taken_back<'a>(&'a self, ids: &'a [RecordId]) -> StoreFuture<'a, Vec<RecordId>>;

    /// Returns the subjects of an account, under any of its hashes: more than one only where two nodes had
    /// different keys.
    fn subjects<'a>(&'a self, account: &'a Account) -> StoreFuture<'a, Vec<SubjectId>>;

    /// Returns records of a subject in the order of their ids, after this one.
    fn records_of(
        &self,
        subject: SubjectId,
        after: Option<RecordId>,
        max: usize,
    ) -> StoreFuture<'_, Vec<StoredRecord>>;

    /// Erases the account, and what links records with it. Returns how many links it erased.
    fn erase_account<'a>(&'a self, account: &'a Account) -> StoreFuture<'a, u64>;

    /// Erases what links these records with others, on both sides, and with an account. Returns how many
    /// links it erased.
    fn erase<'a>(&'a self, ids: &'a [RecordId]) -> StoreFuture<'a, u64>;

    /// Returns the choices of these accounts, of those that have one.
    fn choices_of<'a>(
        &'a self,
        subjects: &'a [SubjectId],
    ) -> StoreFuture<'a, Vec<(SubjectId, String)>>;

    /// Looks at the choices of at most `max` accounts, after this one, and returns those of accounts without records.
    fn lone_choices(&self, after: Option<SubjectId>, max: usize) -> StoreFuture<'_, LoneChoices>;

    /// Drops those of these choices whose account has no record, and that account, unless it has another choice by now.
    fn drop_choices<'a>(&'a self, choices: &'a [(SubjectId, String)]) -> StoreFuture<'a, ()>;

    /// Returns the hashes of the documents of this media type.
    fn documents_of<'a>(&'a self, media_type: &'a str) -> StoreFuture<'a, Vec<Digest>>;

    /// Adds the purge, and drops its records with their links, in one transaction. Hashes stay. An account whose last
    /// record that was is dropped too, unless it has another choice than the purge names. Returns `false`,
    /// and does nothing, if there was another number of changes of keys.
    fn purge<'a>(&'a self, purge: &'a Purge) -> StoreFuture<'a, bool>;

    /// Drops parts of the store that purges have left empty, whose records were all older than this. Writers
    /// do not wait for it.
    fn drop_empty(&self, _oldest_kept: Instant) -> StoreFuture<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    /// Overwrites what was erased or purged where the store has copies of it, as far as that is its own doing.
    fn scrub(&self) -> StoreFuture<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    /// Returns how many there are.
    fn counts(&self) -> StoreFuture<'_, Counts>;

    /// Returns the choices counted from the first to the last of these days, both included, and on at most
    /// so many days, in order of days.
    fn counters(&self, first: u64, last: u64, max: u64) -> StoreFuture<'_, Vec<Counter>>;

    /// Returns leaves of the tree in order, from this index.
    fn leaves(&self, from: u64, max: usize) -> StoreFuture<'_, Vec<Leaf>>;

    /// Returns what is not in the tree yet, after this one: first documents, then records, then
    /// purges, so that no record is before its documents.
    fn unsequenced(&self, after: Option<Source>, max: usize) -> StoreFuture<'_, Vec<Item>>;

    /// Returns the hashes of nodes, in this order. A missing one is an error.
    fn nodes<'a>(&'a self, places: &'a [u64]) -> StoreFuture<'a, Vec<Digest>>;

    /// Returns checkpoints in order of their size, larger than `after`, signed or not.
    fn checkpoints(&self, after: u64, max: usize) -> StoreFuture<'_, Vec<Checkpoint>>;

    /// Returns the checkpoint of the newest tree, signed or not.
    fn last_checkpoint(&self) -> StoreFuture<'_, Option<Checkpoint>>;

    /// Returns the newest signed checkpoint of a tree that is not larger than this.
    fn signed_checkpoint(&self, at_most: u64) -> StoreFuture<'_, Option<Checkpoint>>;

    /// Takes the lease for sequencing, or keeps it. Returns `false` if another holder has it.
    fn lease(&self, lease: Lease) -> StoreFuture<'_, bool>;

    /// Adds a batch to the tree, with its checkpoint, in one transaction. Returns `false`, and adds
    /// nothing, if the tree has another size than the batch continues, or if there was another number of changes
    /// of keys.
    fn commit<'a>(&'a self, batch: &'a Batch) -> StoreFuture<'a, bool>;

    /// Adds the signature of a checkpoint that has none, and the time that it is of.
    fn sign<'a>(&'a self, checkpoint: &'a Checkpoint) -> StoreFuture<'a, ()>;

    /// Adds the attestation of a checkpoint that has none.
    fn attest<'a>(&'a self, size: u64, witness: &'a str) -> StoreFuture<'a, ()>;

    /// Returns the lines of the changes of keys, in order.
    fn key_lines(&self) -> StoreFuture<'_, Vec<String>>;

    /// Adds the line of a change of keys after the tree of this size. Returns `false`, and adds nothing, if the
    /// newest checkpoint is another one or not signed, or if a purge is not in the tree yet.
    fn add_key_line<'a>(&'a self, size: u64, line: &'a str) -> StoreFuture<'a, bool>;

    /// Returns the rows of the outbox in order of record and provider, after this one.
    fn outbox_rows<'a>(
        &'a self,
        after: Option<&'a Withdrawal>,
        max: usize,
    ) -> StoreFuture<'a, Vec<OutboxRow>>;

    /// Makes all dead letters due. Returns how many there were.
    fn retry(&self, now: Instant) -> StoreFuture<'_, u64>;

    /// Returns how many withdrawals of each kind there are.
    fn outbox_counts(&self) -> StoreFuture<'_, OutboxCounts>;
}

/// A withdrawal of the outbox. Without any time it is a dead letter.
#[derive(Clone, Debug)]
pub(crate) struct OutboxRow {
    pub(crate) outgoing: Outgoing,
    pub(crate) due_at: Option<Instant>,
    pub(crate) delivered_at: Option<Instant>,
}

/// The number of withdrawals of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutboxCounts {
    pub(crate) waiting: u64,
    pub(crate) delivered: u64,
    pub(crate) dead: u64,
}

/// The right to sequence until a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lease {
    pub(crate) holder: [u8; 16],
    pub(crate) now: Instant,
    pub(crate) expires_at: Instant,
    /// One that ends later was taken by a clock that was wrong, and does not count.
    pub(crate) latest: Instant,
}

/// A thing that becomes a leaf.
#[allow(clippy::large_enum_variant, reason = "nearly all of them are records")]
#[derive(Clone, Debug)]
pub(crate) enum Item {
    Record(StoredRecord),
    Document(Document),
    Purge(PurgeLine),
}

/// A purge as it is stored: the bytes of its leaf, under the store's own number.
#[derive(Clone, Debug)]
pub(crate) struct PurgeLine {
    pub(crate) row: i64,
    pub(crate) line: String,
}

/// The name of an [`Item`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Document(Digest),
    Record(RecordId),
    Purge(i64),
}

impl Item {
    pub(crate) const fn source(&self) -> Source {
        match self {
            Self::Record(stored) => Source::Record(stored.record.id),
            Self::Document(document) => Source::Document(document.digest()),
            Self::Purge(purge) => Source::Purge(purge.row),
        }
    }
}

/// A leaf of the tree. `None` if its record was purged.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    pub(crate) index: u64,
    pub(crate) hash: Digest,
    pub(crate) item: Option<Item>,
}

/// A group that is added to the tree at once.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The index of the first leaf: the size of the tree before.
    pub(crate) first: u64,
    pub(crate) leaves: Vec<Source>,
    /// Hashes by place, those of leaves included. One that exists is replaced: it was above an
    /// incomplete subtree.
    pub(crate) nodes: Vec<(u64, Digest)>,
    pub(crate) size: u64,
    pub(crate) root: Digest,
    pub(crate) time: Instant,
    /// The number of changes of keys before.
    pub(crate) keys: u64,
}

/// The records that a purge drops, and its line.
#[derive(Debug)]
pub(crate) struct Purge {
    pub(crate) records: Vec<RecordId>,
    /// The choices of their accounts that count no more.
    pub(crate) choices: Vec<(SubjectId, String)>,
    pub(crate) line: String,
    /// The number of changes of keys before: the key that signed the line is the last.
    pub(crate) keys: u64,
}

/// The records that may be kept long enough by now. An id begins with the second of its record, or of a later
/// one that takes it back: what comes after `before` is too young, whatever else it says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    pub(crate) after: Option<RecordId>,
    pub(crate) before: RecordId,
    /// A record that grants something is kept if its choice is not older than this.
    pub(crate) grants_before: Instant,
    /// As many are looked at.
    pub(crate) rows: usize,
}

/// What a purge has to look at.
#[derive(Debug)]
pub(crate) struct MaybeDue {
    pub(crate) records: Vec<StoredRecord>,
    /// The last one that the store looked at, if there may be more.
    pub(crate) last: Option<RecordId>,
}

/// Choices of accounts without records.
#[derive(Debug)]
pub(crate) struct LoneChoices {
    pub(crate) choices: Vec<(SubjectId, String)>,
    /// The last account that the store looked at, if there may be more.
    pub(crate) last: Option<SubjectId>,
}

impl LoneChoices {
    /// Returns what a look at `max` accounts has found: each with its choice, if it has no records.
    pub(crate) fn of(looked_at: Vec<(SubjectId, Option<String>)>, max: usize) -> Self {
        let last = looked_at.last().map(|(subject, _)| *subject);
        let last = last.filter(|_| looked_at.len() >= max);
        let choices = looked_at.into_iter();
        let choices = choices.filter_map(|(subject, choice)| Some((subject, choice?)));
        Self {
            choices: choices.collect(),
            last,
        }
    }
}

/// The number of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) records: u64,
    pub(crate) documents: u64,
    pub(crate) leaves: u64,
    pub(crate) unsequenced: u64,
}
