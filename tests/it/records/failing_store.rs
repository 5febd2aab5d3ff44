//! A store that hangs, is slow or loses its answers, under a site with a spool: what visitors hold afterwards
//! is what is recorded.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use axum::{Router, body::Body};
use http::{Request, Response, StatusCode, header::SET_COOKIE};
use rusqlite::Connection;
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookiePolicy,
    pages::Pages,
    records::{
        Appended, Entry, RecordLayer, RecordStore, Records, RecordsBuilder, SqliteStore,
        StoreError, StoreFuture, Subject,
    },
};

/// The behaviour of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Works,
    Down,
    /// It takes longer than responses wait for the record of a refusal.
    Slow,
    /// It blocks its thread, as a locked file does. Before that it stores, or not, and then answers, or not.
    Blocks {
        stores: bool,
        answers: bool,
    },
}

/// For longer than responses wait.
const BLOCKED: Duration = Duration::from_millis(300);

#[derive(Clone, Debug)]
struct Moody {
    store: Arc<SqliteStore>,
    mode: Arc<Mutex<Mode>>,
}

impl RecordStore for Moody {
    fn append<'a>(&'a self, entries: &'a [Entry]) -> StoreFuture<'a, Vec<Appended>> {
        let mode = *self.mode.lock().unwrap();
        Box::pin(async move {
            let failed = || StoreError::temporary("it is in a bad mood");
            match mode {
                Mode::Works => self.store.append(entries).await,
                Mode::Down => Err(failed()),
                Mode::Slow => {
                    tokio::time::sleep(Duration::from_millis(40)).await;
                    self.store.append(entries).await
                }
                Mode::Blocks { stores, answers } => {
                    let appended = match stores {
                        true => self.store.append(entries).await,
                        false => Err(failed()),
                    };
                    thread::sleep(BLOCKED);
                    appended.and_then(|done| answers.then_some(done).ok_or_else(failed))
                }
            }
        })
    }
}

struct Site {
    app: Router,
    folder: Arc<tempfile::TempDir>,
    mode: Arc<Mutex<Mode>>,
    records: Records,
}

impl Site {
    fn new(set: impl Fn(RecordsBuilder, &Path) -> RecordsBuilder) -> Self {
        let mode = Arc::new(Mutex::new(Mode::Works));
        Self::over(Arc::new(tempfile::tempdir().unwrap()), mode, set)
    }

    /// Whose responses wait for 100 ms.
    fn over(
        folder: Arc<tempfile::TempDir>,
        mode: Arc<Mutex<Mode>>,
        set: impl Fn(RecordsBuilder, &Path) -> RecordsBuilder,
    ) -> Self {
        let policy =
            CookiePolicy::new([Category::consent("ads").title("Ads").description("d")]).unwrap();
        let store = Moody {
            store: Arc::new(SqliteStore::open(folder.path().join("records.db")).unwrap()),
            mode: Arc::clone(&mode),
        };
        let subject = Subject::Receipt {
            path: "/cookies".to_owned(),
        };
        let records = Records::builder(store)
            .subject(subject)
            .grant_wait(Duration::from_millis(100));
        let records = set(records, folder.path()).build().unwrap();
        let app = Router::new()
            .layer(Pages::at("/cookies", policy.clone()).unwrap())
            .layer(RecordLayer::new(records.clone()))
            .layer(CookieConsentLayer::new(policy).records(&records));
        Self {
            app,
            folder,
            mode,
            records,
        }
    }

    fn with_spool() -> Self {
        Self::new(|records, folder| records.spool(folder.join("records.spool")))
    }

    fn set(&self, mode: Mode) {
        *self.mode.lock().unwrap() = mode;
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Sends a form with this nonce.
    async fn choose(&self, decision: &str, nonce: &str) -> Response<Body> {
        let body = format!(r#"{{"decision": "{decision}", "nonce": "{nonce}"}}"#);
        let request = Request::post("/cookies/preferences")
            .header("host", "shop.example")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/json")
            .body(Body::from(body))
            .unwrap();
        self.app.clone().oneshot(request).await.unwrap()
    }

    /// Waits until nothing is left over.
    async fn settled(&self) {
        for _ in 0..200 {
            if self.records.flush().await == 0 && self.records.health().spooled == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{:?}", self.records.health());
    }

    /// Returns the ids of the records that count, and of those that are taken back.
    fn rows(&self) -> (Vec<String>, BTreeSet<String>) {
        rows(&self.file("records.db"))
    }
}

fn rows(database: &Path) -> (Vec<String>, BTreeSet<String>) {
    let database = Connection::open(database).unwrap();
    let sql = "SELECT hex(id), cause, key FROM records ORDER BY row";
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| {
        let key: Option<String> = row.get(2)?;
        Ok((row.get(0)?, row.get(1)?, key.unwrap_or_default()))
    });
    let rows: Vec<(String, String, String)> = rows.unwrap().map(Result::unwrap).collect();
    let taken_back = rows.iter().filter(|row| row.1 == "unconfirmed");
    let taken_back: BTreeSet<_> = taken_back.map(|row| hex(&row.2)).collect();
    let choices = rows.iter().filter(|row| row.1 == "choice");
    let ids = choices.map(|row| row.0.clone());
    let counting = ids.filter(|id| !taken_back.contains(id)).collect();
    (counting, taken_back)
}

/// Returns the id as SQLite writes it.
fn hex(id: &str) -> String {
    id.replace('-', "").to_uppercase()
}

fn receipt(response: &Response<Body>) -> Option<String> {
    let fields = response.headers().get_all(SET_COOKIE).iter();
    let mut fields = fields.map(|field| field.to_str().unwrap());
    let id = fields.find_map(|field| field.strip_prefix("consent_receipt="))?;
    Some(hex(id.split(';').next().unwrap()))
}

const NONCE: &str = "0123456789abcdef0123456789abcdef";

#[tokio::test]
async fn a_grant_that_is_tried_again_is_proven() {
    for stores in [false, true] {
        let site = Site::with_spool();
        site.set(Mode::Blocks {
            stores,
            answers: false,
        });
        let first = site.choose("accept", NONCE).await;
        assert_eq!(first.status(), StatusCode::SERVICE_UNAVAILABLE);
        site.set(Mode::Down);
        tokio::time::sleep(BLOCKED).await;
        let again = site.choose("accept", NONCE).await;
        assert_eq!(again.status(), StatusCode::OK);
        site.set(Mode::Works);
        site.settled().await;
        let (counting, taken_back) = site.rows();
        assert_eq!(counting, [receipt(&again).unwrap()], "{stores}");
        assert_eq!(taken_back.len(), 1);
    }
}

#[tokio::test]
async fn a_grant_that_came_too_late_is_none_after_a_crash() {
    for (stores, answers) in [(false, false), (true, false), (true, true)] {
        let site = Site::with_spool();
        site.set(Mode::Blocks { stores, answers });
        let late = site.choose("accept", NONCE).await;
        assert_eq!(late.status(), StatusCode::SERVICE_UNAVAILABLE);
        site.set(Mode::Down);
        tokio::time::sleep(BLOCKED).await;
        // All that the next process finds.
        fs::copy(site.file("records.spool"), site.file("next.spool")).unwrap();
        let store = SqliteStore::open(site.file("records.db")).unwrap();
        let records = Records::builder(store).spool(site.file("next.spool"));
        assert_eq!(records.build().unwrap().flush().await, 0);
        let (counting, taken_back) = site.rows();
        assert!(counting.is_empty(), "{stores}, {answers}: {counting:?}");
        assert_eq!(taken_back.len(), 1);
    }
}

/// Every receipt is one of a record, and the same form sent again has the same.
#[tokio::test]
async fn a_refusal_sent_twice_to_a_slow_store_has_its_record() {
    let site = Site::with_spool();
    site.set(Mode::Slow);
    let mut receipts = BTreeSet::new();
    for _ in 0..20 {
        receipts.extend(receipt(&site.choose("refuse", NONCE).await));
    }
    site.settled().await;
    let (counting, _) = site.rows();
    assert_eq!(counting, Vec::from_iter(receipts));

    let other = NONCE.replace('0', "f");
    let (first, second) =
        tokio::join!(site.choose("refuse", &other), site.choose("refuse", &other));
    site.settled().await;
    let (counting, _) = site.rows();
    for response in [first, second] {
        assert!(counting.contains(&receipt(&response).unwrap()));
    }
}

#[tokio::test]
async fn a_receipt_from_the_spool_has_its_record() {
    for decision in ["accept", "refuse"] {
        let site = Site::with_spool();
        let first = receipt(&site.choose(decision, NONCE).await).unwrap();
        site.set(Mode::Down);
        let again = receipt(&site.choose(decision, NONCE).await);
        assert_eq!(again.as_ref(), Some(&first), "{decision}");

        // A process that does not know of the first one.
        let (folder, mode) = (Arc::clone(&site.folder), Arc::clone(&site.mode));
        let next = Site::over(folder, mode, |records, folder| {
            records.spool(folder.join("next.spool"))
        });
        let mut receipts = BTreeSet::from([first]);
        for _ in 0..5 {
            receipts.extend(receipt(&next.choose(decision, NONCE).await));
        }
        assert_eq!(receipts.len(), 2, "{decision}");
        site.set(Mode::Works);
        next.settled().await;
        let (counting, _) = site.rows();
        assert_eq!(BTreeSet::from_iter(counting), receipts, "{decision}");
    }
}

/// A crash has torn the line of the policy, which the next choice brings again.
#[tokio::test]
async fn a_spool_without_a_document_stops_nothing() {
    let site = Site::with_spool();
    site.set(Mode::Down);
    let first = receipt(&site.choose("accept", NONCE).await).unwrap();
    let spool = fs::read_to_string(site.file("records.spool")).unwrap();
    assert!(spool.contains("{\"document\""), "{spool}");
    let torn = spool.replacen("{\"document\"", "{\"torn\"", 1);
    fs::write(site.file("next.spool"), torn).unwrap();
    site.set(Mode::Works);
    let (folder, mode) = (Arc::clone(&site.folder), Arc::clone(&site.mode));
    let database = tempfile::tempdir_in(folder.path()).unwrap();
    let next = Site::over(Arc::new(database), mode, |records, _| {
        records.spool(folder.path().join("next.spool"))
    });
    let second = next.choose("accept", &NONCE.replace('0', "f")).await;
    let second = receipt(&second).unwrap();
    next.settled().await;
    assert_eq!(next.rows().0.len(), 2);
    assert_eq!(
        BTreeSet::from_iter(next.rows().0),
        BTreeSet::from([first, second])
    );
    assert_eq!(next.records.health().lost, 0);
}

/// What needs no consent does not grow old, so a newer date grants nothing.
#[tokio::test]
async fn an_opt_out_waits_for_no_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = Moody {
        store: Arc::new(SqliteStore::open(folder.path().join("records.db")).unwrap()),
        mode: Arc::new(Mutex::new(Mode::Down)),
    };
    let records = Records::builder(store).subject(Subject::None);
    let records = records.build().unwrap();
    let titled = |category: Category| category.title("t").description("d");
    let all = [Category::exempt("stats"), Category::opt_out("ads")].map(titled);
    let policy = CookiePolicy::new(all).unwrap();
    let app: Router = Router::new()
        .layer(Pages::at("/cookies", policy.clone()).unwrap())
        .layer(RecordLayer::new(records.clone()))
        .layer(CookieConsentLayer::new(policy).records(&records));
    let cookie = r#"cookies_preferences={"stats":true,"ads":true,"timestamp":1795000000}"#;
    let request = Request::post("/cookies/preferences")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/json")
        .header("cookie", cookie)
        .body(Body::from(r#"{"decision": "opt_out"}"#));
    let response = app.oneshot(request.unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let set = response.headers()[SET_COOKIE].to_str().unwrap();
    assert!(
        set.contains("%22stats%22%3Atrue%2C%22ads%22%3Afalse"),
        "{set}"
    );
}
