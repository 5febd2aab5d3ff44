use std::{
    num::NonZeroU32,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_executor::block_on;

use super::{hooks::Hook, *};
use crate::records::{
    Appended, Entry, Instant, RecordStore, SqliteStore, StoreFuture,
    testing::{Folder, START, entry, id},
};

fn at(second: u64) -> Instant {
    Instant::from_unix_seconds(START + second)
}

/// Returns a refusal of these, with the news of it.
fn refusal(number: u64, providers: &[&str]) -> Entry {
    let mut entry = entry(number);
    entry.withdrawals = providers
        .iter()
        .map(|provider| Withdrawal {
            record: entry.record.id,
            provider: (*provider).to_owned(),
            handle: Some(format!("visitor {number}")),
            withdrawn_at: entry.record.recorded_at,
        })
        .collect();
    entry
}

fn claim(store: &SqliteStore, now: u64, until: u64) -> Vec<(String, u32)> {
    let claimed = block_on(store.claim(at(now), at(until), 16)).unwrap();
    let mut claimed: Vec<_> = claimed
        .into_iter()
        .map(|it| (it.withdrawal.provider, it.attempts))
        .collect();
    claimed.sort();
    claimed
}

#[test]
fn one_that_is_claimed_is_left_alone_until_then() {
    let folder = Folder::new();
    let store = SqliteStore::open(folder.file("consent.db")).unwrap();
    let entries = [refusal(1, &["ads", "films"])];
    for _ in 0..2 {
        assert_eq!(block_on(store.append(&entries)).unwrap(), [Appended::New]);
    }
    assert_eq!(claim(&store, 0, 90).len(), 2, "stored once");
    assert_eq!(claim(&store, 89, 90), []);
    let again = [("ads".to_owned(), 2), ("films".to_owned(), 2)];
    assert_eq!(claim(&store, 90, 180), again, "its node was killed");
}

#[test]
fn what_is_delivered_stays_so_and_has_no_handle() {
    let folder = Folder::new();
    let store = SqliteStore::open(folder.file("consent.db")).unwrap();
    let entries = [refusal(1, &["ads"])];
    block_on(store.append(&entries)).unwrap();
    let claimed = block_on(store.claim(at(0), at(90), 16)).unwrap();
    assert_eq!(claimed[0].withdrawal, entries[0].withdrawals[0]);
    let slower = [Settled::Postponed(at(5)), Settled::Dead];
    for settled in [&[Settled::Delivered(at(2))][..], &slower].concat() {
        block_on(store.settle(&claimed[0].withdrawal, settled)).unwrap();
    }
    assert_eq!(claim(&store, 1000, 2000), []);
    let connection = rusqlite::Connection::open(folder.file("consent.db")).unwrap();
    let sql = "SELECT handle, delivered_at FROM outbox";
    let row: (Option<String>, u64) = connection
        .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert_eq!(row, (None, START + 2));
}

#[test]
fn debug_output_does_not_contain_the_handle() {
    let withdrawal = &refusal(1, &["ads"]).withdrawals[0];
    let shown = format!("{withdrawal:?} {:?}", Outgoing::new(withdrawal.clone(), 1));
    assert!(shown.contains("ads") && !shown.contains("visitor"));
}

#[test]
fn a_schema_without_the_outbox_gets_it() {
    let folder = Folder::new();
    let path = folder.file("consent.db");
    let entries = [entry(1), refusal(2, &["ads"])];
    drop(SqliteStore::open(&path).unwrap());
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "DROP TABLE outbox; DROP TABLE counters; DROP TABLE accounts; DROP TABLE subjects; DROP TABLE choices;
             DROP INDEX records_unconfirmed",
        )
        .unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
    drop(connection);
    let store = SqliteStore::open(&path).unwrap();
    block_on(store.append(&entries)).unwrap();
    assert_eq!(claim(&store, 0, 90), [("ads".to_owned(), 1)]);
}

/// Waits until the condition holds, at most ten seconds.
fn wait_for(is_met: impl Fn() -> bool) -> bool {
    (0..1000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        is_met()
    })
}

fn passing(hook: impl Fn(Withdrawal) -> Delivery + Send + Sync + 'static) -> Passing {
    let hook: Hook = Arc::new(move |withdrawal| {
        let delivery = hook(withdrawal);
        Box::pin(async move { delivery })
    });
    Passing {
        hook,
        backoff: Duration::from_millis(1),
        attempts: NonZeroU32::new(3).unwrap(),
    }
}

#[test]
fn a_hook_that_fails_is_called_again_and_then_no_more() {
    let folder = Folder::new();
    let store = Arc::new(SqliteStore::open(folder.file("consent.db")).unwrap());
    let entries = [refusal(1, &["ads", "films", "maps"]), refusal(2, &["ads"])];
    block_on(store.append(&entries)).unwrap();
    let calls = Arc::new(Mutex::new(Vec::new()));
    let (noted, count) = (Arc::clone(&calls), AtomicU32::new(0));
    let passing = passing(move |withdrawal| {
        noted.lock().unwrap().push(withdrawal.provider.clone());
        match withdrawal.provider.as_str() {
            "films" => Delivery::Impossible,
            "maps" if count.fetch_add(1, Ordering::Relaxed) == 0 => panic!("a hook that panics"),
            "ads" if withdrawal.record == id(1) => Delivery::Again,
            _ => Delivery::Done,
        }
    });
    let (wake, woken) = tokio::sync::mpsc::channel(1);
    let as_store: Arc<dyn RecordStore> = Arc::<SqliteStore>::clone(&store);
    Deliverer::new(as_store, passing)
        .unwrap()
        .start(woken)
        .unwrap();
    let archive =
        crate::records::Archive::from(SqliteStore::open(folder.file("consent.db")).unwrap());
    let stats = || block_on(archive.stats()).unwrap().to_string();
    let expected = "withdrawals: 2 delivered, 0 waiting, 2 dead letters";
    assert!(wait_for(|| stats().contains(expected)), "{}", stats());
    let counted = |name: &str| {
        calls
            .lock()
            .unwrap()
            .iter()
            .filter(|it| *it == name)
            .count()
    };
    assert_eq!(
        (counted("films"), counted("maps"), counted("ads")),
        (1, 2, 3 + 1)
    );

    let mut lines = Vec::new();
    block_on(archive.write_outbox(&mut lines)).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    assert_eq!(lines.lines().count(), 4);
    assert!(
        lines
            .lines()
            .next()
            .unwrap()
            .starts_with(r#"{"attempts":3,"delivered_at":null,"due_at":null"#)
    );
    assert!(!lines.contains("visitor"), "{lines}");

    let now = Instant::from_unix_seconds(START);
    assert_eq!(block_on(archive.retry_dead_letters(now)).unwrap(), 2);
    wake.blocking_send(()).unwrap();
    assert!(wait_for(|| counted("films") == 2));
}

#[test]
fn many_are_passed_on_without_pauses() {
    let folder = Folder::new();
    let store = Arc::new(SqliteStore::open(folder.file("consent.db")).unwrap());
    // With a pause of five seconds after each group of 16, they would take fifteen.
    let providers: Vec<_> = (0..49).map(|number| number.to_string()).collect();
    let providers: Vec<_> = providers.iter().map(String::as_str).collect();
    block_on(store.append(&[refusal(1, &providers)])).unwrap();
    let count = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&count);
    let mut passing = passing(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        Delivery::Done
    });
    passing.backoff = Duration::from_secs(60);
    let (_wake, woken) = tokio::sync::mpsc::channel(1);
    Deliverer::new(store, passing)
        .unwrap()
        .start(woken)
        .unwrap();
    assert!(wait_for(|| count.load(Ordering::Relaxed) == 49));
}

#[test]
fn a_store_without_an_outbox_is_refused() {
    #[derive(Debug)]
    struct Without;
    impl RecordStore for Without {
        fn append<'a>(&'a self, entries: &'a [Entry]) -> StoreFuture<'a, Vec<Appended>> {
            Box::pin(async { Ok(vec![Appended::New; entries.len()]) })
        }
    }
    let records = crate::records::Records::builder(Without);
    let error = records
        .on_withdrawal(async |_| Delivery::Done)
        .build()
        .unwrap_err();
    assert!(error.to_string().contains("implement RecordStore::outbox"));
}
