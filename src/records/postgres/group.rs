//! What becomes of each entry of a group.

use std::collections::{BTreeMap, BTreeSet};

use crate::records::{Appended, Cause, ConsentRecord, Entry, NONCE_SECONDS, RecordId, columns};

/// The last answers from one page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Last {
    pub(super) record: RecordId,
    pub(super) answers: String,
    pub(super) recorded_at: u64,
}

/// A group, decided.
#[derive(Debug)]
pub(super) struct Group<'a> {
    pub(super) appended: Vec<Appended>,
    /// The entries to store.
    pub(super) new: Vec<&'a Entry>,
    /// The last answers from each page that has new ones.
    pub(super) noted: BTreeMap<&'a str, Last>,
    /// The records whose visitor was answered that nothing is saved: trying again is a choice of its own.
    pub(super) unconfirmed: Vec<RecordId>,
    /// The pages of those.
    pub(super) unsaved: Vec<&'a str>,
    /// Nonces up to this second are forgotten.
    pub(super) past: u64,
}

impl<'a> Group<'a> {
    /// Decides, from the ids that are stored and the last answers from each page.
    pub(super) fn decide(
        entries: &'a [Entry],
        mut known: BTreeSet<RecordId>,
        mut last: BTreeMap<String, Last>,
    ) -> Self {
        let newest = entries
            .iter()
            .map(|it| it.record.recorded_at.unix_seconds());
        let mut group = Self {
            appended: Vec::with_capacity(entries.len()),
            new: Vec::new(),
            noted: BTreeMap::new(),
            unconfirmed: Vec::new(),
            unsaved: Vec::new(),
            past: newest.max().unwrap_or(0).saturating_sub(NONCE_SECONDS),
        };
        for entry in entries {
            let record = &*entry.record;
            if known.contains(&record.id) {
                // A group that is repeated: those after it are compared with it, as the first time.
                if let Some(key) = record
                    .key
                    .as_deref()
                    .filter(|_| record.cause != Cause::Unconfirmed)
                {
                    last.insert(key.to_owned(), Last::of(record));
                }
                group.appended.push(Appended::New);
                continue;
            }
            if let Some(same) = repeats(record, &last) {
                group.appended.push(Appended::Same(same));
                continue;
            }
            known.insert(record.id);
            group.new.push(entry);
            group.appended.push(Appended::New);
            group.note(entry, &mut last);
        }
        group
    }

    fn note(&mut self, entry: &'a Entry, last: &mut BTreeMap<String, Last>) {
        let record = &*entry.record;
        if record.cause == Cause::Unconfirmed {
            self.unconfirmed.extend(entry.previous);
            self.unsaved.extend(record.key.as_deref());
            last.retain(|key, last| {
                Some(last.record) != entry.previous && record.key.as_ref() != Some(key)
            });
            self.noted.retain(|key, last| {
                Some(last.record) != entry.previous && record.key.as_deref() != Some(*key)
            });
        } else if let Some(key) = &record.key {
            last.insert(key.clone(), Last::of(record));
            self.noted.insert(key, Last::of(record));
        }
    }
}

impl Last {
    fn of(record: &ConsentRecord) -> Self {
        Self {
            record: record.id,
            answers: columns::answers(&record.answers),
            recorded_at: record.recorded_at.unix_seconds(),
        }
    }
}

/// Returns the record whose answers this one repeats, under the same nonce.
fn repeats(record: &ConsentRecord, last: &BTreeMap<String, Last>) -> Option<RecordId> {
    if record.cause != Cause::Choice {
        return None;
    }
    let last = last.get(record.key.as_ref()?)?;
    let age = record
        .recorded_at
        .unix_seconds()
        .saturating_sub(last.recorded_at);
    let is_same = age < NONCE_SECONDS && columns::repeats(&last.answers, &record.answers);
    is_same.then_some(last.record)
}
