//! Printed, not asserted: what a machine can bear is its own affair.

use std::{sync::Arc, time::Instant};

use tower_cookie_consent::records::{PostgresStore, RecordStore, SqliteStore};

use super::entry;
use crate::support::{postgres::Postgres, process::Folder};

/// Records of each node.
const COUNT: usize = 3_200;

/// Returns how many records a second these nodes store, in groups of 64.
async fn measure(nodes: Vec<Arc<dyn RecordStore>>) -> u128 {
    let total = nodes.len() * COUNT;
    let groups = nodes.into_iter().map(|store| {
        let entries: Vec<_> = (0..COUNT).map(|_| entry()).collect();
        (store, entries)
    });
    let groups: Vec<_> = groups.collect();
    let start = Instant::now();
    let tasks = groups.into_iter().map(|(store, entries)| {
        tokio::spawn(async move {
            for group in entries.chunks(64) {
                store.append(group).await.unwrap();
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    total as u128 * 1_000_000 / start.elapsed().as_micros()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_nodes_write_groups_to_postgres() {
    let Some(server) = Postgres::start(&["fsync = on"]) else {
        return;
    };
    let url = server.database();
    let mut nodes: Vec<Arc<dyn RecordStore>> = Vec::new();
    for _ in 0..2 {
        nodes.push(Arc::new(PostgresStore::connect(&url).await.unwrap()));
    }
    let rate = measure(nodes).await;
    let size = server.sql(
        &url,
        "SELECT round(sum(pg_total_relation_size(inhrelid)) / 6400) FROM pg_inherits
         WHERE inhparent = 'consent_records'::regclass",
    );
    println!("PostgreSQL, two nodes: {rate} records a second, {size} bytes each");
    let count = "SELECT count(*) FROM consent_records";
    assert_eq!(server.sql(&url, count), "6400");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_node_writes_groups_to_sqlite() {
    let folder = Folder::new("throughput");
    let store = SqliteStore::open(folder.0.join("consent.db")).unwrap();
    let rate = measure(vec![Arc::new(store)]).await;
    println!("SQLite: {rate} records a second");
}
