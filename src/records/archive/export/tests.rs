//! Exports beside writers and sequencers.

use std::sync::Arc;

use futures_executor::block_on;

use super::*;
use crate::records::{
    Document, Instant, KeyError, PublicKey, RecordStore, Signer, SignerFuture, SigningKey,
    SqliteStore, Verified, Verifier,
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

    /// Appends a record of which no earlier one has the document.
    fn append_with_document(&self, number: u64) {
        let mut entry = entry(number);
        let shown = Document::new("text/html; charset=utf-8", "<p>May we now?</p>");
        Arc::make_mut(&mut entry.record).shown = Some(shown.digest());
        entry.documents.push(shown);
        block_on(self.store.append(&[entry])).unwrap();
    }

    fn checkpoint(&self) {
        block_on(self.archive.checkpoint(&self.key, now())).unwrap();
    }

    /// Makes a checkpoint that is not signed yet.
    fn commit(&self) {
        let away = Away(self.key.public());
        block_on(self.archive.checkpoint(&away, now())).unwrap_err();
    }

    fn rotate(&mut self) {
        let next = SigningKey::generate().unwrap();
        block_on(self.archive.rotate(&self.key, &next, now())).unwrap();
        self.key = next;
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

    /// Begins another export.
    fn again(&mut self) {
        self.export = Export::new(self.archive.clone());
        self.written.clear();
    }

    fn finish(&mut self, allow_pending: bool) -> Result<Verified, String> {
        while let Some(part) = block_on(self.export.next_part()).map_err(|it| it.to_string())? {
            self.written.push_str(&part);
        }
        let verifier = Verifier::new(self.key.public()).allow_pending(allow_pending);
        let verified = verifier.verify(self.written.as_bytes());
        verified.map_err(|it| it.to_string())
    }
}

fn now() -> Instant {
    Instant::from_unix_seconds(START + 1)
}

/// A service that has the key, and does not answer.
#[derive(Debug)]
struct Away(PublicKey);

impl Signer for Away {
    fn public(&self) -> PublicKey {
        self.0
    }

    fn sign<'a>(&'a self, _message: &'a [u8]) -> SignerFuture<'a> {
        Box::pin(async { Err(KeyError::new("the key service does not answer")) })
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

#[test]
fn an_export_ends_whatever_is_appended_after_its_last_page() {
    let after: [fn(&Busy); 5] = [
        |_| {},
        |busy| busy.append(15..16),
        |busy| {
            busy.append(15..16);
            busy.checkpoint();
        },
        |busy| busy.append(15..1500),
        |busy| busy.append_with_document(15),
    ];
    for (case, after) in after.into_iter().enumerate() {
        let mut busy = Busy::new(5, 15);
        busy.pass_the_tree(1);
        after(&busy);
        let verified = busy.finish(true).unwrap();
        assert_eq!((verified.records, verified.pending), (5, 10), "{case}");
    }
}

#[test]
fn a_record_that_is_appended_meanwhile_has_its_document() {
    for (sequenced, pages, pending) in [(5, 1, 2997), (5, 2, 2997), (0, 1, 3004)] {
        let mut busy = Busy::new(sequenced, 3000);
        busy.pass_the_tree(pages);
        busy.append_with_document(3000);
        let verified = busy.finish(true).unwrap();
        let found = (verified.records, verified.pending);
        assert_eq!(found, (sequenced, pending), "{pages}");
    }
}

#[test]
fn a_key_that_is_replaced_meanwhile_ends_the_export() {
    for records in [5, 9] {
        let mut busy = Busy::new(5, 5);
        // The changes of keys: there is none yet.
        busy.advance();
        busy.rotate();
        busy.append(5..records);
        busy.checkpoint();
        let error = busy.finish(false).unwrap_err();
        assert_eq!(
            error,
            "the key was replaced during the export: export again"
        );
        busy.again();
        assert_eq!(busy.finish(false).unwrap().records, records);
    }
}

#[test]
fn a_checkpoint_is_exported_once_it_is_signed() {
    let mut busy = Busy::new(5, 20);
    busy.commit();
    let error = busy.finish(true).unwrap_err();
    assert_eq!(
        error,
        "the checkpoint of 22 leaves is not signed yet: export again, or make a checkpoint first"
    );
    // Signed after it was read.
    busy.checkpoint();
    let verified = busy.finish(false).unwrap();
    assert_eq!((verified.records, verified.pending), (20, 0));
}
