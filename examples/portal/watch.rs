//! For developers and operators: the live inventory of cookies, and counters for Prometheus. Both
//! are outside the consent layer and do not count their own cookies.

use axum::{
    Router,
    http::{HeaderName, header::CACHE_CONTROL, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder};
use tower_cookie_consent::{CookiePolicy, Inventory};

/// Returns `/metrics`, with the recorder behind it.
pub(crate) fn metrics() -> Result<Router, BuildError> {
    let recorded = PrometheusBuilder::new().install_recorder()?;
    Ok(Router::new().route("/metrics", get(async move || text(recorded.render()))))
}

/// Returns `/debug/cookies`: what the service really sets and receives, the missing declarations,
/// ready to paste, and unused ones. Not for production: it shows names, paths and counts.
pub(crate) fn debug(inventory: Inventory, policy: CookiePolicy) -> Router {
    if !cfg!(debug_assertions) {
        return Router::new();
    }
    let table = get(async move || {
        let report = inventory.report();
        text(format!(
            "{report}\nMissing in the policy:\n{}\n\nDeclared, and never seen: {}\n",
            report.draft(),
            report.never_seen(&policy).join(" ")
        ))
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
