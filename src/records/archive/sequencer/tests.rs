//! A sequencer that was stopped for longer than its lease.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_executor::block_on;

use super::*;
use crate::records::{
    PublicKey, SignerFuture, SigningKey, SqliteStore,
    archive::{
        lines::{Line, PurgeNote},
        store::Purge,
    },
    testing::{Folder, START, entry, id},
};

fn now(after: u64) -> Instant {
    Instant::from_unix_seconds(START + after)
}

/// A key during whose first signature another process adds to the tree, and purges.
#[derive(Debug)]
struct Slow {
    key: SigningKey,
    other: Archive,
    was_asked: AtomicBool,
}

impl Slow {
    async fn purge(&self) {
        self.other.store.append(&[entry(3)]).await.unwrap();
        let tree = self.other.checkpoint(&self.key, now(100)).await.unwrap();
        // Behind the two documents.
        let note = PurgeNote {
            time: now(100),
            records: 1,
            leaves: vec![(2, 2)],
            size: tree.size,
            root: tree.root,
            signature: None,
        };
        let purge = Purge {
            records: vec![id(0)],
            choices: Vec::new(),
            line: Line::Purge(note.signed(&self.key).await.unwrap()).text(),
            keys: 0,
        };
        assert!(self.other.store.purge(&purge).await.unwrap());
    }
}

impl Signer for Slow {
    fn public(&self) -> PublicKey {
        self.key.public()
    }

    fn sign<'a>(&'a self, message: &'a [u8]) -> SignerFuture<'a> {
        Box::pin(async move {
            if !self.was_asked.swap(true, Ordering::SeqCst) {
                self.purge().await;
            }
            self.key.sign(message).await
        })
    }
}

/// A key that notes the end of the lease with each signature, of which the first takes a while.
#[derive(Debug)]
struct Patient {
    key: SigningKey,
    file: std::path::PathBuf,
    ends: std::sync::Mutex<Vec<u64>>,
}

impl Signer for Patient {
    fn public(&self) -> PublicKey {
        self.key.public()
    }

    fn sign<'a>(&'a self, message: &'a [u8]) -> SignerFuture<'a> {
        let store = rusqlite::Connection::open(&self.file).unwrap();
        let sql = "SELECT expires_at FROM lease";
        let end = store.query_row(sql, [], |row| row.get(0)).unwrap();
        let mut ends = self.ends.lock().unwrap();
        if ends.is_empty() {
            std::thread::sleep(time::Duration::from_millis(1100));
        }
        ends.push(end);
        self.key.sign(message)
    }
}

#[test]
fn a_lease_ends_a_minute_after_the_last_batch() {
    let folder = Folder::new();
    let file = folder.file("consent.db");
    let archive = Archive::from(SqliteStore::open(&file).unwrap());
    let key = SigningKey::generate().unwrap();
    block_on(archive.store.append(&[entry(0)])).unwrap();
    block_on(archive.checkpoint(&key, now(0))).unwrap();
    // As of a process that ended before it was signed.
    let other = rusqlite::Connection::open(&file).unwrap();
    other
        .execute_batch("UPDATE checkpoints SET signature = NULL")
        .unwrap();
    drop(other);
    block_on(archive.store.append(&[entry(1)])).unwrap();
    let key = Patient {
        key,
        file,
        ends: std::sync::Mutex::default(),
    };
    block_on(archive.checkpoint(&key, now(10))).unwrap();
    let ends = key.ends.into_inner().unwrap();
    assert_eq!(ends[0], START + 70);
    assert!(ends[1] > ends[0], "{ends:?}");
}

#[test]
fn a_purge_of_a_quicker_process_is_not_called_forged() {
    let folder = Folder::new();
    let file = folder.file("consent.db");
    let archive = Archive::from(SqliteStore::open(&file).unwrap());
    let entries: Vec<_> = (0..3).map(entry).collect();
    block_on(archive.store.append(&entries)).unwrap();
    let key = Slow {
        key: SigningKey::generate().unwrap(),
        other: Archive::from(SqliteStore::open(&file).unwrap()),
        was_asked: AtomicBool::new(false),
    };
    let error = block_on(archive.checkpoint(&key, now(1))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "another process was quicker, or has replaced the key: try again"
    );
    // With the purge.
    let checkpoint = block_on(archive.checkpoint(&key, now(200))).unwrap();
    assert_eq!(checkpoint.size, 7);
}
