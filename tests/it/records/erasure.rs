//! What is left of a visitor after an erasure or a purge.

use std::{fs, path::Path, sync::Arc};

use rusqlite::Connection;
use serde_json::json;
use tower_cookie_consent::{
    Category, CookiePolicy,
    records::{
        Account, AccountChoices as _, AccountKey, AccountKeys, Archive, Document, Entry, Instant,
        RecordRetention, RecordStore, Settled, SigningKey, SqliteStore, Withdrawal,
    },
};

use super::{
    START, entry_at,
    every_store::{Stores, open},
};
use crate::support::process::Folder;

/// A provider's name for the visitor.
const HANDLE: &str = "the-visitor-named-by-a-provider";

fn after(seconds: u64) -> Instant {
    Instant::from_unix_seconds(START + seconds)
}

fn account() -> Account {
    AccountKeys::from(AccountKey::generate().unwrap()).account("ada")
}

/// Returns a withdrawal that this provider should hear of.
fn withdrawal(provider: &str) -> Entry {
    let mut entry = entry_at(START, None, "denied");
    let withdrawal = json!({
        "record": entry.record.id, "provider": provider, "handle": HANDLE,
        "withdrawn_at": entry.record.recorded_at,
    });
    let withdrawal: Withdrawal = serde_json::from_value(withdrawal).unwrap();
    entry.withdrawals.push(withdrawal);
    entry
}

/// Hands out what is due, and returns the handles by provider.
async fn claim(store: &dyn RecordStore, seconds: u64) -> Vec<Withdrawal> {
    let outbox = store.outbox().unwrap();
    let claimed = outbox.claim(after(seconds), after(seconds + 60), 10).await;
    let mut claimed: Vec<_> = claimed
        .unwrap()
        .into_iter()
        .map(|it| it.withdrawal)
        .collect();
    claimed.sort_by(|a, b| a.provider.cmp(&b.provider));
    claimed
}

/// Returns the providers whose name for the visitor is kept.
fn named(stores: &Stores, url: &str) -> Vec<String> {
    let of = "WHERE handle IS NOT NULL ORDER BY provider";
    stores.rows(
        url,
        &format!("SELECT provider FROM outbox {of}"),
        &format!("SELECT provider FROM consent_outbox {of}"),
    )
}

#[tokio::test]
async fn an_erased_visitor_has_no_name_in_the_outbox() {
    let stores = Stores::new();
    for url in &stores.urls {
        for of_account in [false, true] {
            let store = open(url).await;
            let archive = Archive::open(url).await.unwrap();
            let account = account();
            let mut entries = ["dead", "waiting"].map(withdrawal);
            if of_account {
                entries[0].account = Some(account.clone());
                entries[1].account = Some(account.clone());
            } else {
                entries[1].previous = Some(entries[0].record.id);
            }
            store.append(&entries).await.unwrap();
            let of_another = withdrawal("another");
            store
                .append(std::slice::from_ref(&of_another))
                .await
                .unwrap();
            let claimed = claim(&*store, 0).await;
            let settle = async |at: usize, settled| {
                let outbox = store.outbox().unwrap();
                outbox.settle(&claimed[at], settled).await.unwrap();
            };
            // Another visitor's, this one's, and one that is tried again later.
            settle(0, Settled::Dead).await;
            settle(1, Settled::Dead).await;
            settle(2, Settled::Postponed(after(100))).await;
            assert_eq!(named(&stores, url), ["another", "dead", "waiting"], "{url}");

            let erased = match of_account {
                true => archive.erase_account(&account, true, after(1)).await,
                false => archive.erase(entries[1].record.id, true, after(1)).await,
            };
            assert!(erased.unwrap() > 0, "{url}");
            assert_eq!(named(&stores, url), ["another", "waiting"], "{url}");

            // It is needed to pass the withdrawal on, and not any more once that is given up.
            let again = claim(&*store, 200).await;
            assert_eq!(again.len(), 1, "{url}");
            assert_eq!(again[0].handle.as_deref(), Some(HANDLE));
            settle(2, Settled::Postponed(after(300))).await;
            assert_eq!(named(&stores, url), ["another", "waiting"], "{url}");
            settle(2, Settled::Dead).await;
            assert_eq!(named(&stores, url), ["another"], "{url}");
            let rest = of_another.record.id;
            archive.erase(rest, true, after(2)).await.unwrap();
            assert!(named(&stores, url).is_empty(), "{url}");
            // For the next of the two.
            stores.change(url, "DELETE FROM outbox", "DELETE FROM consent_outbox");
        }
    }
}

/// Returns how often these bytes are in the files of the store.
fn found(folder: &Path, bytes: &[u8]) -> usize {
    let count = |ending| {
        let file = fs::read(folder.join(format!("consent.db{ending}"))).unwrap();
        file.windows(bytes.len()).filter(|it| *it == bytes).count()
    };
    ["", "-wal"].into_iter().map(count).sum()
}

#[tokio::test]
async fn what_is_erased_or_purged_is_not_left_in_the_file() {
    let folder = Folder::new("erasure");
    let file = folder.0.join("consent.db");
    let url = format!("sqlite:{}", file.display());
    let store = SqliteStore::open(&file).unwrap();
    let archive = Archive::open(&url).await.unwrap();
    let ads = CookiePolicy::new([Category::consent("ads")]).unwrap();
    let policy = Document::of_policy(&ads);
    let [account, other] = [account(), account()];
    for number in 0..300 {
        let mut entry = withdrawal("ads");
        let record = Arc::make_mut(&mut entry.record);
        record.site = format!("the-site-of-{number}.example");
        record.policy = policy.digest();
        entry.documents.push(policy.clone());
        // Most are of somebody else, and around those of the account.
        entry.account = Some(if number % 10 == 3 {
            account.clone()
        } else {
            other.clone()
        });
        store.append(&[entry]).await.unwrap();
    }
    for account in [&account, &other] {
        let choice = format!("the-choice-of-{}", account.tags()[0][0]);
        store.save(account, &choice).await.unwrap();
    }
    let subject = archive.account_history(&account).await.unwrap()[0]
        .subject
        .unwrap();
    for withdrawal in claim_all(&store).await {
        let outbox = store.outbox().unwrap();
        outbox.settle(&withdrawal, Settled::Dead).await.unwrap();
    }
    let key = SigningKey::generate().unwrap();
    archive.checkpoint(&key, after(1)).await.unwrap();
    let choice = format!("the-choice-of-{}", account.tags()[0][0]);
    let traces = [
        ("tag", &account.tags()[0][..]),
        ("subject", subject.as_bytes()),
        ("choice", choice.as_bytes()),
    ];
    for (what, trace) in traces {
        assert!(found(&folder.0, trace) > 0, "{what}");
    }
    let handles = || {
        let named = "SELECT count(*) FROM outbox WHERE handle IS NOT NULL";
        let connection = Connection::open(&file).unwrap();
        connection
            .query_row(named, [], |row| row.get::<_, usize>(0))
            .unwrap()
    };
    assert_eq!(handles(), 300);
    archive
        .erase_account(&account, true, after(2))
        .await
        .unwrap();
    for (what, trace) in traces {
        assert_eq!(found(&folder.0, trace), 0, "{what}");
    }
    assert_eq!((handles(), found(&folder.0, HANDLE.as_bytes())), (270, 270));

    let later = after(20 * 366 * 86_400);
    let purged = archive.purge(RecordRetention::default(), &key, later).await;
    assert_eq!(purged.unwrap(), 300);
    for trace in ["the-site-of-", HANDLE] {
        assert_eq!(found(&folder.0, trace.as_bytes()), 0, "{trace}");
    }
}

async fn claim_all(store: &SqliteStore) -> Vec<Withdrawal> {
    let outbox = store.outbox().unwrap();
    let claimed = outbox.claim(after(0), after(60), 1000).await.unwrap();
    claimed.into_iter().map(|it| it.withdrawal).collect()
}
