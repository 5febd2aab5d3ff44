//! A generated store: size, look-up, checkpoints, export, verification and a purge beside a writer.

use std::{
    fs,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
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

/// Writers are measured without a purge for so long.
const ALONE: Duration = Duration::from_secs(10);

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

/// The schema of the generated store, beside whatever the database has.
const SCHEMA: &str = "generated";

/// Runs a statement with `psql`, and returns its rows.
fn sql(url: &str, statement: &str) -> String {
    let mut psql = Command::new("psql");
    psql.args(["--no-psqlrc", "-qAt", "-v", "ON_ERROR_STOP=1", "-c"]);
    let done = psql.args([statement, url]).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    String::from_utf8(done.stdout).unwrap()
}

fn is_postgres(url: &str) -> bool {
    !url.starts_with("sqlite:")
}

/// Creates an empty store of this kind, and returns its URL.
fn empty(url: &str) -> String {
    if !is_postgres(url) {
        return url.to_owned();
    }
    sql(url, &format!("CREATE SCHEMA {SCHEMA}"));
    let mark = if url.contains('?') { '&' } else { '?' };
    format!("{url}{mark}options=-csearch_path%3D{SCHEMA}")
}

/// Prints how many bytes a record needs. What waits for the tree is counted apart: it is a queue.
fn print_bytes(url: &str, what: &str, records: f64) {
    let each = |bytes: &str| bytes.trim().parse::<f64>().unwrap() / records;
    if let Some(file) = url.strip_prefix("sqlite:") {
        let checkpoint = rusqlite::Connection::open(file).unwrap();
        checkpoint
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .unwrap();
        let bytes = fs::metadata(file).unwrap().len().to_string();
        println!("sqlite: {:.0} bytes a record{what}", each(&bytes));
        return;
    }
    let sizes = format!(
        "SELECT t.relname, pg_relation_size(t.oid) + coalesce(pg_total_relation_size(nullif(t.reltoastrelid, 0)), 0),
                pg_indexes_size(t.oid)
         FROM pg_class t WHERE t.relnamespace = '{SCHEMA}'::regnamespace AND t.relkind = 'r' ORDER BY 1"
    );
    let (mut kept, mut waiting, mut tables) = (0.0, 0.0, String::new());
    for row in sql(url, &sizes).lines() {
        let fields: Vec<&str> = row.split('|').collect();
        let (rows, indexes) = (each(fields[1]), each(fields[2]));
        if fields[0] == "consent_unsequenced" {
            waiting += rows + indexes;
        } else {
            kept += rows + indexes;
        }
        if rows + indexes > 0.5 {
            tables += &format!(" {} {rows:.1} + {indexes:.1},", fields[0]);
        }
    }
    println!(
        "postgres: {kept:.0} bytes a record{what}, and {waiting:.0} in the queue for the tree"
    );
    println!(
        "postgres: rows and indexes:{}",
        tables.trim_end_matches(',')
    );
}

pub(crate) async fn measure(url: &str, count: u64) {
    let name = url.split(':').next().unwrap();
    let url = &empty(url);
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
    print_bytes(url, "", records);
    let archive = Archive::open(url).await.unwrap();
    let key = SigningKey::generate().unwrap();
    let now = records::Instant::from_unix_seconds(START + 60 * DAY);
    let start = Instant::now();
    archive.checkpoint(&key, now).await.unwrap();
    println!("{name}: {:.0} records a second into the tree", speed(start));
    if is_postgres(url) {
        // As autovacuum does, sooner or later.
        sql(url, &format!("VACUUM {SCHEMA}.consent_unsequenced"));
    }
    print_bytes(url, ", hashes included", records);
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

/// Writes until it is stopped, and notes how long each write took.
async fn write(
    store: Arc<dyn RecordStore>,
    from: u64,
    waits: Arc<Mutex<Vec<Duration>>>,
    stopped: Arc<AtomicBool>,
) {
    let policy = Document::of_policy(&policy());
    let mut number = from;
    while !stopped.load(Ordering::Relaxed) {
        let entry = entry(number, START + 60 * DAY, &policy);
        number += 1;
        let start = Instant::now();
        store.append(&[entry]).await.unwrap();
        waits.lock().unwrap().push(start.elapsed());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn print_waits(name: &str, when: &str, mut waits: Vec<Duration>) {
    waits.sort_unstable();
    let at = |part: usize| waits[(waits.len() - 1) * part / 1000].as_micros() / 1000;
    println!(
        "{name}: {} writes {when}: {} ms for half of them, {} ms for 99 of 100, {} ms for 999 of 1000, {} ms the longest",
        waits.len(),
        at(500),
        at(990),
        at(999),
        at(1000)
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
    let waits = Arc::new(Mutex::new(Vec::new()));
    let stopped = Arc::new(AtomicBool::new(false));
    let writer = write(
        Arc::clone(store),
        count,
        Arc::clone(&waits),
        Arc::clone(&stopped),
    );
    let writer = tokio::spawn(writer);
    tokio::time::sleep(ALONE).await;
    let alone = std::mem::take(&mut *waits.lock().unwrap());
    // A grant counts for six months, and is kept for three years more: all of January's have ended.
    let keep = RecordRetention::default();
    let now = records::Instant::from_unix_seconds(START + (32 + 184 + 3 * 366) * DAY);
    let start = Instant::now();
    let (mut tries, mut purged) = (1, archive.purge(keep, key, now).await);
    // The writer may have the file locked.
    while purged.is_err() && tries < 20 {
        purged = archive.purge(keep, key, now).await;
        tries += 1;
    }
    let purged = purged.unwrap();
    let took = start.elapsed();
    stopped.store(true, Ordering::Relaxed);
    writer.await.unwrap();
    println!(
        "{name}: {purged} records purged in {} ms, {tries} tries",
        took.as_millis()
    );
    print_waits(name, "before the purge", alone);
    print_waits(
        name,
        "beside it",
        std::mem::take(&mut *waits.lock().unwrap()),
    );
}
