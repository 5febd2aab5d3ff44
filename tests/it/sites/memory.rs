//! The memory that the gate takes up for the pages of the templates, and of the site with traps.

use std::{
    fs,
    path::{Path, PathBuf},
};

use axum::{Router, body::Body, response::Html};
use http::Request;
use http_body_util::BodyExt;
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookiePolicy, documents::HtmlConsentLayer, policy::Service,
};

use super::templates::unpacked;
use crate::support::process::of_crate;

/// The most that a page may take up, in bytes.
const MOST: usize = 64 * 1024;

/// Returns all pages in a folder.
fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            pages(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "html") {
            found.push(path);
        }
    }
}

/// Returns the page behind the gate, or why it ended.
fn gated(page: String) -> Result<String, String> {
    let media = Category::consent("media").service(Service::from_catalogue("youtube"));
    let layer = HtmlConsentLayer::new().memory_limit(MOST);
    let site = Router::new()
        .fallback(async move || Html(page))
        .layer(layer)
        .layer(CookieConsentLayer::new(CookiePolicy::new([media]).unwrap()));
    futures_executor::block_on(async {
        let request = Request::get("http://own.example/").body(Body::empty());
        let response = site.oneshot(request.unwrap()).await.unwrap();
        let body = response.into_body().collect().await;
        let bytes = body.map_err(|error| error.to_string())?.to_bytes();
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    })
}

#[test]
fn real_pages_take_up_at_most_64_kib() {
    let mut found = Vec::new();
    pages(&of_crate("tests/data/sites"), &mut found);
    assert!(!found.is_empty());
    for folder in unpacked().unwrap_or_default().values() {
        pages(folder, &mut found);
    }
    let mut held = 0;
    for path in found {
        let page = fs::read(&path).unwrap();
        let page = String::from_utf8_lossy(&page).into_owned();
        let gated = gated(page).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        held += gated.matches(" data-consent-").count();
    }
    assert!(held > 0);
    let attribute = format!("<img alt=\"{}\">", "x".repeat(MOST));
    assert!(gated(attribute).is_err(), "the limit counts");
}
