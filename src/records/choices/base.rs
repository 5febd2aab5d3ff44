//! What a visitor who is logged in chooses over, and what becomes of it with a new choice.

use super::answers::Answers;
use crate::{
    consent::Choice,
    policy::{CategorySet, CookiePolicy},
};

/// The choice of a request.
#[derive(Clone)]
pub(super) enum Base {
    /// That of the account.
    Account(Answers),
    /// The device's own, since the account has none, or nobody knows it.
    Device(Option<Choice>),
}

/// How a response came by the choice that it sets.
#[derive(Clone, Copy)]
pub(super) struct Change {
    /// The service has set it. Otherwise the layers did: the browser's signal, or a choice that is only sent again.
    pub(super) is_answer: bool,
    /// A grant was taken out, because it could not be recorded.
    pub(super) is_cut: bool,
}

impl Base {
    pub(super) fn choice(&self) -> Option<Choice> {
        match self {
            Self::Account(answers) => Some(answers.choice),
            Self::Device(choice) => *choice,
        }
    }

    pub(super) const fn answers(&self) -> Option<&Answers> {
        match self {
            Self::Account(answers) => Some(answers),
            Self::Device(_) => None,
        }
    }

    /// Returns the denials that are given with the new choice. Which of those from before the visitor has repeated
    /// is not visible, so an answer repeats all of them.
    pub(super) fn new_denials(&self, new: &Choice, change: Change) -> CategorySet {
        let before = self.choice().filter(|_| !change.is_answer);
        new.denied - before.map_or(CategorySet::EMPTY, |before| before.denied)
    }

    /// Returns the answers of the account with a new choice.
    ///
    /// A grant from before keeps its time, since a choice about something else carries it along: of a denial on
    /// another device, which this one does not know, it would take the place. So does one of the device, with the
    /// earliest time.
    pub(super) fn with(
        &self,
        policy: &CookiePolicy,
        new: Choice,
        now: u64,
        change: Change,
    ) -> Answers {
        let known = self.answers();
        let before = self.choice().unwrap_or(Choice::from_unix_seconds(0));
        let (necessary, new_denials) = (policy.necessary(), self.new_denials(&new, change));
        let time_of = |index| known.and_then(|known| known.times.get(&index)).copied();
        let mut answers = Answers {
            choice: new,
            times: Default::default(),
            removed_at: known.map_or(0, |known| known.removed_at),
        };
        for index in (new.denied - necessary).iter() {
            let time = match (time_of(index), new_denials.contains(index)) {
                (Some(time), false) => time,
                (time, _) => now.max(time.unwrap_or(0)),
            };
            answers.times.insert(index, time);
        }
        for index in (new.granted - necessary).iter() {
            let is_carried = before.granted.contains(index);
            let time = match time_of(index) {
                Some(time) if is_carried => time,
                None if is_carried => 0,
                // After what it takes back, if both were in the same second.
                _ => match known.map_or(0, |known| known.latest_about(policy, index)) {
                    latest if latest >= now => latest.saturating_add(1),
                    _ => now,
                },
            };
            answers.times.insert(index, time);
        }
        let taken_back = known.into_iter().flat_map(|known| known.times.iter());
        for (index, time) in taken_back.filter(|(index, _)| !new.answered().contains(**index)) {
            let was_granted = before.granted.contains(*index);
            if change.is_cut && was_granted {
                continue;
            }
            let was_answered = before.answered().contains(*index);
            let time = if was_answered { now.max(*time) } else { *time };
            answers.times.insert(*index, time);
        }
        answers
    }
}
