//! Reading, and the Merkle tree: the same from every store.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;
use tower_cookie_consent::{
    Category, CookiePolicy,
    records::{
        Archive, Document, Entry, Instant, PostgresStore, RecordRetention, RecordStore, SigningKey,
        SqliteStore,
    },
};

use super::{START, entry, entry_at};
use crate::support::{postgres::Postgres, process::Folder};

/// A store of each kind that this machine has, by its URL.
pub(super) struct Stores {
    pub(super) urls: Vec<String>,
    _folder: Folder,
    server: Option<Arc<Postgres>>,
}

impl Stores {
    pub(super) fn new() -> Self {
        let folder = Folder::new("records");
        let mut urls = vec![format!("sqlite:{}", folder.0.join("consent.db").display())];
        let server = Postgres::shared();
        urls.extend(server.as_ref().map(|server| server.database()));
        Self {
            urls,
            _folder: folder,
            server,
        }
    }

    /// Returns the rows of a statement with one column, in the dialect of the store with this URL.
    pub(super) fn rows(&self, url: &str, sqlite: &str, postgres: &str) -> Vec<String> {
        match (url.strip_prefix("sqlite:"), &self.server) {
            (Some(file), _) => {
                let connection = rusqlite::Connection::open(file).unwrap();
                let mut statement = connection.prepare(sqlite).unwrap();
                let rows = statement.query_map([], |row| row.get(0)).unwrap();
                rows.map(Result::unwrap).collect()
            }
            (None, Some(server)) => server
                .sql(url, postgres)
                .lines()
                .map(str::to_owned)
                .collect(),
            (None, None) => unreachable!("{url}"),
        }
    }

    /// Runs statements in the store with this URL, in the dialect of its kind.
    pub(super) fn change(&self, url: &str, sqlite: &str, postgres: &str) {
        match (url.strip_prefix("sqlite:"), &self.server) {
            (Some(file), _) => {
                let connection = rusqlite::Connection::open(file).unwrap();
                connection.execute_batch(sqlite).unwrap();
            }
            (None, Some(server)) => drop(server.sql(url, postgres)),
            (None, None) => unreachable!("{url}"),
        }
    }
}

pub(super) async fn open(url: &str) -> Box<dyn RecordStore> {
    match url.strip_prefix("sqlite:") {
        Some(file) => Box::new(SqliteStore::open(file).unwrap()),
        None => Box::new(PostgresStore::connect(url).await.unwrap()),
    }
}

async fn export(archive: &Archive) -> Vec<Value> {
    let mut lines = Vec::new();
    archive.export(&mut lines).await.unwrap();
    let lines = String::from_utf8(lines).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn now() -> Instant {
    Instant::from_unix_seconds(START + 60)
}

fn of_type<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["type"] == kind).collect()
}

#[tokio::test]
async fn every_store_exports_the_same() {
    let stores = Stores::new();
    let entries: Vec<_> = (0..40).map(|_| entry()).collect();
    let mut exports = Vec::new();
    for url in &stores.urls {
        let store = open(url).await;
        let archive = Archive::open(url).await.unwrap();
        store.append(&entries[..30]).await.unwrap();
        let key = SigningKey::generate().unwrap();
        let first = archive.checkpoint(&key, now()).await.unwrap();
        // Two documents, and the records.
        assert_eq!(first.size, 32, "{url}");
        store.append(&entries[30..]).await.unwrap();
        let lines = export(&archive).await;
        let unsequenced = |line: &&&Value| line["leaf"].is_null();
        assert_eq!(
            of_type(&lines, "record").iter().filter(unsequenced).count(),
            10
        );
        let second = archive.checkpoint(&key, now()).await.unwrap();
        assert_eq!(second.size, 42, "{url}");
        assert!(second.is_signed_by(&key.public()));
        // Nothing new: the same again.
        assert_eq!(archive.checkpoint(&key, now()).await.unwrap(), second);

        let lines = export(&archive).await;
        let checkpoints = of_type(&lines, "checkpoint");
        assert_eq!(checkpoints.len(), 2);
        assert_eq!(checkpoints[1]["root"], second.root.to_string());
        let leaves: Vec<_> = of_type(&lines, "leaf")
            .iter()
            .map(|line| line["leaf"].clone())
            .collect();
        assert_eq!(leaves, (0..42).map(Value::from).collect::<Vec<_>>());
        // But for their leaves, whose order within a batch is the store's own.
        let mut records = BTreeMap::new();
        for line in of_type(&lines, "record") {
            let mut record = line.clone();
            assert!(record["leaf"].take().is_u64());
            records.insert(record["id"].to_string(), record);
        }
        for line in of_type(&lines, "document") {
            records.insert(line["sha256"].to_string(), line.clone());
        }
        assert_eq!(records.len(), 42);
        exports.push(records);
    }
    assert!(exports.iter().all(|export| *export == exports[0]));
}

#[tokio::test]
async fn every_store_finds_a_record_and_those_before() {
    let stores = Stores::new();
    for url in &stores.urls {
        let store = open(url).await;
        let archive = Archive::open(url).await.unwrap();
        let mut entries: Vec<Entry> = (0..5).map(|_| entry()).collect();
        for at in 1..5 {
            entries[at].previous = Some(entries[at - 1].record.id);
        }
        store.append(&entries).await.unwrap();
        let history = archive.history(entries[3].record.id).await.unwrap();
        let records: Vec<_> = history.iter().map(|stored| &stored.record).collect();
        let wanted: Vec<_> = entries[..4].iter().map(|entry| &*entry.record).collect();
        assert_eq!(records, wanted, "{url}");
        assert_eq!(history[0].previous, None);
        assert_eq!(archive.find(entry().record.id).await.unwrap(), None);
        for document in &entries[0].documents {
            let stored = archive.document(document.digest()).await.unwrap();
            assert_eq!(stored.as_ref(), Some(document));
        }
        let missing = Document::new("text/plain", "").digest();
        assert_eq!(archive.document(missing).await.unwrap(), None);
    }
}

/// More than one batch, while records arrive, by sequencers that compete.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_sequencers_make_one_tree() {
    let stores = Stores::new();
    for url in &stores.urls {
        let store = open(url).await;
        let many: Vec<_> = (0..5000).map(|_| entry_at(START, None, "denied")).collect();
        store.append(&many).await.unwrap();
        let key = Arc::new(SigningKey::generate().unwrap());
        let sequencers: Vec<_> = (0..2)
            .map(|_| {
                let (url, key) = (url.clone(), Arc::clone(&key));
                tokio::spawn(async move {
                    let archive = Archive::open(&url).await.unwrap();
                    // An error for the one that has no lease.
                    for _ in 0..3 {
                        archive.checkpoint(&key, now()).await.ok();
                    }
                })
            })
            .collect();
        for _ in 0..20 {
            store.append(&[entry(), entry()]).await.unwrap();
        }
        for sequencer in sequencers {
            sequencer.await.unwrap();
        }
        let archive = Archive::open(url).await.unwrap();
        let last = archive.checkpoint(&key, now()).await.unwrap();
        assert_eq!(last.size, 5042, "{url}");
        let lines = export(&archive).await;
        assert_eq!(of_type(&lines, "leaf").len(), 5042);
        assert_eq!(of_type(&lines, "record").len(), 5040);
    }
}

#[tokio::test]
async fn every_store_erases_links_and_purges_records() {
    let stores = Stores::new();
    let ads = CookiePolicy::new([Category::consent("ads")]).unwrap();
    let policy = Document::of_policy(&ads);
    for url in &stores.urls {
        let store = open(url).await;
        let archive = Archive::open(url).await.unwrap();
        let mut entries: Vec<Entry> = (0..4).map(|_| entry()).collect();
        for at in 0..4 {
            Arc::make_mut(&mut entries[at].record).policy = policy.digest();
            entries[at].documents.push(policy.clone());
            entries[at].previous = at.checked_sub(1).map(|at| entries[at].record.id);
        }
        store.append(&entries).await.unwrap();
        let receipt = entries[2].record.id;
        let erased = archive.erase(receipt, true, now()).await.unwrap();
        assert_eq!(erased, 3, "{url}");
        assert_eq!(archive.history(receipt).await.unwrap().len(), 1);

        let key = SigningKey::generate().unwrap();
        let keep = RecordRetention::default;
        assert_eq!(
            archive.purge(keep(), &key, now()).await.unwrap(),
            0,
            "{url}"
        );
        let later = Instant::from_unix_seconds(START + 20 * 365 * 24 * 60 * 60);
        assert_eq!(
            archive.purge(keep(), &key, later).await.unwrap(),
            4,
            "{url}"
        );
        assert_eq!(archive.find(receipt).await.unwrap(), None);
        let lines = export(&archive).await;
        // Documents, records and the purge: hashes stay.
        let leaves = of_type(&lines, "leaf").len();
        let kept = of_type(&lines, "document").len();
        assert_eq!(leaves, kept + 4 + 1, "{url}");
        assert_eq!(of_type(&lines, "record").len(), 0);
        assert_eq!(of_type(&lines, "purge").len(), 1);
        // Its month is open again for a record that is late.
        store.append(&[entry()]).await.unwrap();
    }
}
