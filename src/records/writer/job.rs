//! What the writer is asked for, and what it answers.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use tokio::sync::oneshot;

use crate::records::{Entry, RecordId};

/// The most entries of one transaction.
pub(super) const MOST: usize = 256;

/// An entry to record.
pub(in crate::records) struct Job {
    pub(in crate::records) entry: Entry,
    pub(in crate::records) is_grant: bool,
    pub(in crate::records) fate: Fate,
    pub(in crate::records) answer: oneshot::Sender<Outcome>,
}

/// A message to the writer.
pub(in crate::records) enum Message {
    Record(Job),
    /// Says that there are choices to count that have no records.
    Count,
    /// Asks how many records are only in memory once those before it are written.
    Flush(oneshot::Sender<usize>),
}

/// The result of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::records) enum Outcome {
    /// The record is durable, or repeats this one.
    Durable(RecordId),
    /// The record, or the one that it repeats, is on its way to the store.
    Later(RecordId),
    /// There is no record, and none will follow.
    Failed,
}

/// The agreement of a response and the writer on whether the response waits for the outcome.
#[derive(Clone, Debug, Default)]
pub(in crate::records) struct Fate(Arc<AtomicU8>);

const DURABLE: u8 = 1;
const GIVEN_UP: u8 = 2;

impl Fate {
    fn settle(&self, as_what: u8) -> bool {
        let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
        self.0
            .compare_exchange(0, as_what, success, failure)
            .is_ok()
    }

    /// Says that the response goes out: without its grant, or with a refusal and the id of its record. `false`
    /// if the record was faster.
    pub(in crate::records) fn give_up(&self) -> bool {
        self.settle(GIVEN_UP)
    }

    pub(super) fn is_given_up(&self) -> bool {
        self.0.load(Ordering::Acquire) == GIVEN_UP
    }

    /// Says that the outcome is known. `false` if the response went out before.
    pub(super) fn confirm(&self) -> bool {
        self.settle(DURABLE)
    }
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
