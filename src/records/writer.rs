//! The one task that writes: it owns every commit, so that a client that hangs up changes nothing.

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{
    Appended, Cause, ConsentRecord, Entry, RecordId, RecordStore, StoreError,
    settings::{Counts, Settings},
    spool::Spool,
};

/// The most entries of one transaction.
const MOST: usize = 256;

/// The longest that the writer waits for the store before it turns to the spool.
const PATIENCE: Duration = Duration::from_millis(300);

/// The time for which a store that failed is left alone.
const PAUSE: Duration = Duration::from_millis(500);

/// The most refusals that are kept in memory without a spool while the store is down.
const MOST_HELD: usize = 10_000;

/// An entry to record.
pub(super) struct Job {
    pub(super) entry: Entry,
    pub(super) is_grant: bool,
    pub(super) fate: Fate,
    pub(super) answer: oneshot::Sender<Outcome>,
}

/// A message to the writer.
pub(super) enum Message {
    Record(Job),
    /// Asks how many records are only in memory once those before it are written.
    Flush(oneshot::Sender<usize>),
}

/// The result of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The record is durable, or repeats this one.
    Durable(RecordId),
    Failed,
}

/// The reason why the store does not have a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    /// It failed a moment ago.
    NotAsked,
    /// It failed, or did not answer. It may have committed all the same.
    Unknown,
}

/// The agreement of a response and the writer on whether the response counts on a record.
#[derive(Clone, Debug, Default)]
pub(super) struct Fate(Arc<AtomicU8>);

const DURABLE: u8 = 1;
const GIVEN_UP: u8 = 2;

impl Fate {
    fn settle(&self, as_what: u8) -> bool {
        let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
        self.0
            .compare_exchange(0, as_what, success, failure)
            .is_ok()
    }

    /// Says that the response goes out without the grant. `false` if the record was faster.
    pub(super) fn give_up(&self) -> bool {
        self.settle(GIVEN_UP)
    }

    fn is_given_up(&self) -> bool {
        self.0.load(Ordering::Acquire) == GIVEN_UP
    }

    /// Says that the record is durable. `false` if the response went out without the grant.
    fn confirm(&self) -> bool {
        self.settle(DURABLE)
    }
}

pub(super) struct Writer {
    store: Arc<dyn RecordStore>,
    spool: Option<Spool>,
    require_store: bool,
    /// The longest wait for the store.
    patience: Duration,
    counts: Arc<Counts>,
    /// Tells the outbox that there is something to deliver.
    wake: Option<mpsc::Sender<()>>,
    /// Nothing is asked of the store before.
    down_until: Option<Instant>,
    /// For the store as soon as it is back: refusals without a spool, and records that say that an
    /// earlier one does not count.
    held: VecDeque<Entry>,
}

impl Writer {
    pub(super) fn new(
        store: Arc<dyn RecordStore>,
        spool: Option<(PathBuf, u64)>,
        settings: &Settings,
        counts: Arc<Counts>,
    ) -> Result<Self, StoreError> {
        let spool = spool.map(|(path, limit)| Spool::open(&path, limit));
        let spool = spool.transpose()?;
        let spool_counts = spool.is_some() && !settings.require_store;
        let waiting = spool.as_ref().map_or(0, Spool::len);
        counts.spooled.store(waiting, Ordering::Relaxed);
        #[cfg(feature = "tracing")]
        if let Some((lines, file)) = spool.as_ref().map(Spool::damaged)
            && lines > 0
        {
            tracing::error!(
                target: "tower_cookie_consent",
                "the spool of records had {lines} damaged lines, which are in {} now",
                file.display()
            );
        }
        Ok(Self {
            store,
            spool,
            require_store: settings.require_store,
            // Without a spool that counts, the store has all the time that responses have.
            patience: match spool_counts {
                true => PATIENCE.min(settings.grant_wait),
                false => settings.grant_wait,
            },
            counts,
            wake: None,
            down_until: None,
            held: VecDeque::new(),
        })
    }

    /// Sends a word here when withdrawals are stored.
    pub(super) fn waking(mut self, wake: Option<mpsc::Sender<()>>) -> Self {
        self.wake = wake;
        self
    }

    /// Starts the thread that writes until all senders are gone.
    pub(super) fn start(mut self, mut messages: mpsc::Receiver<Message>) -> Result<(), StoreError> {
        let failed = |error: std::io::Error| {
            StoreError::permanent(format!("the writer of records can't be started: {error}"))
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        let thread = thread::Builder::new().name("consent-records".to_owned());
        let run = move || runtime.block_on(async move { self.run(&mut messages).await });
        thread.spawn(run).map(drop).map_err(failed)
    }

    async fn run(&mut self, messages: &mut mpsc::Receiver<Message>) {
        let mut received = Vec::with_capacity(MOST);
        loop {
            let waits = self.has_leftovers();
            let next = messages.recv_many(&mut received, MOST);
            let count = match waits {
                false => next.await,
                true => match timeout(PAUSE, next).await {
                    Ok(count) => count,
                    Err(_) => {
                        self.drain().await;
                        continue;
                    }
                },
            };
            if count == 0 {
                self.drain().await;
                return;
            }
            self.handle(&mut received).await;
        }
    }

    /// Writes the jobs among the messages, and then answers the others.
    async fn handle(&mut self, messages: &mut Vec<Message>) {
        let (mut group, mut flushes) = (Vec::with_capacity(messages.len()), Vec::new());
        for message in messages.drain(..) {
            match message {
                Message::Record(job) => group.push(job),
                Message::Flush(answer) => flushes.push(answer),
            }
        }
        if !group.is_empty() || !flushes.is_empty() {
            self.write(&mut group).await;
        }
        for flush in flushes {
            let _ = flush.send(self.held.len());
        }
    }

    fn has_leftovers(&self) -> bool {
        !self.held.is_empty() || self.spool.as_ref().is_some_and(|spool| spool.len() > 0)
    }

    /// Writes a group: into the store, or else into the spool.
    async fn write(&mut self, group: &mut Vec<Job>) {
        if self.has_leftovers() {
            self.drain().await;
        }
        // Their responses are out, without the grant.
        group.retain(|job| !(job.is_grant && job.fate.is_given_up()));
        let entries: Vec<_> = group.iter().map(|job| job.entry.clone()).collect();
        if entries.is_empty() {
            return;
        }
        match self.append(&entries).await {
            Ok(appended) => self.confirm(group, appended),
            Err(failure) => self.spool(group, failure),
        }
    }

    /// Answers that the store has a group.
    fn confirm(&mut self, group: &mut Vec<Job>, appended: Vec<Appended>) {
        for (job, appended) in group.drain(..).zip(appended) {
            let id = match appended {
                Appended::New => job.entry.record.id,
                Appended::Same(id) => id,
            };
            if job.is_grant && !job.fate.confirm() && appended == Appended::New {
                self.correct(&job.entry);
            }
            let _ = job.answer.send(Outcome::Durable(id));
        }
    }

    /// Makes a group durable without the store, as far as that counts.
    fn spool(&mut self, group: &mut Vec<Job>, failure: Failure) {
        let require_store = self.require_store;
        let counts = |job: &&Job| !(require_store && job.is_grant);
        let entries = group.iter().filter(counts).map(|job| job.entry.clone());
        let entries: Vec<_> = entries.collect();
        let spooled = self.spool.as_mut().map(|spool| spool.append(&entries));
        // A full spool has written nothing of it.
        let is_certain = match &spooled {
            Some(Err(error)) if !require_store => error.is_full(),
            _ => true,
        };
        let spooled = spooled.is_some_and(|spooled| spooled.is_ok());
        self.count_spooled();
        for job in group.drain(..) {
            let counts = spooled && !(self.require_store && job.is_grant);
            if counts {
                if job.is_grant && !job.fate.confirm() {
                    self.correct(&job.entry);
                }
                let _ = job.answer.send(Outcome::Durable(job.entry.record.id));
                continue;
            }
            let id = job.entry.record.id;
            if job.is_grant {
                job.fate.give_up();
                // Of what was never asked for there is nothing to correct, however long the store is down.
                if failure == Failure::Unknown || !is_certain {
                    self.correct(&job.entry);
                }
            } else if !spooled {
                self.hold(job.entry);
            }
            let _ = job.answer.send(match spooled && !job.is_grant {
                true => Outcome::Durable(id),
                false => Outcome::Failed,
            });
        }
    }

    /// Keeps in memory that a grant did not reach its visitor.
    fn correct(&mut self, entry: &Entry) {
        if let Some(correction) = unconfirmed(entry) {
            self.hold(correction);
        }
    }

    /// Keeps a refusal or a correction in memory, or counts it as lost.
    fn hold(&mut self, entry: Entry) {
        if self.held.len() < MOST_HELD {
            self.held.push_back(entry);
        } else {
            self.counts.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn append(&mut self, entries: &[Entry]) -> Result<Vec<Appended>, Failure> {
        if self.down_until.is_some_and(|until| Instant::now() < until) {
            return Err(Failure::NotAsked);
        }
        let appended = match timeout(self.patience, self.store.append(entries)).await {
            Ok(Ok(appended)) if appended.len() == entries.len() => Ok(appended),
            Ok(Ok(_)) => Err("it did not answer for each entry".to_owned()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!(
                "it did not answer in {} ms",
                self.patience.as_millis()
            )),
        };
        let why = match appended {
            Ok(appended) => {
                self.down_until = None;
                let new = appended.iter().filter(|it| **it == Appended::New).count();
                let new = u64::try_from(new).unwrap_or_default();
                self.counts.recorded.fetch_add(new, Ordering::Relaxed);
                if entries.iter().any(|entry| !entry.withdrawals.is_empty())
                    && let Some(wake) = &self.wake
                {
                    // One word that waits is enough.
                    let _ = wake.try_send(());
                }
                return Ok(appended);
            }
            Err(why) => why,
        };
        self.counts.store_errors.fetch_add(1, Ordering::Relaxed);
        self.log(&why);
        self.down_until = Some(Instant::now() + PAUSE);
        Err(Failure::Unknown)
    }

    /// Writes to the log that the store is down, once until it is back.
    fn log(&self, why: &str) {
        #[cfg(feature = "tracing")]
        if self.down_until.is_none() {
            tracing::error!(
                target: "tower_cookie_consent",
                "the store of records does not take them, so they wait: {why}"
            );
        }
        #[cfg(not(feature = "tracing"))]
        let _ = (self, why);
    }

    /// Hands the spool's entries, and then those in memory, to the store, in order.
    async fn drain(&mut self) {
        while let Some(entries) = self.spooled() {
            if self.append(&entries).await.is_err() {
                return;
            }
            let acknowledged = match &mut self.spool {
                Some(spool) => spool.acknowledge(entries.len()),
                None => Ok(()),
            };
            self.count_spooled();
            // They are appended once more later, which stores nothing twice.
            if acknowledged.is_err() {
                return;
            }
        }
        while !self.held.is_empty() {
            let entries: Vec<_> = self.held.iter().take(MOST).cloned().collect();
            if self.append(&entries).await.is_err() {
                return;
            }
            self.held.drain(..entries.len());
        }
    }

    /// Returns the next entries of the spool, if there are any.
    fn spooled(&mut self) -> Option<Vec<Entry>> {
        let entries = self.spool.as_mut()?.pending(MOST).ok()?;
        (!entries.is_empty()).then_some(entries)
    }

    fn count_spooled(&self) {
        let waiting = self.spool.as_ref().map_or(0, Spool::len);
        self.counts.spooled.store(waiting, Ordering::Relaxed);
    }
}

/// Returns the entry that says that a grant of this record does not count.
fn unconfirmed(entry: &Entry) -> Option<Entry> {
    let record = ConsentRecord {
        id: RecordId::now()?,
        cause: Cause::Unconfirmed,
        key: Some(entry.record.id.to_string()),
        ..(*entry.record).clone()
    };
    Some(Entry {
        record: Arc::new(record),
        documents: entry.documents.clone(),
        previous: Some(entry.record.id),
        account: entry.account.clone(),
        withdrawals: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::Fate;

    #[test]
    fn response_and_writer_agree_on_what_came_first() {
        let durable = Fate::default();
        assert!(durable.confirm());
        assert!(!durable.give_up() && !durable.is_given_up());
        let given_up = Fate::default();
        assert!(given_up.give_up());
        assert!(!given_up.confirm() && given_up.is_given_up());
    }
}
