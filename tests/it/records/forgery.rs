//! What somebody who can write to the database, and has no key, gets signed, and what not.

use std::sync::Arc;

use tower_cookie_consent::{
    Category, CookiePolicy,
    policy::Retention,
    records::{
        Archive, ArchiveError, Checkpoint, Document, Entry, Instant, RecordId, RecordRetention,
        SigningKey, verify,
    },
};

use super::{
    START, entry_at,
    every_store::{Stores, open},
};

const DAY: u64 = 86_400;

pub(super) fn after(days: u64) -> Instant {
    Instant::from_unix_seconds(START + days * DAY)
}

/// A store with its archive.
pub(super) struct Shop<'a> {
    stores: &'a Stores,
    url: &'a str,
    pub(super) archive: Archive,
    pub(super) key: SigningKey,
}

impl<'a> Shop<'a> {
    pub(super) async fn new(stores: &'a Stores, url: &'a str) -> Self {
        Self {
            stores,
            url,
            archive: Archive::open(url).await.unwrap(),
            key: SigningKey::generate().unwrap(),
        }
    }

    /// Adds so many records with a policy that can be read, and returns their ids.
    pub(super) async fn append(&self, count: usize) -> Vec<RecordId> {
        let ads = CookiePolicy::new([Category::consent("ads")]).unwrap();
        let policy = Document::of_policy(&ads);
        let entry = || {
            let mut entry = entry_at(START, None, "granted");
            Arc::make_mut(&mut entry.record).policy = policy.digest();
            entry.documents.push(policy.clone());
            entry
        };
        let entries: Vec<Entry> = (0..count).map(|_| entry()).collect();
        open(self.url).await.append(&entries).await.unwrap();
        entries.iter().map(|entry| entry.record.id).collect()
    }

    pub(super) async fn checkpoint(&self) -> Result<Checkpoint, ArchiveError> {
        self.archive.checkpoint(&self.key, after(1)).await
    }

    pub(super) async fn purge(&self, days: u64) -> Result<u64, ArchiveError> {
        let keep = RecordRetention::default();
        self.archive.purge(keep, &self.key, after(days)).await
    }

    async fn export(&self) -> String {
        let mut lines = Vec::new();
        self.archive.export(&mut lines).await.unwrap();
        String::from_utf8(lines).unwrap()
    }

    /// Returns how many records fit, or what does not.
    pub(super) async fn verified(&self, key: &SigningKey) -> Result<u64, String> {
        let verified = verify(self.export().await.as_bytes(), &key.public(), true);
        verified.map(|it| it.records).map_err(|it| it.to_string())
    }

    fn change(&self, sqlite: &str, postgres: &str) {
        self.stores.change(self.url, sqlite, postgres);
    }

    /// Adds the line of a purge.
    fn insert(&self, line: &str) {
        self.change(
            &format!("INSERT INTO purges (row, line) VALUES (70, '{line}')"),
            &format!(
                "INSERT INTO consent_purges (number, line) VALUES (70, '{line}');
                 INSERT INTO consent_unsequenced (kind, name) VALUES (2, int8send(70::bigint))"
            ),
        );
    }

    fn delete_inserted(&self) {
        self.change(
            "DELETE FROM purges WHERE row = 70",
            "DELETE FROM consent_purges WHERE number = 70; DELETE FROM consent_unsequenced WHERE kind = 2",
        );
    }

    fn delete(&self, id: RecordId) {
        let bytes = id.to_string().replace('-', "");
        self.change(
            &format!("DELETE FROM records WHERE id = x'{bytes}'"),
            &format!("DELETE FROM consent_records WHERE id = '{id}'"),
        );
    }
}

#[tokio::test]
async fn a_made_up_purge_hides_no_deleted_record() {
    let stores = Stores::new();
    for url in &stores.urls {
        let shop = Shop::new(&stores, url).await;
        let ids = shop.append(3).await;
        let size = shop.checkpoint().await.unwrap().size;
        let root = format!("sha256:{}", "0".repeat(64));
        let signature = format!("ed25519:{}:{}", "0".repeat(16), "0".repeat(128));
        for line in [
            r#"{"leaves":[[0,9007199254740991]],"records":0,"time":"2026-11-29T00:00:00Z","type":"purge"}"#
                .to_owned(),
            format!(
                r#"{{"leaves":[[3,3]],"records":1,"root":"{root}","signature":"{signature}","size":{size},"time":"2026-11-29T00:00:00Z","type":"purge"}}"#
            ),
            "{}".to_owned(),
        ] {
            shop.insert(&line);
            let error = shop.checkpoint().await.unwrap_err().to_string();
            assert!(
                error.starts_with("purge 70 in the store was not made with the key"),
                "{url}: {error}"
            );
            let error = shop.purge(5000).await.unwrap_err().to_string();
            assert!(error.contains("Delete it"), "{url}: {error}");
            shop.verified(&shop.key).await.unwrap_err();
            shop.delete_inserted();
        }
        assert_eq!(shop.checkpoint().await.unwrap().size, size, "{url}");
        assert_eq!(shop.verified(&shop.key).await, Ok(3));
        shop.delete(ids[1]);
        let misfit = shop.verified(&shop.key).await.unwrap_err();
        assert!(misfit.contains("have no content"), "{url}: {misfit}");
    }
}

/// Whoever writes to the database can put another history into it for a while, in which the key purges what it would
/// not have purged here.
#[tokio::test]
async fn a_purge_of_another_history_is_not_added() {
    let stores = Stores::new();
    let others = Stores::new();
    for (url, other) in stores.urls.iter().zip(&others.urls) {
        let other = Shop::new(&others, other).await;
        other.append(3).await;
        assert_eq!(other.purge(5000).await.unwrap(), 3);
        let export = other.export().await;
        let purge = export
            .lines()
            .find(|line| line.contains("\"type\":\"purge\""));

        let shop = Shop {
            key: SigningKey::from_secret(&other.key.secret()).unwrap(),
            ..Shop::new(&stores, url).await
        };
        let ids = shop.append(3).await;
        shop.checkpoint().await.unwrap();
        shop.insert(purge.unwrap());
        shop.delete(ids[0]);
        let error = shop.checkpoint().await.unwrap_err().to_string();
        assert!(
            error.contains("has the root that it names"),
            "{url}: {error}"
        );
        let misfit = shop.verified(&shop.key).await.unwrap_err();
        assert!(
            misfit.contains("has the root that it names"),
            "{url}: {misfit}"
        );
    }
}

#[tokio::test]
async fn what_was_changed_is_not_purged() {
    let stores = Stores::new();
    for url in &stores.urls {
        let shop = Shop::new(&stores, url).await;
        let ids = shop.append(3).await;
        let size = shop.checkpoint().await.unwrap().size;
        assert_eq!(shop.purge(1000).await.unwrap(), 0, "{url}");

        let bytes = ids[1].to_string().replace('-', "");
        let set = "SET recorded_at = recorded_at - 86400000, decided_at = decided_at - 86400000 WHERE id =";
        shop.change(
            &format!("UPDATE records {set} x'{bytes}'"),
            &format!("UPDATE consent_records {set} '{}'", ids[1]),
        );
        let error = shop.purge(1000).await.unwrap_err().to_string();
        let expected = format!(
            "record {} was changed in the store after it became leaf",
            ids[1]
        );
        assert!(error.starts_with(&expected), "{url}: {error}");
        // The hashes of the tree are not believed either.
        shop.change(
            "UPDATE nodes SET hash = zeroblob(32) WHERE node IN (2, 6, 8, 10)",
            "UPDATE consent_tiles SET hashes = decode(repeat('00', 32), 'hex') || substring(hashes FROM 33)
             WHERE level = 0",
        );
        let error = shop.purge(1000).await.unwrap_err().to_string();
        assert!(error.contains("restore"), "{url}: {error}");
        for id in ids {
            assert!(shop.archive.find(id).await.unwrap().is_some(), "{url}");
        }
        assert_eq!(
            shop.archive.published(None).await.unwrap().unwrap().size,
            size
        );
    }
}

#[tokio::test]
async fn a_changed_policy_ends_no_choice() {
    let stores = Stores::new();
    for url in &stores.urls {
        let shop = Shop::new(&stores, url).await;
        shop.append(2).await;
        shop.checkpoint().await.unwrap();
        // A grant of 6 months is kept for longer than this, and one of a day is not.
        assert_eq!(shop.purge(1200).await.unwrap(), 0, "{url}");
        let shorter = CookiePolicy::builder().category(Category::consent("ads"));
        let shorter = shorter.choice_lifetime(Retention::days(1)).build().unwrap();
        let shorter = Document::of_policy(&shorter);
        let shorter = shorter.content();
        shop.change(
            &format!("UPDATE documents SET content = '{shorter}' WHERE content LIKE '%ads%'"),
            &format!(
                "UPDATE consent_documents SET content = '{shorter}'::bytea
                 WHERE convert_from(content, 'UTF8') LIKE '%ads%'"
            ),
        );
        let error = shop.purge(1200).await.unwrap_err().to_string();
        assert!(
            error.contains("it is missing or was changed"),
            "{url}: {error}"
        );
    }
}

#[tokio::test]
async fn a_checkpoint_that_was_put_into_the_store_is_not_signed() {
    let stores = Stores::new();
    for url in &stores.urls {
        let shop = Shop::new(&stores, url).await;
        shop.append(2).await;
        let first = shop.checkpoint().await.unwrap();
        // One with another date gets the present one.
        let old = "SET signature = NULL, time = 0";
        shop.change(
            &format!("UPDATE checkpoints {old}"),
            &format!("UPDATE consent_checkpoints {old}"),
        );
        let again = shop.archive.checkpoint(&shop.key, after(2)).await.unwrap();
        assert_eq!((again.size, again.root), (first.size, first.root), "{url}");
        assert_eq!(again.time, after(2));
        assert_eq!(shop.archive.published(None).await.unwrap(), Some(again));
        assert_eq!(shop.verified(&shop.key).await, Ok(2), "{url}");
        let other = "SET signature = NULL, root =";
        shop.change(
            &format!("UPDATE checkpoints {other} zeroblob(32)"),
            &format!("UPDATE consent_checkpoints {other} decode(repeat('00', 32), 'hex')"),
        );
        let error = shop.checkpoint().await.unwrap_err().to_string();
        assert!(
            error.contains("do not fit its last checkpoint"),
            "{url}: {error}"
        );
    }
}
