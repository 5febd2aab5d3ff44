//! Exports beside writers and sequencers.

use futures_executor::block_on;

use super::*;
use crate::records::{
    Instant, RecordStore, SigningKey, SqliteStore, Verified, Verifier,
    testing::{Folder, START, entry},
};

/// A store that somebody exports, and others write to.
struct Busy {
    store: SqliteStore,
    archive: Archive,
    key: SigningKey,
    export: Export,
    written: String,
    _folder: Folder,
}

impl Busy {
    /// Creates it with this many records, of which the first are in the tree.
    fn new(sequenced: u64, records: u64) -> Self {
        let folder = Folder::new();
        let file = folder.file("consent.db");
        let archive = Archive::from(SqliteStore::open(&file).unwrap());
        let busy = Self {
            store: SqliteStore::open(&file).unwrap(),
            export: Export::new(archive.clone()),
            archive,
            key: SigningKey::generate().unwrap(),
            written: String::new(),
            _folder: folder,
        };
        busy.append(0..sequenced);
        busy.checkpoint();
        busy.append(sequenced..records);
        busy
    }

    fn append(&self, numbers: std::ops::Range<u64>) {
        let entries: Vec<_> = numbers.map(entry).collect();
        block_on(self.store.append(&entries)).unwrap();
    }

    fn checkpoint(&self) {
        let now = Instant::from_unix_seconds(START + 1);
        block_on(self.archive.checkpoint(&self.key, now)).unwrap();
    }

    fn advance(&mut self) {
        block_on(self.export.advance()).unwrap();
        self.written.push_str(&mem::take(&mut self.export.lines));
    }

    /// Exports until the tree is written, and then so many pages of the rest.
    fn pass_the_tree(&mut self, pages: usize) {
        while !matches!(self.export.next, Next::Unsequenced { .. }) {
            self.advance();
        }
        for _ in 0..pages {
            self.advance();
        }
    }

    fn finish(mut self, allow_pending: bool) -> Result<Verified, String> {
        while let Some(part) = block_on(self.export.next_part()).map_err(|it| it.to_string())? {
            self.written.push_str(&part);
        }
        let verifier = Verifier::new(self.key.public()).allow_pending(allow_pending);
        let verified = verifier.verify(self.written.as_bytes());
        verified.map_err(|it| it.to_string())
    }
}

#[test]
fn what_is_sequenced_after_the_tree_was_read_is_exported() {
    for sequenced in [0, 5] {
        let mut busy = Busy::new(sequenced, 20);
        busy.pass_the_tree(0);
        busy.checkpoint();
        let verified = busy.finish(false).unwrap();
        assert_eq!((verified.records, verified.pending), (20, 0));
    }
}

#[test]
fn a_part_of_what_is_pending_is_not_left_out() {
    // The second page, of which the first had no idea.
    let mut busy = Busy::new(5, 1500);
    busy.pass_the_tree(1);
    busy.checkpoint();
    let error = busy.finish(true).unwrap_err();
    assert_eq!(
        error,
        "a checkpoint of 1502 leaves was made during the export, after the one of 7: export again"
    );
    // All of it was read at once.
    let mut busy = Busy::new(5, 500);
    busy.pass_the_tree(1);
    busy.checkpoint();
    let verified = busy.finish(true).unwrap();
    assert_eq!((verified.records, verified.pending), (5, 495));
}

#[test]
fn what_is_appended_meanwhile_does_no_harm() {
    let mut busy = Busy::new(5, 2000);
    busy.pass_the_tree(1);
    busy.append(2000..2100);
    let verified = busy.finish(true).unwrap();
    assert_eq!((verified.records, verified.pending), (5, 2095));
}
