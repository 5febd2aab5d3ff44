//! The answers of an account, each with the time at which it was given.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    consent::Choice,
    policy::{CategorySet, CookiePolicy},
    preferences::Terms,
};

/// A choice, and when each of its answers was given, by the server's clock.
///
/// The date of a choice says how long its grants last, and an answer for a service or an objection keeps it. So it
/// can't order the answers of several devices: these times do. Of two answers about the same the later one counts,
/// and within one second the denial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answers {
    pub(super) choice: Choice,
    /// In seconds since 1970, for each answer, and for those that were taken back.
    pub(super) times: BTreeMap<u8, u64>,
    /// Until then everything was removed.
    pub(super) removed_at: u64,
}

/// What was said about one category or service. Of the same second, the last of these counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    Granted,
    TakenBack,
    Denied,
}

impl Answers {
    /// Dates the answers of a choice that has no times: of a device, or as they were stored earlier. A denial that
    /// may be later than its choice is dated now.
    pub(super) fn undated(policy: &CookiePolicy, choice: Choice, now: u64) -> Self {
        let decided_at = choice.decided_at.min(now);
        // An answer for a service keeps the date, and so do objections, where it was made, and signals.
        let keep_the_date =
            policy.services() | policy.objectable() | policy.sold() | policy.laxer(choice.regime);
        let optional = choice.answered() - policy.necessary();
        let time = |index| match (choice.denied & keep_the_date).contains(index) {
            true => now,
            false => decided_at,
        };
        Self {
            choice,
            times: optional.iter().map(|index| (index, time(index))).collect(),
            removed_at: 0,
        }
    }

    /// Returns the answers after a removal of all of them.
    pub(super) fn removed(policy: &CookiePolicy, before: Option<&Self>, now: u64) -> Self {
        let latest = before.map_or(0, Self::latest_time);
        let choice = Choice {
            regime: policy.own_regime(),
            ..Choice::from_unix_seconds(now).with_revision(policy.revision())
        };
        Self {
            choice,
            times: BTreeMap::new(),
            removed_at: now.max(latest),
        }
    }

    /// Returns when anything was answered or removed, at the latest.
    pub(super) fn latest_time(&self) -> u64 {
        let times = self.times.values().copied();
        times.fold(self.removed_at, u64::max)
    }

    /// Returns when this was answered or taken back, at the latest.
    pub(super) fn latest_about(&self, policy: &CookiePolicy, index: u8) -> u64 {
        let time = self.times.get(&index).copied();
        time.max(self.silent_until(policy, index, Said::Granted))
            .unwrap_or(0)
    }

    fn said(&self, index: u8) -> Option<(u64, Said)> {
        let said = if self.choice.denied.contains(index) {
            Said::Denied
        } else if self.choice.granted.contains(index) {
            Said::Granted
        } else {
            Said::TakenBack
        };
        Some((*self.times.get(&index)?, said))
    }

    /// Returns `true` if the answer of the other side ends with what is said here.
    fn ends(
        &self,
        policy: &CookiePolicy,
        index: u8,
        own: Option<(u64, Said)>,
        other: (u64, Said),
    ) -> bool {
        if let Some((_, Said::Granted)) = own {
            return own > Some(other);
        }
        let silent_until = self.silent_until(policy, index, other.1);
        own.max(silent_until.map(|until| (until, Said::TakenBack))) > Some(other)
    }

    /// Returns until when an answer of the other side counts as taken back here without a word about it. `None` if none
    /// does, not even a grant of the device, which has the earliest time.
    fn silent_until(&self, policy: &CookiePolicy, index: u8, other: Said) -> Option<u64> {
        // An answer for a category ends earlier grants for its services, which may have been unknown where it was
        // given.
        let category = policy.category_number_of(index);
        let category = category.filter(|_| other == Said::Granted);
        let answered = category.and_then(|category| self.times.get(&category));
        let removed_at = Some(self.removed_at).filter(|time| *time > 0);
        answered.copied().max(removed_at)
    }

    /// Takes away grants that have lapsed, or do not count here.
    pub(super) fn with_choice(mut self, choice: Choice) -> Self {
        let gone = self.choice.granted - choice.granted;
        self.times.retain(|index, _| !gone.contains(*index));
        self.choice = choice;
        self
    }

    /// Takes away the grants that have lapsed. Denials stay.
    pub(super) fn current(self, policy: &CookiePolicy, now: u64) -> Self {
        let age = now.saturating_sub(self.choice.decided_at);
        if age < policy.choice_lifetime().as_secs() {
            return self;
        }
        let choice = Choice {
            granted: self.choice.granted & policy.necessary(),
            ..self.choice
        };
        self.with_choice(choice)
    }

    /// Forgets these answers.
    pub(super) fn without(mut self, gone: CategorySet) -> Self {
        self.times.retain(|index, _| !gone.contains(*index));
        self.choice.granted = self.choice.granted - gone;
        self.choice.denied = self.choice.denied - gone;
        self
    }

    /// Returns what the account says by both: of each answer the later one.
    pub(super) fn latest(&self, other: &Self, policy: &CookiePolicy, now: u64) -> Self {
        if self == other {
            return self.clone();
        }
        let (one, two) = (
            self.clone().current(policy, now),
            other.clone().current(policy, now),
        );
        let mut both = Self {
            choice: one.choice,
            times: BTreeMap::new(),
            removed_at: one.removed_at.max(two.removed_at),
        };
        let necessary = (one.choice.granted | two.choice.granted) & policy.necessary();
        (both.choice.granted, both.choice.denied) = (necessary, CategorySet::EMPTY);
        let indexes: BTreeSet<u8> = one.times.keys().chain(two.times.keys()).copied().collect();
        for index in indexes {
            let (first, second) = (one.said(index), two.said(index));
            let ends = |side: &Self, own, other| side.ends(policy, index, own, other);
            let (time, said) = match (first, second) {
                (Some(first), _) if !ends(&two, second, first) => first,
                (_, Some(second)) if !ends(&one, first, second) => second,
                _ => continue,
            };
            match said {
                Said::Granted => both.choice.granted.insert(index),
                Said::Denied => both.choice.denied.insert(index),
                Said::TakenBack if time <= both.removed_at => continue,
                Said::TakenBack => {}
            }
            both.times.insert(index, time);
        }
        both.choice = like_its_grants(policy, both.choice, one.choice, two.choice);
        both
    }
}

/// Dates a merged choice, and says under what it was made: like the newer of the two that has all of its grants, or
/// else so that no grant lasts longer by the merge, or counts for more.
fn like_its_grants(policy: &CookiePolicy, merged: Choice, one: Choice, two: Choice) -> Choice {
    let granted = merged.granted - policy.necessary();
    let (newer, older) = match two.decided_at > one.decided_at {
        true => (two, one),
        false => (one, two),
    };
    let has_all = |choice: &Choice| (granted - choice.granted).is_empty();
    let like = [newer, older].into_iter().find(has_all).unwrap_or(Choice {
        decided_at: older.decided_at,
        revision: one.revision.min(two.revision),
        gpc: one.gpc && two.gpc,
        // Both were counted here.
        regime: match one.regime == two.regime {
            true => one.regime,
            false => policy.own_regime(),
        },
        ..newer
    });
    Choice {
        granted: merged.granted,
        denied: merged.denied,
        whole: false,
        ..like
    }
}
