//! What the store does not have yet: in the spool, and in memory.

use std::sync::{Arc, atomic::Ordering};

use super::{MOST, Writer};
use crate::records::{Cause, ConsentRecord, Entry, RecordId, spool::Spool};

/// The most refusals that are kept in memory without a spool while the store is down.
const MOST_HELD: usize = 10_000;

impl Writer {
    pub(super) fn has_leftovers(&self) -> bool {
        !self.held.is_empty() || self.spool.as_ref().is_some_and(|spool| spool.len() > 0)
    }

    /// Keeps in memory that a grant did not reach its visitor.
    pub(super) fn correct(&mut self, entry: &Entry) {
        if let Some(correction) = unconfirmed(entry) {
            self.hold(correction);
        }
    }

    /// Keeps a refusal or a correction in memory, or counts it as lost.
    pub(super) fn hold(&mut self, entry: Entry) {
        if self.held.len() < MOST_HELD {
            self.held.push_back(entry);
        } else {
            self.counts.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Hands the spool's entries, and then those in memory, to the store, in order.
    pub(super) async fn drain(&mut self) {
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

    pub(super) fn count_spooled(&self) {
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
