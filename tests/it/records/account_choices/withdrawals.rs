//! Denials that keep the date of the choice: of one service, and objections.

use std::{sync::atomic::Ordering, time::Duration};

use super::{
    super::every_store::Stores,
    site::{Settings, Site, choices},
};

const SECOND: Duration = Duration::from_millis(1100);

/// What takes something away, in which regime, and what is left of everything.
const DENIALS: [(&str, Option<&str>, &str); 4] = [
    ("decision=deny&service=tube", None, "ads films stats"),
    ("decision=object", None, "ads films tube"),
    ("decision=opt_out", Some("us-opt-out"), "films tube stats"),
    (
        "decision=deny&service=tube",
        Some("us-opt-out"),
        "ads films stats",
    ),
];

#[tokio::test]
async fn a_denial_survives_an_outage() {
    for (denial, regime, left) in DENIALS {
        let stores = Stores::new();
        let settings = Settings {
            regime,
            ..Settings::default()
        };
        let site = Site::new(&stores.urls[0], settings).await;
        let (mut phone, mut laptop) = (site.device(), site.device());
        phone.log_in("ada").await;
        phone
            .send("POST", "/cookies/preferences", "decision=accept")
            .await;
        laptop.log_in("ada").await;
        assert_eq!(laptop.allowed().await, "ads films tube stats");
        site.off.store(true, Ordering::SeqCst);
        phone.fetch(denial).await;
        assert_eq!(phone.allowed_to_scripts().await, left, "{denial}");
        site.store_is_back().await;
        assert_eq!(phone.allowed().await, left, "{denial}");
        assert_eq!(phone.allowed_to_scripts().await, left);
        for _ in 0..2 {
            assert_eq!(laptop.allowed().await, left, "{denial}");
        }
        let recorded = site.recorded_about("tube", "ada").await;
        assert!(
            !recorded.contains(&"merged granted".to_owned()),
            "{recorded:?}"
        );
    }
}

/// The device has a page open from before the later choice of the other, and its script sends the denial.
#[tokio::test]
async fn a_denial_counts_over_a_later_date() {
    for (denial, regime, left) in DENIALS {
        for url in &Stores::new().urls {
            let settings = Settings {
                regime,
                ..Settings::default()
            };
            let site = Site::new(url, settings).await;
            let (mut phone, mut laptop) = (site.device(), site.device());
            phone.log_in("ada").await;
            phone
                .send("POST", "/cookies/preferences", "decision=accept")
                .await;
            laptop.log_in("ada").await;
            tokio::time::sleep(SECOND).await;
            laptop
                .send("POST", "/cookies/preferences", "decision=accept")
                .await;
            phone.fetch(denial).await;
            for _ in 0..2 {
                assert_eq!(laptop.allowed().await, left, "{denial} {url}");
                assert_eq!(phone.allowed().await, left, "{denial} {url}");
            }
        }
    }
}

/// What a device carries along is not said again.
#[tokio::test]
async fn a_choice_about_something_else_grants_nothing_anew() {
    for url in &Stores::new().urls {
        let site = Site::new(url, Settings::default()).await;
        let (mut phone, mut laptop) = (site.device(), site.device());
        phone.log_in("ada").await;
        phone
            .send("POST", "/cookies/preferences", "decision=accept")
            .await;
        laptop.log_in("ada").await;
        tokio::time::sleep(SECOND).await;
        laptop.allow(&["films"]).await;
        tokio::time::sleep(SECOND).await;
        phone.fetch("decision=deny&service=tube").await;
        // Until it asks, the phone knows nothing of the laptop's.
        assert_eq!(phone.allowed_to_scripts().await, "ads films stats");
        for _ in 0..2 {
            assert_eq!(phone.allowed().await, "films stats", "{url}");
            assert_eq!(laptop.allowed().await, "films stats", "{url}");
        }
        // And what is said again counts, on every device.
        tokio::time::sleep(SECOND).await;
        phone.fetch("decision=allow&service=tube").await;
        for _ in 0..2 {
            assert_eq!(laptop.allowed().await, "films tube stats", "{url}");
            assert_eq!(phone.allowed().await, "films tube stats", "{url}");
        }
    }
}

/// A refusal of everything ends what another device allowed for one service.
#[tokio::test]
async fn a_refusal_ends_the_grant_of_a_service() {
    for url in &Stores::new().urls {
        let site = Site::new(url, Settings::default()).await;
        let (mut phone, mut laptop) = (site.device(), site.device());
        phone.log_in("ada").await;
        laptop.log_in("ada").await;
        phone.fetch("decision=allow&service=tube").await;
        assert_eq!(phone.allowed_to_scripts().await, "tube stats");
        tokio::time::sleep(SECOND).await;
        laptop.fetch("decision=refuse").await;
        for _ in 0..2 {
            assert_eq!(phone.allowed().await, "", "{url}");
            assert_eq!(laptop.allowed().await, "", "{url}");
        }
    }
}

/// As they were stored without times, from the crate's own codec.
#[tokio::test]
async fn a_choice_without_times_is_read() {
    for url in &Stores::new().urls {
        let site = Site::new(url, Settings::default()).await;
        let now = std::time::SystemTime::now();
        let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let (store, ada, bob) = (
            choices(url).await,
            site.keys.account("ada"),
            site.keys.account("bob"),
        );
        let end = format!("%22timestamp%22%3A{}%2C%22revision%22%3A1%7D", now - 9);
        let text = format!("%7B%22ads%22%3Atrue%2C%22films%22%3Afalse%2C{end}");
        store.save(&ada, &text).await.unwrap();
        let mut device = site.device();
        device.log_in("ada").await;
        assert_eq!(device.allowed().await, "ads stats", "{url}");
        // A removal was saved like this.
        store.save(&bob, &format!("%7B{end}")).await.unwrap();
        let mut device = site.device();
        assert_eq!(device.log_in("bob").await, "- -", "{url}");
        device.fetch("decision=allow&service=tube").await;
        assert_eq!(device.allowed().await, "tube stats", "{url}");
    }
}

/// The store compares: what another device saves in between is not overwritten.
#[tokio::test]
async fn a_store_replaces_only_what_was_read() {
    for url in &Stores::new().urls {
        let site = Site::new(url, Settings::default()).await;
        let (store, ada) = (choices(url).await, site.keys.account("ada"));
        for (before, after, is_replaced, left) in [
            (Some("0"), "1", false, None),
            (None, "1", true, Some("1")),
            (None, "2", false, Some("1")),
            (Some("2"), "3", false, Some("1")),
            (Some("1"), "2", true, Some("2")),
            (Some("1"), "3", false, Some("2")),
        ] {
            let replaced = store.replace(&ada, before, after).await.unwrap();
            assert_eq!(replaced, is_replaced, "{before:?} {after} {url}");
            assert_eq!(store.load(&ada).await.unwrap().as_deref(), left, "{url}");
        }
    }
}

/// Without one of them lost: each is about something else.
#[tokio::test]
async fn devices_that_answer_at_once_lose_nothing() {
    for url in &Stores::new().urls {
        let site = Site::new(url, Settings::default()).await;
        let mut phone = site.device();
        phone.log_in("ada").await;
        phone
            .send("POST", "/cookies/preferences", "decision=accept")
            .await;
        let (mut laptop, mut tablet) = (site.device(), site.device());
        laptop.log_in("ada").await;
        tablet.log_in("ada").await;
        tokio::join!(
            phone.fetch("decision=deny&service=tube"),
            laptop.fetch("decision=object"),
        );
        // Before either has brought its own again.
        assert_eq!(tablet.allowed().await, "ads films", "{url}");
        assert_eq!(phone.allowed().await, "ads films", "{url}");
        assert_eq!(laptop.allowed().await, "ads films", "{url}");
    }
}
