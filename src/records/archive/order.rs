//! The order of records that were made within one second, where their ids are random.

use std::collections::{BTreeSet, HashMap};

use super::StoredRecord;
use crate::records::{Answer, AnswerState, Cause, ConsentRecord};

/// The answers in force. What was not asked is left out: a record of another policy does not name it.
type State<'a> = Vec<(&'a str, AnswerState)>;

/// A record as the way from one state to another.
struct Step<'a> {
    before: State<'a>,
    after: State<'a>,
}

impl<'a> Step<'a> {
    /// Returns the step of a record. One whose grant was taken back leads nowhere.
    fn of(record: &'a ConsentRecord, is_taken_back: bool) -> Self {
        let state = |of: fn(&Answer) -> AnswerState| -> State<'a> {
            let answers = record.answers.iter();
            let answers = answers.map(|(id, answer)| (id.as_str(), of(answer)));
            answers
                .filter(|(_, state)| *state != AnswerState::NotAsked)
                .collect()
        };
        let before = state(|answer| answer.before);
        let after = match is_taken_back {
            true => before.clone(),
            false => state(|answer| answer.state),
        };
        Self { before, after }
    }
}

/// Sorts records by time. Of those of one second, each comes after the one whose answers it found in force, as far as
/// there is such an order, and an unconfirmed record after the one that it is about.
pub(super) fn by_time(mut records: Vec<StoredRecord>) -> Vec<StoredRecord> {
    records.sort_by_key(|stored| stored.record.id);
    let unconfirmed = records.iter().filter(|it| is_unconfirmed(it));
    let taken_back: BTreeSet<&str> = unconfirmed
        .filter_map(|it| it.record.key.as_deref())
        .collect();
    let mut state = State::new();
    let mut places = vec![0; records.len()];
    let mut first = 0;
    let second = |stored: &StoredRecord| stored.record.id.unix_seconds();
    for same in records.chunk_by(|one, other| second(one) == second(other)) {
        let steps = same.iter().map(|it| {
            let is_taken_back =
                is_unconfirmed(it) || taken_back.contains(it.record.id.to_string().as_str());
            Step::of(&it.record, is_taken_back)
        });
        let steps: Vec<_> = steps.collect();
        for (place, at) in order(same, &steps, &state).into_iter().enumerate() {
            places[first + at] = first + place;
            state.clone_from(&steps[at].after);
        }
        first += same.len();
    }
    let mut placed: Vec<_> = places.into_iter().zip(records).collect();
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, stored)| stored).collect()
}

fn is_unconfirmed(stored: &StoredRecord) -> bool {
    stored.record.cause == Cause::Unconfirmed
}

/// Returns the order of the records of one second.
fn order(same: &[StoredRecord], steps: &[Step<'_>], state: &State<'_>) -> Vec<usize> {
    if same.len() == 1 {
        return vec![0];
    }
    let (corrections, others): (Vec<_>, Vec<_>) =
        (0..same.len()).partition(|at| is_unconfirmed(&same[*at]));
    let mut order = path(steps, &others, state);
    for at in corrections {
        let about = same[at].record.key.as_deref();
        let of = |other: &usize| about == Some(&*same[*other].record.id.to_string());
        let place = order.iter().position(of).map_or(0, |place| place + 1);
        order.insert(place, at);
    }
    order
}

/// Returns an order in which each step begins where the one before ends, as often as that is possible.
fn path(steps: &[Step<'_>], of: &[usize], state: &State<'_>) -> Vec<usize> {
    let mut ahead: HashMap<&State<'_>, Vec<usize>> = HashMap::new();
    for at in of {
        ahead.entry(&steps[*at].before).or_default().push(*at);
    }
    let (mut path, mut state) = (Vec::new(), state);
    while path.len() < of.len() {
        if !ahead.contains_key(state) {
            let Some(begin) = begin(steps, &ahead) else {
                break;
            };
            state = begin;
        }
        path.extend(walk(steps, &mut ahead, state));
        if let Some(last) = path.last() {
            state = &steps[*last].after;
        }
    }
    path
}

/// Returns a state where more steps begin than end, or else that of the first step.
fn begin<'a>(
    steps: &'a [Step<'a>],
    ahead: &HashMap<&'a State<'a>, Vec<usize>>,
) -> Option<&'a State<'a>> {
    let left: BTreeSet<usize> = ahead.values().flatten().copied().collect();
    let mut ends: HashMap<&State<'_>, usize> = HashMap::new();
    for at in &left {
        *ends.entry(&steps[*at].after).or_default() += 1;
    }
    let begins_more = |state: &&State<'_>| {
        let begins = ahead.get(*state).map_or(0, Vec::len);
        begins > ends.get(*state).copied().unwrap_or(0)
    };
    let mut states = left.iter().map(|at| &steps[*at].before);
    let first = states.clone().next();
    states.find(begins_more).or(first)
}

/// Takes all steps that can be reached from this state, by Hierholzer's way through all edges of a graph.
fn walk<'a>(
    steps: &'a [Step<'a>],
    ahead: &mut HashMap<&'a State<'a>, Vec<usize>>,
    from: &'a State<'a>,
) -> Vec<usize> {
    let mut walked = Vec::new();
    let mut way: Vec<(&State<'_>, Option<usize>)> = vec![(from, None)];
    while let Some((state, step)) = way.last().copied() {
        // From the last one on, as the way is put together from its end.
        match ahead.get_mut(state).and_then(Vec::pop) {
            Some(next) => way.push((&steps[next].after, Some(next))),
            None => {
                ahead.remove(state);
                walked.extend(step);
                way.pop();
            }
        }
    }
    walked.reverse();
    walked
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::records::{
        RecordId,
        testing::{START, entry},
    };

    fn state(sign: char) -> AnswerState {
        match sign {
            '+' => AnswerState::Granted,
            '-' => AnswerState::Denied,
            _ => AnswerState::NotAsked,
        }
    }

    /// Returns a record of `ads` with the answers before and after, such as `+-`.
    fn record(number: u8, after: u64, answers: &str) -> StoredRecord {
        let mut record = Arc::unwrap_or_clone(entry(0).record);
        record.id = RecordId::at(START + after, [number; 10]);
        let mut signs = answers.chars().map(state);
        let (before, now) = (signs.next().unwrap(), signs.next().unwrap());
        record.answers = [("ads".to_owned(), Answer::new(now, before))].into();
        StoredRecord::from(record)
    }

    fn ordered(records: Vec<StoredRecord>) -> Vec<u8> {
        let records = by_time(records).into_iter();
        records.map(|it| it.record.id.as_bytes()[15]).collect()
    }

    #[test]
    fn a_record_follows_what_it_found_in_force() {
        // What the records of each second say, and their order.
        for (seconds, expected) in [
            (&["?+ +-"][..], "?+ +-"),
            (&["+- ?+"], "?+ +-"),
            (&["-+ ?- +-"], "?- -+ +-"),
            // Removed.
            (&["+? ?+"], "?+ +?"),
            (&["?+", "-+ +-"], "?+ +- -+"),
            // A repeated refusal is not the last word.
            (&["?-", "-+ --"], "?- -- -+"),
            (&["?-", "-? -+ +-"], "?- -+ +- -?"),
            // Of two devices: their ids decide.
            (&["?+ ?-"], "?+ ?-"),
            (&["?- ?+"], "?- ?+"),
            (&["?+ ?+ +-"], "?+ ?+ +-"),
            // The records before are purged.
            (&["-+ +- -+"], "-+ +- -+"),
            (&["+- -?"], "+- -?"),
            (&["-? +-"], "+- -?"),
        ] {
            let answers = seconds.iter().flat_map(|second| second.split(' '));
            let answers: Vec<_> = answers.collect();
            let mut records = Vec::new();
            for (after, second) in (0..).zip(seconds) {
                for answer in second.split(' ') {
                    let number = u8::try_from(records.len()).unwrap();
                    records.push(record(number, after, answer));
                }
            }
            for turned in 0..records.len() {
                let mut records = records.clone();
                records.rotate_left(turned);
                let order = ordered(records).into_iter();
                let order = order.map(|number| answers[usize::from(number)]);
                let order: Vec<_> = order.collect();
                assert_eq!(order.join(" "), expected, "{seconds:?}");
            }
        }
    }

    #[test]
    fn a_correction_follows_what_it_takes_back() {
        let taken_back = record(5, 0, "?+");
        let mut correction = record(1, 0, "?+");
        correction.record.cause = Cause::Unconfirmed;
        correction.record.key = Some(taken_back.record.id.to_string());
        let left = record(3, 0, "?-");
        let again = record(2, 0, "-+");
        let records = vec![taken_back, correction, left, again];
        let order = ordered(records);
        let place = |number: u8| order.iter().position(|it| *it == number).unwrap();
        assert!(place(1) == place(5) + 1 && place(2) > place(3), "{order:?}");
    }

    #[test]
    fn many_records_of_one_second_take_no_time() {
        let mut records: Vec<_> = (0..250).map(|number| record(number, 0, "+-")).collect();
        records.extend((0..250).map(|number| {
            let mut stored = record(number, 0, "-+");
            let mut random = [number; 10];
            random[0] = 255 - number;
            stored.record.id = RecordId::at(START, random);
            stored
        }));
        let sorted = by_time(records);
        let answers = sorted.iter().map(|it| it.record.answers["ads"]);
        let answers: Vec<_> = answers.collect();
        assert_eq!(answers.len(), 500);
        assert!(answers.windows(2).all(|it| it[0].state == it[1].before));
    }
}
