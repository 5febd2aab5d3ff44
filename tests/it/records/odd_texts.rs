//! Texts of a site that not every store takes.

use axum::{Router, body::Body, extract::Path, routing::post};
use http::{Request, StatusCode};
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookiePolicy,
    observe::Shown,
    records::{Delivery, Document, RecordLayer, Records},
};

use super::every_store::Stores;
use crate::support::server;

/// PostgreSQL takes no NUL in a text.
#[test]
fn what_a_handler_read_does_not_stop_a_store() {
    let stores = Stores::new();
    for url in &stores.urls {
        let runtime = server::runtime();
        runtime.block_on(async {
            let records = Records::open(url).await.unwrap();
            let records = records
                .on_withdrawal(async |_| Delivery::Again)
                .withdrawal_handle(|_| Some("ada\0".to_owned()))
                .build()
                .unwrap();
            let policy = CookiePolicy::new([Category::opt_out("ads")]).unwrap();
            let choose = async |Path(media_type): Path<String>, consent: Consent| {
                let document = Document::new(&media_type, &*media_type);
                let shown = Shown::by_handler().language("e\0n").document(document);
                consent.set_cookie(consent.refuse_all()).shown(shown)
            };
            let app: Router = Router::new()
                .route("/{media_type}", post(choose))
                .layer(RecordLayer::new(records.clone()))
                .layer(CookieConsentLayer::new(policy).records(&records));
            let choose = async |media_type: &str| {
                let request = Request::post(format!("/{media_type}")).body(Body::empty());
                let response = app.clone().oneshot(request.unwrap()).await.unwrap();
                assert_eq!(response.status(), StatusCode::OK);
                (records.flush().await, records.health())
            };
            let (left, health) = choose("text").await;
            assert_eq!((left, health.recorded, health.lost), (0, 1, 0), "{url}");
            choose("text%00").await;
            choose("text").await;
            let (left, health) = choose("text").await;
            let lost = u64::from(url.starts_with("postgres"));
            let expected = (0, 4 - lost, lost);
            assert_eq!((left, health.recorded, health.lost), expected, "{url}");
        });
    }
}
