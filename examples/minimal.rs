//! The minimum for an axum service: one policy, one layer, and two buttons.
//!
//! `cargo run --example minimal`, then open <http://localhost:3000> and look at the cookies.

use axum::{
    Router,
    response::{AppendHeaders, Html, IntoResponse, Redirect},
    routing::{get, post},
};
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy, SetChoice,
};

const BANNER: &str = "<form method=post>May we count you?
    <button formaction=/accept>Yes</button> <button formaction=/refuse>No</button></form>";

async fn index(consent: Consent) -> impl IntoResponse {
    let banner = if consent.needs_choice() { BANNER } else { "" };
    let cookies = [("set-cookie", "id=1; HttpOnly"), ("set-cookie", "_ga=2")];
    (AppendHeaders(cookies), Html(format!("{banner}<p>Hello")))
}

async fn accept(consent: Consent) -> (SetChoice, Redirect) {
    (consent.set_cookie(consent.accept_all()), Redirect::to("/"))
}

async fn refuse(consent: Consent) -> (SetChoice, Redirect) {
    (consent.set_cookie(consent.refuse_all()), Redirect::to("/"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base = Category::necessary("base").cookie(CookieDeclaration::new("id"));
    let ads = Category::consent("ads").cookies(["_ga", "_ga_*"].map(CookieDeclaration::new));
    let app = Router::new()
        .route("/", get(index))
        .route("/accept", post(accept));
    let app = app.route("/refuse", post(refuse));
    let app = app.layer(CookieConsentLayer::new(CookiePolicy::new([base, ads])?)); // last
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    Ok(axum::serve(listener, app).await?)
}
