//! What is left of an account once its records are purged.

use std::time::Duration;

use tower_cookie_consent::records::{Instant, RecordRetention, SigningKey};

use super::{
    super::every_store::Stores,
    site::{Settings, Site, choices},
};

const YEAR: u64 = 366 * 86_400;

/// Random accounts, each with the choice of the only one that has a record.
const MANY: [&str; 2] = [
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 450)
     INSERT INTO accounts SELECT randomblob(32), randomblob(16) FROM n;
     INSERT INTO choices SELECT a.subject, (SELECT choice FROM choices) FROM accounts a
     WHERE a.subject NOT IN (SELECT subject FROM choices)",
    "INSERT INTO consent_accounts
     SELECT sha256(int4send(i)), md5(i::text)::uuid FROM generate_series(1, 450) i;
     INSERT INTO consent_choices SELECT subject, (SELECT choice FROM consent_choices)
     FROM consent_accounts WHERE subject NOT IN (SELECT subject FROM consent_choices)",
];

#[tokio::test]
async fn a_purge_looks_at_all_accounts_without_records() {
    let stores = Stores::new();
    for url in &stores.urls {
        let site = Site::new(url, Settings::default()).await;
        let mut device = site.device();
        device.log_in("ada").await;
        device
            .send("POST", "/cookies/preferences", "decision=save&category=ads")
            .await;
        assert_eq!(site.recorded("ada").await.len(), 1);
        stores.change(url, MANY[0], MANY[1]);
        let first = site
            .archive
            .account_history(&site.keys.account("ada"))
            .await;
        let first = first.unwrap()[0].record.id.unix_seconds();
        let key = SigningKey::generate().unwrap();
        for (years, left) in [(3, "451"), (4, "0")] {
            let time = Instant::from_unix_seconds(first + years * YEAR);
            let purged = site.archive.purge(RecordRetention::default(), &key, time);
            purged.await.unwrap();
            for table in ["accounts", "choices"] {
                let sqlite = format!("SELECT CAST(count(*) AS TEXT) FROM {table}");
                let postgres = format!("SELECT count(*) FROM consent_{table}");
                assert_eq!(stores.rows(url, &sqlite, &postgres), [left], "{url}");
            }
        }
    }
}

#[tokio::test]
async fn a_purge_drops_accounts_whose_choice_has_ended() {
    let stores = Stores::new();
    for url in &stores.urls {
        let site = Site::new(url, Settings::default()).await;
        let stored = choices(url).await;
        // Bob objects to the statistics, which need no consent, and Eve refuses what one only opts out of in another
        // regime: neither ends.
        for (name, choice) in [
            ("ada", "decision=save&category=ads"),
            ("bob", "decision=save&category=ads&objection=stats"),
            ("eve", "decision=save"),
        ] {
            let mut device = site.device();
            device.log_in(name).await;
            device.send("POST", "/cookies/preferences", choice).await;
            assert_eq!(site.recorded(name).await.len(), 1, "{name}");
            // A store that was too slow gets it with a later page.
            let account = site.keys.account(name);
            for _ in 0..60 {
                if stored.load(&account).await.unwrap().is_some() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
                device.open().await;
            }
        }
        // Of Zoe nothing but the choice is left, as where the record ended earlier.
        let of_ada = stored.load(&site.keys.account("ada")).await.unwrap();
        let of_zoe = site.keys.account("zoe");
        stored.save(&of_zoe, &of_ada.unwrap()).await.unwrap();
        let kept = async || {
            let mut kept = Vec::new();
            for name in ["ada", "bob", "eve", "zoe"] {
                let account = site.keys.account(name);
                if stored.load(&account).await.unwrap().is_some() {
                    kept.push(name);
                }
            }
            let [accounts, of_choices] = ["accounts", "choices"].map(|table| {
                let sqlite = format!("SELECT CAST(count(*) AS TEXT) FROM {table}");
                let postgres = format!("SELECT count(*) FROM consent_{table}");
                stores.rows(url, &sqlite, &postgres)[0].parse::<usize>()
            });
            assert_eq!((accounts, of_choices), (Ok(kept.len()), Ok(kept.len())));
            kept.join(" ")
        };
        let first = site
            .archive
            .account_history(&site.keys.account("ada"))
            .await;
        let first = first.unwrap()[0].record.id.unix_seconds();
        let key = SigningKey::generate().unwrap();
        let purge = async |years: u64| {
            let time = Instant::from_unix_seconds(first + years * YEAR);
            let keep = RecordRetention::default();
            site.archive.purge(keep, &key, time).await.unwrap()
        };
        // Eve's refusal is kept for 25 months, and grants for three years after their end.
        for (years, purged, left) in [
            (2, 0, "ada bob eve zoe"),
            (3, 1, "ada bob eve zoe"),
            (4, 2, "bob eve"),
            (20, 0, "bob eve"),
        ] {
            assert_eq!(purge(years).await, purged, "{years} {url}");
            assert_eq!(kept().await, left, "{years} {url}");
        }
        // Nothing is left of Ada, who gets another subject.
        let account = site.keys.account("ada");
        assert_eq!(site.archive.account_history(&account).await.unwrap(), []);
        let error = site
            .archive
            .erase_account(&account, true, Instant::from_unix_seconds(first));
        let error = error.await.unwrap_err().to_string();
        assert_eq!(error, "no record of this account", "{url}");
    }
}
