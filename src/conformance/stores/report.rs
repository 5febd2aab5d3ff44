use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::records::RecordId;

/// A drill of [`StoreDrills`](super::StoreDrills).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreDrill {
    /// A group is stored as a whole.
    Group,
    /// A group that is appended again after an error is not stored twice.
    Again,
    /// A form that is sent again makes no second record, and a change of mind makes one.
    SentAgain,
    /// A group with a record without its documents is refused as a whole.
    Documents,
    /// Records of an account are stored like others, whichever device they are from.
    Accounts,
    /// Groups that are appended at once are all stored.
    Together,
    /// A call that is given up stores a group as a whole, or nothing of it.
    GivenUp,
    /// Acknowledged records are there once it is opened again.
    Reopened,
    /// While it fails, answers late or not at all, no response grants anything without a record, refusals
    /// count, and everything is recorded afterwards, once.
    Faults,
}

/// A promise that a store does not keep, found by [`StoreDrills`](super::StoreDrills). It contains nothing of a
/// record but its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreFinding {
    drill: StoreDrill,
    what: String,
}

impl StoreFinding {
    /// Returns the drill of [`StoreDrills`](super::StoreDrills) in which it was found.
    #[must_use]
    pub const fn drill(&self) -> StoreDrill {
        self.drill
    }
}

impl fmt::Display for StoreFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.drill, self.what)
    }
}

/// The result of [`StoreDrills`](super::StoreDrills).
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct StoreReport {
    findings: Vec<StoreFinding>,
    /// The records that were acknowledged, and whether they must be stored.
    expected: BTreeMap<RecordId, bool>,
}

impl StoreReport {
    /// Returns what [`StoreDrills`](super::StoreDrills) found: nothing, for a store that keeps its promises.
    #[must_use]
    pub fn findings(&self) -> &[StoreFinding] {
        &self.findings
    }

    /// Panics if [`StoreDrills`](super::StoreDrills) found anything.
    ///
    /// # Panics
    ///
    /// With all findings.
    pub fn assert_ok(&self) {
        assert!(self.findings.is_empty(), "{self}");
    }

    pub(super) fn find(&mut self, drill: StoreDrill, what: impl Into<String>) {
        let what = what.into();
        self.findings.push(StoreFinding { drill, what });
    }

    /// The store has to have this record.
    pub(super) fn must_have(&mut self, id: RecordId) {
        self.expected.insert(id, true);
    }

    /// The store must not have this record.
    pub(super) fn must_lack(&mut self, id: RecordId) {
        self.expected.insert(id, false);
    }

    pub(super) fn compare(&mut self, drill: StoreDrill, stored: &[RecordId]) {
        let mut seen = BTreeSet::new();
        let twice = stored.iter().filter(|id| !seen.insert(**id)).count();
        let count = |must: bool| {
            let expected = self.expected.iter().filter(|(_, stored)| **stored == must);
            expected
                .filter(|(id, _)| seen.contains(*id) != must)
                .count()
        };
        let (lost, kept) = (count(true), count(false));
        if twice > 0 {
            self.find(drill, format!("{twice} records are stored twice"));
        }
        if lost > 0 {
            self.find(
                drill,
                format!("{lost} records that it acknowledged are not there"),
            );
        }
        if kept > 0 {
            self.find(
                drill,
                format!("{kept} records that it refused, or that repeat others, are there"),
            );
        }
    }
}

impl fmt::Display for StoreReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.findings.is_empty() {
            return f.write_str("the store keeps what it promises");
        }
        let mut findings = self.findings.iter();
        findings.try_for_each(|finding| writeln!(f, "{finding}"))
    }
}
