//! A store that takes its time: how long responses wait for it, and what it has in the end.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use axum::{Router, body::Body, routing::post};
use http::{Request, Response, header::SET_COOKIE};
use rusqlite::Connection;
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookiePolicy,
    records::{
        Appended, Entry, RecordLayer, RecordStore, Records, SqliteStore, StoreError, StoreFuture,
    },
};

/// A site whose visitors accept, refuse, or have their choice removed.
fn site(records: &Records) -> Router {
    let policy = CookiePolicy::new([Category::consent("ads")]).unwrap();
    let accept = async |consent: Consent| consent.set_cookie(consent.accept_all());
    let refuse = async |consent: Consent| consent.set_cookie(consent.refuse_all());
    let remove = async || {
        [(
            SET_COOKIE,
            "cookies_preferences=; Path=/; Max-Age=0; Secure",
        )]
    };
    Router::new()
        .route("/accept", post(accept))
        .route("/refuse", post(refuse))
        .route("/remove", post(remove))
        .layer(RecordLayer::new(records.clone()))
        .layer(CookieConsentLayer::new(policy).records(records))
}

/// Returns what the response sets as the choice, and after what time.
async fn ask(app: &Router, path: &str, cookies: &str) -> (String, Duration) {
    let request = Request::post(path)
        .header("cookie", cookies)
        .body(Body::empty())
        .unwrap();
    let start = Instant::now();
    let response: Response<Body> = app.clone().oneshot(request).await.unwrap();
    let took = start.elapsed();
    let mut fields = response.headers().get_all(SET_COOKIE).iter();
    let field = fields.find_map(|field| {
        let field = field.to_str().unwrap();
        field
            .starts_with("cookies_preferences=")
            .then(|| field.to_owned())
    });
    (field.unwrap_or_default(), took)
}

/// Takes longer for each group than responses wait for it.
#[derive(Clone, Debug)]
struct Slow {
    store: Arc<SqliteStore>,
    asked: Arc<AtomicUsize>,
    answered: Arc<AtomicUsize>,
}

impl RecordStore for Slow {
    fn append<'a>(&'a self, entries: &'a [Entry]) -> StoreFuture<'a, Vec<Appended>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let appended = self.store.append(entries).await;
            self.answered.fetch_add(1, Ordering::SeqCst);
            appended
        })
    }
}

#[tokio::test]
async fn a_store_slower_than_responses_is_drained_into() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records.db");
    let store = Slow {
        store: Arc::new(SqliteStore::open(&file).unwrap()),
        asked: Arc::default(),
        answered: Arc::default(),
    };
    let records = Records::builder(store.clone()).spool(folder.path().join("records.spool"));
    let records = records.build().unwrap();
    let app = site(&records);
    for _ in 0..5 {
        let (accepted, _) = ask(&app, "/accept", "").await;
        assert!(accepted.contains("%22ads%22%3Atrue"), "{accepted}");
        ask(&app, "/refuse", "").await;
    }
    let start = Instant::now();
    while records.health().recorded < 10 || records.health().spooled > 0 {
        assert!(start.elapsed() < Duration::from_secs(30), "{records:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let database = Connection::open(&file).unwrap();
    let count = "SELECT count(*) FROM records WHERE cause = 'choice'";
    let rows: i64 = database.query_row(count, [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 10);
    // The first choice found out that it is slow, and no later one tried again.
    let given_up = store.asked.load(Ordering::SeqCst) - store.answered.load(Ordering::SeqCst);
    assert_eq!(given_up, 1);
}

/// Blocks the writer's thread until the test ends, and says so.
#[derive(Debug)]
struct Blocked(mpsc::Sender<()>, Mutex<mpsc::Receiver<()>>);

impl RecordStore for Blocked {
    fn append<'a>(&'a self, _: &'a [Entry]) -> StoreFuture<'a, Vec<Appended>> {
        self.0.send(()).ok();
        self.1.lock().unwrap().recv().ok();
        Box::pin(async { Err(StoreError::temporary("the test is over")) })
    }
}

/// Far above the 20 ms for which they wait, and far below any other wait.
const AT_ONCE: Duration = Duration::from_secs(2);

#[tokio::test]
async fn neither_refusals_nor_removals_wait_for_the_store() {
    for has_spool in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let (blocked, is_blocked) = mpsc::channel();
        let (end, ended) = mpsc::channel::<()>();
        let store = Blocked(blocked, Mutex::new(ended));
        let mut records = Records::builder(store).grant_wait(Duration::from_secs(60));
        if has_spool {
            records = records.spool(folder.path().join("records.spool"));
        }
        let records = records.build().unwrap();
        let app = site(&records);
        let (refused, first) = ask(&app, "/refuse", "").await;
        assert!(refused.contains("%22ads%22%3Afalse"), "{refused}");
        is_blocked.recv().unwrap();
        let cookie = refused.split(';').next().unwrap();
        let (removed, removal) = ask(&app, "/remove", cookie).await;
        assert!(removed.contains("Max-Age=0"), "{removed}");
        let (again, second) = ask(&app, "/refuse", "").await;
        assert!(again.contains("%22ads%22%3Afalse"), "{again}");
        println!("store blocked, spool {has_spool}: {first:?}, {second:?}, removal {removal:?}");
        for took in [first, second, removal] {
            assert!(took < AT_ONCE, "{took:?}");
        }
        // It has blocked all along.
        assert_eq!(records.health().store_errors, 0);
        assert!(is_blocked.try_recv().is_err());
        drop(end);
    }
}
