//! What a spool contains, and where.

use std::{
    collections::{HashMap, VecDeque},
    fs::File,
    io::{BufRead, BufReader, Seek, SeekFrom},
    path::Path,
};

use super::{
    disk::{Place, failed},
    line::{self, Line, ReadLine},
};
use crate::records::{Digest, StoreError};

/// A pending entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position {
    pub(super) number: u64,
    pub(super) place: Place,
}

#[derive(Debug)]
pub(super) struct Contents {
    pub(super) documents: HashMap<Digest, Place>,
    /// Those that are pending.
    pub(super) entries: VecDeque<Position>,
    /// The number of the next entry.
    pub(super) next: u64,
    /// The end of the last line.
    pub(super) end: u64,
}

impl Contents {
    pub(super) fn starting_at(next: u64) -> Self {
        Self {
            documents: HashMap::new(),
            entries: VecDeque::new(),
            next,
            end: 0,
        }
    }

    /// Reads the file up to its last whole line. Returns the lines that are damaged, too.
    pub(super) fn read(path: &Path, mut file: &File) -> Result<(Self, Vec<Vec<u8>>), StoreError> {
        let read_failed = |error| failed(path, "read", &error);
        file.seek(SeekFrom::Start(0)).map_err(read_failed)?;
        let mut reader = BufReader::new(file);
        let mut contents = Self::starting_at(1);
        let mut damaged = Vec::new();
        let mut is_spool = false;
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            reader.read_until(b'\n', &mut bytes).map_err(read_failed)?;
            is_spool |= !bytes.is_empty() && line::is_like_a_line(&bytes);
            let Some(line) = bytes.strip_suffix(b"\n") else {
                // The end of the file, or of what was written of a line before a crash.
                break;
            };
            let place = Place {
                start: contents.end,
                bytes: bytes.len(),
            };
            contents.end += bytes.len() as u64;
            match line::read(line) {
                ReadLine::Whole(line) => contents.add_line(&line, place),
                ReadLine::Damaged => damaged.push(line.to_vec()),
                ReadLine::Unknown => return Err(newer(path)),
            }
        }
        // Otherwise somebody named a file of another kind: it must not be touched.
        let is_empty = contents.end == 0 && bytes.is_empty();
        (is_spool || is_empty)
            .then_some((contents, damaged))
            .ok_or_else(|| other_kind(path))
    }

    fn add_line(&mut self, line: &Line<'_>, place: Place) {
        match line {
            Line::Document { content, .. } => {
                let digest = Digest::of(content.as_bytes());
                self.documents.entry(digest).or_insert(place);
            }
            Line::Entry { number, .. } => {
                self.next = self.next.max(number.saturating_add(1));
                self.entries.push_back(Position {
                    number: *number,
                    place,
                });
            }
            Line::Acknowledged(through) => self.acknowledge(*through),
        }
    }

    /// Adds what was appended.
    pub(super) fn add(&mut self, documents: HashMap<Digest, Place>, entries: Vec<Position>) {
        self.documents.extend(documents);
        self.next += entries.len() as u64;
        self.entries.extend(entries);
    }

    /// Forgets the entries up to this number.
    pub(super) fn acknowledge(&mut self, through: u64) {
        while self
            .entries
            .front()
            .is_some_and(|position| position.number <= through)
        {
            self.entries.pop_front();
        }
    }

    /// Forgets everything: the file is empty.
    pub(super) fn clear(&mut self) {
        *self = Self::starting_at(self.next);
    }

    /// Returns the bytes before the first pending entry that a file written anew would not have.
    pub(super) fn spent(&self) -> u64 {
        let first = self
            .entries
            .front()
            .map_or(self.end, |position| position.place.start);
        let documents = self.documents.values();
        let before = documents.filter(|place| place.start < first);
        first.saturating_sub(before.map(|place| place.bytes as u64).sum())
    }
}

fn other_kind(path: &Path) -> StoreError {
    StoreError::permanent(format!(
        "{} is not a spool of records: name another file, or move this one away",
        path.display()
    ))
}

fn newer(path: &Path) -> StoreError {
    StoreError::permanent(format!(
        "the spool {} was written by a newer version of this crate: update it, or let that version pass \
         the entries on",
        path.display()
    ))
}
