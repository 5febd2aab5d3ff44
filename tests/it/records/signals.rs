//! Remembered signals under records: `Sec-GPC: 1` where the regime wants it stored.

use std::num::NonZeroU32;

use axum::{Router, body::Body, routing::get};
use http::{Request, Response, header::SET_COOKIE};
use rusqlite::Connection;
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookiePolicy,
    layer::Enforcement,
    records::{RecordLayer, Records, SqliteStore, Subject},
    regimes::{Regime, Whereabouts},
};

struct Site {
    app: Router,
    folder: tempfile::TempDir,
    records: Records,
}

fn site(enforcement: Enforcement, most: NonZeroU32) -> Site {
    let policy = CookiePolicy::builder()
        .category(Category::opt_out("ads"))
        .regime("us-opt-out", Regime::preset("us-opt-out"))
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("records.db")).unwrap();
    let records = Records::builder(store)
        .subject(Subject::None)
        .most_refusals_a_second(most)
        .build()
        .unwrap();
    let layer = CookieConsentLayer::new(policy)
        .enforcement(enforcement)
        .regime_for(|_| Whereabouts::Regime("us-opt-out"))
        .records(&records);
    let app = Router::new()
        .route("/", get(async || "page"))
        .layer(RecordLayer::new(records.clone()))
        .layer(layer);
    Site {
        app,
        folder,
        records,
    }
}

impl Site {
    async fn visit(&self, mode: &str) -> Response<Body> {
        let request = Request::get("/")
            .header("host", "shop.example")
            .header("sec-gpc", "1")
            .header("sec-fetch-site", "same-origin")
            .header("sec-fetch-mode", mode)
            .body(Body::empty())
            .unwrap();
        self.app.clone().oneshot(request).await.unwrap()
    }

    /// Returns the surfaces of all records.
    async fn surfaces(&self) -> Vec<String> {
        self.records.flush().await;
        let database = Connection::open(self.folder.path().join("records.db")).unwrap();
        let mut statement = database.prepare("SELECT surface FROM records").unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }
}

fn is_stored(response: &Response<Body>) -> bool {
    let mut sent = response.headers().get_all(SET_COOKIE).iter();
    sent.any(|field| field.to_str().unwrap().contains("%22ads%22%3Afalse"))
}

#[tokio::test]
async fn only_navigations_remember_the_signal() {
    let site = site(Enforcement::On, NonZeroU32::MAX);
    for mode in ["no-cors", "cors", "same-origin"] {
        assert!(!is_stored(&site.visit(mode).await), "{mode}");
    }
    assert!(is_stored(&site.visit("navigate").await));
    assert_eq!(site.surfaces().await, ["signal"]);
}

#[tokio::test]
async fn nothing_is_remembered_or_recorded_unless_enforced() {
    for enforcement in [Enforcement::ReportOnly, Enforcement::Off] {
        let site = site(enforcement, NonZeroU32::MAX);
        assert!(!is_stored(&site.visit("navigate").await), "{enforcement:?}");
        assert_eq!(site.surfaces().await, [""; 0], "{enforcement:?}");
    }
}

#[tokio::test]
async fn signals_beyond_the_limit_count_without_a_record() {
    let site = site(Enforcement::On, NonZeroU32::MIN);
    for _ in 0..5 {
        assert!(is_stored(&site.visit("navigate").await));
    }
    let recorded = site.surfaces().await.len();
    // The bucket may have got a token meanwhile.
    assert!((1..5).contains(&recorded), "{recorded}");
    let merged = usize::try_from(site.records.health().merged).unwrap();
    assert_eq!(recorded + merged, 5);
}
