//! Refusals that are counted, and have no record of their own: more came than are recorded one by one.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{
    ConsentRecord, columns,
    counters::{Counter, CounterKey, date},
};

/// As many counters are kept until the store has them. Languages beyond are counted together.
const MOST: usize = 1024;

/// Choices of one day and kind that have no records, since more came than
/// [`most_refusals_a_second`](super::RecordsBuilder::most_refusals_a_second). They are in effect.
///
/// ```
/// use tower_cookie_consent::records::CountedChoices;
///
/// fn line(choices: &CountedChoices) -> String {
///     // Such as "2026-11-30 refused banner: 12".
///     format!("{choices}: {}", choices.count())
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct CountedChoices(pub(super) Counter);

impl CountedChoices {
    /// Returns how many there are. The example is at [`CountedChoices`].
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.0.count
    }

    /// Returns the day in UTC, as `2026-11-30`.
    ///
    /// ```
    /// # use tower_cookie_consent::records::CountedChoices;
    /// fn is_of_november(choices: &CountedChoices) -> bool {
    ///     choices.day().starts_with("2026-11-")
    /// }
    /// ```
    #[must_use]
    pub fn day(&self) -> String {
        date(self.0.key.day)
    }

    /// Returns the kind of choice: `refused`, `withdrawn`, or `partial` where something that was allowed before stays
    /// so.
    ///
    /// ```
    /// # use tower_cookie_consent::records::CountedChoices;
    /// fn is_withdrawal(choices: &CountedChoices) -> bool {
    ///     choices.kind() == "withdrawn"
    /// }
    /// ```
    #[must_use]
    pub fn kind(&self) -> String {
        columns::word(&self.0.key.kind)
    }

    /// Returns the place where they were made, such as `banner`.
    ///
    /// ```
    /// # use tower_cookie_consent::records::CountedChoices;
    /// fn is_of_signals(choices: &CountedChoices) -> bool {
    ///     choices.surface() == "signal"
    /// }
    /// ```
    #[must_use]
    pub fn surface(&self) -> &str {
        &self.0.key.surface
    }

    /// Returns the language of what was shown, or an empty text.
    ///
    /// ```
    /// # use tower_cookie_consent::records::CountedChoices;
    /// fn are_french(choices: &CountedChoices) -> bool {
    ///     choices.language() == "fr"
    /// }
    /// ```
    #[must_use]
    pub fn language(&self) -> &str {
        &self.0.key.language
    }

    /// Returns the id of the regime, or an empty text.
    ///
    /// ```
    /// # use tower_cookie_consent::records::CountedChoices;
    /// fn are_californian(choices: &CountedChoices) -> bool {
    ///     choices.regime() == "us-opt-out"
    /// }
    /// ```
    #[must_use]
    pub fn regime(&self) -> &str {
        &self.0.key.regime
    }
}

impl fmt::Display for CountedChoices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.day(), self.kind(), self.surface())?;
        let more = [self.language(), self.regime()];
        let mut more = more.into_iter().filter(|it| !it.is_empty());
        more.try_for_each(|it| write!(f, " {it}"))
    }
}

impl fmt::Debug for CountedChoices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CountedChoices({self}: {})", self.count())
    }
}

/// Those that the store does not have yet.
#[derive(Debug, Default)]
pub(super) struct Merged(Mutex<BTreeMap<CounterKey, u64>>);

impl Merged {
    /// Counts a choice. Returns `true` if it is the first one for the store.
    pub(super) fn add(&self, record: &ConsentRecord) -> bool {
        let Some(key) = CounterKey::of(record) else {
            return false;
        };
        let mut choices = self.lock();
        let is_first = choices.is_empty();
        add(&mut choices, key, 1);
        is_first
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Takes all of them.
    pub(super) fn take(&self) -> Vec<CountedChoices> {
        let choices = std::mem::take(&mut *self.lock()).into_iter();
        choices
            .map(|(key, count)| CountedChoices(Counter { key, count }))
            .collect()
    }

    /// Puts back what the store did not take.
    pub(super) fn put_back(&self, choices: Vec<CountedChoices>) {
        let mut kept = self.lock();
        for CountedChoices(Counter { key, count }) in choices {
            add(&mut kept, key, count);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<CounterKey, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add(choices: &mut BTreeMap<CounterKey, u64>, mut key: CounterKey, count: u64) {
    if choices.len() >= MOST && !choices.contains_key(&key) {
        key.language.clear();
    }
    *choices.entry(key).or_default() += count;
}

#[cfg(test)]
#[cfg(feature = "records-sqlite")]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::records::testing::from_page;

    fn refusal(language: &str) -> Arc<ConsentRecord> {
        let mut record = from_page(1, "aa", false, 0).record;
        Arc::make_mut(&mut record).language = Some(language.to_owned());
        record
    }

    #[test]
    fn refusals_of_a_kind_are_one_number() {
        let merged = Merged::default();
        assert!(merged.add(&refusal("fr")));
        assert!(!merged.add(&refusal("en")) && !merged.add(&refusal("fr")));
        let choices = merged.take();
        let lines: Vec<_> = choices.iter().map(|it| format!("{it:?}")).collect();
        let expected = [
            "CountedChoices(2026-09-21 refused banner en: 1)",
            "CountedChoices(2026-09-21 refused banner fr: 2)",
        ];
        assert_eq!(lines, expected);
        merged.add(&refusal("en"));
        merged.put_back(choices);
        assert_eq!(
            merged.take().iter().map(CountedChoices::count).sum::<u64>(),
            4
        );
    }

    #[test]
    fn languages_without_end_take_no_memory() {
        let merged = Merged::default();
        for number in 0..2 * MOST {
            merged.add(&refusal(&format!("fr-{number:04}")));
        }
        let choices = merged.take();
        assert_eq!(choices.len(), MOST + 1);
        let all: u64 = choices.iter().map(CountedChoices::count).sum();
        assert_eq!(all, 2 * MOST as u64);
    }
}
