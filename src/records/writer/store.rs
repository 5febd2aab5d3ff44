//! Groups that are handed to the store, and what it refuses of them.

use std::{sync::atomic::Ordering, time::Instant};

use tokio::time::timeout;

use super::{
    PAUSE, Writer,
    failure::{Doubt, Failure},
};
use crate::records::{Appended, Entry};

/// As many entries are refused before the store is in doubt, and not the entries.
const MOST_REFUSED: usize = 8;

/// The same while it is in doubt.
const MOST_REFUSED_IN_DOUBT: usize = 2;

impl Writer {
    /// Hands entries to the store, in order, and in one transaction if it takes them all. Returns what became of
    /// each.
    pub(super) async fn hand_over(&mut self, entries: &[Entry]) -> Vec<Result<Appended, Failure>> {
        let failure = match self.ask(entries).await {
            Ok(appended) => return appended.into_iter().map(Ok).collect(),
            Err(failure) => failure,
        };
        if failure != Failure::NotAsked {
            self.counts.store_errors.fetch_add(1, Ordering::Relaxed);
        }
        match failure {
            Failure::Refused => self.hand_over_in_parts(entries).await,
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
    async fn hand_over_in_parts(&mut self, entries: &[Entry]) -> Vec<Result<Appended, Failure>> {
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
        while let Some(part) = parts.pop() {
            match self.ask(&entries[part.clone()]).await {
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
                    if !is_taking && refused.len() == most {
                        break;
                    }
                }
                Err(failure) => fared[part].fill(Err(failure)),
            }
        }
        if is_taking {
            // Others may have brought the documents that it needs.
            for at in refused {
                let appended = self.ask(&entries[at..=at]).await;
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

    async fn ask(&mut self, entries: &[Entry]) -> Result<Vec<Appended>, Failure> {
        if self.down_until.is_some_and(|until| Instant::now() < until) {
            return Err(Failure::NotAsked);
        }
        let mut failure = Failure::Unknown;
        self.complaint = match timeout(self.patience, self.store.append(entries)).await {
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
            Err(_) => format!("it did not answer in {} ms", self.patience.as_millis()),
        };
        if failure == Failure::Unknown {
            self.doubt = Doubt::None;
            self.leave_alone();
        }
        Err(failure)
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
