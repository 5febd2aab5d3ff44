//! For developers and operators: the live inventory of cookies, and counters for Prometheus. Both
//! are outside the consent layer and do not count their own cookies.

use axum::{
    Router,
    extract::RawQuery,
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{Html, IntoResponse},
    routing::get,
};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder};
use tower_cookie_consent::{CookiePolicy, Inventory, pages::Pages};

/// Returns `/metrics`, with the recorder behind it.
pub(crate) fn metrics() -> Result<Router, BuildError> {
    let recorded = PrometheusBuilder::new().install_recorder()?;
    Ok(Router::new().route("/metrics", get(async move || text(recorded.render()))))
}

/// Returns `/debug/cookies`: what the service really sets, receives and loads, the missing declarations,
/// ready to paste, and unused ones; a page for browsers, and text for others. Not for production: it shows
/// names, paths and counts.
pub(crate) fn debug(inventory: Inventory, pages: Pages, policy: CookiePolicy) -> Router {
    if !cfg!(debug_assertions) {
        return Router::new();
    }
    let table = get(async move |headers: HeaderMap, RawQuery(query): RawQuery| {
        let report = inventory.report();
        let accepted = headers.get(ACCEPT).map_or(&b""[..], HeaderValue::as_bytes);
        if accepted.starts_with(b"text/html") {
            let page = pages.inventory_page(&report, query.as_deref());
            let page = page.unwrap_or_default();
            return ([(CACHE_CONTROL, "no-store")], Html(page)).into_response();
        }
        let table = format!(
            "{report}\nMissing in the policy:\n{}\n\nDeclared, and never seen: {}\n\n\
             The console for staff: /debug/records\n",
            report.draft(),
            report.never_seen(&policy).join(" ")
        );
        text(table).into_response()
    });
    Router::new().route("/debug/cookies", table)
}

fn text(text: String) -> impl IntoResponse {
    const HEADERS: [(HeaderName, &str); 2] = [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
    ];
    (HEADERS, text)
}
