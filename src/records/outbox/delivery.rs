//! The task that hands withdrawals to the site's hook.

use std::{
    sync::Arc,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{Delivery, Outgoing, Passing, Settled};
use crate::records::{Instant, RecordStore, StoreError};

/// The most calls of the hook at once.
const MOST: usize = 16;

/// The time that the hook has for one withdrawal.
const CALL: Duration = Duration::from_secs(30);

/// The time for which another node leaves alone what this one has claimed, in seconds.
const CLAIM: u64 = 90;

/// The longest wait before the outbox is looked at again: other nodes fill it too.
const POLL: Duration = Duration::from_secs(5);

/// The longest wait before the next try.
const LONGEST: Duration = Duration::from_secs(6 * 60 * 60);

pub(in crate::records) struct Deliverer {
    store: Arc<dyn RecordStore>,
    passing: Passing,
    /// The last call to the store failed, and the log says so.
    is_down: bool,
}

impl Deliverer {
    /// Creates it, if the store has an outbox.
    pub(in crate::records) fn new(
        store: Arc<dyn RecordStore>,
        passing: Passing,
    ) -> Result<Self, StoreError> {
        if store.outbox().is_none() {
            return Err(StoreError::permanent(
                "on_withdrawal needs a store with an outbox: use sqlite:FILE or postgres://…, or \
                 implement RecordStore::outbox",
            ));
        }
        Ok(Self {
            store,
            passing,
            is_down: false,
        })
    }

    /// Starts the thread that delivers until all senders are gone. It looks again for each word that is
    /// sent.
    pub(in crate::records) fn start(
        mut self,
        mut woken: mpsc::Receiver<()>,
    ) -> Result<(), StoreError> {
        let failed = |error: std::io::Error| {
            StoreError::permanent(format!("the outbox can't be started: {error}"))
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        let thread = thread::Builder::new().name("consent-outbox".to_owned());
        let run = move || runtime.block_on(async move { self.run(&mut woken).await });
        thread.spawn(run).map(drop).map_err(failed)
    }

    async fn run(&mut self, woken: &mut mpsc::Receiver<()>) {
        loop {
            let is_more = self.round().await;
            if is_more && !woken.is_closed() {
                continue;
            }
            // What was postponed for less than that is not kept waiting for it.
            let wait = POLL.min(self.passing.backoff.max(Duration::from_millis(100)));
            if let Ok(None) = timeout(wait, woken.recv()).await {
                return;
            }
        }
    }

    /// Delivers what is due. Returns `true` if there may be more.
    async fn round(&mut self) -> bool {
        let now = now();
        let until = Instant::from_unix_seconds(now.unix_seconds() + CLAIM);
        let Some(outbox) = self.store.outbox() else {
            return false;
        };
        let claimed = match outbox.claim(now, until, MOST).await {
            Ok(claimed) => claimed,
            Err(error) => {
                self.log(&error);
                return false;
            }
        };
        self.is_down = false;
        let count = claimed.len();
        let mut calls = JoinSet::new();
        for outgoing in claimed {
            let (hook, withdrawal) = (Arc::clone(&self.passing.hook), outgoing.withdrawal.clone());
            // In a task of its own: a hook that panics has not delivered.
            let answered = tokio::spawn(async move { timeout(CALL, hook(withdrawal)).await });
            calls.spawn(async move {
                let delivery = match answered.await {
                    Ok(Ok(delivery)) => delivery,
                    _ => Delivery::Again,
                };
                (outgoing, delivery)
            });
        }
        while let Some(done) = calls.join_next().await {
            if let Ok((outgoing, delivery)) = done {
                self.settle(&outgoing, delivery).await;
            }
        }
        count == MOST
    }

    async fn settle(&mut self, outgoing: &Outgoing, delivery: Delivery) {
        let settled = match delivery {
            Delivery::Done => Settled::Delivered(now()),
            Delivery::Again if outgoing.attempts < self.passing.attempts.get() => {
                let wait = wait(self.passing.backoff, outgoing.attempts).as_secs();
                Settled::Postponed(Instant::from_unix_seconds(now().unix_seconds() + wait))
            }
            Delivery::Again | Delivery::Impossible => Settled::Dead,
        };
        #[cfg(feature = "tracing")]
        if settled == Settled::Dead {
            tracing::error!(
                target: "tower_cookie_consent",
                // Without the record: its id is the receipt of the visitor.
                "a withdrawal for `{}` could not be passed on in {} tries, and is a dead letter",
                outgoing.withdrawal.provider,
                outgoing.attempts
            );
        }
        for _ in 0..3 {
            let Some(outbox) = self.store.outbox() else {
                return;
            };
            match outbox.settle(&outgoing.withdrawal, settled).await {
                Ok(()) => return,
                // It comes back once the claim has ended.
                Err(error) => self.log(&error),
            }
            sleep(Duration::from_millis(200)).await;
        }
    }

    /// Writes to the log that the outbox can't be used, once until it can.
    fn log(&mut self, why: &StoreError) {
        #[cfg(feature = "tracing")]
        if !self.is_down {
            tracing::error!(
                target: "tower_cookie_consent",
                "withdrawals are not passed on for now, since the store fails: {why}"
            );
        }
        #[cfg(not(feature = "tracing"))]
        let _ = why;
        self.is_down = true;
    }
}

/// Returns the wait after this many tries: each is twice the one before.
fn wait(first: Duration, attempts: u32) -> Duration {
    let doubled = 2_u32.checked_pow(attempts.saturating_sub(1));
    let wait = doubled.and_then(|times| first.checked_mul(times));
    wait.map_or(LONGEST, |wait| wait.min(LONGEST))
}

fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Instant::from_unix_seconds(since.map_or(0, |since| since.as_secs()))
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn each_wait_is_twice_the_one_before_up_to_six_hours() {
        let waits = [1, 2, 3, 12, 13, 40, u32::MAX].map(|n| wait(Duration::from_secs(10), n));
        let seconds = waits.map(|wait| wait.as_secs());
        assert_eq!(seconds, [10, 20, 40, 20_480, 21_600, 21_600, 21_600]);
    }

    /// Whoever reads the log could have it answered, or forgotten, as the visitor.
    #[cfg(all(feature = "records-sqlite", feature = "tracing"))]
    #[test]
    fn the_log_of_a_dead_letter_has_no_receipt() {
        use crate::records::{
            SqliteStore, Withdrawal,
            testing::{Folder, entry, id, logged, runtime},
        };

        let folder = Folder::new();
        let store = SqliteStore::open(folder.file("consent.db")).unwrap();
        let mut refusal = entry(1);
        refusal.withdrawals.push(Withdrawal {
            record: id(1),
            provider: "ads".to_owned(),
            handle: Some("visitor 1".to_owned()),
            withdrawn_at: refusal.record.recorded_at,
        });
        let runtime = runtime();
        runtime.block_on(store.append(&[refusal])).unwrap();
        let passing = Passing {
            hook: Arc::new(|_| Box::pin(async { Delivery::Impossible })),
            backoff: Duration::from_secs(1),
            attempts: std::num::NonZeroU32::MIN,
        };
        let mut deliverer = Deliverer::new(Arc::new(store), passing).unwrap();
        let log = logged(|| {
            runtime.block_on(deliverer.round());
        });
        assert!(
            log.contains("a withdrawal for `ads` could not be passed on in 1 tries"),
            "{log}"
        );
        assert!(
            !log.contains(&id(1).to_string()) && !log.contains("visitor"),
            "{log}"
        );
    }
}
