//! tower-sessions: a layer that writes its cookie by itself.

use axum::{Router, routing::get as on_get};
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};

use super::{consent, cookies, get, pair, text};

async fn count(session: Session) -> String {
    let visits = session
        .get::<u32>("visits")
        .await
        .unwrap()
        .unwrap_or_default()
        + 1;
    session.insert("visits", visits).await.unwrap();
    visits.to_string()
}

fn sessions() -> SessionManagerLayer<MemoryStore> {
    SessionManagerLayer::new(MemoryStore::default()).with_secure(false)
}

fn routes() -> Router {
    Router::new().route("/", on_get(count))
}

#[tokio::test]
async fn a_session_under_a_declared_name_goes_on() {
    let app = routes()
        .layer(sessions().with_name("sessionid"))
        .layer(consent());
    let first = get(&app, "/", "").await;
    assert_eq!(cookies(first.headers()).len(), 1);
    let session = pair(first.headers(), "sessionid").unwrap().to_owned();
    assert_eq!(text(get(&app, "/", &session).await).await, "2");
    assert_eq!(text(get(&app, "/", &session).await).await, "3");
}

#[tokio::test]
async fn a_session_under_an_undeclared_name_begins_anew_each_time() {
    let app = routes().layer(sessions()).layer(consent());
    let first = get(&app, "/", "").await;
    assert_eq!(pair(first.headers(), "id"), None);
    assert_eq!(text(first).await, "1");
}

#[tokio::test]
async fn a_session_layer_outside_sets_its_cookie_unjudged() {
    let app = routes().layer(consent()).layer(sessions().with_name("_ga"));
    let response = get(&app, "/", "").await;
    assert!(
        pair(response.headers(), "_ga").is_some(),
        "lost: the refusal to set it"
    );
}
