//! What the store does not have yet: in the spool, and in memory.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use super::{
    MOST, Manner, Writer,
    failure::{Doubt, Failure},
};
use crate::records::{Appended, Cause, ConsentRecord, Entry, RecordId, StoreError, spool::Spool};

/// The most entries that are kept in memory while neither the store nor a spool takes them.
pub(super) const MOST_HELD: usize = 10_000;

impl Writer {
    pub(super) fn has_leftovers(&self) -> bool {
        !self.held.is_empty() || self.spool.as_ref().is_some_and(|spool| spool.len() > 0)
    }

    /// Records that these grants did not reach their visitors. Whatever repeats one comes after that.
    pub(super) fn take_back(&mut self, entries: &[Entry]) {
        self.keep(entries.iter().filter_map(unconfirmed).collect());
    }

    /// Keeps entries for the store: in the spool, or else in memory.
    pub(super) fn keep(&mut self, entries: Vec<Entry>) {
        if !entries.is_empty() && self.append_to_spool(&entries).is_err() {
            for entry in entries {
                self.hold(entry);
            }
        }
    }

    /// Appends entries to the spool, behind those in memory: the store gets all in order.
    pub(super) fn append_to_spool(&mut self, entries: &[Entry]) -> Result<(), Failure> {
        self.move_to_spool()?;
        let spool = self.spool.as_mut().ok_or(Failure::NotAsked)?;
        let appended = spool.append(entries);
        self.count_spooled();
        appended.map_err(|error| self.note_spool_trouble(&error))
    }

    /// Says in the log that the spool does not take what it is given, at the beginning of that.
    fn note_spool_trouble(&self, error: &StoreError) -> Failure {
        if self.spool_trouble.begins() {
            #[cfg(feature = "tracing")]
            tracing::error!(
                target: "tower_cookie_consent",
                "the spool of records does not take them, so that nothing is granted without the store: {error}"
            );
        }
        match error.is_full() {
            true => Failure::NotAsked,
            false => Failure::Unknown,
        }
    }

    /// Moves what is in memory to the spool.
    fn move_to_spool(&mut self) -> Result<(), Failure> {
        let Some(spool) = &mut self.spool else {
            return Err(Failure::NotAsked);
        };
        if self.are_held_in_hand {
            // What comes now is behind them.
            return Err(Failure::NotAsked);
        }
        while !self.held.is_empty() {
            let entries: Vec<_> = self.held.iter().take(MOST).cloned().collect();
            // In doubt they are there twice, which stores nothing twice.
            if let Err(error) = spool.append(&entries) {
                self.note_spool_trouble(&error);
                return Err(Failure::NotAsked);
            }
            self.held.drain(..entries.len());
            self.counts.spooled.store(spool.len(), Ordering::Relaxed);
        }
        Ok(())
    }

    /// Keeps a refusal or a correction in memory, or counts it as lost.
    pub(super) fn hold(&mut self, entry: Entry) -> bool {
        let has_room = self.held.len() < MOST_HELD;
        match has_room {
            true => self.held.push_back(entry),
            false => self.counts.lose(1),
        }
        has_room
    }

    /// Hands all that is left over to the store.
    pub(super) async fn drain(&mut self) {
        self.drain_until(None).await;
    }

    /// Hands what is left over to the store: a page, and more if there is time. What it does not take from memory
    /// goes to the spool, if it can.
    pub(super) async fn drain_until(&mut self, until: Option<Instant>) {
        self.is_behind = self.drain_in_order(until).await;
        // That others are taken counts for what was left over before.
        if self.doubt == Doubt::Entries {
            self.doubt = Doubt::None;
        }
        self.move_to_spool().ok();
    }

    /// Hands the spool's entries, and then those in memory, to the store, in order. Returns `true` if there was no
    /// time for all.
    async fn drain_in_order(&mut self, until: Option<Instant>) -> bool {
        let is_over = || until.is_some_and(|until| Instant::now() >= until);
        while let Some(entries) = self.spooled() {
            let done = self.pass_on(&entries).await;
            if let Some(spool) = &mut self.spool {
                // After a crash they are appended once more, which stores nothing twice: a full disk does
                // not keep the rest from the store.
                spool.acknowledge(done).ok();
            }
            self.count_spooled();
            if done < entries.len() {
                return false;
            }
            if is_over() {
                return self.has_leftovers();
            }
        }
        while !self.held.is_empty() {
            let entries: Vec<_> = self.held.iter().take(self.page).cloned().collect();
            self.are_held_in_hand = true;
            let done = self.pass_on(&entries).await;
            self.are_held_in_hand = false;
            self.held.drain(..done);
            if done < entries.len() {
                return false;
            }
            if is_over() {
                return self.has_leftovers();
            }
        }
        false
    }

    /// Hands entries to the store, and sets aside what it refuses. Returns how many, from the first one on, are
    /// done with.
    async fn pass_on(&mut self, entries: &[Entry]) -> usize {
        let fared = self.hand_over(entries, Manner::Patient).await;
        let is_refused = |fared: &Result<Appended, Failure>| *fared == Err(Failure::Refused);
        let done = fared.iter().take_while(|it| it.is_ok() || is_refused(it));
        let done = done.count();
        let refused = entries.iter().zip(&fared).take(done);
        let refused = refused.filter(|(_, fared)| is_refused(fared));
        let refused: Vec<_> = refused.map(|(entry, _)| entry.clone()).collect();
        if self.set_aside(&refused).is_err() {
            return 0;
        }
        let is_taking = fared.iter().any(Result::is_ok);
        if self.doubt == Doubt::Entries && !refused.is_empty() && !is_taking {
            // It took others before, and may take none by now.
            self.doubt = Doubt::Open;
        }
        done
    }

    /// Keeps entries that the store refuses out of the way of others: beside the spool, in `FILE.damaged`.
    pub(super) fn set_aside(&mut self, entries: &[Entry]) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        if let Some(spool) = &self.spool {
            spool.set_apart(entries)?;
        }
        let count = u64::try_from(entries.len()).unwrap_or_default();
        self.counts.lost.fetch_add(count, Ordering::Relaxed);
        #[cfg(feature = "tracing")]
        tracing::error!(
            target: "tower_cookie_consent",
            "the store of records refuses {count} of them, and takes others: {}",
            self.complaint
        );
        Ok(())
    }

    /// Returns the next entries of the spool, if there are any.
    fn spooled(&mut self) -> Option<Vec<Entry>> {
        let pending = self.spool.as_mut()?.pending(self.page);
        #[cfg(feature = "tracing")]
        if let (Err(error), false) = (&pending, self.is_unreadable) {
            tracing::error!(target: "tower_cookie_consent", "{error}");
        }
        self.is_unreadable = pending.is_err();
        pending.ok().filter(|entries| !entries.is_empty())
    }

    fn count_spooled(&self) {
        let waiting = self.spool.as_ref().map_or(0, Spool::len);
        self.counts.spooled.store(waiting, Ordering::Relaxed);
    }
}

/// Returns the entry as a record of its own, whatever its form said before: its visitor may have its id by the
/// time that the store gets it.
pub(super) fn own(mut entry: Entry) -> Entry {
    if entry.record.cause == Cause::Choice && entry.record.key.is_some() {
        Arc::make_mut(&mut entry.record).key = None;
    }
    entry
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
