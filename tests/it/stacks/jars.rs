//! Cookie jars: tower-cookies' layer, axum-extra's extractors.

use axum::{Router, extract::FromRef, routing::get as on_get};
use axum_extra::extract::{
    CookieJar, PrivateCookieJar,
    cookie::{Cookie as JarCookie, Key},
};
use tower_cookies::{Cookie, CookieManagerLayer, Cookies};

use super::{accepted, consent, cookies, get, pair, refused, text};

fn with_tower_cookies() -> Router {
    Router::new().route(
        "/",
        on_get(async |jar: Cookies| {
            let mut seen: Vec<_> = jar
                .list()
                .iter()
                .map(|cookie| cookie.name().to_owned())
                .collect();
            seen.sort();
            for name in ["sessionid", "_ga", "unheard-of"] {
                jar.add(Cookie::new(name, "1"));
            }
            seen.join(" ")
        }),
    )
}

#[tokio::test]
async fn tower_cookies_reads_and_sets_what_is_allowed() {
    let app = with_tower_cookies()
        .layer(CookieManagerLayer::new())
        .layer(consent());
    let response = get(&app, "/", "sessionid=a; _ga=b; of-others=c").await;
    assert_eq!(cookies(response.headers()), ["sessionid=1"]);
    assert_eq!(text(response).await, "of-others sessionid");
}

#[tokio::test]
async fn tower_cookies_outside_sets_what_was_withheld() {
    let app = with_tower_cookies()
        .layer(consent())
        .layer(CookieManagerLayer::new());
    let response = get(&app, "/", "sessionid=a; _ga=b").await;
    assert!(pair(response.headers(), "_ga").is_some());
    assert!(pair(response.headers(), "unheard-of").is_some());
    // Its jar had been read before the layer hid anything.
    assert_eq!(text(response).await, "_ga sessionid");
}

async fn plain(jar: CookieJar) -> (CookieJar, String) {
    let mut seen: Vec<_> = jar.iter().map(|cookie| cookie.name().to_owned()).collect();
    seen.sort();
    let jar = jar
        .add(JarCookie::new("sessionid", "1"))
        .add(JarCookie::new("parcours", "2"))
        .add(JarCookie::new("unheard-of", "3"));
    (jar, seen.join(" "))
}

#[tokio::test]
async fn the_plain_jar_reads_and_sets_what_is_allowed() {
    let app = Router::new().route("/", on_get(plain)).layer(consent());
    let cookie = format!("parcours=b; sessionid=a; {}", refused());
    let response = get(&app, "/", &cookie).await;
    assert_eq!(pair(response.headers(), "sessionid"), Some("sessionid=1"));
    assert_eq!(pair(response.headers(), "parcours"), Some("parcours="));
    assert_eq!(pair(response.headers(), "unheard-of"), None);
    assert_eq!(text(response).await, "cookies_preferences sessionid");

    let response = get(&app, "/", &accepted()).await;
    assert_eq!(pair(response.headers(), "parcours"), Some("parcours=2"));
}

#[tokio::test]
async fn a_jar_in_a_route_that_is_added_after_the_layer_is_unjudged() {
    let app = Router::new().layer(consent()).route("/", on_get(plain));
    let response = get(&app, "/", "").await;
    assert_eq!(cookies(response.headers()).len(), 3);
}

#[derive(Clone)]
struct Keys(Key);

impl FromRef<Keys> for Key {
    fn from_ref(keys: &Keys) -> Self {
        keys.0.clone()
    }
}

#[tokio::test]
async fn the_private_jar_reads_only_what_is_allowed() {
    let app = Router::new()
        .route(
            "/",
            on_get(async |jar: PrivateCookieJar| {
                let value = |name| jar.get(name).map(|cookie| cookie.value().to_owned());
                let seen = format!("{:?} {:?}", value("sessionid"), value("_ga"));
                let jar = jar
                    .add(JarCookie::new("sessionid", "secret"))
                    .add(JarCookie::new("_ga", "followed"));
                (jar, seen)
            }),
        )
        .with_state(Keys(Key::generate()))
        .layer(consent());

    let first = get(&app, "/", &accepted()).await;
    let (session, followed) = (
        pair(first.headers(), "sessionid").unwrap().to_owned(),
        pair(first.headers(), "_ga").unwrap().to_owned(),
    );
    let both = format!("{session}; {followed}");
    let allowed = get(&app, "/", &format!("{both}; {}", accepted())).await;
    assert_eq!(text(allowed).await, r#"Some("secret") Some("followed")"#);
    let withheld = get(&app, "/", &both).await;
    assert_eq!(cookies(withheld.headers()).len(), 1);
    assert_eq!(text(withheld).await, r#"Some("secret") None"#);
}
