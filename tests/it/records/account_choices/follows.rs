//! To another device, and back at logout.

use std::{sync::atomic::Ordering, time::Duration};

use axum::http::StatusCode;
use serde_json::Value;
use tower_cookie_consent::{
    observe::Surface,
    preferences::PreferencesCookie,
    records::{Instant, MergeRule, OptOutRequest},
};

use super::{
    super::every_store::Stores,
    site::{Settings, Site},
};

#[tokio::test]
async fn a_choice_follows_the_account_to_another_device() {
    for url in &Stores::new().urls {
        let site = Site::new(url, Settings::default()).await;
        let (mut phone, mut laptop) = (site.device(), site.device());
        assert_eq!(phone.log_in("ada").await, "- -");
        phone.allow(&["ads"]).await;
        assert_eq!(phone.own(), None, "{url}");
        assert_eq!(phone.open().await, "ads -");
        assert_eq!(phone.jar["_ga"], "1");

        assert_eq!(laptop.open().await, "- -");
        // The page after the login has the account's choice in force.
        assert_eq!(laptop.log_in("ada").await, "ads -");
        assert_eq!(laptop.jar["_ga"], "1");
        assert_eq!(laptop.own(), None);
        // A withdrawal reaches as far as a grant.
        laptop.allow(&["films"]).await;
        assert_eq!(phone.open().await, "- films");
        assert_eq!(phone.open().await, "- films");

        laptop.log_out().await;
        assert_eq!(laptop.of_account(), None);
        assert_eq!(laptop.open().await, "- -");
        assert_eq!(laptop.log_in("bob").await, "- -");
        let expected = [
            "choice denied",
            "choice granted",
            "merged denied",
            "merged granted",
        ];
        assert_eq!(site.recorded("ada").await, expected, "{url}");
    }
}

#[tokio::test]
async fn at_logout_the_device_has_its_own_choice_again() {
    for url in &Stores::new().urls {
        let site = Site::new(url, Settings::default()).await;
        let (mut other, mut device) = (site.device(), site.device());
        device.allow(&["films"]).await;
        let own = device.own().cloned().unwrap();
        other.log_in("ada").await;
        tokio::time::sleep(Duration::from_millis(1100)).await;
        other.allow(&["ads"]).await;

        let said = device.log_in("ada").await;
        assert_eq!(said, "ads - [\"ads\", \"films\"] Latest", "{url}");
        // Once.
        assert_eq!(device.open().await, "ads -");
        device.allow(&["ads", "films"]).await;
        assert_eq!(device.open().await, "ads films");
        assert_eq!(device.own(), Some(&own), "{url}");
        device.log_out().await;
        assert_eq!(device.own(), Some(&own));
        assert_eq!(device.open().await, "- films");
        // And so it is where the session has ended by itself, from the next page but one on.
        assert_eq!(
            device.log_in("ada").await.split(" [").next(),
            Some("ads films")
        );
        device.account = None;
        device.open().await;
        assert_eq!(device.of_account(), None);
        assert_eq!(device.open().await, "- films");
    }
}

#[tokio::test]
async fn the_rule_solves_contradictions() {
    for (rule, expected) in [
        (MergeRule::Latest, "- films [\"ads\", \"films\"] Latest"),
        (MergeRule::Account, "ads - [\"ads\", \"films\"] Account"),
    ] {
        // Stores of their own: the writer of the round before may have its spool for a moment yet.
        for url in &Stores::new().urls {
            let settings = Settings {
                rule,
                cookie: PreferencesCookie::new("__Host-choice"),
                ..Settings::default()
            };
            let site = Site::new(url, settings).await;
            let (mut phone, mut laptop) = (site.device(), site.device());
            phone.log_in("ada").await;
            phone.allow(&["ads"]).await;
            tokio::time::sleep(Duration::from_millis(1100)).await;
            laptop.allow(&["films"]).await;
            assert_eq!(laptop.log_in("ada").await, expected, "{url}");
            // What was merged counts for the account.
            assert_eq!(phone.open().await, expected[..expected.find(" [").unwrap()]);
        }
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_asked_again_later() {
    let stores = Stores::new();
    let site = Site::new(&stores.urls[0], Settings::default()).await;
    let (mut phone, mut laptop) = (site.device(), site.device());
    site.off.store(true, Ordering::SeqCst);
    assert_eq!(phone.log_in("ada").await, "- -");
    phone.allow(&["ads"]).await;
    assert_eq!(phone.open().await, "ads -");
    assert_eq!(laptop.log_in("ada").await, "- -");
    site.off.store(false, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(6)).await;
    // The device that made the choice brings it.
    assert_eq!(phone.open().await, "ads -");
    assert_eq!(laptop.open().await, "ads -");
}

/// The store is asked once a minute, and not by images.
#[tokio::test]
async fn the_store_is_not_asked_by_each_request() {
    let stores = Stores::new();
    let settings = Settings {
        refresh: Duration::from_secs(60),
        ..Settings::default()
    };
    let site = Site::new(&stores.urls[0], settings).await;
    let (mut phone, mut laptop) = (site.device(), site.device());
    phone.log_in("ada").await;
    laptop.log_in("ada").await;
    phone.allow(&["ads"]).await;
    for _ in 0..3 {
        assert_eq!(laptop.open().await, "- -");
        assert_eq!(phone.open().await, "ads -");
    }
}

#[tokio::test]
async fn a_signal_takes_effect_beside_the_account() {
    let stores = Stores::new();
    let site = Site::new(&stores.urls[0], Settings::default()).await;
    let (mut phone, mut laptop) = (site.device(), site.device());
    phone.log_in("ada").await;
    phone.allow(&["ads"]).await;
    laptop.gpc = true;
    laptop.log_in("ada").await;
    assert_eq!(laptop.open().await, "- -");
    assert_eq!(phone.open().await, "ads -");
}

/// 11 CCR §7025(c)(1): a signal of a known consumer is for the consumer, and not for the browser alone.
#[tokio::test]
async fn a_remembered_signal_opts_the_account_out() {
    for url in &Stores::new().urls {
        let settings = Settings {
            regime: Some("us-opt-out"),
            ..Settings::default()
        };
        let site = Site::new(url, settings).await;
        let (mut phone, mut laptop) = (site.device(), site.device());
        // Allowed until somebody opts out.
        assert_eq!(phone.log_in("ada").await, "ads -");
        assert_eq!(laptop.log_in("ada").await, "ads -");
        let notice = "signal was processed for your account, on all your devices.";
        assert!(!laptop.read("/fragments").await.contains(notice));
        laptop.gpc = true;
        assert!(laptop.read("/fragments").await.contains(notice), "{url}");
        assert!(!laptop.read("/fragments").await.contains(notice), "once");
        assert_eq!(laptop.open().await, "- -", "{url}");
        assert_eq!(laptop.own(), None);
        assert_eq!(phone.open().await, "- -", "{url}");
        // Without the signal too, and for nobody else.
        laptop.gpc = false;
        assert_eq!(laptop.open().await, "- -");
        assert_eq!(site.device().log_in("bob").await, "ads -");
        // A later grant that is confirmed counts, on every device.
        tokio::time::sleep(Duration::from_millis(1100)).await;
        let confirmed = phone
            .send("POST", "/cookies/preferences", "decision=opt_in")
            .await;
        assert_eq!(confirmed.status(), StatusCode::SEE_OTHER);
        assert_eq!(laptop.open().await, "ads -");
    }
}

/// The requests to opt out in the report, with what is opted out, and the counters of signals.
async fn of_signals(site: &Site) -> (Vec<(Surface, bool, String)>, u64) {
    assert_eq!(site.records.flush().await, 0);
    let mut requests = Vec::new();
    let each = |it: &OptOutRequest| {
        requests.push((it.surface, it.gpc, it.opted_out.join(" ")));
        Ok(())
    };
    let [from, until] = [0, u64::MAX].map(Instant::from_unix_seconds);
    site.archive.opt_outs(from, until, each).await.unwrap();
    let mut lines = Vec::new();
    site.archive.write_counters(&mut lines).await.unwrap();
    let lines = String::from_utf8(lines).unwrap();
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let of_signals = lines.filter(|line: &Value| line["value"] == "signal");
    (requests, u64::try_from(of_signals.count()).unwrap())
}

/// 11 CCR §7101: it is a request to opt out also where another device has answered before.
#[tokio::test]
async fn a_signal_against_the_accounts_choice_is_reported() {
    for url in &Stores::new().urls {
        let settings = Settings {
            regime: Some("us-opt-out"),
            ..Settings::default()
        };
        let site = Site::new(url, settings).await;
        let (mut phone, mut laptop) = (site.device(), site.device());
        assert_eq!(laptop.log_in("ada").await, "ads -");
        phone.log_in("ada").await;
        let granted = phone
            .send("POST", "/cookies/preferences", "decision=opt_in")
            .await;
        assert_eq!(granted.status(), StatusCode::SEE_OTHER);
        assert_eq!(of_signals(&site).await, (Vec::new(), 0), "{url}");
        laptop.gpc = true;
        for _ in 0..2 {
            assert_eq!(laptop.open().await, "- -", "{url}");
        }
        let request = (Surface::Signal, true, "ads".to_owned());
        assert_eq!(of_signals(&site).await, (vec![request], 1), "{url}");
        assert!(
            site.recorded("ada")
                .await
                .contains(&"choice denied".to_owned())
        );
        // On the phone it is a merge, and not another request.
        if url.starts_with("sqlite:") {
            assert_eq!(phone.open().await, "- -");
            assert_eq!(of_signals(&site).await.0.len(), 1, "{url}");
        }
    }
}
