//! What a store promises.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::timeout};

use super::{
    entries::{entry, group},
    report::{StoreDrill, StoreReport},
};
use crate::{
    consent::AnswerState,
    digest::Document,
    records::{AccountKey, AccountKeys, Appended, Entry, RecordId, RecordStore},
};

/// Groups that are appended at once, and entries of each.
const TOGETHER: usize = 16;
const GROUP: usize = 20;

pub(super) async fn drill(store: &Arc<impl RecordStore>, report: &mut StoreReport) {
    let entries = group(100);
    new(&**store, &entries, StoreDrill::Group, report).await;
    new(&**store, &entries, StoreDrill::Again, report).await;
    new(&**store, &[], StoreDrill::Group, report).await;
    sent_again(&**store, report).await;
    documents(&**store, report).await;
    accounts(&**store, report).await;
    together(store, report).await;
}

/// Appends entries that are new, or stored already.
async fn new(
    store: &impl RecordStore,
    entries: &[Entry],
    drill: StoreDrill,
    report: &mut StoreReport,
) {
    match store.append(entries).await {
        Ok(appended) if appended == vec![Appended::New; entries.len()] => {
            entries
                .iter()
                .for_each(|entry| report.must_have(entry.record.id));
        }
        Ok(appended) => {
            let what = format!(
                "{} entries that are all new, or stored already, got {} answers, not all of them New",
                entries.len(),
                appended.len()
            );
            report.find(drill, what);
        }
        Err(error) => report.find(drill, format!("it fails: {error}")),
    }
}

async fn sent_again(store: &impl RecordStore, report: &mut StoreReport) {
    let key = Some("00000000000000000000000000d011");
    let form = |state| entry(key, state);
    let first = form(AnswerState::Granted);
    let id = first.record.id;
    let steps = [
        (first, Appended::New, "the first answers of a form"),
        (
            form(AnswerState::Granted),
            Appended::Same(id),
            "the same answers of the same form",
        ),
        (
            form(AnswerState::Denied),
            Appended::New,
            "other answers of the same form",
        ),
        (
            form(AnswerState::Granted),
            Appended::New,
            "the first answers again, after others",
        ),
    ];
    for (entry, expected, what) in steps {
        let id = entry.record.id;
        match store.append(&[entry]).await {
            Ok(appended) if appended == [expected] => match expected {
                Appended::New => report.must_have(id),
                Appended::Same(_) => report.must_lack(id),
            },
            Ok(appended) => {
                let got = format!("{what}: {appended:?} instead of {expected:?}");
                report.find(StoreDrill::SentAgain, got);
            }
            Err(error) => report.find(StoreDrill::SentAgain, format!("{what}: {error}")),
        }
    }
}

/// A group is refused for one record whose policy is in no document.
async fn documents(store: &impl RecordStore, report: &mut StoreReport) {
    let unknown = Document::new("text/plain", "no entry brings this document");
    let mut entries = group(3);
    if let Some(middle) = entries.get_mut(1) {
        let mut record = (*middle.record).clone();
        record.policy = unknown.digest();
        middle.record = Arc::new(record);
    }
    match store.append(&entries).await {
        Err(_) => entries
            .iter()
            .for_each(|entry| report.must_lack(entry.record.id)),
        Ok(_) => {
            let what = "it stores a record whose policy is in no document";
            report.find(StoreDrill::Documents, what);
        }
    }
}

/// Two accounts, of which one makes choices on two devices at once, and again under a new key.
async fn accounts(store: &impl RecordStore, report: &mut StoreReport) {
    let (Ok(old), Ok(key)) = (AccountKey::generate(), AccountKey::generate()) else {
        let what = "the system has no random numbers for a key";
        return report.find(StoreDrill::Accounts, what);
    };
    let before = AccountKeys::new(old.clone());
    let keys = AccountKeys::new(key).and(old);
    for [first, second, third] in [
        ["ada", "ada", "bob"].map(|name| before.account(name)),
        ["ada", "bob", "eve"].map(|name| keys.account(name)),
    ] {
        let mut entries = group(3);
        for (entry, account) in entries.iter_mut().zip([first, second, third]) {
            entry.account = Some(account);
        }
        new(store, &entries, StoreDrill::Accounts, report).await;
        new(store, &entries, StoreDrill::Accounts, report).await;
    }
}

async fn together(store: &Arc<impl RecordStore>, report: &mut StoreReport) {
    let mut tasks = JoinSet::new();
    for _ in 0..TOGETHER {
        let (store, entries) = (Arc::clone(store), group(GROUP));
        tasks.spawn(async move {
            let appended = store.append(&entries).await;
            (entries, appended)
        });
    }
    while let Some(done) = tasks.join_next().await {
        match done {
            Ok((entries, Ok(appended))) if appended == vec![Appended::New; GROUP] => {
                entries
                    .iter()
                    .for_each(|entry| report.must_have(entry.record.id));
            }
            Ok((_, Ok(_))) => report.find(StoreDrill::Together, "new entries are not New"),
            Ok((_, Err(error))) => report.find(StoreDrill::Together, format!("it fails: {error}")),
            Err(_) => report.find(StoreDrill::Together, "it panics"),
        }
    }
}

/// The caller gives up after a while, looks, and appends the same once more.
pub(super) async fn given_up(
    store: &impl RecordStore,
    stored: &impl AsyncFn() -> Vec<RecordId>,
    report: &mut StoreReport,
) {
    for wait in 0..12 {
        let entries = group(3);
        let wait = Duration::from_micros(wait * 250);
        drop(timeout(wait, store.append(&entries)).await);
        let kept: BTreeSet<_> = stored().await.into_iter().collect();
        let of_group = entries.iter().filter(|it| kept.contains(&it.record.id));
        if !matches!(of_group.count(), 0 | 3) {
            let what = "a call that was given up has stored a part of its group";
            report.find(StoreDrill::GivenUp, what);
        }
        new(store, &entries, StoreDrill::GivenUp, report).await;
    }
}
