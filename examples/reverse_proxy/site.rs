//! The pages beside the upstream, and the gate in front of it.

use axum::Router;
use tower::Layer;
use tower_cookie_consent::{CookiePolicy, documents::HtmlConsentLayer, pages::Pages};

use crate::{arguments::Arguments, forward::Forward};

/// Returns the pages, if they are wanted; or why there can be none.
pub(crate) fn pages(arguments: &Arguments, policy: &CookiePolicy) -> Result<Option<Pages>, String> {
    let Some(prefix) = &arguments.pages else {
        return Ok(None);
    };
    let pages = Pages::at(prefix, policy.clone());
    // Nothing is known of the site: on the window, the banner moves and covers nothing at the top.
    pages
        .map(|pages| Some(pages.fixed(true)))
        .map_err(|error| format!("--pages {prefix}: {error}"))
}

/// Puts the pages below their prefix, and the upstream everywhere else.
pub(crate) fn around(arguments: &Arguments, pages: Pages, upstream: Forward) -> Router {
    let prefix = arguments.pages.as_deref().unwrap_or("/cookies");
    let site = Router::new().nest_service(prefix, pages.clone());
    match arguments.documents {
        None => site.fallback_service(upstream),
        Some(documents) => {
            let layer = HtmlConsentLayer::new()
                .pages(pages)
                .documents(documents)
                .report_only(arguments.report_only);
            site.fallback_service(layer.layer(upstream))
        }
    }
}
