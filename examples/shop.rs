//! A shop as one would write it with axum: login, basket, cookie jar, static files and compression;
//! with a banner, a cookie policy page and its form. No handler checks for consent: the layer does.
//!
//! `cargo run --example shop`, then open <http://127.0.0.1:3000> (change with `-- --listen ADDRESS`).

use std::{env, error::Error, io, io::Write, time::Duration};

use axum::{
    Form, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use minijinja::{Environment, context};
use serde::Deserialize;
use tower_cookie_consent::{
    Consent, CookieConsentLayer, CookiePolicy,
    pages::{Pages, mark_private},
};
use tower_http::{compression::CompressionLayer, csrf::CsrfLayer};
use tower_http::{services::ServeDir, timeout::TimeoutLayer};
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};

const HOME: &str = include_str!("shop/home.html");
const GOODS: [&str; 3] = ["Apples", "Bread", "Cheese"];

async fn home(
    State(pages): State<Pages>,
    (consent, session, jar): (Consent, Session, CookieJar),
    headers: HeaderMap,
) -> Result<impl IntoResponse, Failure> {
    let user: Option<String> = session.get("user").await?;
    let basket: Vec<String> = session.get("basket").await?.unwrap_or_default();
    let consent = pages.pieces(&consent, pages.language_for(&headers, None));
    let content = context! { user, basket, goods => GOODS, consent };
    let page = Environment::new().render_named_str("home.html", HOME, content)?;
    let visits = jar.get("visits").map_or("", Cookie::value);
    let visits = visits.parse().unwrap_or(0_u16).saturating_add(1);
    let cookie = Cookie::build(("visits", visits.to_string())).path("/");
    let cookie = cookie.max_age(time::Duration::days(90)).http_only(true);
    let mut headers = HeaderMap::new();
    mark_private(&mut headers); // rendered for one visitor
    Ok((headers, jar.add(cookie), Html(page)))
}

async fn buy(session: Session, Path(item): Path<String>) -> Result<Redirect, Failure> {
    let mut basket: Vec<String> = session.get("basket").await?.unwrap_or_default();
    if GOODS.contains(&&*item) && basket.len() < 20 {
        basket.push(item);
        session.insert("basket", basket).await?;
    }
    Ok(Redirect::to("/"))
}

#[derive(Deserialize)]
struct LogIn {
    name: String, // and a password in a real shop
}

async fn log_in(session: Session, Form(LogIn { name }): Form<LogIn>) -> Result<Redirect, Failure> {
    session.cycle_id().await?; // an id known from before is worthless
    session.insert("user", name).await?;
    Ok(Redirect::to("/"))
}

async fn log_out(session: Session) -> Result<Redirect, Failure> {
    session.flush().await?;
    Ok(Redirect::to("/"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(io::stderr).init(); // the layer says what it withholds
    let policy: CookiePolicy = serde_json::from_str(include_str!("shop/policy.json"))?;
    let pages = Pages::at("/cookies", policy.clone())?;
    let sessions = SessionManagerLayer::new(MemoryStore::default())
        .with_name("session")
        .with_same_site(SameSite::Lax)
        .with_secure(false); // for plain HTTP
    let files = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/shop/files");
    let limit = Duration::from_secs(10);
    let timeout = TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, limit);
    let app = Router::new()
        .route("/", get(home))
        .route("/buy/{item}", post(buy))
        .route("/login", post(log_in))
        .route("/logout", post(log_out))
        .with_state(pages.clone())
        .layer(sessions)
        .layer(CsrfLayer::new()) // refuses the forms of other sites
        .nest_service("/files", ServeDir::new(files))
        .layer(pages) // the pages at /cookies and below
        .layer(CompressionLayer::new())
        .layer(timeout)
        .layer(CookieConsentLayer::new(policy)); // last: around all that sets cookies
    let address = env::args().skip_while(|it| it != "--listen").nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:3000");
    let listener = tokio::net::TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    writeln!(io::stdout(), "listening on http://{address}")?;
    Ok(axum::serve(listener, app).await?)
}

/// A failure of the session store or a template: nothing for a visitor to read.
struct Failure(Box<dyn Error + Send + Sync>);

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        tracing::error!("{}", self.0);
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}
