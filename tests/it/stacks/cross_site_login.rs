//! A login that comes back as a form post of the identity provider, as OpenID Connect
//! (`response_mode=form_post`) and SAML do: browsers send no `SameSite=Lax` cookies with it, the
//! preferences cookie among them.

use axum::{
    Router,
    body::Body,
    response::Redirect,
    routing::{get as on_get, post},
};
use http::{Request, StatusCode, header::COOKIE};
use tower_cookie_consent::Consent;
use tower_sessions::{MemoryStore, SessionManagerLayer, cookie::SameSite};

use super::{MIXED, accepted, consent, cookies, get, pair, refused, send, text};

fn app() -> Router {
    let sessions = SessionManagerLayer::new(MemoryStore::default())
        .with_secure(false)
        .with_same_site(SameSite::Lax)
        .with_name("sessionid");
    Router::new()
        .route(
            "/callback",
            post(
                async |consent: Consent,
                       session: tower_sessions::Session,
                       request: Request<Body>| {
                    assert!(
                        !consent.needs_choice(),
                        "nobody is asked in the middle of a login"
                    );
                    let state = request.headers().get(COOKIE).cloned();
                    assert_eq!(state.unwrap(), "login-state=xyz");
                    session.insert("user", "ada").await.unwrap();
                    (MIXED, Redirect::to("/"))
                },
            ),
        )
        .route(
            "/",
            on_get(async |session: tower_sessions::Session| {
                let user: Option<String> = session.get("user").await.unwrap();
                (MIXED, user.unwrap_or_default())
            }),
        )
        .layer(sessions)
        .layer(consent())
}

fn form_post(cookie: &str) -> Request<Body> {
    Request::post("/callback")
        .header("sec-fetch-site", "cross-site")
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-dest", "document")
        .header("origin", "https://identity.example")
        .header("content-type", "application/x-www-form-urlencoded")
        .header(COOKIE, cookie)
        .body(Body::from("SAMLResponse=x&RelayState=y"))
        .unwrap()
}

#[tokio::test]
async fn the_login_succeeds_and_nothing_is_expired() {
    let app = app();
    let response = send(&app, form_post("login-state=xyz")).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    // The exempt one is withheld as well: the visitor may have objected.
    assert_eq!(pair(response.headers(), "_pk_id.1"), None);
    assert_eq!(pair(response.headers(), "_ga"), None);
    let set = cookies(response.headers());
    assert!(
        set.iter().all(|field| field.starts_with("sessionid=")),
        "{set:?}"
    );
    assert!(
        set.iter().all(|field| !field.contains("Max-Age=0")),
        "{set:?}"
    );
    let session = pair(response.headers(), "sessionid").unwrap().to_owned();

    // The redirect is followed within the site, where the preferences come again.
    for (preferences, ga) in [(accepted(), Some("_ga=3")), (refused(), Some("_ga="))] {
        let cookie = format!("{session}; _ga=1; {preferences}");
        let page = get(&app, "/", &cookie).await;
        assert_eq!(pair(page.headers(), "_ga"), ga);
        assert_eq!(text(page).await, "ada");
    }
}

#[tokio::test]
async fn a_visitor_of_unstated_origin_is_undecided() {
    for (origin, set) in [(true, false), (false, true)] {
        let mut request = form_post("login-state=xyz");
        request.headers_mut().remove("sec-fetch-site");
        if !origin {
            request.headers_mut().remove("origin");
        }
        let response = send(
            &Router::new()
                .route("/callback", post(async || MIXED))
                .layer(consent()),
            request,
        )
        .await;
        assert_eq!(pair(response.headers(), "_pk_id.1").is_some(), set);
        assert_eq!(pair(response.headers(), "_ga"), None);
    }
}

#[tokio::test]
async fn preferences_that_come_along_count_across_sites_too() {
    let app = Router::new()
        .route("/callback", post(async || MIXED))
        .layer(consent());
    // With SameSite=None on the preferences cookie.
    let response = send(&app, form_post(&accepted())).await;
    assert!(pair(response.headers(), "_pk_id.1").is_some());
    assert_eq!(pair(response.headers(), "_ga"), Some("_ga=3"));
}
