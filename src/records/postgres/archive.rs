//! The store as an archive reads it, and adds to its tree.

use tokio::time::{self, sleep};
use tokio_postgres::Client;

use super::{
    PostgresStore, choices, counters, due, log, months, outbox, read, session::Work, subjects, tree,
};
use crate::records::{
    Account, AccountChoices, Checkpoint, Digest, Document, Instant, OutboxStore, Outgoing,
    RecordId, Settled, StoreFuture, StoredRecord, SubjectId, Withdrawal,
    archive::store::{
        ArchiveStore, Batch, Counts, Due, Item, Leaf, Lease, LoneChoices, MaybeDue, OutboxCounts,
        OutboxRow, Purge, Source,
    },
    counters::Counter,
};

/// Makes a call with a connection that the writer does not use: its runtime may be another.
macro_rules! call {
    ($store:ident, |$client:ident| $work:expr) => {
        call!($store, reads, |$client| $work)
    };
    ($store:ident, $pool:ident, |$client:ident| $work:expr) => {
        Box::pin(async move {
            #[allow(unused_mut, reason = "some only read")]
            let work = move |mut $client: Client| -> Work<'_, _> {
                Box::pin(async move {
                    let done = $work.await;
                    ($client, done)
                })
            };
            $store.call(&$store.$pool, work).await
        })
    };
}

impl ArchiveStore for PostgresStore {
    fn find(&self, id: RecordId) -> StoreFuture<'_, Option<StoredRecord>> {
        call!(self, |client| read::find(&client, id))
    }

    fn document(&self, digest: Digest) -> StoreFuture<'_, Option<Document>> {
        call!(self, |client| read::document(&client, digest))
    }

    fn records(&self, after: Option<RecordId>, max: usize) -> StoreFuture<'_, Vec<StoredRecord>> {
        call!(self, |client| read::records(&client, after, max))
    }

    fn due(&self, due: Due) -> StoreFuture<'_, MaybeDue> {
        call!(self, |client| due::due(&client, due))
    }

    fn waiting(&self) -> StoreFuture<'_, u64> {
        call!(self, |client| read::waiting(&client))
    }

    fn following<'a>(&'a self, ids: &'a [RecordId], max: usize) -> StoreFuture<'a, Vec<RecordId>> {
        call!(self, |client| read::following(&client, ids, max))
    }

    fn taken_back<'a>(&'a self, ids: &'a [RecordId]) -> StoreFuture<'a, Vec<RecordId>> {
        call!(self, |client| read::taken_back(&client, ids))
    }

    fn subjects<'a>(&'a self, account: &'a Account) -> StoreFuture<'a, Vec<SubjectId>> {
        call!(self, |client| subjects::of_account(&client, account))
    }

    fn records_of(
        &self,
        subject: SubjectId,
        after: Option<RecordId>,
        max: usize,
    ) -> StoreFuture<'_, Vec<StoredRecord>> {
        call!(self, |client| read::of_subject(
            &client, subject, after, max
        ))
    }

    fn erase_account<'a>(&'a self, account: &'a Account) -> StoreFuture<'a, u64> {
        call!(self, |client| subjects::erase(&mut client, account))
    }

    fn erase<'a>(&'a self, ids: &'a [RecordId]) -> StoreFuture<'a, u64> {
        call!(self, |client| log::erase(&mut client, ids))
    }

    fn choices_of<'a>(
        &'a self,
        subjects: &'a [SubjectId],
    ) -> StoreFuture<'a, Vec<(SubjectId, String)>> {
        call!(self, |client| choices::choices_of(&client, subjects))
    }

    fn lone_choices(&self, after: Option<SubjectId>, max: usize) -> StoreFuture<'_, LoneChoices> {
        call!(self, |client| choices::lone_choices(&client, after, max))
    }

    fn drop_choices<'a>(&'a self, choices: &'a [(SubjectId, String)]) -> StoreFuture<'a, ()> {
        call!(self, |client| subjects::drop_lone(&mut client, choices))
    }

    fn documents_of<'a>(&'a self, media_type: &'a str) -> StoreFuture<'a, Vec<Digest>> {
        call!(self, |client| read::documents_of(&client, media_type))
    }

    fn purge<'a>(&'a self, purge: &'a Purge) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let start = time::Instant::now();
            let purged: StoreFuture<'_, bool> =
                call!(self, |client| log::purge(&mut client, purge));
            let purged = purged.await?;
            // Writers have the disk for themselves for as long.
            sleep(start.elapsed()).await;
            Ok(purged)
        })
    }

    fn drop_empty(&self, oldest_kept: Instant) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            let dropped: StoreFuture<'_, ()> =
                call!(self, |client| months::drop_empty(&mut client, oldest_kept));
            // What waits for other transactions for too long is left for the next purge.
            dropped
                .await
                .or_else(|error| error.is_temporary().then_some(()).ok_or(error))
        })
    }

    fn counts(&self) -> StoreFuture<'_, Counts> {
        call!(self, |client| read::counts(&client))
    }

    fn counters(&self, first: u64, last: u64, max: u64) -> StoreFuture<'_, Vec<Counter>> {
        call!(self, |client| counters::read(&client, first, last, max))
    }

    fn leaves(&self, from: u64, max: usize) -> StoreFuture<'_, Vec<Leaf>> {
        call!(self, |client| read::leaves(&mut client, from, max))
    }

    fn unsequenced(&self, after: Option<Source>, max: usize) -> StoreFuture<'_, Vec<Item>> {
        call!(self, |client| read::unsequenced(&mut client, after, max))
    }

    fn nodes<'a>(&'a self, places: &'a [u64]) -> StoreFuture<'a, Vec<Digest>> {
        call!(self, |client| tree::nodes(&client, places))
    }

    fn checkpoints(&self, after: u64, max: usize) -> StoreFuture<'_, Vec<Checkpoint>> {
        call!(self, |client| log::checkpoints(&client, after, max))
    }

    fn last_checkpoint(&self) -> StoreFuture<'_, Option<Checkpoint>> {
        call!(self, |client| log::last_checkpoint(&client))
    }

    fn signed_checkpoint(&self, at_most: u64) -> StoreFuture<'_, Option<Checkpoint>> {
        call!(self, |client| log::signed_checkpoint(&client, at_most))
    }

    fn lease(&self, lease: Lease) -> StoreFuture<'_, bool> {
        call!(self, |client| log::lease(&mut client, lease))
    }

    fn commit<'a>(&'a self, batch: &'a Batch) -> StoreFuture<'a, bool> {
        call!(self, |client| log::commit(&mut client, batch))
    }

    fn sign<'a>(&'a self, checkpoint: &'a Checkpoint) -> StoreFuture<'a, ()> {
        call!(self, |client| log::sign(&mut client, checkpoint))
    }

    fn attest<'a>(&'a self, size: u64, witness: &'a str) -> StoreFuture<'a, ()> {
        call!(self, |client| log::attest(&mut client, size, witness))
    }

    fn key_lines(&self) -> StoreFuture<'_, Vec<String>> {
        call!(self, |client| log::key_lines(&client))
    }

    fn add_key_line<'a>(&'a self, size: u64, line: &'a str) -> StoreFuture<'a, bool> {
        call!(self, |client| log::add_key_line(&mut client, size, line))
    }

    fn outbox_rows<'a>(
        &'a self,
        after: Option<&'a Withdrawal>,
        max: usize,
    ) -> StoreFuture<'a, Vec<OutboxRow>> {
        call!(self, |client| outbox::rows(&client, after, max))
    }

    fn retry(&self, now: Instant) -> StoreFuture<'_, u64> {
        call!(self, |client| outbox::retry(&mut client, now))
    }

    fn outbox_counts(&self) -> StoreFuture<'_, OutboxCounts> {
        call!(self, |client| outbox::counts(&client))
    }
}

impl AccountChoices for PostgresStore {
    fn load<'a>(&'a self, account: &'a Account) -> StoreFuture<'a, Option<String>> {
        call!(self, |client| choices::load(&client, account))
    }

    fn save<'a>(&'a self, account: &'a Account, choice: &'a str) -> StoreFuture<'a, ()> {
        call!(self, |client| choices::save(&mut client, account, choice))
    }

    fn replace<'a>(
        &'a self,
        account: &'a Account,
        before: Option<&'a str>,
        choice: &'a str,
    ) -> StoreFuture<'a, bool> {
        call!(self, |client| choices::replace(
            &mut client,
            account,
            before,
            choice
        ))
    }
}

impl OutboxStore for PostgresStore {
    fn claim(&self, now: Instant, until: Instant, max: usize) -> StoreFuture<'_, Vec<Outgoing>> {
        call!(self, deliveries, |client| outbox::claim(
            &mut client,
            now,
            until,
            max
        ))
    }

    fn settle<'a>(&'a self, withdrawal: &'a Withdrawal, settled: Settled) -> StoreFuture<'a, ()> {
        call!(self, deliveries, |client| outbox::settle(
            &mut client,
            withdrawal,
            settled
        ))
    }
}
