//! How much anonymous visitors can have recorded.

use std::num::NonZeroU32;

use axum::{Router, body::Body};
use http::{Request, Response, StatusCode, header::SET_COOKIE};
use serde_json::Value;
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookiePolicy,
    pages::Pages,
    records::{AccountKey, Archive, RecordLayer, Records, RecordsBuilder, Subject},
};
use tracing_subscriber::filter::LevelFilter;

use super::every_store::Stores;
use crate::tracing::logged;

const ACCEPT: &str = r#"{"decision": "accept"}"#;
const REFUSE: &str = r#"{"decision": "refuse"}"#;
const PART: &str = r#"{"decision": "save", "categories": ["films"]}"#;

/// More than ten, which are no secret, and more than a second's.
const MANY: usize = 30;

struct Site {
    app: Router,
    records: Records,
}

impl Site {
    async fn new(url: &str, set: impl Fn(RecordsBuilder) -> RecordsBuilder) -> Self {
        let category = |id| Category::consent(id).title(id).description("d");
        let policy = CookiePolicy::new([category("ads"), category("films")]).unwrap();
        let records = Records::open(url).await.unwrap();
        let path = "/cookies".to_owned();
        let records = set(records.subject(Subject::Receipt { path }))
            .build()
            .unwrap();
        let app = Router::new()
            .layer(Pages::at("/cookies", policy.clone()).unwrap())
            .layer(RecordLayer::new(records.clone()))
            .layer(CookieConsentLayer::new(policy).records(&records));
        Self { app, records }
    }

    async fn choose(&self, choice: &'static str, cookies: &str, account: &str) -> Response<Body> {
        let request = Request::post("/cookies/preferences")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .header("cookie", cookies)
            .header("x-account", account)
            .body(Body::from(choice))
            .unwrap();
        self.app.clone().oneshot(request).await.unwrap()
    }

    /// Makes a choice many times, which has to refuse `ads` each time. Returns with how many of the answers a receipt
    /// came.
    async fn refuse_many(&self, choice: &'static str, cookies: &str, account: &str) -> usize {
        let mut receipts = 0;
        for _ in 0..MANY {
            let response = self.choose(choice, cookies, account).await;
            let set = cookie(&response, "cookies_preferences").unwrap();
            assert!(set.contains("%22ads%22%3Afalse"), "{set}");
            receipts += usize::from(cookie(&response, "consent_receipt").is_some());
        }
        assert_eq!(self.records.flush().await, 0);
        receipts
    }
}

fn cookie(response: &Response<Body>, name: &str) -> Option<String> {
    let fields = response.headers().get_all(SET_COOKIE).iter();
    let mut fields = fields.map(|field| field.to_str().unwrap());
    let field = fields.find(|field| field.starts_with(&format!("{name}=")))?;
    Some(field.split(';').next().unwrap().to_owned())
}

/// Returns the day's choices of this kind, and of how many there are records.
async fn counted(url: &str, kind: &str) -> (u64, usize) {
    let archive = Archive::open(url).await.unwrap();
    let (mut counters, mut export) = (Vec::new(), Vec::new());
    archive.write_counters(&mut counters).await.unwrap();
    archive.export(&mut export).await.unwrap();
    let lines = |bytes: Vec<u8>| -> Vec<Value> {
        let text = String::from_utf8(bytes).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.collect()
    };
    let counters = lines(counters).into_iter();
    let all = counters.filter(|line| line["by"] == "all");
    let records = lines(export).into_iter();
    let records = records.filter(|line| line["type"] == "record");
    (
        all.filter_map(|line| line[kind].as_u64()).sum(),
        records.count(),
    )
}

#[tokio::test]
async fn refusals_beyond_the_limit_are_in_effect_and_counted() {
    let stores = Stores::new();
    for url in &stores.urls {
        let site = Site::new(url, |records| {
            records.most_refusals_a_second(NonZeroU32::MIN)
        });
        let site = site.await;
        let receipts = site.refuse_many(REFUSE, "", "").await;
        // A second or two may have passed, each of which allows another record.
        assert!((1..MANY / 2).contains(&receipts), "{receipts}");
        assert_eq!(counted(url, "refused").await, (30, receipts), "{url}");
        let accepted = site.choose(ACCEPT, "", "").await;
        let cookies = cookie(&accepted, "cookies_preferences").unwrap();
        let more = site.refuse_many(REFUSE, &cookies, "").await;
        let expected = (30, receipts + 1 + more);
        assert_eq!(counted(url, "withdrawn").await, expected, "{url}");
        let health = site.records.health();
        let merged = 2 * MANY - receipts - more;
        assert_eq!((health.merged, health.lost), (merged as u64, 0));
    }
}

#[tokio::test]
async fn what_is_left_of_grants_is_under_the_limit_too() {
    let stores = Stores::new();
    let site = Site::new(&stores.urls[0], |records| {
        let records = records.most_grants_a_second(NonZeroU32::MIN);
        records.most_refusals_a_second(NonZeroU32::MIN)
    });
    let site = site.await;
    let mut turned_down = 0;
    for _ in 0..5 {
        let answer = site.choose(PART, "", "").await.status();
        turned_down += usize::from(answer == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(turned_down > 0);
    let receipts = site.refuse_many(PART, "", "").await;
    assert!(receipts < MANY / 2, "{receipts}");
    assert!(site.records.health().merged >= MANY as u64 / 2);
}

#[tokio::test]
async fn an_account_has_a_record_of_each_refusal() {
    let stores = Stores::new();
    let site = Site::new(&stores.urls[0], |records| {
        let records = records.most_refusals_a_second(NonZeroU32::MIN);
        records.accounts(AccountKey::generate().unwrap(), |request| {
            let name = request.headers().get("x-account")?.to_str().ok()?;
            Some(name.to_owned())
        })
    });
    let site = site.await;
    site.refuse_many(REFUSE, "", "").await;
    let merged = site.records.health().merged;
    assert!(merged > 0);
    assert_eq!(site.refuse_many(REFUSE, "", "ada").await, MANY);
    assert_eq!(site.records.health().merged, merged);
}

#[test]
fn the_log_says_once_that_refusals_are_merged() {
    let lines = logged(LevelFilter::ERROR, || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let stores = Stores::new();
            let site = Site::new(&stores.urls[0], |records| {
                records.most_refusals_a_second(NonZeroU32::MIN)
            });
            site.await.refuse_many(REFUSE, "", "").await;
        });
    });
    let lines = lines.all();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("most_refusals_a_second"), "{lines:?}");
}
