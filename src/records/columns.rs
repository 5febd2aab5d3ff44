//! The form of a record's parts in the columns of a store.

use std::collections::BTreeMap;

use serde::{Serialize, de::DeserializeOwned};

use super::{Answer, AnswerState, forms};

/// Returns the word for a value of an enum, as in JSON.
pub(super) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// Returns the value of an enum for its word.
pub(super) fn of_word<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::from(word)).ok()
}

const fn letter(state: AnswerState) -> char {
    match state {
        AnswerState::Granted => 'g',
        AnswerState::Denied => 'd',
        AnswerState::NotAsked => 'n',
    }
}

const fn of_letter(letter: u8) -> Option<AnswerState> {
    Some(match letter {
        b'g' => AnswerState::Granted,
        b'd' => AnswerState::Denied,
        b'n' => AnswerState::NotAsked,
        _ => return None,
    })
}

/// Returns answers as a JSON object: two letters for each id, the answer and the one before.
pub(super) fn answers(answers: &BTreeMap<String, Answer>) -> String {
    let short = |(id, answer): (_, &Answer)| {
        let letters = String::from_iter([letter(answer.state), letter(answer.before)]);
        (id, letters)
    };
    let short: BTreeMap<&String, String> = answers.iter().map(short).collect();
    serde_json::to_string(&short).unwrap_or_default()
}

/// Returns `true` if a form that is sent again repeats the answers that [`answers`] wrote the last time.
pub(super) fn repeats(last: &str, now: &BTreeMap<String, Answer>) -> bool {
    of_answers(last).is_some_and(|last| forms::repeats(&last, now))
}

/// Reads what [`answers`] wrote.
pub(super) fn of_answers(text: &str) -> Option<BTreeMap<String, Answer>> {
    let short: BTreeMap<String, String> = serde_json::from_str(text).ok()?;
    let answer = |(id, letters): (String, String)| {
        let [state, before] = letters.as_bytes() else {
            return None;
        };
        Some((id, Answer::new(of_letter(*state)?, of_letter(*before)?)))
    };
    short.into_iter().map(answer).collect()
}
