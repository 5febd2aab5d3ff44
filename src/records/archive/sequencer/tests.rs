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
