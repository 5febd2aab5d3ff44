//! No grant without proof, and no refusal that waits: the layer over a real SQLite file, and over a store
//! that fails.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body, response::IntoResponse, routing::post};
use http::{Request, Response, StatusCode, header::SET_COOKIE};
use http_body_util::BodyExt;
use rusqlite::Connection;
use serde_json::Value;
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy,
    pages::Pages,
    records::{
        Appended, Entry, RecordLayer, RecordStore, Records, RecordsBuilder, SqliteStore,
        StoreError, StoreFuture, Subject,
    },
};

/// A store that can be switched off.
#[derive(Clone, Debug)]
struct Switched {
    store: Arc<SqliteStore>,
    off: Arc<AtomicBool>,
}

impl RecordStore for Switched {
    fn append<'a>(&'a self, entries: &'a [Entry]) -> StoreFuture<'a, Vec<Appended>> {
        if self.off.load(Ordering::SeqCst) {
            return Box::pin(async { Err(StoreError::temporary("it is switched off")) });
        }
        self.store.append(entries)
    }
}

struct Site {
    app: Router,
    folder: tempfile::TempDir,
    off: Arc<AtomicBool>,
    records: Records,
}

fn policy() -> CookiePolicy {
    CookiePolicy::new([
        Category::necessary("base")
            .title("Base")
            .description("d")
            .cookie(CookieDeclaration::new("sid")),
        Category::consent("ads")
            .title("Ads")
            .description("d")
            .cookie(CookieDeclaration::new("_ga")),
        Category::consent("films").title("Films").description("d"),
    ])
    .unwrap()
}

fn site(set: impl Fn(RecordsBuilder, &std::path::Path) -> RecordsBuilder) -> Site {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("records.db")).unwrap();
    let off = Arc::new(AtomicBool::new(false));
    let switched = Switched {
        store: Arc::new(store),
        off: Arc::clone(&off),
    };
    let subject = Subject::Receipt {
        path: "/cookies".to_owned(),
    };
    let builder = Records::builder(switched).subject(subject);
    let records = set(builder, folder.path()).build().unwrap();
    let buy = async |consent: Consent| {
        let accepted = consent.set_cookie(consent.accept_all());
        (StatusCode::CREATED, accepted, [("x-order", "1")], "ordered").into_response()
    };
    let pages = Pages::at("/cookies", policy()).unwrap();
    let app = Router::new()
        .route("/buy", post(buy))
        .layer(pages)
        .layer(RecordLayer::new(records.clone()))
        .layer(CookieConsentLayer::new(policy()).records(&records));
    Site {
        app,
        folder,
        off,
        records,
    }
}

impl Site {
    async fn post(&self, path: &str, body: &str, cookies: &str) -> Response<Body> {
        let json = body.starts_with('{');
        let media_type = match json {
            true => "application/json",
            false => "application/x-www-form-urlencoded",
        };
        let request = Request::post(path)
            .header("host", "shop.example:8080")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", media_type)
            .header(
                "accept",
                if json {
                    "application/json"
                } else {
                    "text/html"
                },
            )
            .header("cookie", cookies)
            .body(Body::from(body.to_owned()))
            .unwrap();
        self.app.clone().oneshot(request).await.unwrap()
    }

    async fn get(&self, path: &str) -> String {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = self.app.clone().oneshot(request).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(body.to_vec()).unwrap()
    }

    async fn choose(&self, body: &str, cookies: &str) -> Response<Body> {
        self.post("/cookies/preferences", body, cookies).await
    }

    /// Returns the rows once there are so many: a refusal passes after 20 ms, with or without its record.
    async fn rows_up_to(&self, count: usize) -> Vec<(String, String, Option<String>)> {
        for _ in 0..100 {
            if self.rows().len() >= count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.rows()
    }

    /// Returns `answers`, `surface` and so on of each record, in order.
    fn rows(&self) -> Vec<(String, String, Option<String>)> {
        let database = Connection::open(self.folder.path().join("records.db")).unwrap();
        let sql = "SELECT answers, surface, language FROM records ORDER BY row";
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        rows.unwrap().map(Result::unwrap).collect()
    }
}

fn set_cookies(response: &Response<Body>) -> Vec<String> {
    let fields = response.headers().get_all(SET_COOKIE).iter();
    fields
        .map(|field| field.to_str().unwrap().to_owned())
        .collect()
}

fn cookie(response: &Response<Body>, name: &str) -> Option<String> {
    let all = set_cookies(response);
    let field = all
        .iter()
        .find(|field| field.starts_with(&format!("{name}=")))?;
    Some(field.split(';').next().unwrap().to_owned())
}

fn grants(response: &Response<Body>) -> bool {
    let preferences = cookie(response, "cookies_preferences");
    preferences.is_some_and(|pair| {
        let yes = |id: &str| pair.contains(&format!("%22{id}%22%3Atrue"));
        yes("ads") || yes("films")
    })
}

async fn json(response: Response<Body>) -> Value {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap()
}

const ACCEPT: &str = r#"{"decision": "accept"}"#;
const REFUSE: &str = r#"{"decision": "refuse"}"#;
const PART: &str = r#"{"decision": "save", "categories": ["films"]}"#;

#[tokio::test]
async fn each_choice_is_recorded_with_what_was_before() {
    let site = site(|records, _| records);
    let first = site.choose(ACCEPT, "").await;
    assert!(grants(&first));
    let preferences = cookie(&first, "cookies_preferences").unwrap();
    let receipt = cookie(&first, "consent_receipt").unwrap();
    assert!(
        set_cookies(&first)[1].contains("; Path=/cookies; "),
        "{:?}",
        set_cookies(&first)
    );
    let second = site
        .choose(REFUSE, &format!("{preferences}; {receipt}"))
        .await;
    assert!(!grants(&second));
    assert_ne!(cookie(&second, "consent_receipt").unwrap(), receipt);
    let rows = site.rows_up_to(2).await;
    assert_eq!(
        rows[0],
        (
            r#"{"ads":"gn","films":"gn"}"#.to_owned(),
            "json".to_owned(),
            None
        )
    );
    assert_eq!(rows[1].0, r#"{"ads":"dg","films":"dg"}"#);
    assert_eq!(rows.len(), 2);
    let database = Connection::open(site.folder.path().join("records.db")).unwrap();
    let links: i64 = database
        .query_row("SELECT count(*) FROM links", [], |row| row.get(0))
        .unwrap();
    assert_eq!(links, 1, "the second record links the first");
    let site_name: String = database
        .query_row("SELECT site FROM records", [], |row| row.get(0))
        .unwrap();
    assert_eq!(site_name, "shop.example");
}

#[tokio::test]
async fn what_the_banner_showed_is_kept_as_a_document() {
    let site = site(|records, _| records);
    let page = site.app.clone().oneshot(
        Request::get("/cookies/preferences")
            .body(Body::empty())
            .unwrap(),
    );
    let page = page
        .await
        .unwrap()
        .into_body()
        .collect()
        .await
        .unwrap()
        .to_bytes();
    let page = String::from_utf8(page.to_vec()).unwrap();
    let texts = page
        .split("name=\"texts\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert!(texts.starts_with("sha256-128:"), "{texts}");
    let form = format!("decision=accept&surface=banner&lang=en&revision=1&texts={texts}");
    let response = site.choose(&form, "").await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert!(grants(&response));
    let rows = site.rows();
    assert_eq!((&*rows[0].1, rows[0].2.as_deref()), ("banner", Some("en")));
    let database = Connection::open(site.folder.path().join("records.db")).unwrap();
    let shown = "SELECT content FROM documents JOIN records ON documents.row = records.shown";
    let shown: String = database.query_row(shown, [], |row| row.get(0)).unwrap();
    assert!(
        shown.contains("tcc-banner") && shown.contains("Films"),
        "{shown}"
    );
}

#[tokio::test]
async fn the_receipt_goes_to_the_pages_of_each_policy() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records.db");
    let records = Records::builder(SqliteStore::open(&file).unwrap()).subject(Subject::Receipt {
        path: "/cookies".to_owned(),
    });
    let records = records.build().unwrap();
    let french = policy().to_builder().pages_at("/temoins").build().unwrap();
    let app = Router::new()
        .layer(Pages::at("/cookies", policy()).unwrap())
        .layer(RecordLayer::new(records.clone()))
        .layer(CookieConsentLayer::new(french).records(&records));
    let choose = async |decision: &str, cookies: String| {
        let request = Request::post("/temoins/preferences")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/json")
            .header("cookie", cookies)
            .body(Body::from(format!(r#"{{"decision": "{decision}"}}"#)));
        app.clone().oneshot(request.unwrap()).await.unwrap()
    };
    let first = choose("accept", String::new()).await;
    let receipt = cookie(&first, "consent_receipt").unwrap();
    assert!(
        set_cookies(&first)[1].contains("; Path=/temoins; "),
        "{:?}",
        set_cookies(&first)
    );
    let preferences = cookie(&first, "cookies_preferences").unwrap();
    choose("refuse", format!("{preferences}; {receipt}")).await;
    let links: i64 = Connection::open(&file)
        .unwrap()
        .query_row("SELECT count(*) FROM links", [], |row| row.get(0))
        .unwrap();
    assert_eq!(links, 1, "the second record links the first");
}

#[tokio::test]
async fn a_fingerprint_that_can_be_forged_proves_no_texts() {
    let site = site(|records, _| records);
    let texts = policy().text_fingerprint("en");
    let form = format!("decision=accept&surface=banner&lang=en&revision=1&texts={texts}");
    assert!(grants(&site.choose(&form, "").await));
    let database = Connection::open(site.folder.path().join("records.db")).unwrap();
    let shown: Option<i64> = database
        .query_row("SELECT shown FROM records", [], |row| row.get(0))
        .unwrap();
    assert_eq!(shown, None);
}

#[tokio::test]
async fn without_a_record_nothing_is_granted_and_refusals_count() {
    let site = site(|records, _| records.grant_wait(Duration::from_millis(200)));
    site.off.store(true, Ordering::SeqCst);
    let refused = site.choose(ACCEPT, "").await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(set_cookies(&refused), [""; 0]);
    assert_eq!(json(refused).await["error"], "not_recorded");

    let form = site.choose("decision=accept", "").await;
    assert_eq!(form.status(), StatusCode::SEE_OTHER);
    assert_eq!(
        form.headers()["location"],
        "./preferences?notice=not_recorded"
    );
    assert_eq!(set_cookies(&form), [""; 0]);

    // Of a part, the denial counts.
    let part = site.choose(PART, "").await;
    assert_eq!(part.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(!grants(&part));
    let preferences = cookie(&part, "cookies_preferences").unwrap();
    assert!(
        preferences.contains("ads") && !preferences.contains("films"),
        "{preferences}"
    );

    let order = site.post("/buy", "", "").await;
    assert_eq!(
        (order.status(), order.headers()["x-order"].to_str().unwrap()),
        (StatusCode::CREATED, "1")
    );
    assert_eq!(set_cookies(&order), [""; 0]);

    let no = site.choose(REFUSE, "").await;
    assert_eq!(no.status(), StatusCode::OK);
    assert!(cookie(&no, "cookies_preferences").is_some());
    assert_eq!(site.rows(), []);

    // The refusals are recorded once the store is back, and what was not granted is marked.
    site.off.store(false, Ordering::SeqCst);
    let mut rows = Vec::new();
    for _ in 0..100 {
        rows = site.rows();
        if rows.len() >= 6 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let refusals = rows.iter().filter(|row| !row.0.contains('g')).count();
    assert_eq!(refusals, 2, "{rows:?}");
    let database = Connection::open(site.folder.path().join("records.db")).unwrap();
    let granted =
        "SELECT count(*) FROM records WHERE answers LIKE '%g%' AND cause != 'unconfirmed'";
    let granted: i64 = database.query_row(granted, [], |row| row.get(0)).unwrap();
    assert_eq!(granted, 0);
}

/// What the store was never asked can't be in it.
#[tokio::test]
async fn grants_of_an_outage_leave_few_records() {
    let site = site(|records, _| records.grant_wait(Duration::from_millis(200)));
    site.off.store(true, Ordering::SeqCst);
    for _ in 0..20 {
        let refused = site.choose(ACCEPT, "").await;
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
    site.off.store(false, Ordering::SeqCst);
    site.choose(REFUSE, "").await;
    tokio::time::sleep(Duration::from_millis(800)).await;
    let rows = site.rows().len();
    assert!((1..10).contains(&rows), "{rows}");
}

#[tokio::test]
async fn the_spool_makes_grants_durable_while_the_store_is_down() {
    let site = site(|records, folder| records.spool(folder.join("records.spool")));
    site.off.store(true, Ordering::SeqCst);
    let response = site.choose(ACCEPT, "").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(grants(&response));
    assert_eq!(site.records.health().spooled, 1);
    assert_eq!(site.rows(), []);
    site.off.store(false, Ordering::SeqCst);
    for _ in 0..100 {
        if !site.rows().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(site.rows().len(), 1);
    assert_eq!(site.records.health().lost, 0);
}

#[tokio::test]
async fn a_site_may_ask_for_the_store_itself() {
    let site = site(|records, folder| {
        let records = records
            .spool(folder.join("records.spool"))
            .require_store(true);
        records.grant_wait(Duration::from_millis(200))
    });
    site.off.store(true, Ordering::SeqCst);
    let response = site.choose(ACCEPT, "").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(!grants(&response));
}

/// Takes half a second for each group.
#[derive(Debug)]
struct Slow(SqliteStore);

impl RecordStore for Slow {
    fn append<'a>(&'a self, entries: &'a [Entry]) -> StoreFuture<'a, Vec<Appended>> {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            self.0.append(entries).await
        })
    }
}

#[tokio::test]
async fn without_a_spool_a_store_may_take_as_long_as_a_response() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("records.db")).unwrap();
    let records = Records::builder(Slow(store));
    let records = records.grant_wait(Duration::from_secs(20)).build().unwrap();
    let accept = async |consent: Consent| consent.set_cookie(consent.accept_all());
    let app: Router = Router::new()
        .route("/", post(accept))
        .layer(RecordLayer::new(records.clone()))
        .layer(CookieConsentLayer::new(policy()).records(&records));
    let request = Request::post("/").body(Body::empty()).unwrap();
    assert!(grants(&app.oneshot(request).await.unwrap()));
}

#[tokio::test]
async fn a_flush_waits_for_refusals() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records.db");
    let records = Records::builder(Slow(SqliteStore::open(&file).unwrap()));
    let records = records.grant_wait(Duration::from_secs(20)).build().unwrap();
    let refuse = async |consent: Consent| consent.set_cookie(consent.refuse_all());
    let app: Router = Router::new()
        .route("/", post(refuse))
        .layer(RecordLayer::new(records.clone()))
        .layer(CookieConsentLayer::new(policy()).records(&records));
    for _ in 0..3 {
        let request = Request::post("/").body(Body::empty()).unwrap();
        assert!(!grants(&app.clone().oneshot(request).await.unwrap()));
    }
    assert_eq!(records.flush().await, 0);
    let database = Connection::open(&file).unwrap();
    let count = "SELECT count(*) FROM records";
    let rows: i64 = database.query_row(count, [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 3);
}

#[tokio::test]
async fn a_flush_counts_what_is_only_in_memory() {
    let site = site(|records, _| records);
    site.off.store(true, Ordering::SeqCst);
    site.choose(REFUSE, "").await;
    assert_eq!(site.records.flush().await, 1);
    site.off.store(false, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(site.records.flush().await, 0);
    assert_eq!(site.rows().len(), 1);
}

#[tokio::test]
async fn a_choice_set_outside_of_the_record_layer_grants_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("records.db")).unwrap();
    let records = Records::builder(store).build().unwrap();
    let accept = async |consent: Consent| consent.set_cookie(consent.accept_all());
    let layer = CookieConsentLayer::new(policy())
        .records(&records)
        .explain(true);
    let app: Router = Router::new().route("/", post(accept)).layer(layer);
    let request = Request::post("/").body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(set_cookies(&response), [""; 0]);
    let said = response.headers()["x-cookie-consent"].to_str().unwrap();
    assert_eq!(said, "cookies_preferences=withheld;unrecorded");
}

#[tokio::test]
async fn too_many_grants_are_turned_down_and_refusals_are_not() {
    let site = site(|records, _| records.most_grants_a_second(std::num::NonZeroU32::MIN));
    assert!(grants(&site.choose(ACCEPT, "").await));
    let second = site.choose(ACCEPT, "").await;
    assert_eq!(second.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(set_cookies(&second), [""; 0]);
    // A form leads back to a page that says so, and to where the visitor was.
    let form = site.choose("decision=accept&return_to=/a", "").await;
    assert_eq!(form.status(), StatusCode::SEE_OTHER);
    assert_eq!(set_cookies(&form), [""; 0]);
    let location = form.headers()["location"].to_str().unwrap();
    let query = "?notice=not_recorded&return_to=%2Fa";
    assert_eq!(location, format!("./preferences{query}"));
    let page = site.get(&format!("/cookies/preferences{query}")).await;
    assert!(
        page.contains("class=\"tcc-error\" role=\"alert\""),
        "{page}"
    );
    assert!(
        page.contains("name=\"return_to\" value=\"&#x2f;a\""),
        "{page}"
    );
    let no = site.choose(REFUSE, "").await;
    assert_eq!(no.status(), StatusCode::OK);
    assert_eq!(site.rows_up_to(2).await.len(), 2);
}

#[tokio::test]
async fn the_service_behind_never_sees_the_receipt() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("records.db")).unwrap();
    let subject = Subject::Receipt {
        path: "/cookies".to_owned(),
    };
    let records = Records::builder(store).subject(subject).build().unwrap();
    let echo = async |request: Request<Body>| {
        let seen = request.headers().get("cookie");
        seen.map_or(String::new(), |seen| seen.to_str().unwrap().to_owned())
    };
    let app: Router = Router::new()
        .fallback(echo)
        .layer(RecordLayer::new(records.clone()))
        .layer(CookieConsentLayer::new(policy()).records(&records));
    let request = Request::get("/cookies/state")
        .header(
            "cookie",
            "sid=1; consent_receipt=01a0c3e2-7a00-7000-8000-000000000000",
        )
        .body(Body::empty())
        .unwrap();
    let body = app
        .oneshot(request)
        .await
        .unwrap()
        .into_body()
        .collect()
        .await
        .unwrap();
    assert_eq!(body.to_bytes(), "sid=1");
}
