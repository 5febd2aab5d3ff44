//! Records of accounts, in every store.

use std::sync::Arc;

use axum::{Router, body::Body};
use http::Request;
use serde_json::Value;
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookiePolicy,
    layer::RequestHead,
    pages::Pages,
    records::{
        Account, AccountKey, AccountKeys, Archive, Document, Entry, Instant, RecordId, RecordLayer,
        RecordRetention, Records, SigningKey, Subject, SubjectId, verify,
    },
};

use super::{
    START, entry,
    every_store::{Stores, open},
};

const NAME: &str = "ada.lovelace";

fn now() -> Instant {
    Instant::from_unix_seconds(START + 60)
}

fn keys() -> AccountKeys {
    AccountKey::generate().unwrap().into()
}

/// A site whose outer layers have put the account's name into a header that visitors can't send.
struct Site {
    app: Router,
    archive: Archive,
    records: Records,
    keys: AccountKeys,
}

fn name(request: RequestHead<'_>) -> Option<String> {
    let name = request.headers().get("x-account")?.to_str().ok()?;
    Some(name.to_owned())
}

impl Site {
    async fn new(url: &str) -> Self {
        let category = Category::consent("ads").title("Ads").description("d");
        let policy = CookiePolicy::new([category]).unwrap();
        let keys = keys();
        let records = Records::open(url).await.unwrap();
        let path = "/cookies".to_owned();
        let records = records.subject(Subject::Receipt { path });
        let records = records.accounts(keys.clone(), name).build().unwrap();
        let app = Router::new()
            .layer(Pages::at("/cookies", policy.clone()).unwrap())
            .layer(RecordLayer::new(records.clone()))
            .layer(CookieConsentLayer::new(policy).records(&records));
        Self {
            app,
            archive: Archive::open(url).await.unwrap(),
            records,
            keys,
        }
    }

    /// Makes a choice on a device that has this receipt. Returns the new receipt.
    async fn choose(&self, choice: &str, account: &str, receipt: Option<RecordId>) -> RecordId {
        let mut request = Request::post("/cookies/preferences")
            .header("host", "shop.example")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-account", account);
        if let Some(receipt) = receipt {
            request = request.header("cookie", format!("consent_receipt={receipt}"));
        }
        let body = Body::from(format!("decision={choice}"));
        let response = self.app.clone().oneshot(request.body(body).unwrap()).await;
        let response = response.unwrap();
        assert_eq!(response.status(), 303);
        assert_eq!(self.records.flush().await, 0);
        let fields = response.headers().get_all("set-cookie").iter();
        let fields =
            fields.filter_map(|field| field.to_str().unwrap().strip_prefix("consent_receipt="));
        let ids: Vec<_> = fields.map(|rest| rest.split(';').next().unwrap()).collect();
        ids[0].parse().unwrap()
    }

    async fn history(&self, name: &str) -> Vec<(RecordId, Option<SubjectId>)> {
        let account = self.keys.account(name);
        let records = self.archive.account_history(&account).await.unwrap();
        records
            .iter()
            .map(|it| (it.record.id, it.subject))
            .collect()
    }

    async fn export(&self) -> String {
        let mut lines = Vec::new();
        self.archive.export(&mut lines).await.unwrap();
        String::from_utf8(lines).unwrap()
    }
}

#[tokio::test]
async fn an_account_has_one_history_from_all_its_devices() {
    for url in &Stores::new().urls {
        let site = Site::new(url).await;
        let phone = site.choose("accept", NAME, None).await;
        let other = site.choose("accept", "bob", None).await;
        let nobody = site.choose("accept", "", None).await;
        let laptop = site.choose("refuse", NAME, None).await;
        let history = site.history(NAME).await;
        let mut ids: Vec<_> = history.iter().map(|(id, _)| *id).collect();
        ids.sort_by_key(|id| *id != phone);
        assert_eq!(ids, [phone, laptop], "{url}");
        let subject = history[0].1.unwrap();
        assert_eq!(history[1].1, Some(subject));
        let of_bob = site.history("bob").await;
        assert_eq!(of_bob.len(), 1);
        assert_eq!(of_bob[0].0, other);
        assert_ne!(of_bob[0].1, Some(subject));
        assert_eq!(
            site.archive.find(nobody).await.unwrap().unwrap().subject,
            None
        );
        assert_eq!(site.history("").await, []);

        let export = site.export().await;
        let of_subject = format!("\"subject\":\"{subject}\"");
        assert_eq!(export.matches(&of_subject).count(), 2, "{export}");
        assert!(!export.contains(NAME), "{export}");
    }
}

#[tokio::test]
async fn an_erased_account_leaves_everything_verifiable() {
    for url in &Stores::new().urls {
        let site = Site::new(url).await;
        let account = site.keys.account(NAME);
        let granted = site.choose("accept", NAME, None).await;
        site.choose("accept", NAME, None).await;
        site.choose("accept", "bob", None).await;
        let key = SigningKey::generate().unwrap();
        let today = Instant::from_unix_seconds(granted.unix_seconds());
        site.archive.checkpoint(&key, today).await.unwrap();
        let before = site.export().await;

        let refused = site.archive.erase_account(&account, false, today).await;
        let refused = refused.unwrap_err().to_string();
        assert!(
            refused.contains("still counts") && !refused.contains(NAME),
            "{refused}"
        );
        let erased = site.archive.erase_account(&account, true, today).await;
        assert_eq!(erased.unwrap(), 2, "{url}");
        assert_eq!(site.history(NAME).await, []);
        let nobody = site.archive.erase_account(&account, true, today).await;
        assert_eq!(nobody.unwrap_err().to_string(), "no record of this account");

        let after = site.export().await;
        let verified = verify(after.as_bytes(), &key.public(), false).unwrap();
        assert!(verified.to_string().contains("3 records"), "{verified}");
        let subjects = |export: &str| {
            let lines = export
                .lines()
                .map(|line| serde_json::from_str(line).unwrap());
            lines
                .filter(|line: &Value| line["subject"].is_string())
                .count()
        };
        assert_eq!((subjects(&before), subjects(&after)), (3, 1));

        // A later choice is of somebody new.
        site.choose("refuse", NAME, None).await;
        let (_, subject) = site.history(NAME).await[0];
        assert!(!before.contains(&subject.unwrap().to_string()));
        assert_eq!(site.history("bob").await.len(), 1);
    }
}

#[tokio::test]
async fn a_device_is_not_linked_with_the_account_on_it() {
    for url in &Stores::new().urls {
        let site = Site::new(url).await;
        let logged_out = site.choose("accept", "", None).await;
        let again = site.choose("refuse", "", Some(logged_out)).await;
        let logged_in = site.choose("accept", NAME, Some(again)).await;
        let afterwards = site.choose("refuse", "", Some(logged_in)).await;
        let mut lengths = Vec::new();
        for receipt in [again, logged_in, afterwards] {
            lengths.push(site.archive.history(receipt).await.unwrap().len());
        }
        assert_eq!(lengths, [2, 1, 1], "{url}");
        let ids: Vec<_> = site.history(NAME).await.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, [logged_in]);
    }
}

fn of(account: &Account) -> Entry {
    let mut entry = entry();
    entry.account = Some(account.clone());
    entry
}

#[tokio::test]
async fn a_new_key_finds_the_accounts_of_the_old_one() {
    for url in &Stores::new().urls {
        let store = open(url).await;
        let archive = Archive::open(url).await.unwrap();
        let [old, new] = [(); 2].map(|()| AccountKey::generate().unwrap());
        let before = AccountKeys::new(old.clone());
        let both = AccountKeys::new(new.clone()).and(old);
        let after = AccountKeys::new(new);
        let names = [NAME, "bob"];
        let [ada, bob] = names.map(|name| before.account(name));
        store.append(&[of(&ada), of(&bob)]).await.unwrap();
        let records = async |account: &Account| {
            let records = archive.account_history(account).await.unwrap();
            let subjects = records.iter().map(|it| it.subject.unwrap());
            subjects.collect::<Vec<_>>()
        };
        assert_eq!(records(&both.account(NAME)).await.len(), 1, "{url}");
        assert_eq!(records(&after.account(NAME)).await, []);
        store.append(&[of(&both.account(NAME))]).await.unwrap();
        // Moved: the hash under the old key is gone, and the subject is the same.
        assert_eq!(records(&ada).await, []);
        let found = records(&after.account(NAME)).await;
        assert_eq!((found.len(), found[0]), (2, found[1]));
        // Who made no choice in between is found by the old key alone.
        assert_eq!(records(&after.account("bob")).await, []);
        assert_eq!(records(&both.account("bob")).await.len(), 1);

        // Two nodes with different keys: two subjects, one account.
        let [first, second] = [(); 2].map(|()| AccountKey::generate().unwrap());
        for key in [&first, &second] {
            let eve = AccountKeys::from(key.clone()).account("eve");
            store.append(&[of(&eve)]).await.unwrap();
        }
        let eve = AccountKeys::new(first).and(second).account("eve");
        let found = records(&eve).await;
        assert_eq!(found.len(), 2);
        assert_ne!(found[0], found[1]);
        store.append(&[of(&eve)]).await.unwrap();
        assert_eq!(archive.erase_account(&eve, true, now()).await.unwrap(), 3);
        assert_eq!(records(&eve).await, []);
    }
}

#[tokio::test]
async fn a_purge_forgets_accounts_without_records() {
    let ads = CookiePolicy::new([Category::consent("ads")]).unwrap();
    let policy = Document::of_policy(&ads);
    for url in &Stores::new().urls {
        let store = open(url).await;
        let archive = Archive::open(url).await.unwrap();
        let account = keys().account(NAME);
        let of_day = |seconds| {
            let mut entry = of(&account);
            let record = Arc::make_mut(&mut entry.record);
            record.policy = policy.digest();
            record.id = RecordId::at(seconds, [9; 10]);
            record.recorded_at = Instant::from_unix_seconds(seconds);
            record.decided_at = record.recorded_at;
            entry.documents.push(policy.clone());
            entry
        };
        let years = |years: u64| START + years * 366 * 24 * 60 * 60;
        store
            .append(&[of_day(START), of_day(years(3))])
            .await
            .unwrap();
        let subject = archive.account_history(&account).await.unwrap()[0].subject;
        let key = SigningKey::generate().unwrap();
        for (time, left) in [(5, 1), (20, 0)] {
            let time = Instant::from_unix_seconds(years(time));
            let keep = RecordRetention::default();
            assert_eq!(archive.purge(keep, &key, time).await.unwrap(), 1, "{url}");
            assert_eq!(archive.account_history(&account).await.unwrap().len(), left);
        }
        // Nothing of it was left: it gets another subject.
        store.append(&[of(&account)]).await.unwrap();
        let again = archive.account_history(&account).await.unwrap()[0].subject;
        assert_ne!(again, subject);
    }
}

/// Choices of one account from several connections, while it is erased again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_erasure_under_load_leaves_no_record_behind() {
    for url in &Stores::new().urls {
        let account = keys().account(NAME);
        let other = keys().account("bob");
        let writers: Vec<_> = (0..4)
            .map(|_| {
                let (url, account, other) = (url.clone(), account.clone(), other.clone());
                tokio::spawn(async move {
                    let store = open(&url).await;
                    for _ in 0..25 {
                        let group = [of(&account), of(&other), of(&account)];
                        store.append(&group).await.unwrap();
                    }
                })
            })
            .collect();
        let archive = Archive::open(url).await.unwrap();
        while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
            archive.erase_account(&account, true, now()).await.ok();
        }
        for writer in writers {
            writer.await.unwrap();
        }
        archive.erase_account(&account, true, now()).await.ok();
        assert_eq!(archive.account_history(&account).await.unwrap(), []);
        let kept = archive.account_history(&other).await.unwrap();
        assert_eq!(kept.len(), 100, "{url}");
        let mut lines = Vec::new();
        archive.export(&mut lines).await.unwrap();
        let lines = String::from_utf8(lines).unwrap();
        // No record is of a subject without its account.
        let of_subjects = lines.matches("\"subject\":\"").count();
        assert_eq!(of_subjects, 100, "{url}");
        let subject = format!("\"subject\":\"{}\"", kept[0].subject.unwrap());
        assert_eq!(lines.matches(&subject).count(), 100);
    }
}

mod earlier_schema {
    use rusqlite::Connection;

    use super::*;
    use crate::support::{postgres::Postgres, process::Folder};

    /// Adds accounts to a store of the schema before them, whose records it has still.
    async fn migrates(url: &str) {
        let store = open(url).await;
        let account = keys().account(NAME);
        store.append(&[of(&account), entry()]).await.unwrap();
        let archive = Archive::open(url).await.unwrap();
        let records = archive.account_history(&account).await.unwrap();
        assert_eq!(records.len(), 1, "{url}");
        let key = SigningKey::generate().unwrap();
        archive.checkpoint(&key, now()).await.unwrap();
        let stats = archive.stats().await.unwrap().to_string();
        assert!(stats.starts_with("records: 3\n"), "{stats}");
    }

    #[tokio::test]
    async fn a_file_without_accounts_gets_them() {
        let folder = Folder::new("records");
        let old = Connection::open(folder.0.join("old.db")).unwrap();
        for step in [
            include_str!("../../../src/records/sqlite/schema/1.sql"),
            include_str!("../../../src/records/sqlite/schema/2.sql"),
            include_str!("../../../src/records/sqlite/schema/3.sql"),
            "PRAGMA application_id = 0x54434372; PRAGMA user_version = 3;
             INSERT INTO documents VALUES (1, x'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'text/plain', '');
             INSERT INTO records (id, recorded_at, decided_at, site, policy, surface, gpc, cause, answers)
             VALUES (randomblob(16), 1790000000, 1790000000, 'x', 1, 'banner', 0, 'choice', '{\"ads\":\"gn\"}');",
        ] {
            old.execute_batch(step).unwrap();
        }
        drop(old);
        migrates(&format!("sqlite:{}", folder.0.join("old.db").display())).await;
    }

    #[tokio::test]
    async fn a_database_without_accounts_gets_them() {
        let Some(server) = Postgres::shared() else {
            return;
        };
        let old = server.database();
        for step in [
            include_str!("../../../src/records/postgres/schema/1.sql"),
            include_str!("../../../src/records/postgres/schema/2.sql"),
            include_str!("../../../src/records/postgres/schema/3.sql"),
            "UPDATE consent_schema SET version = 3",
            "SELECT consent_add_month(1790000000)",
            "INSERT INTO consent_records (id, recorded_at, decided_at, gpc, policy, site, surface, cause, answers)
             VALUES ('01a0c3e2-7a00-7000-8000-000000000000', 1790000000, 1790000000, false, '', 'x', 'banner',
                     'choice', '{\"ads\":\"gn\"}')",
        ] {
            server.sql(&old, step);
        }
        migrates(&old).await;
    }
}
