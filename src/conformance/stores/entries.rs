//! Made-up records.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use crate::{
    consent::{AnswerState, Surface},
    digest::Document,
    preferences::unix_seconds,
    records::{Answer, Cause, ConsentRecord, Entry, Instant, RecordId},
};

/// Returns an id that no other record of the drills has.
fn id() -> RecordId {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut random = [0; 10];
    // Without random bytes the count alone has to do.
    getrandom::fill(&mut random).ok();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    for (byte, of_count) in random.iter_mut().zip(count.to_be_bytes()) {
        *byte ^= of_count;
    }
    RecordId::at(unix_seconds(SystemTime::now()), random)
}

pub(super) fn document() -> Document {
    Document::new("text/plain", "made up for the drills of a store")
}

/// Returns an entry with this nonce and answer.
pub(super) fn entry(key: Option<&str>, state: AnswerState) -> Entry {
    let document = document();
    let id = id();
    let time = Instant::from_unix_seconds(id.unix_seconds());
    let record = ConsentRecord {
        id,
        recorded_at: time,
        decided_at: time,
        site: "drill.example".to_owned(),
        policy: document.digest(),
        shown: Some(document.digest()),
        surface: Surface::Banner,
        language: Some("en".to_owned()),
        regime: None,
        gpc: false,
        cause: Cause::Choice,
        answers: BTreeMap::from([("ads".to_owned(), Answer::new(state, AnswerState::NotAsked))]),
        key: key.map(str::to_owned),
    };
    Entry::new(Arc::new(record), vec![document])
}

/// Returns so many that have nothing in common.
pub(super) fn group(count: usize) -> Vec<Entry> {
    let entries = std::iter::repeat_with(|| entry(None, AnswerState::Granted));
    entries.take(count).collect()
}
