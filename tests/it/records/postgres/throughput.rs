//! Printed, not asserted: what a machine can bear is its own affair.

use std::{sync::Arc, time::Instant};

use tower_cookie_consent::records::{PostgresStore, RecordStore as _};

use super::entry;
use crate::support::postgres::Postgres;

/// Records of each node.
const COUNT: usize = 3_200;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_nodes_write_groups_of_64() {
    let Some(server) = Postgres::start(&["fsync = on"]) else {
        return;
    };
    let url = server.database();
    let mut nodes = Vec::new();
    for _ in 0..2 {
        nodes.push(Arc::new(PostgresStore::connect(&url).await.unwrap()));
    }
    let start = Instant::now();
    let tasks: Vec<_> = nodes
        .into_iter()
        .map(|store| {
            let entries: Vec<_> = (0..COUNT).map(|_| entry()).collect();
            tokio::spawn(async move {
                for group in entries.chunks(64) {
                    store.append(group).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let each_second = (2 * COUNT) as u128 * 1_000_000 / start.elapsed().as_micros();
    println!("{each_second} records a second, in groups of 64 by two nodes");
    let size = server.sql(
        &url,
        "SELECT sum(pg_total_relation_size(inhrelid)) / 6400 FROM pg_inherits
         WHERE inhparent = 'consent_records'::regclass",
    );
    println!("{size} bytes a record");
    assert_eq!(
        server.sql(&url, "SELECT count(*) FROM consent_records"),
        "6400"
    );
}
