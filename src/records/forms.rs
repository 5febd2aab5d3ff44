//! The choices that each form made last, in this process: a form that is sent again gets the same receipt, even
//! before the store has answered.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Answer, Cause, ConsentRecord, NONCE_SECONDS, RecordId};

/// As many forms are remembered.
const MOST: usize = 4096;

/// The last choice of each form, by its nonce.
#[derive(Default)]
pub(super) struct Forms(Mutex<Known>);

#[derive(Default)]
struct Known {
    last: HashMap<String, Last>,
    /// The oldest first.
    nonces: VecDeque<String>,
}

struct Last {
    /// The record with these answers.
    id: RecordId,
    is_durable: bool,
    said: Arc<ConsentRecord>,
}

impl Forms {
    /// Returns the record that this one repeats, and whether it is durable already.
    pub(super) fn repeated(&self, record: &ConsentRecord) -> Option<(RecordId, bool)> {
        if record.cause != Cause::Choice {
            return None;
        }
        let known = self.lock();
        let last = known.last.get(record.key.as_ref()?)?;
        let seconds = record.recorded_at.unix_seconds();
        let age = seconds.saturating_sub(last.said.recorded_at.unix_seconds());
        let is_same = age < NONCE_SECONDS && repeats(&last.said.answers, &record.answers);
        is_same.then_some((last.id, last.is_durable))
    }

    /// Notes the record that has what a form said.
    pub(super) fn note(&self, said: &Arc<ConsentRecord>, id: RecordId, is_durable: bool) {
        let Some(nonce) = said.key.as_ref().filter(|_| said.cause == Cause::Choice) else {
            return;
        };
        let mut known = self.lock();
        let last = Last {
            id,
            is_durable,
            said: Arc::clone(said),
        };
        if known.last.insert(nonce.clone(), last).is_none() {
            known.nonces.push_back(nonce.clone());
        }
        if known.nonces.len() > MOST
            && let Some(oldest) = known.nonces.pop_front()
        {
            known.last.remove(&oldest);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns `true` if a form that is sent again says nothing new: its answers are the last ones, and what is in
/// force is what was in force then, or these very answers. (With something else in force, another page has
/// changed it in between.)
pub(super) fn repeats(last: &BTreeMap<String, Answer>, now: &BTreeMap<String, Answer>) -> bool {
    let same_answers = || {
        now.iter()
            .zip(last)
            .all(|((id, now), (last_id, last))| id == last_id && now.state == last.state)
    };
    let same_before = || {
        now.values()
            .zip(last.values())
            .all(|(now, last)| now.before == last.before)
    };
    let in_force = || now.values().all(|now| now.before == now.state);
    now.len() == last.len() && same_answers() && (same_before() || in_force())
}

#[cfg(test)]
#[cfg(feature = "records-sqlite")]
mod tests {
    use super::*;
    use crate::records::testing::{from_page, id};

    fn said(number: u64, key: &str, granted: bool, after: u64) -> Arc<ConsentRecord> {
        from_page(number, key, granted, after).record
    }

    #[test]
    fn a_form_repeats_its_last_answers_for_two_days() {
        let forms = Forms::default();
        forms.note(&said(1, "aa", false, 0), id(1), false);
        for (key, granted, after, expected) in [
            ("aa", false, 1, Some((id(1), false))),
            ("aa", false, NONCE_SECONDS, None),
            ("aa", true, 1, None),
            ("bb", false, 1, None),
        ] {
            let repeated = forms.repeated(&said(2, key, granted, after));
            assert_eq!(repeated, expected, "{key}, {granted}, {after}");
        }
        forms.note(&said(3, "aa", true, 1), id(3), true);
        assert_eq!(forms.repeated(&said(4, "aa", false, 2)), None);
        let repeated = forms.repeated(&said(4, "aa", true, 2));
        assert_eq!(repeated, Some((id(3), true)));
    }

    #[test]
    fn only_so_many_forms_are_remembered() {
        let forms = Forms::default();
        for number in 0..=MOST as u64 {
            let key = number.to_string();
            forms.note(&said(number, &key, false, 0), id(number), false);
            forms.note(&said(number, &key, false, 0), id(number), true);
        }
        let known = |key: &str| forms.repeated(&said(1, key, false, 0)).is_some();
        assert!(!known("0") && known("1") && known(&MOST.to_string()));
        assert_eq!(forms.lock().last.len(), MOST);
    }
}
