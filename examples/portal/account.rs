//! Logging in: the session, and the token that identifies this site's own forms.

use axum::{
    Extension, Form,
    extract::Request,
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use minijinja::context;
use serde::Deserialize;
use time::Duration;
use tower_cookie_consent::records::LoggedOut;
use tower_sessions::{Expiry, MemoryStore, Session, SessionManagerLayer, session};

use crate::{
    language::Language,
    visitor::{Broken, Visitor},
};

const TOKEN: &str = "csrftoken";
const USER: &str = "user";

/// The name is the one in `policy.json`: with the default, `id`, the session would be withheld.
pub(crate) fn sessions() -> SessionManagerLayer<MemoryStore> {
    SessionManagerLayer::new(MemoryStore::default())
        .with_name("sessionid")
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(Duration::days(14)))
        // Only for plain HTTP, as in `policy.json`.
        .with_secure(false)
}

/// In the extensions of a request: the visitor is logged in under this name.
#[derive(Clone, Debug)]
pub(crate) struct LoggedIn(pub(crate) String);

/// Tells the layers inside who is logged in.
pub(crate) async fn identify(session: Session, mut request: Request, next: Next) -> Response {
    if let Ok(Some(name)) = user(&session).await {
        request.extensions_mut().insert(LoggedIn(name));
    }
    next.run(request).await
}

pub(crate) async fn user(session: &Session) -> Result<Option<String>, session::Error> {
    session.get(USER).await
}

/// Returns the visitor's token, contained in the cookie and in a hidden field of the form.
pub(crate) fn token(jar: CookieJar) -> (CookieJar, String) {
    if let Some(token) = jar.get(TOKEN) {
        let token = token.value().to_owned();
        return (jar, token);
    }
    // 128 random bits, like a session id.
    let token = session::Id::default().to_string();
    let cookie = Cookie::build((TOKEN, token.clone()))
        .path("/")
        .max_age(Duration::days(365))
        .http_only(true)
        .same_site(SameSite::Lax);
    (jar.add(cookie), token)
}

pub(crate) async fn form(visitor: Visitor) -> Result<impl IntoResponse, Broken> {
    visitor.page("login.html", "/connexion", context! {}).await
}

#[derive(Debug, Deserialize)]
pub(crate) struct LogIn {
    csrfmiddlewaretoken: String,
    name: String,
}

pub(crate) async fn log_in(visitor: Visitor, Form(form): Form<LogIn>) -> Result<Response, Broken> {
    let token = visitor.jar.get(TOKEN).map(Cookie::value);
    if token != Some(form.csrfmiddlewaretoken.as_str()) {
        return Ok(forged(visitor.language));
    }
    let name: String = form.name.trim().chars().take(40).collect();
    if name.is_empty() {
        let page = visitor
            .page("login.html", "/connexion", context! { missing => true })
            .await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    // A new id, so that one known from before is worthless.
    visitor.session.cycle_id().await?;
    visitor.session.insert(USER, name).await?;
    Ok(Redirect::to("/").into_response())
}

#[derive(Debug, Deserialize)]
pub(crate) struct LogOut {
    csrfmiddlewaretoken: String,
}

pub(crate) async fn log_out(
    visitor: Visitor,
    Form(form): Form<LogOut>,
) -> Result<Response, Broken> {
    let token = visitor.jar.get(TOKEN).map(Cookie::value);
    if token != Some(form.csrfmiddlewaretoken.as_str()) {
        return Ok(forged(visitor.language));
    }
    visitor.session.flush().await?;
    // The device's own choice is back at once.
    Ok((Extension(LoggedOut), Redirect::to("/")).into_response())
}

fn forged(language: Language) -> Response {
    let text = language.pick(
        "Ce formulaire n’est pas le vôtre\u{a0}: rechargez la page et recommencez.",
        "This form is not yours: reload the page and try again.",
    );
    (StatusCode::FORBIDDEN, text).into_response()
}
