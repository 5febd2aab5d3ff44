//! The Merkle tree, whose hashes are kept in tiles.

use tower_cookie_consent::records::{
    Archive, Checkpoint, Digest, Instant, PostgresStore, RecordStore as _, SigningKey, verify,
};

use super::asleep;
use crate::{
    records::{START, entry, rfc6962},
    support::postgres::Postgres,
};

fn now() -> Instant {
    Instant::from_unix_seconds(START + 60)
}

/// Adds so many records, and makes a checkpoint.
pub(super) async fn grow(url: &str, key: &SigningKey, records: usize) -> Checkpoint {
    let store = PostgresStore::connect(url).await.unwrap();
    let entries: Vec<_> = (0..records).map(|_| entry()).collect();
    store.append(&entries).await.unwrap();
    let archive = Archive::open(url).await.unwrap();
    archive.checkpoint(key, now()).await.unwrap()
}

/// Verifies the export, and returns it.
pub(super) async fn export(url: &str, key: &SigningKey) -> String {
    let archive = Archive::open(url).await.unwrap();
    let mut lines = Vec::new();
    archive.export(&mut lines).await.unwrap();
    verify(&lines[..], &key.public(), false).unwrap();
    String::from_utf8(lines).unwrap()
}

/// Checks the proof of each so many leaves in the newest tree, and that this continues each one before.
pub(super) async fn prove(url: &str, export: &str, step: usize) {
    let archive = Archive::open(url).await.unwrap();
    let lines = export.lines();
    let lines = lines.map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let (leaves, others): (Vec<_>, Vec<_>) = lines.partition(|line| line["type"] == "leaf");
    let checkpoints = others.iter().filter(|line| line["type"] == "checkpoint");
    let checkpoints: Vec<Checkpoint> = checkpoints
        .map(|line| line.to_string().parse().unwrap())
        .collect();
    let newest = checkpoints.last().unwrap();
    assert_eq!(newest.size, leaves.len() as u64);
    let bytes = |path: Vec<Digest>| path.iter().map(|it| *it.as_bytes()).collect::<Vec<_>>();
    let root = *newest.root.as_bytes();
    for (index, leaf) in (0..).zip(&leaves).step_by(step) {
        let hash: Digest = leaf["hash"].as_str().unwrap().parse().unwrap();
        let path = archive.inclusion(index, newest.size).await.unwrap();
        let path = bytes(path.unwrap());
        let is_included =
            rfc6962::is_hash_included(*hash.as_bytes(), index, newest.size, &path, root);
        assert!(is_included, "{index}");
    }
    for old in &checkpoints {
        let path = archive.consistency(old.size, newest.size).await.unwrap();
        let old = (old.size, *old.root.as_bytes());
        assert!(rfc6962::is_continued(
            old,
            (newest.size, root),
            &bytes(path.unwrap())
        ));
    }
}

#[tokio::test]
async fn full_tiles_are_one_row_and_prove_their_leaves() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let key = SigningKey::generate().unwrap();
    // And two documents.
    for records in [1, 2, 3, 250, 1, 254, 100] {
        grow(&url, &key, records).await;
    }
    let rows = server.sql(
        &url,
        "SELECT level, first, length(hashes) / 32 FROM consent_tiles ORDER BY level, first",
    );
    let wanted = "0|0|256\n0|256|256\n0|512|1\n0|513|100\n1|0|1\n1|1|1";
    assert_eq!(rows, wanted);
    let lines = export(&url, &key).await;
    prove(&url, &lines, 5).await;
    // A hash that is missing is an error, and not another tree.
    server.sql(&url, "DELETE FROM consent_tiles WHERE first = 256");
    let archive = Archive::open(&url).await.unwrap();
    for refused in [
        archive.inclusion(300, 613).await.map(drop),
        archive.export(&mut Vec::new()).await,
    ] {
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("restore a backup"), "{error}");
    }
}

#[tokio::test]
async fn no_checkpoint_is_continued_twice() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let key = SigningKey::generate().unwrap();
    let before = grow(&url, &key, 5).await;
    PostgresStore::connect(&url)
        .await
        .unwrap()
        .append(&[entry()])
        .await
        .unwrap();
    // Another process, whose lease has ended, adds a batch at the same time, of another size.
    let other = format!(
        "BEGIN; INSERT INTO consent_checkpoints (size, previous, root, time)
         VALUES (99, {}, decode(repeat('00', 32), 'hex'), 0); SELECT pg_sleep(1.5); COMMIT",
        before.size
    );
    let _other = server.begin_sql(&url, &other);
    asleep(&server, &url).await;
    let archive = Archive::open(&url).await.unwrap();
    let error = archive.checkpoint(&key, now()).await.unwrap_err();
    assert!(
        error.to_string().contains("another process was quicker"),
        "{error}"
    );
    let counts =
        "SELECT (SELECT count(*) FROM consent_leaves), (SELECT count(*) FROM consent_unsequenced),
                         (SELECT sum(length(hashes)) / 32 FROM consent_tiles)";
    assert_eq!(server.sql(&url, counts), "7|1|7");
}

#[tokio::test]
async fn a_deleted_row_does_not_end_an_export() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.database();
    let entries: Vec<_> = (0..1_100).map(|_| entry()).collect();
    let store = PostgresStore::connect(&url).await.unwrap();
    for group in entries.chunks(250) {
        store.append(group).await.unwrap();
    }
    let first = "DELETE FROM consent_records WHERE id = (SELECT id FROM consent_records ORDER BY id LIMIT 1)";
    server.sql(&url, first);
    let archive = Archive::open(&url).await.unwrap();
    let mut lines = Vec::new();
    archive.export(&mut lines).await.unwrap();
    let text = String::from_utf8(lines).unwrap();
    let records = text
        .lines()
        .filter(|line| line.contains("\"type\":\"record\""));
    assert_eq!(records.count(), 1_099);
}
