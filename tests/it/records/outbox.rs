//! A withdrawal reaches the provider's hook: through the layer, and across restarts, from every store.

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Body};
use http::{Request, header::SET_COOKIE};
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookiePolicy,
    pages::Pages,
    records::{Archive, Delivery, RecordLayer, Records, StoreError, Withdrawal},
};

use crate::support::{postgres::Postgres, process::Folder};

fn policy() -> CookiePolicy {
    let said = |category: Category, title: &str| category.title(title).description("d");
    CookiePolicy::new([
        said(Category::necessary("base"), "Base"),
        said(Category::exempt("audience"), "Audience"),
        said(Category::consent("ads"), "Ads"),
        said(Category::consent("films"), "Films"),
    ])
    .unwrap()
}

/// The calls of the hook, and what it answers.
#[derive(Clone)]
struct Provider {
    told: Arc<Mutex<Vec<Withdrawal>>>,
    answers: Delivery,
}

impl Provider {
    fn new(answers: Delivery) -> Self {
        let told = Arc::default();
        Self { told, answers }
    }

    async fn site(&self, url: &str) -> Router {
        // The writer of the site before may still have its spool open.
        let mut opened = self.open(url).await;
        for _ in 0..500 {
            if opened.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
            opened = self.open(url).await;
        }
        let records = opened.unwrap();
        Router::new()
            .layer(Pages::at("/cookies", policy()).unwrap())
            .layer(RecordLayer::new(records.clone()))
            .layer(CookieConsentLayer::new(policy()).records(&records))
    }

    async fn open(&self, url: &str) -> Result<Records, StoreError> {
        let provider = self.clone();
        let hook = move |withdrawal| {
            provider.told.lock().unwrap().push(withdrawal);
            let answers = provider.answers;
            async move { answers }
        };
        Records::open(url)
            .await?
            .on_withdrawal(hook)
            .withdrawal_retries(Duration::from_secs(1), NonZeroU32::new(50).unwrap())
            .withdrawal_handle(|request| {
                let field = request.headers().get("x-account")?;
                Some(field.to_str().ok()?.to_owned())
            })
            .build()
    }

    /// Returns the providers of all calls, once there are this many.
    async fn told(&self, count: usize) -> Vec<(String, Option<String>)> {
        for _ in 0..1000 {
            if self.told.lock().unwrap().len() >= count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let told = self.told.lock().unwrap();
        let mut told: Vec<_> = told
            .iter()
            .map(|it| (it.provider.clone(), it.handle.clone()))
            .collect();
        told.sort();
        told
    }
}

/// Makes a choice, and returns the cookie with it.
async fn choose(site: &Router, body: &str, cookie: &str) -> String {
    let request = Request::post("/cookies/preferences")
        .header("host", "shop.example")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", cookie)
        .header("x-account", "visitor-7")
        .body(Body::from(body.to_owned()))
        .unwrap();
    let response = site.clone().oneshot(request).await.unwrap();
    let mut fields = response.headers().get_all(SET_COOKIE).iter();
    let field = fields.find(|field| field.as_bytes().starts_with(b"cookies_preferences="));
    let field = field.unwrap().to_str().unwrap();
    field.split(';').next().unwrap().to_owned()
}

fn named(providers: &[&str]) -> Vec<(String, Option<String>)> {
    let handle = Some("visitor-7".to_owned());
    let named = providers
        .iter()
        .map(|it| ((*it).to_owned(), handle.clone()));
    named.collect()
}

async fn lines(url: &str) -> String {
    let mut lines = Vec::new();
    let archive = Archive::open(url).await.unwrap();
    archive.write_outbox(&mut lines).await.unwrap();
    String::from_utf8(lines).unwrap()
}

/// The store's URL on each kind of store that this machine has.
fn stores(folder: &Folder) -> (Vec<String>, Option<Arc<Postgres>>) {
    let mut urls = vec![format!("sqlite:{}", folder.0.join("consent.db").display())];
    let server = Postgres::shared();
    urls.extend(server.as_ref().map(|server| server.database()));
    (urls, server)
}

#[tokio::test]
async fn only_what_was_allowed_is_passed_on() {
    let folder = Folder::new("outbox");
    let (urls, _server) = stores(&folder);
    for url in urls {
        let provider = Provider::new(Delivery::Done);
        let site = provider.site(&url).await;
        // Exempt categories are allowed without asking; the others were not.
        choose(&site, "decision=refuse", "").await;
        assert_eq!(provider.told(1).await, named(&["audience"]), "{url}");

        let accepted = choose(&site, "decision=accept", "").await;
        let one = "decision=save&category=audience&category=ads";
        let saved = choose(&site, one, &accepted).await;
        assert_eq!(provider.told(2).await, named(&["audience", "films"]));
        choose(&site, one, &saved).await;
        choose(&site, "decision=refuse", &saved).await;
        let all = named(&["ads", "audience", "audience", "films"]);
        assert_eq!(provider.told(4).await, all, "{url}");
        let lines = lines(&url).await;
        assert!(!lines.contains("visitor-7"), "{lines}");
    }
}

#[tokio::test]
async fn what_is_not_delivered_is_after_a_restart() {
    let folder = Folder::new("outbox");
    let (urls, _server) = stores(&folder);
    for url in urls {
        let busy = Provider::new(Delivery::Again);
        let site = busy.site(&url).await;
        let accepted = choose(&site, "decision=accept", "").await;
        choose(&site, "decision=refuse", &accepted).await;
        assert_eq!(
            busy.told(3).await[..3],
            named(&["ads", "audience", "films"])[..]
        );
        // The last clone of its records.
        drop(site);

        let provider = Provider::new(Delivery::Done);
        let _site = provider.site(&url).await;
        let told = provider.told(3).await;
        assert_eq!(told, named(&["ads", "audience", "films"]), "{url}");
        let mut delivered = 0;
        for _ in 0..500 {
            let lines = lines(&url).await;
            delivered = lines.matches(r#""state":"delivered""#).count();
            if delivered == 3 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(delivered, 3, "{url}");
    }
}
