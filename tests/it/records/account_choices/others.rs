//! Another account in the same browser, and a session that has ended.

use std::sync::atomic::Ordering;

use super::{
    super::every_store::Stores,
    site::{Settings, Site},
};

#[tokio::test]
async fn another_account_does_not_get_the_choice() {
    for url in &Stores::new().urls {
        let site = Site::new(url, Settings::default()).await;
        let mut device = site.device();
        device.log_in("ada").await;
        device.allow(&["ads"]).await;
        // Without a logout in between.
        device.log_in("bob").await;
        assert_eq!(device.open().await, "- -", "{url}");
        device.allow(&["films"]).await;
        assert_eq!(device.open().await, "- films");
        assert_eq!(device.log_in("ada").await.split(" [").next(), Some("ads -"));
        let erased = site.keys.account("ada");
        let now = tower_cookie_consent::records::Instant::from_unix_seconds(0);
        site.records.flush().await;
        site.archive
            .erase_account(&erased, true, now)
            .await
            .unwrap();
        assert_eq!(site.device().log_in("ada").await, "- -");
        assert_eq!(site.device().log_in("bob").await, "- films");
    }
}

/// The first request after a login that navigates nowhere is a choice.
#[tokio::test]
async fn a_login_by_script_takes_no_choice_along() {
    for url in &Stores::new().urls {
        let site = Site::new(url, Settings::default()).await;
        let (mut device, mut other) = (site.device(), site.device());
        device.log_in("ada").await;
        device.allow(&["ads"]).await;
        device.account = Some("bob");
        assert_eq!(device.allowed_to_scripts().await, "stats", "{url}");
        device.log_in("ada").await;
        device.account = Some("bob");
        device.fetch("decision=allow&service=tube").await;
        assert_eq!(device.allowed().await, "tube stats", "{url}");
        other.log_in("bob").await;
        assert_eq!(other.allowed().await, "tube stats");
        // Nothing of Ada's is in Bob's records, not even as what was before.
        let expected = ["choice not_asked", "merged not_asked"];
        assert_eq!(site.recorded("bob").await, expected, "{url}");
        assert_eq!(site.before("ads", "bob").await, ["not_asked"; 2]);
        let mut third = site.device();
        third.log_in("ada").await;
        assert_eq!(third.allowed().await, "ads stats");
    }
}

#[tokio::test]
async fn an_outage_gives_nobody_the_choice_of_another() {
    let stores = Stores::new();
    let site = Site::new(&stores.urls[0], Settings::default()).await;
    let mut device = site.device();
    device.log_in("ada").await;
    device.allow(&["ads"]).await;
    site.off.store(true, Ordering::SeqCst);
    device.jar.remove("_ga");
    assert_eq!(device.log_in("bob").await, "- -");
    assert_eq!(device.of_account(), None);
    // Not even the page that finds it out sets what the other allowed.
    assert!(!device.jar.contains_key("_ga"), "{:?}", device.jar.keys());
    assert_eq!(device.open().await, "- -");
    // The device's own choice counts then.
    device.log_out().await;
    device.allow(&["films"]).await;
    assert_eq!(device.log_in("bob").await, "- films");
}

#[tokio::test]
async fn the_first_page_of_another_account_sets_nothing() {
    for url in &Stores::new().urls {
        let site = Site::new(url, Settings::default()).await;
        let mut device = site.device();
        device.log_in("ada").await;
        device.allow(&["ads", "films"]).await;
        for name in [Some("bob"), None] {
            device.log_in("ada").await;
            device
                .jar
                .retain(|name, _| !name.starts_with('_') || name.starts_with("__"));
            device.account = name;
            assert_eq!(device.open().await, "- -", "{url}");
            assert!(!device.jar.contains_key("_ga"), "{url} {name:?}");
        }
    }
}

#[tokio::test]
async fn an_ended_session_leaves_no_choice_behind() {
    let stores = Stores::new();
    let site = Site::new(&stores.urls[0], Settings::default()).await;
    let mut device = site.device();
    device.allow(&[]).await;
    device.log_in("ada").await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    device.allow(&["ads"]).await;
    assert_eq!(device.allowed().await, "ads stats");
    device.account = None;
    device.fetch("decision=allow&service=tube").await;
    assert_eq!(device.allowed().await, "tube stats");
    assert_eq!(device.of_account(), None);
    assert!(!device.own().unwrap().contains("ads%22%3Atrue"));
}

/// The refusal that the browser's signal makes keeps the rest of a choice: of nobody else's.
#[tokio::test]
async fn a_signal_takes_no_choice_along() {
    let stores = Stores::new();
    let settings = Settings {
        regime: Some("us-opt-out"),
        ..Settings::default()
    };
    let site = Site::new(&stores.urls[0], settings).await;
    let mut device = site.device();
    device.log_in("ada").await;
    device.allow(&["ads", "films"]).await;
    site.off.store(true, Ordering::SeqCst);
    device.gpc = true;
    device.log_in("bob").await;
    for _ in 0..2 {
        assert_eq!(device.allowed().await, "stats");
    }
    device.account = None;
    device.gpc = false;
    for _ in 0..2 {
        assert_eq!(device.allowed().await, "ads stats");
    }
}
