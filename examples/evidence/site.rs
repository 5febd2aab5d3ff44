//! The site: a running one by its URL, or a small service with the pages of the policy.

use std::time::{Duration, SystemTime};

use axum::{Extension, Router, response::Html, routing::get};
use http::HeaderMap;
use tower_cookie_consent::{
    Consent, CookieConsentLayer, CookiePolicy, Inventory,
    conformance::{CapturedVisits, Conformance, Probe},
    pages::Pages,
    records::Instant,
};

use crate::{Failure, arguments::Making, making::Seen};

/// The path of the pages, where the policy names none.
const COOKIES: &str = "/cookies";

/// Returns the paths to visit.
fn visits(making: &Making, policy: &CookiePolicy) -> Vec<String> {
    let cookies = policy.pages_at().unwrap_or(COOKIES);
    let pages = [
        "/".to_owned(),
        cookies.to_owned(),
        format!("{cookies}/preferences"),
    ];
    match making.visits.is_empty() {
        true => pages.into(),
        false => making.visits.clone(),
    }
}

pub(crate) async fn check_url(
    making: &Making,
    policy: &CookiePolicy,
    url: &str,
) -> Result<Seen, Failure> {
    let (inventory, visits) = (Inventory::new(), CapturedVisits::new());
    let kit = Conformance::new(policy.clone())
        .visit(self::visits(making, policy))
        .inventory(&inventory)
        .capture_to(&visits);
    let report = kit.check_url(url).await;
    // A site that can't be reached has nothing to show.
    match (
        report.failures(),
        report.is_ok() || report.findings().next().is_some(),
    ) {
        ([first, ..], false) if visits.situations().is_empty() => Err(first.clone().into()),
        _ => Ok(Seen {
            report,
            inventory,
            visits,
            pages: None,
        }),
    }
}

pub(crate) async fn check_in_process(
    making: &Making,
    policy: &CookiePolicy,
    date: Instant,
) -> Result<Seen, Failure> {
    let (inventory, visits) = (Inventory::new(), CapturedVisits::new());
    let pages = pages(policy)?;
    let clock = SystemTime::UNIX_EPOCH + Duration::from_secs(date.unix_seconds());
    let layer = CookieConsentLayer::new(policy.clone()).with_clock(move || clock);
    let probe = Probe::new();
    let service = service(pages.clone())?
        .layer(probe.clone())
        .layer(layer.clone());
    let kit = Conformance::for_layer(&layer)
        .visit(self::visits(making, policy))
        .probe(&probe)
        .inventory(&inventory)
        .capture_to(&visits);
    let report = kit.check(service).await;
    Ok(Seen {
        report,
        inventory,
        visits,
        pages: Some(pages),
    })
}

/// Returns the pages of the policy, with the crate's own templates.
pub(crate) fn pages(policy: &CookiePolicy) -> Result<Pages, Failure> {
    Ok(Pages::at(
        policy.pages_at().unwrap_or(COOKIES),
        policy.clone(),
    )?)
}

/// Returns the service that is checked, without the layer.
fn service(pages: Pages) -> Result<Router, Failure> {
    let gpc = pages.gpc("2026-01-01")?;
    Ok(Router::new()
        .route_service("/.well-known/gpc.json", gpc)
        .route("/", get(home))
        .layer(Extension(pages.clone()))
        .layer(pages))
}

/// Returns the whole service, for a browser.
pub(crate) fn whole(policy: &CookiePolicy) -> Result<Router, Failure> {
    let layer = CookieConsentLayer::new(policy.clone());
    Ok(service(pages(policy)?)?.layer(layer))
}

async fn home(
    Extension(pages): Extension<Pages>,
    consent: Consent,
    headers: HeaderMap,
) -> Html<String> {
    let language = pages.language_of(&consent, &headers, None);
    let pieces = pages.pieces(&consent, language);
    let (lang, dir) = (&pieces.lang, pieces.dir);
    Html(format!(
        "<!doctype html><html lang=\"{lang}\" dir=\"{dir}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Home</title>{head}</head>\
         <body>{banner}<main id=\"main\" tabindex=\"-1\">{notice}<h1>Home</h1><p>…</p></main>\
         <footer>{footer}</footer></body></html>",
        head = pieces.head,
        banner = pieces.banner,
        notice = pieces.notice,
        footer = pieces.footer,
    ))
}
