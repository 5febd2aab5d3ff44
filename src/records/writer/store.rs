//! Groups that are handed to the store, and what it refuses of them.

use std::{
    future::poll_fn,
    pin::pin,
    sync::{Arc, atomic::Ordering},
    task::Poll,
    time::Instant,
};

use tokio::time::{error::Elapsed, sleep, timeout};

use super::{
    MOST, Manner, PAGE_PATIENCE, PAUSE, Writer,
    failure::{Doubt, Failure},
};
use crate::records::{Appended, Entry, StoreError};

/// As many entries are refused before the store is in doubt, and not the entries, if it took time: others may be
/// behind more.
const MOST_REFUSED: usize = 8;

/// The same while it is in doubt.
const MOST_REFUSED_IN_DOUBT: usize = 2;

/// The answer of the store, if it was in time.
type Answer = Result<Result<Vec<Appended>, StoreError>, Elapsed>;

impl Writer {
    /// Hands entries to the store, in order, and in one transaction if it takes them all. Returns what became of
    /// each.
    pub(super) async fn hand_over(
        &mut self,
        entries: &[Entry],
        manner: Manner,
    ) -> Vec<Result<Appended, Failure>> {
        let failure = match self.ask(entries, manner).await {
            Ok(appended) => return appended.into_iter().map(Ok).collect(),
            Err(failure) => failure,
        };
        if failure != Failure::NotAsked {
            self.counts.store_errors.fetch_add(1, Ordering::Relaxed);
        }
        match failure {
            Failure::Refused => self.hand_over_in_parts(entries, manner).await,
            failure => vec![Err(failure); entries.len()],
        }
    }

    /// Lets a store that refused what is left over show if it takes something else.
    pub(super) fn give_a_chance(&mut self) {
        if self.doubt == Doubt::Open {
            self.down_until = None;
        }
    }

    /// Finds the entries that the store refuses, by halves, and hands over the others.
    async fn hand_over_in_parts(
        &mut self,
        entries: &[Entry],
        manner: Manner,
    ) -> Vec<Result<Appended, Failure>> {
        let mut fared = vec![Err(Failure::Refused); entries.len()];
        let (mut parts, mut refused) = match entries.len() {
            1 => (Vec::new(), vec![0]),
            // The next part is the last.
            all => (vec![all / 2..all, 0..all / 2], Vec::new()),
        };
        let most = match self.doubt {
            Doubt::Open => MOST_REFUSED_IN_DOUBT,
            Doubt::None | Doubt::Entries => MOST_REFUSED,
        };
        let mut is_taking = self.doubt == Doubt::Entries;
        let (start, time) = (Instant::now(), self.patience / 4);
        while let Some(part) = parts.pop() {
            match self.ask(&entries[part.clone()], manner).await {
                Ok(appended) => {
                    is_taking = true;
                    for (fared, appended) in fared[part].iter_mut().zip(appended) {
                        *fared = Ok(appended);
                    }
                }
                Err(Failure::Refused) if part.len() > 1 => {
                    let middle = part.start + part.len() / 2;
                    parts.extend([middle..part.end, part.start..middle]);
                }
                Err(Failure::Refused) => {
                    refused.push(part.start);
                    if !is_taking && refused.len() >= most && start.elapsed() >= time {
                        break;
                    }
                }
                Err(failure) => fared[part].fill(Err(failure)),
            }
        }
        if is_taking {
            // Others may have brought the documents that it needs.
            for at in refused {
                let appended = self.ask(&entries[at..=at], manner).await;
                fared[at] = appended.and_then(|it| it.first().copied().ok_or(Failure::Unknown));
            }
        } else {
            self.doubt = Doubt::Open;
            self.leave_alone();
            for refused in &mut fared {
                *refused = refused.map_err(|_| Failure::Unknown);
            }
        }
        fared
    }

    async fn ask(&mut self, entries: &[Entry], manner: Manner) -> Result<Vec<Appended>, Failure> {
        if self.down_until.is_some_and(|until| Instant::now() < until) {
            return Err(Failure::NotAsked);
        }
        let start = Instant::now();
        let answer = match manner {
            Manner::Live => timeout(self.patience, self.store.append(entries)).await,
            Manner::Patient => {
                let store = Arc::clone(&self.store);
                self.wait_for(store.append(entries)).await
            }
        };
        self.note_time(manner, start, &answer);
        let mut failure = Failure::Unknown;
        self.complaint = match answer {
            Ok(Ok(appended)) if appended.len() == entries.len() => {
                self.note_taken(entries, &appended);
                return Ok(appended);
            }
            Ok(Ok(_)) => "it did not answer for each entry".to_owned(),
            Ok(Err(error)) => {
                if error.is_of_entries() {
                    failure = Failure::Refused;
                }
                error.to_string()
            }
            Err(_) => format!("it did not answer in {} ms", start.elapsed().as_millis()),
        };
        if failure == Failure::Unknown {
            self.doubt = Doubt::None;
            self.leave_alone();
        }
        Err(failure)
    }

    /// Gives the store the time that it takes. What is received meanwhile waits for as long as responses may, and
    /// then is made durable without it.
    async fn wait_for<T>(&mut self, call: impl Future<Output = T>) -> Result<T, Elapsed> {
        let start = Instant::now();
        let mut call = pin!(timeout(self.page_patience, call));
        loop {
            let spare = self.spare();
            let due = self.inbox.since().map(|since| since.min(start) + spare);
            let wait = due.map(|due| due.saturating_duration_since(Instant::now()));
            let mut wait = pin!(sleep(wait.unwrap_or(self.page_patience)));
            let answer = poll_fn(|cx| {
                if let Poll::Ready(answer) = call.as_mut().poll(cx) {
                    return Poll::Ready(Some(answer));
                }
                let is_due = wait.as_mut().poll(cx).is_ready();
                match self.inbox.poll_fill(cx).is_ready() || is_due {
                    true => Poll::Ready(None),
                    false => Poll::Pending,
                }
            });
            if let Some(answer) = answer.await {
                return answer;
            }
            if due.is_some_and(|due| Instant::now() >= due) {
                self.turn_to_spool();
            }
        }
    }

    /// Learns from the time of an answer: what the store is asked next, it should be able to do.
    fn note_time(&mut self, manner: Manner, start: Instant, answer: &Answer) {
        let took = start.elapsed();
        match (manner, answer) {
            (Manner::Live, Err(_)) => self.is_slow = true,
            (Manner::Live, Ok(_)) => {}
            (Manner::Patient, Ok(Ok(_))) => {
                self.is_slow &= took > self.patience;
                if took < self.page_patience / 4 {
                    self.page = MOST.min(self.page * 2);
                }
                if took <= self.patience && !self.spool_counts() {
                    self.page_patience = self.patience;
                }
            }
            // A store with a bound of its own says so itself.
            (Manner::Patient, _) if took >= self.page_patience / 2 => {
                self.page = 1.max(self.page / 2);
                self.page_patience = PAGE_PATIENCE.min(self.page_patience * 2);
            }
            (Manner::Patient, _) => {}
        }
    }

    /// Hands over the choices that have no records, once they have waited for others to come.
    pub(super) async fn count(&mut self) {
        let is_down = self.down_until.is_some_and(|until| Instant::now() < until);
        let choices = match is_down {
            true => Vec::new(),
            false => self.merged.take(),
        };
        self.count_at = is_down.then(|| Instant::now() + PAUSE);
        if choices.is_empty() {
            return;
        }
        let store = Arc::clone(&self.store);
        self.complaint = match self.wait_for(store.count(&choices)).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("it did not answer in {} ms", self.page_patience.as_millis()),
        };
        self.merged.put_back(choices);
        self.counts.store_errors.fetch_add(1, Ordering::Relaxed);
        self.leave_alone();
        self.count_at = self.down_until;
    }

    fn note_taken(&mut self, entries: &[Entry], appended: &[Appended]) {
        self.down_until = None;
        if self.doubt != Doubt::None {
            self.doubt = Doubt::Entries;
        }
        let new = appended.iter().filter(|it| **it == Appended::New).count();
        let new = u64::try_from(new).unwrap_or_default();
        self.counts.recorded.fetch_add(new, Ordering::Relaxed);
        if entries.iter().any(|entry| !entry.withdrawals.is_empty())
            && let Some(wake) = &self.wake
        {
            // One word that waits is enough.
            let _ = wake.try_send(());
        }
    }

    /// Asks nothing of the store for a while, and writes why to the log, once until it is back.
    fn leave_alone(&mut self) {
        #[cfg(feature = "tracing")]
        if self.down_until.is_none() {
            tracing::error!(
                target: "tower_cookie_consent",
                "the store of records does not take them, so they wait: {}",
                self.complaint
            );
        }
        self.down_until = Some(Instant::now() + PAUSE);
    }
}
