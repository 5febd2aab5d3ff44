//! The feature `axum`: the consent as an argument of a handler, a choice as a part of its answer.

use axum::{
    Router,
    response::Redirect,
    routing::{get as on_get, post},
};
use http::{Request, StatusCode, header::LOCATION};
use tower_cookie_consent::{Consent, SetChoice, Verdict, Withheld};

use super::{accepted, consent, cookies, get, refused, send, text};

async fn status(consent: Consent) -> String {
    match consent.verdict("_ga") {
        Verdict::Withheld(Withheld::Denied) => "denied".to_owned(),
        verdict => verdict.is_allowed().to_string(),
    }
}

async fn status_if_any(consent: Option<Consent>) -> &'static str {
    match consent {
        Some(_) => "a consent",
        None => "no consent",
    }
}

fn app() -> Router {
    Router::new()
        .route("/", on_get(status))
        .route("/if-any", on_get(status_if_any))
}

#[tokio::test]
async fn a_handler_gets_the_consent_of_its_request() {
    let app = app().layer(consent());
    for (cookies, expected) in [
        ("", "false"),
        (&*accepted(), "true"),
        (&*refused(), "denied"),
    ] {
        assert_eq!(text(get(&app, "/", cookies).await).await, expected);
    }
    assert_eq!(text(get(&app, "/if-any", "").await).await, "a consent");
}

#[tokio::test]
async fn a_missing_layer_is_reported_with_its_fix() {
    for app in [app(), app().layer(consent().expose_consent(false))] {
        let response = get(&app, "/", "").await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let said = text(response).await;
        for part in [
            ".layer(CookieConsentLayer::new(policy))",
            "`expose_consent`",
        ] {
            assert!(said.contains(part), "{said}");
        }
        let response = get(&app, "/if-any", "").await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(text(response).await, "no consent");
    }
}

#[tokio::test]
async fn a_choice_is_a_part_of_an_answer_or_the_whole_of_it() {
    let refuse = async |consent: Consent| -> (SetChoice, Redirect) {
        (consent.set_cookie(consent.refuse_all()), Redirect::to("/"))
    };
    let accept = async |consent: Consent| consent.set_cookie(consent.accept_all());
    let app = app()
        .route("/refuse", post(refuse))
        .route("/accept", post(accept))
        .layer(consent());
    for (path, status, location, said) in [
        ("/refuse", StatusCode::SEE_OTHER, Some("/"), "denied"),
        ("/accept", StatusCode::OK, None, "true"),
    ] {
        let request = Request::post(path).body(axum::body::Body::empty());
        let response = send(&app, request.unwrap()).await;
        assert_eq!(response.status(), status);
        let found = response.headers().get(LOCATION);
        assert_eq!(found.map(|field| field.to_str().unwrap()), location);
        let set = super::pair(response.headers(), "cookies_preferences").unwrap();
        assert_eq!(text(get(&app, "/", set).await).await, said);
        let first = cookies(response.headers())[0];
        assert!(first.starts_with("cookies_preferences="), "{first}");
    }
}
