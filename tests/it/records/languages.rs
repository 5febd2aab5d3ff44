//! The language that a form says it has. Anybody can make one up, without a proof of origin.

use axum::{Router, body::Body};
use http::{Request, StatusCode};
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookiePolicy,
    pages::Pages,
    records::{RecordLayer, Records},
};

use super::every_store::Stores;
use crate::support::server;

#[test]
fn no_made_up_language_is_kept() {
    // Two that the pages have, in two spellings, and one that only the policy has.
    let known = [("fr", "fr"), ("PT-br", "pt"), ("GD", "gd")];
    let letters: String = (0..4_000_u32)
        .map(|at| char::from(b'a' + u8::try_from(at * at % 23).unwrap()))
        .collect();
    let made_up = [
        &*letters,
        &"-".repeat(15_000),
        "aa-x1",
        "aa-x2",
        "e%00n",
        "",
    ];
    let stores = Stores::new();
    for url in &stores.urls {
        server::runtime().block_on(async {
            let records = Records::open(url).await.unwrap().build().unwrap();
            let title = [("en", "Ads"), ("gd", "Sanasan")];
            let ads = Category::consent("ads").title(title).description("d");
            let policy = CookiePolicy::new([ads]).unwrap();
            let app: Router = Router::new()
                .layer(Pages::at("/cookies", policy.clone()).unwrap())
                .layer(RecordLayer::new(records.clone()))
                .layer(CookieConsentLayer::new(policy).records(&records));
            let sent = known.iter().map(|(sent, _)| *sent).chain(made_up);
            for lang in sent.clone() {
                let form = format!("decision=refuse&surface=banner&lang={lang}");
                let request = Request::post("/cookies/preferences")
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(Body::from(form));
                let response = app.clone().oneshot(request.unwrap()).await.unwrap();
                assert_eq!(response.status(), StatusCode::SEE_OTHER);
            }
            assert_eq!(records.flush().await, 0);
            let health = records.health();
            let all = u64::try_from(sent.count()).unwrap();
            assert_eq!((health.recorded, health.lost), (all, 0), "{url}");
        });
        let of = |table: &str| {
            let sql = format!("SELECT DISTINCT coalesce(language, '') FROM {table} ORDER BY 1");
            stores.rows(url, &sql, &sql.replace("FROM ", "FROM consent_"))
        };
        let kept = ["", "fr", "gd", "pt"];
        assert_eq!(of("records"), kept, "{url}");
        assert_eq!(of("counters"), kept, "{url}");
    }
}
