//! The pages beside the upstream, the gate in front of it, and the records of choices.

use axum::Router;
use tower_cookie_consent::{
    CookiePolicy,
    documents::HtmlConsentLayer,
    pages::Pages,
    records::{RecordLayer, Records},
};

use crate::{arguments::Arguments, forward::Forward};

/// The cookie with the visitor's language, as Django names it and `portal.json` declares it.
const LANGUAGE: &str = "django_language";

/// Returns the pages, if they are wanted; or why there can be none.
pub(crate) fn pages(arguments: &Arguments, policy: &CookiePolicy) -> Result<Option<Pages>, String> {
    let Some(prefix) = &arguments.pages else {
        return Ok(None);
    };
    let pages = Pages::at(prefix, policy.clone());
    // Nothing is known of the site: on the window, the banner moves and covers nothing at the top.
    pages
        .map(|pages| Some(pages.fixed(true).language_cookie(LANGUAGE)))
        .map_err(|error| format!("--pages {prefix}: {error}"))
}

/// Puts the pages below the prefix, or the path of the policy, and the upstream everywhere else; and
/// records the choices that either makes.
pub(crate) fn around(
    arguments: &Arguments,
    pages: Option<Pages>,
    records: Option<Records>,
    upstream: Forward,
) -> Router {
    let mut site = Router::new().fallback_service(upstream);
    if let Some(pages) = pages {
        if let Some(documents) = arguments.documents {
            let gate = HtmlConsentLayer::new()
                .pages(pages.clone())
                .documents(documents)
                .report_only(arguments.report_only);
            site = site.layer(gate);
        }
        site = site.layer(pages);
    }
    match records {
        Some(records) => site.layer(RecordLayer::new(records)),
        None => site,
    }
}
