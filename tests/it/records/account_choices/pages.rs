//! What the pages say, the records keep, and the settings refuse.

use tower_cookie_consent::{
    preferences::PreferencesCookie,
    records::{AccountConsent, MergeRule, Records, SqliteStore, verify},
};

use super::{
    super::every_store::Stores,
    site::{Settings, Site, policy},
};

const REACH: &str =
    "While you are logged in, your choice counts for your account, on all your devices.";

#[tokio::test]
async fn pages_say_how_far_a_choice_reaches() {
    let stores = Stores::new();
    let settings = Settings {
        rule: MergeRule::Account,
        ..Settings::default()
    };
    let site = Site::new(&stores.urls[0], settings).await;
    let (mut phone, mut laptop) = (site.device(), site.device());
    for path in ["/fragments", "/cookies/preferences?lang=en"] {
        assert!(!laptop.read(path).await.contains(REACH), "{path}");
    }
    laptop.allow(&["films"]).await;
    phone.account = Some("ada");
    for path in ["/fragments", "/cookies/preferences?lang=en"] {
        assert!(phone.read(path).await.contains(REACH), "{path}");
    }
    // The record has the words that were shown.
    let form = phone.read("/cookies/preferences?lang=en").await;
    let field = |name: &str| {
        let rest = form
            .split(&format!("name=\"{name}\" value=\""))
            .nth(1)
            .unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let body = format!(
        "decision=accept&surface=form&lang=en&revision=1&texts={}",
        field("texts")
    );
    phone.send("POST", "/cookies/preferences", &body).await;
    site.records.flush().await;
    let account = site.keys.account("ada");
    let records = site.archive.account_history(&account).await.unwrap();
    let shown = site
        .archive
        .document(records[0].record.shown.unwrap())
        .await;
    assert!(shown.unwrap().unwrap().content().contains(REACH));

    laptop.account = Some("ada");
    let notice = "had different choices about: ads. The choice of your account counts.";
    let said = laptop.read("/fragments").await;
    assert!(said.contains(notice), "{said}");
    assert!(!laptop.read("/fragments").await.contains(notice));
}

#[tokio::test]
async fn documents_say_once_what_a_login_contradicts() {
    let stores = Stores::new();
    let settings = Settings {
        rule: MergeRule::Account,
        ..Settings::default()
    };
    let site = Site::new(&stores.urls[0], settings).await;
    let (mut phone, mut laptop) = (site.device(), site.device());
    laptop.allow(&["films"]).await;
    phone.account = Some("ada");
    phone.allow(&["ads"]).await;
    let notice = "had different choices about: ads";
    assert!(!laptop.read("/document").await.contains(notice));
    laptop.account = Some("ada");
    let page = laptop.read("/document").await;
    let (before, _) = page.split_once("Hello").unwrap();
    assert!(before.contains(notice), "{page}");
    assert!(!laptop.read("/document").await.contains(notice));
}

#[test]
fn records_without_accounts_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = || SqliteStore::open(folder.path().join("consent.db")).unwrap();
    let policy = policy(PreferencesCookie::default());
    let records = Records::builder(store()).build().unwrap();
    let error = AccountConsent::new(&records, store(), &policy).unwrap_err();
    assert!(error.to_string().contains("RecordsBuilder::accounts"));
}

/// What is erased is no longer there, and the rest fits.
#[tokio::test]
async fn merged_choices_are_in_the_export() {
    let stores = Stores::new();
    let site = Site::new(&stores.urls[0], Settings::default()).await;
    let (mut phone, mut laptop) = (site.device(), site.device());
    phone.log_in("ada").await;
    phone.allow(&["ads"]).await;
    laptop.log_in("ada").await;
    site.records.flush().await;
    let key = tower_cookie_consent::records::SigningKey::generate().unwrap();
    let now = tower_cookie_consent::records::Instant::from_unix_seconds(1_790_000_000);
    site.archive.checkpoint(&key, now).await.unwrap();
    let mut lines = Vec::new();
    site.archive.export(&mut lines).await.unwrap();
    verify(&lines[..], &key.public(), false).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    assert_eq!(lines.matches("\"cause\":\"merged\"").count(), 1, "{lines}");
}
