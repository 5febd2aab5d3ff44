//! axum-login, over its own release of tower-sessions.

use std::convert::Infallible;

use axum::{
    Router,
    body::Body,
    routing::{get as on_get, post},
};
use axum_login::{AuthManagerLayerBuilder, AuthSession, AuthUser, AuthnBackend, login_required};
use http::{Request, StatusCode};
use tower_sessions_of_axum_login::{MemoryStore, SessionManagerLayer};

use super::{MIXED, consent, cookies, get, pair, refused, send, text};

#[derive(Clone, Debug)]
struct Ada;

impl AuthUser for Ada {
    type Id = u64;

    fn id(&self) -> u64 {
        1
    }

    fn session_auth_hash(&self) -> &[u8] {
        b"of her password"
    }
}

#[derive(Clone)]
struct Users;

impl AuthnBackend for Users {
    type User = Ada;
    type Credentials = ();
    type Error = Infallible;

    async fn authenticate(&self, (): ()) -> Result<Option<Ada>, Infallible> {
        Ok(Some(Ada))
    }

    async fn get_user(&self, id: &u64) -> Result<Option<Ada>, Infallible> {
        Ok((*id == 1).then_some(Ada))
    }
}

fn routes(session_name: &'static str) -> Router {
    let sessions = SessionManagerLayer::new(MemoryStore::default())
        .with_secure(false)
        .with_name(session_name);
    Router::new()
        .route("/private", on_get(async || (MIXED, "for Ada")))
        .route_layer(login_required!(Users, login_url = "/login"))
        .route(
            "/login",
            post(async |mut session: AuthSession<Users>| {
                let user = session.authenticate(()).await.unwrap().unwrap();
                session.login(&user).await.unwrap();
            }),
        )
        .layer(AuthManagerLayerBuilder::new(Users, sessions).build())
}

async fn login(app: &Router) -> http::Response<Body> {
    send(app, Request::post("/login").body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn who_logs_in_stays_logged_in_and_is_not_followed() {
    let app = routes("sessionid").layer(consent());
    let turned_away = get(&app, "/private", "").await;
    assert_eq!(turned_away.status(), StatusCode::TEMPORARY_REDIRECT);

    let answer = login(&app).await;
    let session = pair(answer.headers(), "sessionid").unwrap().to_owned();
    // A refusal does not log anybody out.
    let cookie = format!("_ga=1; {session}; {}", refused());
    let page = get(&app, "/private", &cookie).await;
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(cookies(page.headers())[0], "sessionid=1; Path=/; HttpOnly");
    assert_eq!(pair(page.headers(), "_ga"), Some("_ga="));
    assert_eq!(pair(page.headers(), "unheard-of"), None);
    assert_eq!(text(page).await, "for Ada");
}

#[tokio::test]
async fn a_login_under_an_undeclared_name_is_lost() {
    let app = routes("id").layer(consent());
    assert_eq!(cookies(login(&app).await.headers()), [""; 0]);
}

#[tokio::test]
async fn a_login_layer_outside_sets_its_cookie_unjudged() {
    let sessions = SessionManagerLayer::new(MemoryStore::default()).with_name("unheard-of");
    let app = Router::new()
        .route(
            "/login",
            post(async |mut session: AuthSession<Users>| session.login(&Ada).await.unwrap()),
        )
        .layer(consent())
        .layer(AuthManagerLayerBuilder::new(Users, sessions).build());
    assert!(pair(login(&app).await.headers(), "unheard-of").is_some());
}
