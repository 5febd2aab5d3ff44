//! Groups that are handed to the store.

use std::{sync::atomic::Ordering, time::Instant};

use tokio::time::timeout;

use super::{PAUSE, Writer};
use crate::records::{Appended, Entry};

/// The reason why a group is not in the store, or not in the spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It failed a moment ago, or has no room: nothing of the group is there.
    NotAsked,
    /// It failed, or did not answer. The group may be there all the same.
    Unknown,
}

impl Writer {
    pub(super) async fn append(&mut self, entries: &[Entry]) -> Result<Vec<Appended>, Failure> {
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
}
