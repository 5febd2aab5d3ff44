//! A generated store: size, look-up, checkpoints, export, verification and a purge beside a writer.

use std::{
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use tower_cookie_consent::records::{
    self, Archive, ConsentRecord, Document, Entry, PostgresStore, RecordId, RecordRetention,
    RecordStore, SigningKey, SqliteStore, verify,
};

use crate::choices::policy;

/// 2026-01-01.
const START: u64 = 1_767_225_600;
const DAY: u64 = 86_400;
const GROUP: u64 = 256;

async fn open(url: &str) -> Arc<dyn RecordStore> {
    match url.strip_prefix("sqlite:") {
        Some(file) => Arc::new(SqliteStore::open(file).unwrap()),
        None => Arc::new(PostgresStore::connect(url).await.unwrap()),
    }
}

fn id(number: u64, seconds: u64) -> RecordId {
    // Spread as random ids are.
    let mixed = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut random = [0; 10];
    random[..8].copy_from_slice(&mixed.to_be_bytes());
    RecordId::at(seconds, random)
}

fn entry(number: u64, seconds: u64, policy: &Document) -> Entry {
    let time = records::Instant::from_unix_seconds(seconds).to_string();
    let state = if number.is_multiple_of(2) {
        "granted"
    } else {
        "denied"
    };
    let answer = serde_json::json!({"state": state, "before": "not_asked"});
    let record: ConsentRecord = serde_json::from_value(serde_json::json!({
        "id": id(number, seconds), "recorded_at": time, "decided_at": time, "site": "shop.example",
        "policy": policy.digest(), "shown": policy.digest(), "surface": "banner", "language": "de",
        "regime": null, "gpc": false, "cause": "choice", "key": null,
        "answers": {"ads": answer, "maps": answer, "films": answer, "audience": answer, "chat": answer},
    }))
    .unwrap();
    Entry::new(Arc::new(record), vec![policy.clone()])
}

/// Returns the second of a record: so many in two months.
fn time_of(number: u64, count: u64) -> u64 {
    START + number * 59 * DAY / count
}

fn file_bytes(url: &str) -> Option<f64> {
    let file = url.strip_prefix("sqlite:")?;
    let checkpoint = rusqlite::Connection::open(file).unwrap();
    checkpoint
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    let bytes = u32::try_from(fs::metadata(file).unwrap().len() / 1000).unwrap();
    Some(f64::from(bytes) * 1000.0)
}

pub(crate) async fn measure(url: &str, count: u64) {
    let name = url.split(':').next().unwrap();
    let store = open(url).await;
    let policy = Document::of_policy(&policy());
    let records = f64::from(u32::try_from(count).unwrap());
    let start = Instant::now();
    for first in (0..count).step_by(256) {
        let numbers = first..count.min(first + GROUP);
        let group: Vec<_> = numbers
            .map(|it| entry(it, time_of(it, count), &policy))
            .collect();
        store.append(&group).await.unwrap();
    }
    let speed = |start: Instant| records / start.elapsed().as_secs_f64();
    println!(
        "{name}, {count} records: {:.0} a second written in groups of {GROUP}",
        speed(start)
    );
    if let Some(bytes) = file_bytes(url) {
        println!("{name}: {:.0} bytes a record", bytes / records);
    }
    let archive = Archive::open(url).await.unwrap();
    let key = SigningKey::generate().unwrap();
    let now = records::Instant::from_unix_seconds(START + 60 * DAY);
    let start = Instant::now();
    archive.checkpoint(&key, now).await.unwrap();
    println!("{name}: {:.0} records a second into the tree", speed(start));
    if let Some(bytes) = file_bytes(url) {
        println!(
            "{name}: {:.0} bytes a record, hashes included",
            bytes / records
        );
    }
    look_up(name, &archive, count).await;
    prove(name, &archive, &key, records).await;
    purge(name, &store, &archive, &key, count).await;
}

async fn look_up(name: &str, archive: &Archive, count: u64) {
    let mut times = Vec::new();
    for number in 0..2000 {
        let number = number * 7919 % count;
        let start = Instant::now();
        let found = archive
            .find(id(number, time_of(number, count)))
            .await
            .unwrap();
        times.push(start.elapsed());
        assert!(found.is_some());
    }
    times.sort_unstable();
    println!(
        "{name}: look-up by id {} us, {} us for 99 of 100",
        times[1000].as_micros(),
        times[1980].as_micros()
    );
}

async fn prove(name: &str, archive: &Archive, key: &SigningKey, records: f64) {
    let file = tempfile::NamedTempFile::new_in(".").unwrap();
    let start = Instant::now();
    let mut out = std::io::BufWriter::new(file.reopen().unwrap());
    archive.export(&mut out).await.unwrap();
    drop(out);
    println!(
        "{name}: {:.0} records a second exported",
        records / start.elapsed().as_secs_f64()
    );
    let start = Instant::now();
    let export = std::io::BufReader::new(file.reopen().unwrap());
    verify(export, &key.public(), false).unwrap();
    println!(
        "{name}: {:.0} records a second verified",
        records / start.elapsed().as_secs_f64()
    );
}

/// Purges the first of the two months while another task writes.
async fn purge(
    name: &str,
    store: &Arc<dyn RecordStore>,
    archive: &Archive,
    key: &SigningKey,
    count: u64,
) {
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let writer = tokio::spawn({
        let store = Arc::clone(store);
        async move {
            let policy = Document::of_policy(&policy());
            let (mut longest, mut number) = (Duration::ZERO, count);
            while stopped.try_recv() == Err(tokio::sync::oneshot::error::TryRecvError::Empty) {
                let entry = entry(number, START + 60 * DAY, &policy);
                number += 1;
                let start = Instant::now();
                store.append(&[entry]).await.unwrap();
                longest = longest.max(start.elapsed());
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            (longest, number - count)
        }
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    // A grant counts for six months, and is kept for three years more.
    let keep = RecordRetention::default();
    let now = records::Instant::from_unix_seconds(START + 31 * DAY + 183 * DAY + 1096 * DAY);
    let start = Instant::now();
    let (mut tries, mut purged) = (1, archive.purge(keep, key, now).await);
    // The writer may have the file locked.
    while purged.is_err() && tries < 20 {
        purged = archive.purge(keep, key, now).await;
        tries += 1;
    }
    let purged = purged.unwrap();
    let took = start.elapsed();
    stop.send(()).unwrap();
    let (longest, written) = writer.await.unwrap();
    println!(
        "{name}: {purged} records purged in {} ms, {tries} tries; {written} writes beside it, the longest took {} ms",
        took.as_millis(),
        longest.as_millis()
    );
}
