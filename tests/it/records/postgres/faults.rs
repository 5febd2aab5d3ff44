//! Servers and connections that are lost while records are written.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};
use tower_cookie_consent::records::{Appended, Entry, PostgresStore, RecordStore as _};

use super::{START, entry, entry_at, ids, sorted_ids};
use crate::support::{postgres::Postgres, process::PATIENCE};

/// Appends groups until `end`, each until the store has it, as the writer does. Returns all entries, and
/// the number of errors.
async fn write_until(store: Arc<PostgresStore>, end: Instant) -> (Vec<Entry>, usize) {
    let (mut written, mut errors) = (Vec::new(), 0);
    while Instant::now() < end {
        let group: Vec<_> = (0..8).map(|_| entry()).collect();
        loop {
            match store.append(&group).await {
                Ok(appended) => break assert_eq!(appended, [Appended::New; 8]),
                Err(error) => {
                    assert!(error.is_temporary(), "{error}");
                    errors += 1;
                    sleep(Duration::from_millis(20)).await;
                }
            }
        }
        written.extend(group);
    }
    (written, errors)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_when_the_server_restarts() {
    let Some(server) = Postgres::start(&[]) else {
        return;
    };
    let url = server.database();
    let end = Instant::now() + Duration::from_secs(4);
    // The second node starts without a connection.
    let nodes = [
        PostgresStore::connect(&url).await.unwrap(),
        PostgresStore::new(&url).unwrap(),
    ]
    .map(|store| tokio::spawn(write_until(Arc::new(store), end)));
    let restarts = ["-INT", "-QUIT", "-KILL"];
    let server = tokio::task::spawn_blocking(move || {
        for signal in restarts {
            std::thread::sleep(Duration::from_millis(400));
            server.stop(signal);
            std::thread::sleep(Duration::from_millis(200));
            server.resume();
        }
        server
    })
    .await
    .unwrap();
    let (mut written, mut errors) = (Vec::new(), 0);
    for node in nodes {
        let (entries, failed) = node.await.unwrap();
        written.extend(entries);
        errors += failed;
    }
    println!(
        "{} records, {errors} errors, {} restarts",
        written.len(),
        restarts.len()
    );
    assert!(errors > 0, "no call noticed");
    assert_eq!(ids(&server, &url), sorted_ids(&written));
}

#[tokio::test]
async fn a_connection_that_was_closed_is_replaced() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let store = PostgresStore::connect(&url).await.unwrap();
    let terminate = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                     WHERE datname = current_database() AND pid <> pg_backend_pid()";
    for _ in 0..5 {
        store.append(&[entry()]).await.unwrap();
        assert_eq!(server.sql(&url, terminate), "1");
        // Whether or not the store has noticed, the next call goes through.
        store.append(&[entry()]).await.unwrap();
    }
    assert_eq!(ids(&server, &url).len(), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn deadlocks_are_tried_again() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let store = PostgresStore::connect(&url).await.unwrap();
    let page = |key: &str| entry_at(START, Some(key), "granted");
    store.append(&[page("a"), page("b")]).await.unwrap();
    // It takes the rows the other way round, and waits for longer than the server lets the store wait.
    let other = std::thread::spawn({
        let (server, url) = (Arc::clone(&server), url.clone());
        move || {
            server.sql(
                &url,
                "BEGIN; SET LOCAL deadlock_timeout = '20s';
                 SELECT 1 FROM consent_nonces WHERE nonce = 'b' FOR UPDATE;
                 SELECT pg_sleep(0.5);
                 SELECT 1 FROM consent_nonces WHERE nonce = 'a' FOR UPDATE; COMMIT",
            )
        }
    });
    sleep(Duration::from_millis(200)).await;
    let group = ["a", "b"].map(|key| entry_at(START + 1, Some(key), "denied"));
    assert_eq!(store.append(&group).await.unwrap(), [Appended::New; 2]);
    other.join().unwrap();
    assert_eq!(ids(&server, &url).len(), 4);
}

/// A call that its caller gives up leaves nothing half done.
#[tokio::test]
async fn a_call_that_is_given_up_ends_its_transaction() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let store = PostgresStore::connect(&url).await.unwrap();
    for wait in 0..30 {
        let group = [entry(), entry()];
        let wait = Duration::from_micros(wait * 100);
        // It is there as a whole, or not at all, and repeating it makes it whole.
        drop(tokio::time::timeout(wait, store.append(&group)).await);
        assert_eq!(store.append(&group).await.unwrap(), [Appended::New; 2]);
    }
    assert_eq!(ids(&server, &url).len(), 60);
    let open = "SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    assert_eq!(server.sql(&url, open), "0");
}

#[tokio::test]
async fn a_server_without_a_free_connection_is_asked_again() {
    let Some(server) = Postgres::start(&["max_connections = 5", "max_wal_senders = 0"]) else {
        return;
    };
    let url = server.database();
    let group = [entry()];
    let store = PostgresStore::new(&url).unwrap();
    let (mut others, start) = (Vec::new(), Instant::now());
    let error = loop {
        // Each has its connection before the next asks: beside them, `connect` could take the last one each time.
        others.extend(std::iter::from_fn(|| server.hold_connection(&url)));
        match PostgresStore::connect(&url).await {
            Ok(_) => assert!(start.elapsed() < PATIENCE, "there is a free one"),
            Err(error) => break error,
        }
    };
    assert!(
        error.to_string().contains("raise max_connections"),
        "{error}"
    );
    assert!(error.is_temporary());
    drop(others);
    server.stop("-INT");
    assert!(store.append(&group).await.unwrap_err().is_temporary());
    server.resume();
    assert_eq!(store.append(&group).await.unwrap(), [Appended::New]);
}

/// After a failover, the first connection may still reach the old primary, which is a standby by now.
#[tokio::test]
async fn a_connection_to_a_standby_is_not_kept() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let store = PostgresStore::connect(&url).await.unwrap();
    let entries = [entry(), entry()];
    assert_eq!(store.append(&entries[..1]).await.unwrap(), [Appended::New]);
    let all = server.url("postgres");
    let database = server.sql(&url, "SELECT current_database()");
    let set = format!("ALTER DATABASE {database}");
    server.sql(
        &all,
        &format!("{set} SET default_transaction_read_only = on"),
    );
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
               WHERE pid <> pg_backend_pid() AND datname =";
    server.sql(&all, &format!("{end} '{database}'"));
    let error = store.append(&entries[1..]).await.unwrap_err();
    assert!(error.is_temporary());
    let text = error.to_string();
    assert!(text.contains("the database is read-only"), "{text}");
    // The connection stays, and a new one is to the primary.
    server.sql(&all, &format!("{set} RESET default_transaction_read_only"));
    assert_eq!(store.append(&entries[1..]).await.unwrap(), [Appended::New]);
    assert_eq!(ids(&server, &url), sorted_ids(&entries));
}

#[tokio::test]
async fn of_several_hosts_the_one_that_can_be_written_is_taken() {
    let standby = Postgres::start(&["default_transaction_read_only = on"]);
    let (Some(standby), Some(primary)) = (standby, Postgres::shared()) else {
        return;
    };
    let url = primary.database();
    let (before, after) = url.rsplit_once('@').unwrap();
    let other = standby.url("postgres");
    let host = other.rsplit_once('@').unwrap().1;
    let host = host.split_once('/').unwrap().0;
    let store = PostgresStore::connect(&format!("{before}@{host},{after}")).await;
    let entry = entry();
    let appended = store.unwrap().append(std::slice::from_ref(&entry)).await;
    assert_eq!(appended.unwrap(), [Appended::New]);
    assert_eq!(ids(&primary, &url), sorted_ids(&[entry]));
}
