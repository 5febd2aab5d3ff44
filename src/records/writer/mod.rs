//! The one task that writes: it owns every commit, so that a client that hangs up changes nothing.

mod failure;
mod job;
mod leftovers;
mod outcomes;
mod store;
#[cfg(test)]
#[cfg(feature = "records-sqlite")]
mod tests;

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

use tokio::{sync::mpsc, time::timeout};

use self::failure::{Doubt, Failure};
pub(super) use self::job::{Fate, Job, Message, Outcome};
use super::{
    Entry, RecordStore, StoreError,
    forms::Forms,
    settings::{Counts, Settings},
    spool::Spool,
};

/// The most entries of one transaction.
const MOST: usize = 256;

/// The longest that the writer waits for the store before it turns to the spool.
const PATIENCE: Duration = Duration::from_millis(300);

/// The time for which a store that failed is left alone.
const PAUSE: Duration = Duration::from_millis(500);

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
    /// The last error of the store.
    complaint: String,
    doubt: Doubt,
    /// For the store as soon as it is back, while no spool takes them: refusals, and records that say
    /// that an earlier one does not count. They come after those in the spool.
    held: VecDeque<Entry>,
    /// The spool's entries could not be read the last time.
    is_unreadable: bool,
    /// The store takes what is left over, and has not got all of it yet.
    is_behind: bool,
    /// The receipts that visitors have.
    forms: Arc<Forms>,
}

impl Writer {
    pub(super) fn new(
        store: Arc<dyn RecordStore>,
        spool: Option<(PathBuf, u64)>,
        settings: &Settings,
        counts: Arc<Counts>,
        forms: Arc<Forms>,
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
            // Without a spool that counts, the store has all the time that responses have. With one, a part is
            // left for it.
            patience: match spool_counts {
                true => PATIENCE.min(settings.grant_wait - settings.grant_wait / 4),
                false => settings.grant_wait,
            },
            counts,
            wake: None,
            down_until: None,
            complaint: String::new(),
            doubt: Doubt::None,
            held: VecDeque::new(),
            is_unreadable: false,
            is_behind: false,
            forms,
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
            let pause = match self.is_behind {
                true => Duration::ZERO,
                false => PAUSE,
            };
            let next = messages.recv_many(&mut received, MOST);
            let count = match waits {
                false => next.await,
                true => match timeout(pause, next).await {
                    Ok(count) => count,
                    Err(_) => {
                        // Messages come before the next page.
                        self.drain_until(Some(Instant::now())).await;
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

    /// Writes a group: into the store, or else into the spool.
    async fn write(&mut self, group: &mut Vec<Job>) {
        if self.has_leftovers() {
            // Responses wait, and the spool can take them too.
            let is_limited = !group.is_empty() && self.spool_counts();
            let until = is_limited.then(|| Instant::now() + self.patience / 4);
            self.drain_until(until).await;
        }
        match self.has_leftovers() {
            true => self.give_a_chance(),
            false => self.doubt = Doubt::None,
        }
        // Their responses are out, without the grant.
        group.retain(|job| !(job.is_grant && job.fate.is_given_up()));
        let entries: Vec<_> = group.iter().map(|job| job.entry.clone()).collect();
        if entries.is_empty() {
            return;
        }
        // In the spool, it is behind what is left over.
        let fared = match self.is_behind && self.doubt != Doubt::Open {
            true => vec![Err(Failure::NotAsked); entries.len()],
            false => self.hand_over(&entries).await,
        };
        let unproven = self.settle(std::mem::take(group), fared);
        self.store_anew(unproven).await;
    }

    /// Returns `true` if what the spool has is durable, grants included.
    fn spool_counts(&self) -> bool {
        self.spool.is_some() && !self.require_store
    }
}
