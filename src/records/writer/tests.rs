//! What becomes of responses that give up while their records are written.

mod behind;
mod nodes;
mod refused;
mod slow;
#[cfg(feature = "tracing")]
mod told;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering::SeqCst},
};

use tokio::sync::{Notify, oneshot};

use super::*;
use crate::records::{
    Appended, Cause, RecordId, Records, SqliteStore, StoreFuture,
    archive::store::ArchiveStore as _,
    testing::{Folder, from_page, id},
};

/// A store before whose answer responses give up.
#[derive(Debug)]
struct Late {
    store: SqliteStore,
    giving_up: Mutex<Vec<Fate>>,
    stores: AtomicBool,
    answers: AtomicBool,
    /// It refuses these numbers for good.
    refuses: Mutex<Vec<u64>>,
    /// It says that this is its own fault.
    is_broken: AtomicBool,
    /// The time before it stores.
    takes: Mutex<Duration>,
    /// And for each entry.
    takes_for_each: Mutex<Duration>,
    asked: Notify,
}

impl RecordStore for Late {
    fn append<'a>(&'a self, entries: &'a [Entry]) -> StoreFuture<'a, Vec<Appended>> {
        for fate in self.giving_up.lock().unwrap().drain(..) {
            fate.give_up();
        }
        let refuses = self.refuses.lock().unwrap().clone();
        let is_refused = |entry: &Entry| refuses.iter().any(|it| id(*it) == entry.record.id);
        if entries.iter().any(is_refused) {
            let error = match self.is_broken.load(SeqCst) {
                true => StoreError::broken("its index is damaged"),
                false => StoreError::permanent("it has something that no store takes"),
            };
            return Box::pin(async { Err(error) });
        }
        let count = u32::try_from(entries.len()).unwrap();
        let takes = *self.takes.lock().unwrap() + *self.takes_for_each.lock().unwrap() * count;
        self.asked.notify_one();
        Box::pin(async move {
            if !takes.is_zero() {
                sleep(takes).await;
            }
            if self.stores.load(SeqCst) {
                let appended = self.store.append(entries).await?;
                if self.answers.load(SeqCst) {
                    return Ok(appended);
                }
            }
            Err(StoreError::temporary("it is switched off"))
        })
    }
}

struct Fixture {
    folder: Folder,
    store: Arc<Late>,
}

impl Fixture {
    fn new() -> Self {
        let folder = Folder::new();
        let store = Late {
            store: SqliteStore::open(folder.file("consent.db")).unwrap(),
            giving_up: Mutex::default(),
            stores: AtomicBool::new(true),
            answers: AtomicBool::new(true),
            refuses: Mutex::default(),
            is_broken: AtomicBool::new(false),
            takes: Mutex::default(),
            takes_for_each: Mutex::default(),
            asked: Notify::new(),
        };
        Self {
            folder,
            store: Arc::new(store),
        }
    }

    fn switch(&self, stores: bool, answers: bool) {
        self.store.stores.store(stores, SeqCst);
        self.store.answers.store(answers, SeqCst);
    }

    fn writer(&self) -> Writer {
        self.writer_with(Some((self.folder.file("consent.spool"), 1 << 20)))
    }

    fn writer_with(&self, spool: Option<(PathBuf, u64)>) -> Writer {
        let settings =
            Records::builder(SqliteStore::open(self.folder.file("other.db")).unwrap()).settings;
        let store = Arc::clone(&self.store);
        Writer::new(store, spool, &settings, Shared::default()).unwrap()
    }

    /// Returns the record or what it takes back, and whether it does that.
    async fn rows(&self) -> Vec<(RecordId, bool)> {
        let rows = self.store.store.records(None, 1000).await.unwrap();
        let row = |row: &crate::records::StoredRecord| match row.record.cause {
            Cause::Unconfirmed => (row.record.key.as_ref().unwrap().parse().unwrap(), true),
            _ => (row.record.id, false),
        };
        let mut rows: Vec<_> = rows.iter().map(row).collect();
        rows.sort_unstable();
        rows
    }
}

impl Writer {
    /// Handles these as if they had been received.
    async fn write_all(&mut self, group: &mut Vec<Job>) {
        group.drain(..).for_each(|job| self.inbox.put(job));
        self.handle().await;
    }
}

fn grant(entry: Entry) -> (Job, oneshot::Receiver<Outcome>) {
    job(entry, true)
}

fn refusal(entry: Entry) -> (Job, oneshot::Receiver<Outcome>) {
    job(entry, false)
}

fn job(entry: Entry, is_grant: bool) -> (Job, oneshot::Receiver<Outcome>) {
    let (answer, answered) = oneshot::channel();
    let job = Job {
        entry,
        is_grant,
        fate: Fate::default(),
        answer,
    };
    (job, answered)
}

#[tokio::test]
async fn what_another_response_counts_on_is_not_taken_back() {
    for both in [false, true] {
        let fixture = Fixture::new();
        let mut writer = fixture.writer();
        let (first, _) = grant(from_page(1, "aa", true, 0));
        let (second, mut answered) = grant(from_page(2, "aa", true, 0));
        let fates = [first.fate.clone(), second.fate.clone()];
        let giving_up = fates.into_iter().take(1 + usize::from(both));
        fixture.store.giving_up.lock().unwrap().extend(giving_up);
        writer.write_all(&mut vec![first, second]).await;
        writer.drain().await;
        assert_eq!(answered.try_recv().unwrap(), Outcome::Durable(id(1)));
        let rows = fixture.rows().await;
        let expected = [(id(1), false), (id(1), true)];
        assert_eq!(rows, expected[..1 + usize::from(both)], "{both}");
    }
}

/// With the store's answer lost, or with nothing stored.
#[tokio::test]
async fn a_grant_that_is_tried_again_is_a_record_of_its_own() {
    for is_stored in [true, false] {
        let fixture = Fixture::new();
        fixture.switch(is_stored, false);
        let mut writer = fixture.writer();
        let (first, mut answered) = grant(from_page(1, "aa", true, 0));
        let fate = first.fate.clone();
        fixture.store.giving_up.lock().unwrap().push(fate);
        writer.write_all(&mut vec![first]).await;
        assert_eq!(answered.try_recv().unwrap(), Outcome::Failed);
        let (again, mut answered) = grant(from_page(2, "aa", true, 1));
        writer.write_all(&mut vec![again]).await;
        assert_eq!(answered.try_recv().unwrap(), Outcome::Durable(id(2)));

        // The process ends, and another one begins.
        drop(writer);
        fixture.switch(true, true);
        fixture.writer().drain().await;
        let mut expected = vec![(id(1), true), (id(2), false)];
        expected.extend(is_stored.then_some((id(1), false)));
        expected.sort_unstable();
        assert_eq!(fixture.rows().await, expected, "{is_stored}");
    }
}

#[tokio::test]
async fn the_spool_takes_what_waits_in_memory_first() {
    let fixture = Fixture::new();
    fixture.switch(false, false);
    let mut writer = fixture.writer();
    writer.held.push_back(from_page(1, "aa", false, 0));
    let (second, _) = grant(from_page(2, "aa", true, 1));
    writer.write_all(&mut vec![second]).await;
    assert!(writer.held.is_empty());
    let pending = writer.spool.as_mut().unwrap().pending(10).unwrap();
    let ids: Vec<_> = pending.iter().map(|it| it.record.id).collect();
    assert_eq!(ids, [id(1), id(2)]);
}

/// Its visitor has a receipt with its id by then.
#[tokio::test]
async fn a_refusal_that_was_answered_before_is_a_record_of_its_own() {
    for has_given_up in [false, true] {
        let fixture = Fixture::new();
        let mut writer = fixture.writer();
        writer
            .write_all(&mut vec![refusal(from_page(1, "aa", false, 0)).0])
            .await;
        let (again, mut answered) = refusal(from_page(2, "aa", false, 1));
        if has_given_up {
            let fate = again.fate.clone();
            fixture.store.giving_up.lock().unwrap().push(fate);
        }
        writer.write_all(&mut vec![again]).await;
        assert_eq!(answered.try_recv().unwrap(), Outcome::Durable(id(1)));
        writer.drain().await;
        let both = [(id(1), false), (id(2), false)];
        let expected = &both[..1 + usize::from(has_given_up)];
        assert_eq!(fixture.rows().await, expected, "{has_given_up}");
    }
}

#[tokio::test]
async fn a_form_that_is_sent_again_is_spooled_once() {
    let fixture = Fixture::new();
    fixture.switch(false, false);
    let mut writer = fixture.writer();
    for number in 1..=5 {
        let (again, mut answered) = grant(from_page(number, "aa", true, number));
        writer.write_all(&mut vec![again]).await;
        assert_eq!(answered.try_recv().unwrap(), Outcome::Durable(id(1)));
    }
    // What the store would merge with an earlier answer of the form, unknown to this process, has a receipt.
    fixture.switch(true, true);
    let earlier = from_page(9, "aa", true, 0);
    fixture.store.store.append(&[earlier]).await.unwrap();
    drop(writer);
    fixture.writer().drain().await;
    assert_eq!(fixture.rows().await, [(id(1), false), (id(9), false)]);
}

/// The store says so all the same: its transaction came to an end after the one that takes it back.
#[tokio::test]
async fn no_grant_counts_on_one_that_was_taken_back() {
    let fixture = Fixture::new();
    let mut writer = fixture.writer();
    let first = from_page(1, "aa", true, 0);
    writer.take_back(std::slice::from_ref(&first));
    writer.drain().await;
    fixture.store.store.append(&[first]).await.unwrap();
    let (again, mut answered) = grant(from_page(2, "aa", true, 1));
    writer.write_all(&mut vec![again]).await;
    assert_eq!(answered.try_recv().unwrap(), Outcome::Durable(id(2)));
    writer.drain().await;
    let expected = [(id(1), false), (id(1), true), (id(2), false)];
    assert_eq!(fixture.rows().await, expected);
}
