//! A handler that removes the choice of a visitor who is logged in.

use std::{sync::atomic::Ordering, time::Duration};

use super::{
    super::every_store::Stores,
    site::{Settings, Site},
};

#[tokio::test]
async fn a_removed_choice_comes_back_on_no_device() {
    for url in &Stores::new().urls {
        let site = Site::new(url, Settings::default()).await;
        let (mut phone, mut laptop) = (site.device(), site.device());
        // From before the login.
        phone.allow(&["ads"]).await;
        let own = phone.own().cloned();
        assert_eq!(phone.log_in("ada").await, "ads -");
        assert_eq!(laptop.log_in("ada").await, "ads -");
        phone.send("POST", "/forget", "").await;
        for _ in 0..2 {
            assert_eq!(laptop.open().await, "- -", "{url}");
            assert_eq!(phone.open().await, "- -", "{url}");
        }
        let mut third = site.device();
        assert_eq!(third.log_in("ada").await, "- -");
        let recorded = site.recorded("ada").await;
        assert_eq!(
            recorded.last().unwrap(),
            "removed not_asked",
            "{recorded:?}"
        );
        // The device's own choice is back at logout, and counts for the account no more.
        phone.log_out().await;
        assert_eq!(phone.own().cloned(), own);
        assert_eq!(phone.open().await, "ads -");
        assert_eq!(phone.log_in("ada").await, "- -");
        // A later answer counts.
        tokio::time::sleep(Duration::from_millis(1100)).await;
        laptop.allow(&["films"]).await;
        assert_eq!(phone.open().await, "- films", "{url}");
    }
}

#[tokio::test]
async fn a_removal_survives_an_outage() {
    let stores = Stores::new();
    let site = Site::new(&stores.urls[0], Settings::default()).await;
    let (mut phone, mut laptop) = (site.device(), site.device());
    phone.log_in("ada").await;
    phone.allow(&["ads"]).await;
    laptop.log_in("ada").await;
    site.off.store(true, Ordering::SeqCst);
    phone.send("POST", "/forget", "").await;
    assert_eq!(phone.open().await, "- -");
    site.store_is_back().await;
    assert_eq!(phone.open().await, "- -");
    assert_eq!(laptop.open().await, "- -");
}
