//! The one task that writes: it owns every commit, so that a client that hangs up changes nothing.

mod failure;
mod inbox;
mod job;
mod leftovers;
mod outcomes;
mod store;
#[cfg(test)]
#[cfg(feature = "records-sqlite")]
mod tests;

use std::{
    collections::VecDeque,
    future::poll_fn,
    mem,
    path::PathBuf,
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

pub(super) use self::job::{Fate, Job, Message, Outcome};
use self::{
    failure::{Doubt, Failure},
    inbox::Inbox,
    job::MOST,
};
use super::{
    Entry, RecordStore, StoreError,
    forms::Forms,
    merged::Merged,
    onset::Onset,
    settings::{Counts, Settings},
    spool::Spool,
};

/// The longest that the writer waits for the store before it turns to the spool.
const PATIENCE: Duration = Duration::from_millis(300);

/// The longest that the store has for a page of what is left over. Without a spool that counts, it has that much only
/// after it was too slow: a call that hangs keeps all grants waiting.
const PAGE_PATIENCE: Duration = Duration::from_secs(10);

/// The time for which choices without a record are collected for the store.
const COUNT_PAUSE: Duration = Duration::from_secs(1);

/// The time for which a store that failed is left alone.
const PAUSE: Duration = Duration::from_millis(500);

/// The manner in which the store is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// Responses wait for it.
    Live,
    /// For what is left over: it has time, and meanwhile the writer sees to what it receives.
    Patient,
}

pub(super) struct Writer {
    store: Arc<dyn RecordStore>,
    spool: Option<Spool>,
    require_store: bool,
    /// The longest wait for the store while responses wait.
    patience: Duration,
    /// The longest wait for it otherwise.
    page_patience: Duration,
    /// As many entries of what is left over are handed to it at once.
    page: usize,
    /// It takes longer than responses wait, so the spool comes first, and has it from there.
    is_slow: bool,
    inbox: Inbox,
    counts: Arc<Counts>,
    /// Tells the outbox that there is something to deliver.
    wake: Option<mpsc::Sender<()>>,
    /// Nothing is asked of the store before.
    down_until: Option<Instant>,
    /// The last error of the store.
    complaint: String,
    doubt: Doubt,
    /// For the store as soon as it is back, while no spool takes them: refusals, and records that say
    /// that an earlier one does not count. They come after those in the spool.
    held: VecDeque<Entry>,
    /// The store is asked for the first of them.
    are_held_in_hand: bool,
    /// The spool does not take what it is given.
    spool_trouble: Onset,
    /// The spool's entries could not be read the last time.
    is_unreadable: bool,
    /// The store takes what is left over, and has not got all of it yet.
    is_behind: bool,
    /// The receipts that visitors have.
    forms: Arc<Forms>,
    /// Choices to count that have no records, and when the store gets them.
    merged: Arc<Merged>,
    count_at: Option<Instant>,
}

/// What the writer has in common with those who ask it.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) counts: Arc<Counts>,
    pub(super) forms: Arc<Forms>,
    pub(super) merged: Arc<Merged>,
}

impl Writer {
    pub(super) fn new(
        store: Arc<dyn RecordStore>,
        spool: Option<(PathBuf, u64)>,
        settings: &Settings,
        shared: Shared,
    ) -> Result<Self, StoreError> {
        let Shared {
            counts,
            forms,
            merged,
        } = shared;
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
            // Without a spool that counts, the store has all the time that responses have. With one, a part is
            // left for it.
            patience: match spool_counts {
                true => PATIENCE.min(settings.grant_wait - settings.grant_wait / 4),
                false => settings.grant_wait,
            },
            page_patience: match spool_counts {
                true => PAGE_PATIENCE,
                false => settings.grant_wait,
            },
            page: MOST,
            is_slow: false,
            inbox: Inbox::default(),
            counts,
            wake: None,
            down_until: None,
            complaint: String::new(),
            doubt: Doubt::None,
            held: VecDeque::new(),
            are_held_in_hand: false,
            spool_trouble: Onset::default(),
            is_unreadable: false,
            is_behind: false,
            forms,
            merged,
            count_at: None,
        })
    }

    /// Sends a word here when withdrawals are stored.
    pub(super) fn waking(mut self, wake: Option<mpsc::Sender<()>>) -> Self {
        self.wake = wake;
        self
    }

    /// Starts the thread that writes until all senders are gone.
    pub(super) fn start(mut self, messages: mpsc::Receiver<Message>) -> Result<(), StoreError> {
        self.inbox.open(messages);
        let failed = |error: std::io::Error| {
            StoreError::permanent(format!("the writer of records can't be started: {error}"))
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        let thread = thread::Builder::new().name("consent-records".to_owned());
        let run = move || runtime.block_on(async move { self.run().await });
        thread.spawn(run).map(drop).map_err(failed)
    }

    async fn run(&mut self) {
        while self.inbox.is_open() || !self.inbox.is_empty() {
            if !self.inbox.is_empty() {
                self.handle().await;
            } else if !self.receive().await {
                // Messages come before the next page.
                self.drain_until(Some(Instant::now())).await;
            }
            if !self.merged.is_empty() {
                self.count_at
                    .get_or_insert_with(|| Instant::now() + COUNT_PAUSE);
            }
            if self.count_at.is_some_and(|at| Instant::now() >= at) {
                self.count().await;
            }
        }
        self.drain().await;
        if !self.held.is_empty() {
            // A store that failed a moment ago was not asked again.
            sleep(PAUSE).await;
            self.drain().await;
        }
        self.count().await;
        if !self.held.is_empty() {
            self.counts.lose(self.held.len());
        }
    }

    /// Waits for messages, and not for long where something is left over. Returns `true` if there are any.
    async fn receive(&mut self) -> bool {
        let to_count = self.count_at;
        let to_count = to_count.map(|at| at.saturating_duration_since(Instant::now()));
        let pause = match (self.has_leftovers(), self.is_behind) {
            (false, _) => to_count,
            (true, true) => Some(Duration::ZERO),
            (true, false) => Some(to_count.map_or(PAUSE, |pause| pause.min(PAUSE))),
        };
        let filled = poll_fn(|cx| self.inbox.poll_fill(cx));
        match pause {
            None => filled.await,
            Some(pause) => drop(timeout(pause, filled).await),
        }
        !self.inbox.is_empty()
    }

    /// Writes what was received, and then answers those who wait for that.
    async fn handle(&mut self) {
        let flushes = mem::take(&mut self.inbox.flushes);
        self.write(!flushes.is_empty()).await;
        if !flushes.is_empty() {
            self.count().await;
        }
        for flush in flushes {
            let _ = flush.send(self.held.len());
        }
    }

    /// Writes a group: into the store, or else into the spool.
    async fn write(&mut self, is_flush: bool) {
        let goes_by_spool = self.is_slow && self.spool_counts() && self.doubt != Doubt::Open;
        if goes_by_spool {
            self.turn_to_spool();
        }
        if self.has_leftovers() {
            let until = match is_flush {
                // What the spool has is durable, and what is only in memory has to wait for the store.
                true => (self.held.is_empty()).then(|| Instant::now() + self.page_patience),
                // Responses wait, and the spool can take them too.
                false => Some(self.inbox.since().unwrap_or_else(Instant::now) + self.spare()),
            };
            self.drain_until(until).await;
        }
        if goes_by_spool {
            // What came meanwhile does so too.
            return;
        }
        match self.has_leftovers() {
            true => self.give_a_chance(),
            false => self.doubt = Doubt::None,
        }
        let mut group = self.inbox.take();
        // Their responses are out, without the grant.
        group.retain(|job| !(job.is_grant && job.fate.is_given_up()));
        let entries: Vec<_> = group.iter().map(|job| job.entry.clone()).collect();
        if entries.is_empty() {
            return;
        }
        // In the spool, it is behind what is left over.
        let fared = match self.is_behind && self.doubt != Doubt::Open {
            true => vec![Err(Failure::NotAsked); entries.len()],
            false => self.hand_over(&entries, Manner::Live).await,
        };
        let unproven = self.settle(group, fared);
        self.store_anew(unproven).await;
    }

    /// Makes what was received durable without the store, as far as that counts.
    fn turn_to_spool(&mut self) {
        let group = self.inbox.take();
        let fared = vec![Err(Failure::NotAsked); group.len()];
        // Nothing that the store was not asked for is unproven.
        drop(self.settle(group, fared));
    }

    /// Returns for how long responses may wait for what is left over.
    fn spare(&self) -> Duration {
        match self.spool_counts() {
            true => self.patience / 4,
            false => self.patience,
        }
    }

    /// Returns `true` if what the spool has is durable, grants included.
    fn spool_counts(&self) -> bool {
        self.spool.is_some() && !self.require_store
    }
}
