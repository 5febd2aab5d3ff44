//! What is left of an account once its records are purged.

use std::time::Duration;

use tower_cookie_consent::records::{Instant, RecordRetention, SigningKey};

use super::{
    super::every_store::Stores,
    site::{Settings, Site, choices},
};

const YEAR: u64 = 366 * 86_400;

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
        let kept = async || {
            let mut kept = Vec::new();
            for name in ["ada", "bob", "eve"] {
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
            (2, 0, "ada bob eve"),
            (3, 1, "ada bob eve"),
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
