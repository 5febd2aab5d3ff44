//! Layers in the wrong order, and one too many.

use axum::{Router, routing::get};
use http::header::SET_COOKIE;
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy,
    conformance::Conformance,
    observe::Mistake,
    preferences::PreferencesCookie,
    records::{RecordLayer, Records, SqliteStore},
};
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};

use super::{assert_in_guide, get_all, listening, policy_with, sentences, told};
use crate::stacks::{get as fetch, text};

fn policy() -> CookiePolicy {
    let base = Category::necessary("base").cookie(CookieDeclaration::new("sessionid"));
    CookiePolicy::new([base, Category::consent("ads")]).unwrap()
}

async fn count(session: Session) {
    session.insert("visits", 1).await.unwrap();
}

/// `/late` comes after the layer: nothing judges it.
#[tokio::test]
async fn kit_names_a_route_after_the_layer() {
    let layer = CookieConsentLayer::new(policy()).explain(true);
    let app: Router = Router::new()
        .route("/", get(async || "first"))
        .layer(layer.clone())
        .route("/late", get(async || "late"));
    let kit = Conformance::for_layer(&layer).visit(["/", "/late"]);
    let report = kit.check(app).await;
    assert!(!report.is_ok());
    let says =
        "GET /late: this response was not judged, since it lacks the x-cookie-consent header that";
    assert!(report.to_string().contains(says), "{report}");
    assert_in_guide(says);
}

/// There the extractor finds no consent, and says so to the first request.
#[tokio::test]
async fn extractor_names_the_missing_layer() {
    let app: Router = Router::new()
        .layer(CookieConsentLayer::new(policy()))
        .route(
            "/late",
            get(async |consent: Consent| consent.allows("ads").to_string()),
        );
    let response = fetch(&app, "/late", "").await;
    assert_eq!(response.status(), 500);
    let says = "no `Consent` in this request: add `.layer(CookieConsentLayer::new(policy))` to the Router after \
                its routes (layers apply to the routes above them)";
    let text = text(response).await;
    assert!(text.starts_with(says), "{text}");
    assert_in_guide(says);
}

/// The layer can't see what is set outside of it. The kit sees it on the wire.
#[tokio::test]
async fn kit_names_the_cookie_of_an_outer_session() {
    let sessions = || SessionManagerLayer::new(MemoryStore::default()).with_secure(false);
    let routes = || Router::new().route("/", get(count));
    let layer = CookieConsentLayer::new(policy());
    let kit = || Conformance::for_layer(&layer).visit(["/"]);
    let wrong = routes().layer(layer.clone()).layer(sessions());
    let report = kit().check(wrong).await.to_string();
    let says = "GET / (before a choice): set-cookie id: the policy does not declare it";
    assert!(report.contains(says), "{report}");
    assert_in_guide(says);
    let right = routes()
        .layer(sessions().with_name("sessionid"))
        .layer(layer.clone());
    kit().check(right).await.assert_ok();
}

/// They are built twice, where one was meant: each has a store, and neither layer notices by itself.
#[tokio::test]
async fn layers_with_different_records_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let records = |name| {
        let store = SqliteStore::open(folder.path().join(name)).unwrap();
        Records::builder(store).build().unwrap()
    };
    let (asked, other) = (records("asked.db"), records("other.db"));
    let policy = policy_with(PreferencesCookie::default());
    for (recorded, is_granted) in [(asked.clone(), true), (other, false)] {
        let (layer, list) = listening(&policy);
        let accept = async |consent: Consent| consent.set_cookie(consent.accept_all());
        let refuse = async |consent: Consent| consent.set_cookie(consent.refuse_all());
        let app: Router = Router::new()
            .route("/accept", get(accept))
            .route("/refuse", get(refuse))
            .layer(RecordLayer::new(recorded))
            .layer(layer.records(&asked));
        let sets = async |path| {
            let response = fetch(&app, path, "").await;
            response.headers().contains_key(SET_COOKIE)
        };
        assert_eq!(sets("/accept").await, is_granted);
        assert!(sets("/refuse").await, "a refusal needs no record");
        let expected: &[_] = if is_granted {
            &[]
        } else {
            &[Mistake::OtherRecords]
        };
        assert_eq!(told(&list), expected);
        if let [says] = &sentences(&list)[..] {
            assert_in_guide(says);
        }
    }
}

#[test]
fn second_layer_of_the_same_policy_is_reported() {
    let policy = policy_with(PreferencesCookie::default());
    let (layer, list) = listening(&policy);
    let app = Router::new().route("/", get(|| async {}));
    let once = app.layer(layer.clone());
    get_all(&once, &["/", "/"]);
    assert_eq!(told(&list), []);
    get_all(&once.layer(layer), &["/", "/"]);
    assert_eq!(told(&list), [Mistake::TwoLayers]);
    let says = "two layers with the same policy are around one service, so that everything is judged and \
                reported twice: remove one of them";
    assert_eq!(sentences(&list), [says]);
    assert_in_guide(says);
}
