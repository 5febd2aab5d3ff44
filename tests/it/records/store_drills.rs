//! The kit's drills for a store of records, on stores that keep their promises and on ones that do not.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tower_cookie_consent::{
    conformance::{StoreDrill, StoreDrills, StoreFinding},
    records::{
        Appended, Archive, Entry, RecordId, RecordStore, SqliteStore, StoreError, StoreFuture,
    },
};

use super::every_store::{Stores, open};

async fn stored(url: &str) -> Vec<RecordId> {
    let mut lines = Vec::new();
    let archive = Archive::open(url).await.unwrap();
    archive.export(&mut lines).await.unwrap();
    let lines = String::from_utf8(lines).unwrap();
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    lines
        .filter(|line: &serde_json::Value| line["type"] == "record")
        .map(|line| line["id"].as_str().unwrap().parse().unwrap())
        .collect()
}

/// A store that a drill can open again, whatever kind it is.
#[derive(Debug)]
struct Boxed(Box<dyn RecordStore>);

impl RecordStore for Boxed {
    fn append<'a>(&'a self, entries: &'a [Entry]) -> StoreFuture<'a, Vec<Appended>> {
        self.0.append(entries)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_own_stores_keep_their_promises() {
    for url in &Stores::new().urls {
        let open = async || Ok(Boxed(open(url).await));
        let report = StoreDrills::new(open, async || stored(url).await)
            .check()
            .await;
        report.assert_ok();
    }
}

/// What is wrong with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    LosesTheLast,
    SaysNewOfRepeats,
    MergesByKeyAlone,
    IgnoresDocuments,
    Forgets,
    /// Each row is a transaction of its own.
    RowByRow,
    /// An account is the key of its table.
    OneRecordOfAnAccount,
    /// It answers before it stores, and stops there while it is in doubt.
    AnswersFirst,
}

#[derive(Debug)]
struct Flawed {
    store: SqliteStore,
    flaw: Flaw,
    keys: Mutex<HashSet<String>>,
    is_second: Arc<AtomicBool>,
}

impl RecordStore for Flawed {
    fn append<'a>(&'a self, entries: &'a [Entry]) -> StoreFuture<'a, Vec<Appended>> {
        let new = vec![Appended::New; entries.len()];
        let reopened = self.is_second.load(Ordering::SeqCst);
        Box::pin(async move {
            match self.flaw {
                Flaw::LosesTheLast => {
                    let kept = entries.len().saturating_sub(1);
                    self.store.append(&entries[..kept]).await?;
                    Ok(new)
                }
                Flaw::SaysNewOfRepeats => self.store.append(entries).await.map(|_| new),
                Flaw::MergesByKeyAlone => {
                    let mut entries = entries.to_vec();
                    let mut keys = self.keys.lock().unwrap().clone();
                    entries.retain(|it| it.record.key.clone().is_none_or(|key| keys.insert(key)));
                    *self.keys.lock().unwrap() = keys;
                    self.store.append(&entries).await?;
                    Ok(new)
                }
                Flaw::IgnoresDocuments => match self.store.append(entries).await {
                    Ok(appended) => Ok(appended),
                    Err(_) => Ok(new),
                },
                Flaw::Forgets => Ok(new),
                Flaw::RowByRow => {
                    let mut appended = Vec::new();
                    for entry in entries {
                        appended.extend(self.store.append(std::slice::from_ref(entry)).await?);
                        tokio::time::sleep(Duration::from_micros(500)).await;
                    }
                    Ok(appended)
                }
                Flaw::OneRecordOfAnAccount => {
                    let accounts = entries.iter().filter_map(|it| it.account.as_ref());
                    let tags: Vec<_> = accounts.map(|it| it.tags()[0]).collect();
                    match tags.len() == tags.iter().collect::<HashSet<_>>().len() {
                        true => self.store.append(entries).await,
                        false => Err(StoreError::permanent("this account is stored already")),
                    }
                }
                Flaw::AnswersFirst if reopened => {
                    drop(self.store.append(entries));
                    Ok(new)
                }
                Flaw::AnswersFirst => self.store.append(entries).await,
            }
        })
    }
}

async fn found(flaw: Flaw) -> Vec<StoreDrill> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("consent.db");
    let url = format!("sqlite:{}", file.display());
    let opened = Arc::new(AtomicBool::new(false));
    let is_second = Arc::new(AtomicBool::new(false));
    let open = async || {
        is_second.store(opened.swap(true, Ordering::SeqCst), Ordering::SeqCst);
        Ok::<_, StoreError>(Flawed {
            store: SqliteStore::open(&file)?,
            flaw,
            keys: Mutex::default(),
            is_second: Arc::clone(&is_second),
        })
    };
    let report = StoreDrills::new(open, async || stored(&url).await)
        .check()
        .await;
    let findings = report.findings().iter();
    findings.map(StoreFinding::drill).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flaws_of_a_store_are_found() {
    for (flaw, drill) in [
        (Flaw::LosesTheLast, StoreDrill::Reopened),
        (Flaw::SaysNewOfRepeats, StoreDrill::SentAgain),
        (Flaw::MergesByKeyAlone, StoreDrill::Reopened),
        (Flaw::IgnoresDocuments, StoreDrill::Documents),
        (Flaw::Forgets, StoreDrill::Reopened),
        (Flaw::RowByRow, StoreDrill::GivenUp),
        (Flaw::OneRecordOfAnAccount, StoreDrill::Accounts),
        (Flaw::AnswersFirst, StoreDrill::Faults),
    ] {
        assert!(found(flaw).await.contains(&drill), "{flaw:?}");
    }
}

#[tokio::test]
async fn a_store_that_does_not_open_is_one_finding() {
    let open = async || SqliteStore::open("/nonexistent/consent.db");
    let report = StoreDrills::new(open, async || Vec::new()).check().await;
    assert!(report.to_string().contains("can't be opened"), "{report}");
}
