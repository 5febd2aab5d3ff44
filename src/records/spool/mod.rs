//! A local file for entries that the store does not have yet: durable, in order, and for one process
//! at a time.
//!
//! The file grows at its end only: documents, each once, entries, and how far the store has them. When
//! it has all, the file is emptied. Beside it lie `FILE.lock`, which the process holds while it has the
//! spool open, and `FILE.damaged`, with lines that can't be read: nothing is lost in silence.

#![allow(
    dead_code,
    reason = "the writer does not need all of it in every configuration"
)]

mod contents;
mod disk;
mod line;
#[cfg(test)]
pub(super) mod tests;

use std::{
    collections::{HashMap, hash_map},
    fs::File,
    path::{Path, PathBuf},
};

use self::{
    contents::{Contents, Position},
    disk::{Lock, Place, beside, failed},
    line::{Line, ReadLine},
};
use super::{Digest, Document, Entry, StoreError};

/// The bytes that a spool may have by default.
pub(crate) const MAX_SPOOL_BYTES: u64 = 64 * 1024 * 1024;

/// The file is written anew without what the store has, once that is at least this part of its bound.
const WORTH_REWRITING: u64 = 4;

/// An open spool.
#[derive(Debug)]
pub(crate) struct Spool {
    path: PathBuf,
    file: File,
    max_bytes: u64,
    contents: Contents,
    /// The lines that were set aside since it was opened.
    damaged: usize,
    /// Nobody knows what the disk has: after a failed `fsync`, where asking again is of no use, or since the name of
    /// a new file may not be durable. Before anything is appended, the file is written anew.
    is_suspect: bool,
    /// Held while the spool is open.
    _lock: Lock,
}

/// The bytes of one group, and where its lines are.
struct Group {
    bytes: Vec<u8>,
    documents: HashMap<Digest, Place>,
    entries: Vec<Position>,
}

impl Spool {
    /// Opens the spool in this file, which is created with mode 600 if it is missing. A line that a
    /// crash left unfinished is cut off, and damaged lines are set aside in `FILE.damaged`.
    pub(crate) fn open(path: &Path, max_bytes: u64) -> Result<Self, StoreError> {
        let lock = disk::lock(path)?;
        let file = disk::open(path)?;
        let (contents, damaged) = Contents::read(path, &file)?;
        let mut spool = Self {
            path: path.to_owned(),
            file,
            max_bytes,
            contents,
            damaged: 0,
            is_suspect: false,
            _lock: lock,
        };
        if !damaged.is_empty() {
            spool.set_aside(&damaged)?;
            spool.rewrite()?;
        } else if spool.contents.entries.is_empty() && spool.contents.end > 0 {
            spool.empty()?;
        } else {
            disk::cut(path, &spool.file, spool.contents.end)?;
        }
        Ok(spool)
    }

    /// Appends these entries, all or none, and returns once they are durable. The error of a full spool
    /// is [`StoreError::is_full`].
    pub(crate) fn append(&mut self, entries: &[Entry]) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        if self.is_suspect {
            self.rewrite()?;
        }
        let mut group = self.group(entries)?;
        if !self.has_room_for(&group) && self.contents.spent() >= self.max_bytes / WORTH_REWRITING {
            self.rewrite()?;
            group = self.group(entries)?;
        }
        if !self.has_room_for(&group) {
            let path = self.path.display();
            return Err(StoreError::full(format!(
                "the spool {path} is full ({} bytes): see why the store does not take its entries",
                self.max_bytes
            )));
        }
        self.write(&group.bytes)?;
        self.contents.add(group.documents, group.entries);
        Ok(())
    }

    /// Returns the first entries that the store does not have, in order.
    pub(crate) fn pending(&mut self, max: usize) -> Result<Vec<Entry>, StoreError> {
        let mut read = HashMap::new();
        let mut entries = Vec::new();
        while entries.len() < max {
            let Some(position) = self.contents.entries.get(entries.len()).copied() else {
                break;
            };
            let bytes = disk::read(&self.path, &self.file, position.place)?;
            let ReadLine::Whole(line @ Line::Entry { .. }) = line::read(&bytes) else {
                self.set_aside(&[bytes])?;
                self.contents.entries.remove(entries.len());
                continue;
            };
            let mut found = Vec::new();
            for digest in line.documents() {
                found.extend(self.document(*digest, &mut read)?);
            }
            entries.extend(line::entry(line, found));
        }
        Ok(entries)
    }

    /// Notes that the store has the first `count` entries, and returns once that is durable. With an error, such as
    /// of a full disk, it is noted as well, but they are pending again after a crash.
    pub(crate) fn acknowledge(&mut self, count: usize) -> Result<(), StoreError> {
        let count = count.min(self.contents.entries.len());
        if count == self.contents.entries.len() {
            return if self.contents.end == 0 {
                Ok(())
            } else {
                self.empty()
            };
        }
        let Some(last) = count.checked_sub(1) else {
            return Ok(());
        };
        let through = self.contents.entries[last].number;
        let mut bytes = Vec::new();
        Line::Acknowledged(through)
            .write(&mut bytes)
            .map_err(|error| failed(&self.path, "write", &error.into()))?;
        let written = self.write(&bytes);
        self.contents.acknowledge(through);
        written
    }

    /// Returns the number of entries that the store does not have.
    pub(crate) fn len(&self) -> usize {
        self.contents.entries.len()
    }

    /// Returns the size of the file.
    pub(crate) const fn bytes(&self) -> u64 {
        self.contents.end
    }

    /// Returns the number of lines that could not be read since it was opened, and the file that has
    /// them now.
    pub(crate) fn damaged(&self) -> (usize, PathBuf) {
        (self.damaged, beside(&self.path, ".damaged"))
    }

    /// Writes entries that the store refuses to `FILE.damaged`, with their documents.
    pub(crate) fn set_apart(&self, entries: &[Entry]) -> Result<(), StoreError> {
        let lines = line::of_entries(entries);
        let lines = lines.map_err(|error| failed(&self.path, "write", &error.into()))?;
        disk::append(&beside(&self.path, ".damaged"), &lines)
    }

    fn has_room_for(&self, group: &Group) -> bool {
        self.contents.end + group.bytes.len() as u64 <= self.max_bytes
    }

    /// Writes the lines of a group, with the documents that the file does not have.
    fn group(&self, entries: &[Entry]) -> Result<Group, StoreError> {
        let mut group = Group {
            bytes: Vec::new(),
            documents: HashMap::new(),
            entries: Vec::with_capacity(entries.len()),
        };
        let mut add = |line: Line<'_>| {
            let start = group.bytes.len();
            line.write(&mut group.bytes)
                .map_err(|error| failed(&self.path, "write", &error.into()))?;
            Ok(Place {
                start: self.contents.end + start as u64,
                bytes: group.bytes.len() - start,
            })
        };
        for (number, entry) in (self.contents.next..).zip(entries) {
            for document in &entry.documents {
                let digest = document.digest();
                let is_known = self.contents.documents.contains_key(&digest);
                if !is_known && !group.documents.contains_key(&digest) {
                    let place = add(Line::of_document(document))?;
                    group.documents.insert(digest, place);
                }
            }
            let place = add(Line::of_entry(number, entry))?;
            group.entries.push(Position { number, place });
        }
        Ok(group)
    }

    /// Writes at the end, durably, or leaves the file as it was.
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let end = self.contents.end;
        if let Err(error) = disk::write(&self.file, end, bytes) {
            self.is_suspect |= self.file.set_len(end).is_err();
            return Err(failed(&self.path, "write", &error));
        }
        if let Err(error) = self.file.sync_data() {
            self.is_suspect = true;
            // What is not cut off is read as pending after a crash, which is allowed.
            self.file.set_len(end).ok();
            return Err(failed(&self.path, "write", &error));
        }
        self.contents.end += bytes.len() as u64;
        Ok(())
    }

    /// Reads a document, if it is not damaged.
    fn document(
        &mut self,
        digest: Digest,
        read: &mut HashMap<Digest, Document>,
    ) -> Result<Option<Document>, StoreError> {
        if let Some(document) = read.get(&digest) {
            return Ok(Some(document.clone()));
        }
        let Some(place) = self.contents.documents.get(&digest).copied() else {
            return Ok(None);
        };
        let bytes = disk::read(&self.path, &self.file, place)?;
        if let ReadLine::Whole(Line::Document {
            media_type,
            content,
        }) = line::read(&bytes)
        {
            let document = Document::new(&media_type, content.as_ref());
            read.insert(digest, document.clone());
            return Ok(Some(document));
        }
        // The next entry that has it brings it again.
        self.set_aside(&[bytes])?;
        self.contents.documents.remove(&digest);
        Ok(None)
    }

    fn set_aside(&mut self, lines: &[Vec<u8>]) -> Result<(), StoreError> {
        disk::append(&beside(&self.path, ".damaged"), lines)?;
        self.damaged += lines.len();
        Ok(())
    }

    /// Empties the file, durably.
    fn empty(&mut self) -> Result<(), StoreError> {
        // Should the disk still have the entries after a crash, they are pending again, which is allowed.
        self.contents.clear();
        let was_suspect = std::mem::replace(&mut self.is_suspect, true);
        let emptied = self.file.set_len(0).and_then(|()| disk::sync(&self.file));
        emptied.map_err(|error| failed(&self.path, "write", &error))?;
        self.is_suspect = was_suspect;
        Ok(())
    }

    /// Writes the file anew, with the pending entries and their documents only.
    fn rewrite(&mut self) -> Result<(), StoreError> {
        let mut bytes = Vec::new();
        let mut contents = Contents::starting_at(self.contents.next);
        let pending = std::mem::take(&mut self.contents.entries);
        let copied = pending
            .iter()
            .try_for_each(|position| self.copy(*position, &mut bytes, &mut contents));
        self.contents.entries = pending;
        copied?;
        // From here on the old file has no name any more.
        self.file = disk::replace(&self.path, &bytes)?;
        contents.end = bytes.len() as u64;
        self.contents = contents;
        self.is_suspect = true;
        disk::keep_name(&self.path)?;
        self.is_suspect = false;
        Ok(())
    }

    /// Copies the lines of an entry, after those of its documents that are not copied yet.
    fn copy(
        &mut self,
        position: Position,
        to: &mut Vec<u8>,
        contents: &mut Contents,
    ) -> Result<(), StoreError> {
        let line = disk::read(&self.path, &self.file, position.place)?;
        let ReadLine::Whole(Line::Entry { documents, .. }) = line::read(&line) else {
            return self.set_aside(&[line]);
        };
        for digest in documents {
            let Some(place) = self.contents.documents.get(&digest).copied() else {
                continue;
            };
            if let hash_map::Entry::Vacant(copied) = contents.documents.entry(digest) {
                let document = disk::read(&self.path, &self.file, place)?;
                copied.insert(Place::push(to, &document));
            }
        }
        let place = Place::push(to, &line);
        contents.entries.push_back(Position { place, ..position });
        Ok(())
    }
}
