//! The rest of a choice, which is recorded by itself where the grant came too late: one request, two records.

use std::collections::HashMap;

use super::StoredRecord;
use crate::records::{AnswerState, Cause, ConsentRecord, Digest, Instant, RecordId, SubjectId};

/// The longest time in seconds from a record to that of its rest. A response waits for a second, unless the site has
/// set more.
pub(super) const LONGEST_WAIT: u64 = 60;

/// The choices of the last minute whose grants were taken back, and of which no rest was seen yet.
#[derive(Default)]
pub(super) struct Rests(HashMap<Rest, Vec<Choice>>);

/// The record of a rest, as far as the choice has it.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Rest {
    site: String,
    policy: Digest,
    shown: Option<Digest>,
    regime: Option<String>,
    /// Each with the answer before.
    answers: Vec<(String, AnswerState, AnswerState)>,
    previous: Option<RecordId>,
    subject: Option<SubjectId>,
}

struct Choice {
    at: Instant,
    nonce: Option<String>,
}

impl Rest {
    fn of(stored: &StoredRecord, state: fn(AnswerState, AnswerState) -> AnswerState) -> Self {
        let record = &stored.record;
        let answers = record.answers.iter();
        let answers = answers.map(|(id, it)| (id.clone(), it.before, state(it.before, it.state)));
        Self {
            site: record.site.clone(),
            policy: record.policy,
            shown: record.shown,
            regime: record.regime.clone(),
            answers: answers.collect(),
            previous: stored.previous,
            subject: stored.subject,
        }
    }
}

/// Returns what is left of an answer without a grant that is new.
fn without_grant(before: AnswerState, state: AnswerState) -> AnswerState {
    match (before, state) {
        (AnswerState::Granted, AnswerState::Granted) => AnswerState::Granted,
        (_, AnswerState::Granted) => AnswerState::NotAsked,
        _ => state,
    }
}

impl Rests {
    /// Notes a choice whose grant was taken back.
    pub(super) fn note(&mut self, stored: &StoredRecord) {
        let choice = Choice {
            at: stored.record.recorded_at,
            nonce: stored.record.key.clone(),
        };
        let rest = Rest::of(stored, without_grant);
        self.0.entry(rest).or_default().push(choice);
    }

    /// Returns `true` if this is the rest of a choice that was noted, and takes no other of it from then on.
    pub(super) fn take(&mut self, stored: &StoredRecord) -> bool {
        if self.0.is_empty() || stored.record.cause != Cause::Choice {
            return false;
        }
        let rest = Rest::of(stored, |_, state| state);
        let Some(choices) = self.0.get_mut(&rest) else {
            return false;
        };
        let found = choices.iter().position(|it| it.may_leave(&stored.record));
        found.map(|found| choices.remove(found)).is_some()
    }

    /// Forgets choices whose rest would have been recorded before this time.
    pub(super) fn forget_before(&mut self, now: Instant) {
        self.0.retain(|_, choices| {
            choices.retain(|choice| now.unix_seconds() <= choice.at.unix_seconds() + LONGEST_WAIT);
            !choices.is_empty()
        });
    }
}

impl Choice {
    /// Returns `true` if this record can be its rest. What waited for the store has no nonce any more.
    fn may_leave(&self, rest: &ConsentRecord) -> bool {
        let nonces = self.nonce.as_ref().zip(rest.key.as_ref());
        let [from, at] = [self.at, rest.recorded_at].map(Instant::unix_seconds);
        (from..=from + LONGEST_WAIT).contains(&at) && nonces.is_none_or(|(own, other)| own == other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{
        Answer,
        testing::{START, entry},
    };

    const GRANTED: AnswerState = AnswerState::Granted;
    const DENIED: AnswerState = AnswerState::Denied;
    const NOT_ASKED: AnswerState = AnswerState::NotAsked;

    /// Returns a record of `ads`, `films` and `tube`, of which the last was allowed before.
    fn record(after: u64, answers: [AnswerState; 3]) -> StoredRecord {
        let mut record = (*entry(1).record).clone();
        record.recorded_at = Instant::from_unix_seconds(START + after);
        let [ads, films, tube] = answers;
        record.answers = [
            ("ads".to_owned(), Answer::new(ads, NOT_ASKED)),
            ("films".to_owned(), Answer::new(films, NOT_ASKED)),
            ("tube".to_owned(), Answer::new(tube, GRANTED)),
        ]
        .into();
        StoredRecord::from(record)
    }

    const WHOLE: [AnswerState; 3] = [GRANTED, DENIED, GRANTED];
    const REST: [AnswerState; 3] = [NOT_ASKED, DENIED, GRANTED];

    #[test]
    fn only_what_is_left_of_the_choice_is_its_rest() {
        let changed = |change: fn(&mut StoredRecord)| {
            let mut stored = record(1, REST);
            change(&mut stored);
            stored
        };
        for (rest, expected) in [
            (record(1, REST), true),
            (record(0, REST), true),
            (record(LONGEST_WAIT, REST), true),
            (record(LONGEST_WAIT + 1, REST), false),
            // A refusal of everything, and less of one.
            (record(1, [DENIED, DENIED, GRANTED]), false),
            (record(1, [NOT_ASKED, DENIED, DENIED]), false),
            (record(1, [NOT_ASKED, NOT_ASKED, GRANTED]), false),
            (record(1, WHOLE), false),
            (changed(|it| it.record.key = None), true),
            (changed(|it| it.record.key = Some("bb".to_owned())), false),
            (changed(|it| it.record.site.push('x')), false),
            (changed(|it| it.record.cause = Cause::Merged), false),
            (changed(|it| it.previous = Some(it.record.id)), false),
        ] {
            let mut rests = Rests::default();
            let mut whole = record(0, WHOLE);
            whole.record.key = Some("aa".to_owned());
            rests.note(&whole);
            assert_eq!(rests.take(&rest), expected, "{rest:?}");
            assert!(!rests.take(&rest));
        }
    }

    #[test]
    fn a_choice_has_one_rest_and_is_forgotten() {
        let mut rests = Rests::default();
        for after in [0, 2] {
            rests.note(&record(after, WHOLE));
        }
        let taken = [1, 3, 4].map(|after| rests.take(&record(after, REST)));
        assert_eq!(taken, [true, true, false]);
        rests.note(&record(5, WHOLE));
        for (now, left) in [(5 + LONGEST_WAIT, 1), (6 + LONGEST_WAIT, 0)] {
            rests.forget_before(Instant::from_unix_seconds(START + now));
            assert_eq!(rests.0.len(), left);
        }
    }
}
