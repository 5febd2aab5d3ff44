//! The conformance kit, against an app with one violation each and against a correct one.

mod answers;
mod by_hand;
mod by_tls;
mod by_url;
mod choices;
mod codecs;
mod excuses;
mod forms;
mod headers;
mod jar;
mod kit;
mod not_exercised;
mod opt_outs;
mod own_markup;
mod page;
mod planted;
mod reports;
mod third_parties;
mod violations;
mod with_django;

use std::collections::BTreeSet;

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header::COOKIE, header::SET_COOKIE},
    middleware::{Next, from_fn},
    response::{Html, Redirect},
    routing::get,
};
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookieDeclaration, CookiePolicy,
    conformance::{Conformance, Report, Requirement},
    policy::{Reason, Service},
};

/// What no report may contain.
pub(super) const MARKER: &str = "m4rk3r-v4lu3";

/// The requirements on controls in pages.
const OF_CONTROLS: [Requirement; 3] = [
    Requirement::NothingTicked,
    Requirement::RefusalAsEasy,
    Requirement::WithdrawalAsEasy,
];

pub(super) fn policy() -> CookiePolicy {
    CookiePolicy::builder()
        .revision(3)
        .categories([
            Category::necessary("base")
                .cookie(CookieDeclaration::new("sessionid").reason(Reason::Authentication)),
            Category::exempt("stats").cookie(CookieDeclaration::new("_pk_id.*")),
            Category::consent("maps")
                .cookie(CookieDeclaration::new("map"))
                .services(["roads", "places"].map(Service::new)),
            Category::consent("ads")
                .since(3)
                .cookie(CookieDeclaration::new("_ga")),
        ])
        .build()
        .unwrap()
}

/// A site that sets everything on every response, without asking.
pub(super) fn site() -> Router {
    let fail = || async { StatusCode::INTERNAL_SERVER_ERROR };
    let home = || async { Html(r#"<a href="/login">in</a> <a href="/deep">deep</a>"#) };
    let upgrade = || async { StatusCode::SWITCHING_PROTOCOLS };
    let routes = Router::new()
        .route("/", get(home))
        .route("/upgrade", get(upgrade))
        .route("/login", get(|| async { Redirect::to("/") }))
        .route("/fail", get(fail))
        .route("/deep", get(|| async { Html("no links") }));
    routes
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(from_fn(set_everything))
}

async fn set_everything(request: Request, next: Next) -> axum::response::Response {
    let mut response = next.run(request).await;
    for name in ["sessionid", "_pk_id.1", "map", "_ga"] {
        let field = format!("{name}={MARKER}-{name}; Path=/; Max-Age=8640000");
        append(response.headers_mut(), &field);
    }
    response
}

pub(super) fn append(headers: &mut HeaderMap, field: &str) {
    headers.append(SET_COOKIE, HeaderValue::from_str(field).unwrap());
}

pub(super) fn correct() -> Router {
    site().layer(CookieConsentLayer::new(policy()))
}

/// The correct app, wrapped in something that spoils responses.
pub(super) fn spoilt(spoil: fn(&str, &mut HeaderMap)) -> Router {
    let wrap = move |request: Request, next: Next| async move {
        let sent = request.headers().get_all(COOKIE).iter();
        let sent: Vec<_> = sent
            .map(|field| field.to_str().unwrap().to_owned())
            .collect();
        let gpc = request.headers().contains_key("sec-gpc");
        let mut response = next.run(request).await;
        let sent = sent.join("; ");
        // These are about the cookies alone.
        if !gpc {
            spoil(&sent, response.headers_mut());
        }
        response
    };
    correct().layer(from_fn(wrap))
}

pub(super) fn kit() -> Conformance {
    Conformance::new(policy()).visit(["/", "/login", "/fail"])
}

pub(super) fn of_layer(layer: &CookieConsentLayer) -> Conformance {
    Conformance::for_layer(layer).visit(["/", "/login", "/fail"])
}

pub(super) fn check(kit: Conformance, app: Router) -> Report {
    runtime().block_on(kit.check(app))
}

pub(super) fn runtime() -> tokio::runtime::Runtime {
    crate::support::server::runtime()
}

pub(super) fn broken(report: &Report) -> Vec<Requirement> {
    let broken: BTreeSet<_> = report
        .findings()
        .map(|finding| finding.requirement)
        .collect();
    broken.into_iter().collect()
}

#[track_caller]
pub(super) fn assert_breaks(report: &Report, requirement: Requirement, cookie: &str, why: &str) {
    assert_eq!(broken(report), [requirement], "{report}");
    let found = report
        .findings()
        .any(|finding| finding.cookie.as_deref() == Some(cookie) && finding.why.contains(why));
    assert!(found, "{cookie} {why}\n{report}");
    assert!(!report.is_ok());
}

/// The preferences cookie's value, as the browser sent it.
pub(super) fn preferences(sent: &str) -> Option<&str> {
    sent.split("; ")
        .find_map(|pair| pair.strip_prefix("cookies_preferences="))
}
