//! Records in a real PostgreSQL.

mod earlier;
mod faults;
mod purge;
mod start;
mod tree;

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time::sleep;
use tower_cookie_consent::records::{Appended, Document, Entry, PostgresStore, RecordStore as _};

use super::{START, entry, entry_at};
use crate::support::{postgres::Postgres, process::PATIENCE};

fn ids(server: &Postgres, url: &str) -> Vec<String> {
    let rows = server.sql(url, "SELECT id FROM consent_records ORDER BY id");
    rows.lines().map(str::to_owned).collect()
}

fn sorted_ids(entries: &[Entry]) -> Vec<String> {
    let ids = entries.iter().map(|entry| entry.record.id.to_string());
    ids.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Waits until another connection does nothing with its transaction open.
async fn asleep(server: &Postgres, url: &str) {
    let sleeping = "SELECT count(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event = 'PgSleep'";
    let start = Instant::now();
    while server.sql(url, sleeping) == "0" {
        assert!(start.elapsed() < PATIENCE);
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_group_that_is_repeated_is_stored_once() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let store = PostgresStore::connect(&url).await.unwrap();
    let mut entries: Vec<_> = (0..50).map(|_| entry()).collect();
    entries[7].previous = Some(entries[3].record.id);
    for group in [&entries[..20], &entries[..], &entries[10..30]] {
        let appended = store.append(group).await.unwrap();
        assert_eq!(appended, vec![Appended::New; group.len()]);
    }
    assert_eq!(store.append(&[]).await.unwrap(), []);
    assert_eq!(ids(&server, &url), sorted_ids(&entries));
    assert_eq!(
        server.sql(&url, "SELECT count(*) FROM consent_documents"),
        "2"
    );
    let links = server.sql(&url, "SELECT record, previous FROM consent_links");
    let wanted = format!("{}|{}", entries[7].record.id, entries[3].record.id);
    assert_eq!(links, wanted);
    // What is stored has every part.
    let row = server.sql(
        &url,
        "SELECT DISTINCT recorded_at, decided_at, gpc, sha256 = sha256('{\"categories\":[]}'), site, surface,
                language, regime, cause, answers, key
         FROM consent_records JOIN consent_documents ON number = policy_number",
    );
    let answers = r#"{"ads":"gn","größe":"dg"}"#;
    assert_eq!(
        row,
        format!("{START}|{START}|t|t|shop.example|banner|de||choice|{answers}|")
    );
}

#[tokio::test]
async fn a_record_without_its_documents_is_refused() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let store = PostgresStore::connect(&url).await.unwrap();
    let mut without = entry();
    without.documents.clear();
    let mut other = entry();
    Arc::make_mut(&mut other.record).policy = Document::new("application/json", "{}").digest();
    let error = store.append(&[entry(), other]).await.unwrap_err();
    assert!(
        error.to_string().contains("append it with its documents"),
        "{error}"
    );
    assert!(!error.is_temporary());
    assert_eq!(ids(&server, &url), [""; 0]);
    // They are kept for all that refer to them.
    store.append(&[entry()]).await.unwrap();
    assert_eq!(store.append(&[without]).await.unwrap(), [Appended::New]);
}

#[tokio::test]
async fn only_the_last_answers_of_a_page_are_the_same() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let store = PostgresStore::connect(&url).await.unwrap();
    let from = |after: u64, state| entry_at(START + after, Some("00ff"), state);
    let yes = from(0, "granted");
    let first = yes.record.id;
    // Double click, and a reload.
    let group = [yes, from(1, "granted"), from(60, "granted")];
    let same = Appended::Same(first);
    let wanted = [Appended::New, same, same];
    assert_eq!(store.append(&group).await.unwrap(), wanted);
    // Nobody knows how far the first call came.
    assert_eq!(store.append(&group).await.unwrap(), wanted);
    // Changed, and back again.
    let changes = [from(61, "denied"), from(62, "granted")];
    assert_eq!(store.append(&changes).await.unwrap(), [Appended::New; 2]);
    assert_eq!(store.append(&changes).await.unwrap(), [Appended::New; 2]);
    let last = changes[1].record.id;
    // Another page, and none.
    let others = [entry_at(START, Some("00fe"), "granted"), entry(), entry()];
    assert_eq!(store.append(&others).await.unwrap(), [Appended::New; 3]);
    let days = 48 * 60 * 60;
    let late = [from(days + 61, "granted"), from(days + 62, "granted")];
    let appended = store.append(&late).await.unwrap();
    assert_eq!(appended, [Appended::Same(last), Appended::New]);
    assert_eq!(ids(&server, &url).len(), 7);
    // A page is forgotten after two days.
    assert_eq!(server.sql(&url, "SELECT count(*) FROM consent_nonces"), "1");
}

#[tokio::test]
async fn answers_after_an_unconfirmed_record_are_new() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let store = PostgresStore::connect(&url).await.unwrap();
    let late = entry_at(START, Some("aa"), "granted");
    let mut unconfirmed = entry_at(START, None, "granted");
    let record = Arc::make_mut(&mut unconfirmed.record);
    record.cause = tower_cookie_consent::records::Cause::Unconfirmed;
    unconfirmed.previous = Some(late.record.id);
    store.append(&[late]).await.unwrap();
    store.append(&[unconfirmed]).await.unwrap();
    let again = entry_at(START + 5, Some("aa"), "granted");
    assert_eq!(store.append(&[again]).await.unwrap(), [Appended::New]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_nodes_agree_on_each_page() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    // Both create the schema at once.
    let nodes: Vec<_> = (0..2)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move {
                let store = PostgresStore::connect(&url).await.unwrap();
                let mut appended = Vec::new();
                for round in 0..20 {
                    let keys = (0..10).map(|page| format!("{round:02}{page:02}"));
                    let mut group: Vec<_> = keys
                        .map(|key| entry_at(START, Some(&key), "granted"))
                        .collect();
                    // In another order on each node.
                    if appended.len() % 3 == 1 {
                        group.reverse();
                    }
                    appended.extend(store.append(&group).await.unwrap());
                }
                appended
            })
        })
        .collect();
    let mut appended = Vec::new();
    for node in nodes {
        appended.extend(node.await.unwrap());
    }
    let new = appended.iter().filter(|it| **it == Appended::New).count();
    assert_eq!((new, appended.len()), (200, 400));
    assert_eq!(ids(&server, &url).len(), 200);
    let keys = server.sql(&url, "SELECT count(DISTINCT key) FROM consent_records");
    assert_eq!(keys, "200");
}

#[tokio::test]
async fn each_month_has_its_partition() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let store = PostgresStore::connect(&url).await.unwrap();
    let tables = "SELECT inhrelid::regclass FROM pg_inherits
                  WHERE inhparent = 'consent_records'::regclass ORDER BY 1";
    // This month's, and the next one's.
    assert_eq!(server.sql(&url, tables).lines().count(), 2);
    // The last second of a year, and the first of the next.
    let new_year = 1_893_456_000;
    let group = [START, new_year - 1, new_year].map(|at| entry_at(at, None, "denied"));
    store.append(&group).await.unwrap();
    for (month, count) in [
        ("2026_09", "1"),
        ("2029_12", "1"),
        ("2030_01", "1"),
        ("2030_02", "0"),
    ] {
        let sql = format!("SELECT count(*) FROM consent_records_{month}");
        assert_eq!(server.sql(&url, &sql), count, "{month}");
    }
    // A purge drops those that are empty and are before the month of this second.
    server.sql(&url, "DELETE FROM consent_records_2029_12");
    let statements = format!("SELECT consent_empty_months({new_year})");
    for detach in server.sql(&url, &statements).lines() {
        server.sql(&url, detach);
    }
    server.sql(&url, "SELECT consent_drop_detached()");
    let left = server.sql(&url, tables);
    assert!(
        !left.contains("2029_12") && left.contains("2026_09"),
        "{left}"
    );
    assert!(
        left.contains("2030_01") && left.contains("2030_02"),
        "{left}"
    );
    // A month that a purge has dropped comes back with the next record of it.
    store
        .append(&[entry_at(new_year - 2, None, "denied")])
        .await
        .unwrap();
    assert_eq!(ids(&server, &url).len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_nodes_add_the_same_months() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let months = 20;
    let nodes: Vec<_> = (0..6)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move {
                let store = PostgresStore::connect(&url).await.unwrap();
                for month in 0..months {
                    let entry = entry_at(START + month * 62 * 86_400, None, "denied");
                    store.append(&[entry]).await.unwrap();
                }
            })
        })
        .collect();
    for node in nodes {
        node.await.unwrap();
    }
    assert_eq!(ids(&server, &url).len(), 120);
}
