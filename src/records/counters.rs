//! Choices counted by day: no rows per visitor, which a purge leaves as they are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AnswerState, ConsentRecord, columns};
#[cfg(any(feature = "records-postgres", feature = "records-sqlite"))]
use super::{Cause, Entry};
use crate::{policy::text::is_language_tag, wire::DAY};

/// A lower count is hidden from people: it could be about somebody they know.
pub(crate) const LEAST_SHOWN: u64 = 10;

/// The kinds of choices that are counted. What is granted and denied nothing, before and now, is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChoiceKind {
    /// Something is granted, and nothing is denied.
    Accepted,
    /// Something is granted, and the rest is denied, or was not asked about: by a placeholder.
    Partial,
    /// Something is denied, and nothing is granted or was before.
    Refused,
    /// Nothing is granted any more.
    Withdrawn,
}

impl ChoiceKind {
    pub(crate) const ALL: [Self; 4] = [
        Self::Accepted,
        Self::Partial,
        Self::Refused,
        Self::Withdrawn,
    ];

    fn of(record: &ConsentRecord) -> Option<Self> {
        let is = |state| move |answer: &super::Answer| answer.state == state;
        let mut answers = record.answers.values().copied();
        let granted = record.grants();
        let denied = answers.clone().any(|it| is(AnswerState::Denied)(&it));
        let granted_before = answers.any(|it| it.before == AnswerState::Granted);
        match (granted, denied, granted_before) {
            (true, false, _) if record.surface != super::Surface::Placeholder => {
                Some(Self::Accepted)
            }
            (true, ..) => Some(Self::Partial),
            (false, _, true) => Some(Self::Withdrawn),
            (false, true, false) => Some(Self::Refused),
            (false, false, false) => None,
        }
    }
}

/// The choices that are counted together. Without a language or a regime it is empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CounterKey {
    /// Days since 1970, in UTC.
    pub(crate) day: u64,
    pub(crate) kind: ChoiceKind,
    /// The word for the surface.
    pub(crate) surface: String,
    pub(crate) language: String,
    pub(crate) regime: String,
}

impl CounterKey {
    /// Returns the counter of a choice, if it is of a kind that is counted.
    pub(super) fn of(record: &ConsentRecord) -> Option<Self> {
        let kind = ChoiceKind::of(record)?;
        Some(Self {
            day: record.recorded_at.unix_seconds() / DAY,
            kind,
            surface: columns::word(&record.surface),
            // PostgreSQL's index takes no long one, and would refuse the whole group for it.
            language: known(record.language.as_deref()),
            regime: record.regime.clone().unwrap_or_default(),
        })
    }
}

fn known(language: Option<&str>) -> String {
    let language = language.filter(|tag| is_language_tag(tag));
    language.unwrap_or_default().to_owned()
}

/// A count of choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Counter {
    pub(crate) key: CounterKey,
    pub(crate) count: u64,
}

/// Counts new entries. Of those that take back a grant, the stores know if it was recorded:
/// `takes_back` says so.
#[cfg(any(feature = "records-postgres", feature = "records-sqlite"))]
pub(super) fn tally(
    entries: &[&Entry],
    takes_back: impl Fn(&Entry) -> bool,
) -> BTreeMap<CounterKey, i64> {
    let mut counts = BTreeMap::new();
    for entry in entries {
        let record = &*entry.record;
        let change = match record.cause {
            Cause::Unconfirmed if takes_back(entry) => -1,
            // Counted on the device where it was made.
            Cause::Unconfirmed | Cause::Merged => continue,
            Cause::Choice | Cause::Removed => 1,
        };
        if let Some(key) = CounterKey::of(record) {
            *counts.entry(key).or_default() += change;
        }
    }
    counts
}

/// Counts of each kind, in the order of [`ChoiceKind::ALL`].
pub(crate) type Counts = [u64; 4];

/// Counts that people may see: `None` is hidden.
pub(crate) type ShownCounts = [Option<u64>; 4];

/// Adds up the counts with the same label.
pub(crate) fn by<L: Ord>(
    counters: &[Counter],
    label: impl Fn(&CounterKey) -> L,
) -> BTreeMap<L, Counts> {
    let mut rows: BTreeMap<L, Counts> = BTreeMap::new();
    for counter in counters {
        let row = rows.entry(label(&counter.key)).or_default();
        row[counter.key.kind as usize] += counter.count;
    }
    rows
}

/// Hides counts under [`LEAST_SHOWN`] in each column, and as many more, the smallest first, as it takes so
/// that nobody can subtract the rest from the column's sum.
pub(crate) fn shown(rows: &[Counts]) -> Vec<ShownCounts> {
    let mut shown: Vec<ShownCounts> = rows.iter().map(|row| row.map(Some)).collect();
    for column in 0..ChoiceKind::ALL.len() {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|row| rows[*row][column]);
        let mut hidden = 0;
        for row in order {
            let count = rows[row][column];
            if count >= LEAST_SHOWN && (hidden == 0 || hidden >= LEAST_SHOWN) {
                break;
            }
            hidden += count;
            shown[row][column] = None;
        }
    }
    shown
}

/// Returns the date of a day since 1970, as 2026-11-29.
pub(crate) fn date(day: u64) -> String {
    let mut date = super::Instant::from_unix_seconds(day.saturating_mul(DAY)).to_string();
    date.truncate(10);
    date
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_count_under_ten_can_be_subtracted() {
        for (column, expected) in [
            (&[12, 10, 40][..], &[Some(12), Some(10), Some(40)][..]),
            (&[12, 9, 40], &[None, None, Some(40)]),
            (&[12, 0, 40], &[Some(12), None, Some(40)]),
            (&[6, 4, 40], &[None, None, Some(40)]),
            (&[6, 3, 40, 20], &[None, None, Some(40), None]),
            (&[3], &[None]),
            (&[], &[]),
        ] {
            let rows: Vec<Counts> = column.iter().map(|count| [*count, 50, 0, 0]).collect();
            let shown = shown(&rows);
            let found: Vec<_> = shown.iter().map(|row| row[0]).collect();
            assert_eq!(found, expected, "{column:?}");
            assert!(
                shown
                    .iter()
                    .all(|row| row[1] == Some(50) && row[2].is_none())
            );
        }
    }

    #[test]
    fn a_day_has_its_date() {
        assert_eq!(
            (date(0), date(20_786)),
            ("1970-01-01".into(), "2026-11-29".into())
        );
    }
}
