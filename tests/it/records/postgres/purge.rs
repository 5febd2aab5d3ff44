//! Purges, which drop whole months.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};
use tower_cookie_consent::{
    Category, CookiePolicy,
    records::{
        self, Archive, Document, Entry, PostgresStore, RecordRetention, RecordStore as _,
        SigningKey,
    },
};

use super::{asleep, ids, tree};
use crate::{
    records::{START, entry_at},
    support::postgres::Postgres,
};

const DAY: u64 = 86_400;

/// Returns an entry whose policy can be read.
fn entry_of(seconds: u64) -> Entry {
    let ads = CookiePolicy::new([Category::consent("ads")]).unwrap();
    let policy = Document::of_policy(&ads);
    let mut entry = entry_at(seconds, None, "denied");
    Arc::make_mut(&mut entry.record).policy = policy.digest();
    entry.documents.push(policy);
    entry
}

/// Returns `true` if the month of [`START`] has a partition.
fn has_month(server: &Postgres, url: &str) -> bool {
    let sql = "SELECT to_regclass('consent_records_2026_09') IS NOT NULL";
    server.sql(url, sql) == "t"
}

/// A reader keeps its view of all tables for seconds. To drop a table as usual would make it wait for the
/// reader, and all writers behind it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_do_not_wait_while_a_month_is_dropped() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let store = PostgresStore::connect(&url).await.unwrap();
    let old: Vec<_> = (0..300).map(|_| entry_of(START)).collect();
    store.append(&old).await.unwrap();
    // The month of the writer has its partition.
    let new = || [entry_of(START + 1190 * DAY)];
    store.append(&new()).await.unwrap();
    let archive = Archive::open(&url).await.unwrap();
    let key = SigningKey::generate().unwrap();
    let now = |after| records::Instant::from_unix_seconds(START + after * DAY);
    archive.checkpoint(&key, now(0)).await.unwrap();
    let reader = "BEGIN; SELECT count(*) FROM consent_records; SELECT pg_sleep(4); COMMIT";
    let _reader = server.begin_sql(&url, reader);
    asleep(&server, &url).await;
    let purge = tokio::spawn({
        let (archive, key) = (archive.clone(), SigningKey::from_secret(&key.secret()));
        async move {
            let keep = RecordRetention::default();
            archive.purge(keep, &key.unwrap(), now(1200)).await.unwrap()
        }
    });
    let (mut longest, mut written) = (Duration::ZERO, 0);
    while !purge.is_finished() {
        let start = Instant::now();
        store.append(&new()).await.unwrap();
        longest = longest.max(start.elapsed());
        written += 1;
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(purge.await.unwrap(), 300);
    println!("{written} writes beside it, the longest took {longest:?}");
    assert!(
        written > 10 && longest < Duration::from_secs(2),
        "{longest:?}"
    );
    assert!(!has_month(&server, &url));
    assert_eq!(ids(&server, &url).len(), written + 1);
    // Of what was purged, hashes and nothing else.
    let leaves = "SELECT count(*) FROM consent_leaves WHERE leaf_index < 304";
    assert_eq!(server.sql(&url, leaves), "4");
    let later = archive.checkpoint(&key, now(1200)).await.unwrap();
    // Two pieces of the purge.
    assert_eq!(later.size, 304 + 2 + written as u64);
    let lines = tree::export(&url, &key).await;
    assert_eq!(
        lines.matches("\"type\":\"leaf\"").count() as u64,
        later.size
    );
    tree::prove(&url, &lines, 11).await;
}

#[tokio::test]
async fn a_late_record_keeps_its_month() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let store = PostgresStore::connect(&url).await.unwrap();
    let late = || [entry_of(START)];
    store.append(&late()).await.unwrap();
    server.sql(&url, "DELETE FROM consent_records");
    let statements = "SELECT consent_empty_months(1793500000)";
    let statements = server.sql(&url, statements);
    let detach = statements
        .lines()
        .find(|it| it.contains("2026_09"))
        .unwrap();
    assert!(detach.ends_with(" CONCURRENTLY"), "{detach}");
    // Between the look and the end of it.
    store.append(&late()).await.unwrap();
    server.sql(&url, detach);
    assert_eq!(ids(&server, &url).len(), 0);
    server.sql(&url, "SELECT consent_drop_detached()");
    assert_eq!(ids(&server, &url).len(), 1);
    // While it is detached.
    server.sql(&url, "DELETE FROM consent_records");
    server.sql(&url, detach);
    store.append(&late()).await.unwrap();
    server.sql(&url, "SELECT consent_drop_detached()");
    assert_eq!(ids(&server, &url).len(), 1);
    // As servers before version 14 do it.
    server.sql(&url, "DELETE FROM consent_records");
    server.sql(&url, detach.trim_end_matches(" CONCURRENTLY"));
    server.sql(&url, "SELECT consent_drop_detached()");
    assert!(!has_month(&server, &url));
    store.append(&late()).await.unwrap();
    assert_eq!(ids(&server, &url).len(), 1);
}
