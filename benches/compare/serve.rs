//! The sites in Rust: the same page, with nothing around it, a filter, the layer, or all of it.

use std::{io::Write, path::Path};

use axum::{
    Router,
    middleware::from_fn,
    response::{AppendHeaders, Html, IntoResponse},
    routing::get,
};
use http::header::SET_COOKIE;
use tokio::net::TcpListener;
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookieDeclaration, CookiePolicy,
    documents::HtmlConsentLayer,
    pages::Pages,
    policy::{Reason, Retention, Service},
    records::{RecordLayer, Records},
};

use crate::{filter::filter, load::Result};

const PAGE: &str = include_str!("page.html");

const SET: [&str; 5] = [
    "sessionid=4f1c0d8a; HttpOnly; Path=/; SameSite=Lax",
    "csrftoken=a93e7c51; Path=/; SameSite=Lax",
    "_pk_id.1=1.2.1790000000; Max-Age=33696000; Path=/; SameSite=Lax",
    "_ga=1.2.1790000000; Max-Age=33696000; Path=/; SameSite=Lax",
    "_fbp=1.2.1790000000; Max-Age=33696000; Path=/; SameSite=Lax",
];

/// Serves one of them until the process ends; the folder is for records.
#[tokio::main]
pub(crate) async fn serve(name: &str, folder: &Path) -> Result<()> {
    let site = Router::new().route("/", get(page));
    let site = match name {
        "bare" => site,
        "filter" => site.layer(from_fn(filter)),
        "layer" => site.layer(CookieConsentLayer::new(policy()?)),
        "all" => all(site, folder).await?,
        _ => return Err(format!("no site is named {name}").into()),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    writeln!(std::io::stdout(), "listening on http://{address}")?;
    Ok(axum::serve(listener, site).await?)
}

async fn page() -> impl IntoResponse {
    (
        AppendHeaders(SET.map(|field| (SET_COOKIE, field))),
        Html(PAGE),
    )
}

async fn all(site: Router, folder: &Path) -> Result<Router> {
    let policy = policy()?;
    let pages = Pages::at("/cookies", policy.clone())?;
    let store = format!("sqlite:{}", folder.join("records.db").display());
    let records = Records::open(&store).await?.build()?;
    let consent = CookieConsentLayer::new(policy).records(&records);
    Ok(site
        .nest_service("/cookies", pages.clone())
        .layer(HtmlConsentLayer::new().pages(pages))
        .layer(RecordLayer::new(records))
        .layer(consent))
}

fn policy() -> Result<CookiePolicy> {
    let declare = CookieDeclaration::new;
    let films = Service::new("films").title("Films");
    let films = films.origins(["https://www.films.example"]);
    Ok(CookiePolicy::new([
        Category::necessary("base")
            .title("Necessary")
            .cookie(declare("sessionid").reason(Reason::Authentication))
            .cookie(declare("csrftoken").reason(Reason::Security)),
        Category::consent("stats")
            .title("Statistics")
            .description("How pages are used.")
            .cookie(declare("_pk_id.*").retention(Retention::months(13))),
        Category::consent("ads")
            .title("Advertising")
            .description("Pays for what you read.")
            .cookies([declare("_ga"), declare("_fbp")])
            .service(films),
    ])?)
}
