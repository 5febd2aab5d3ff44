//! The feature `pages`, behind the real layer: one tower stack, no network.

mod acceptance;
mod banner;
pub(crate) mod browser;
mod choosing;
mod cross_site;
mod hyper;
mod inventory;
mod neutral;
pub(crate) mod openapi;
mod rejected;
pub(crate) mod rendered;
mod resources;
mod saving;
mod services;
mod settings;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::{
    Router,
    body::Body,
    response::{Html, IntoResponse},
    routing::get,
};
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy,
    pages::{Pages, mark_private},
    policy::{Reason, Retention, TrackerKind},
};

pub(crate) const NOW: u64 = 1_790_000_000;

pub(crate) fn policy() -> CookiePolicy {
    policy_of(1, "Widgets of other sites")
}

/// A policy whose revision and one of whose texts can differ.
pub(crate) fn policy_of(revision: u32, title: &str) -> CookiePolicy {
    CookiePolicy::builder()
        .revision(revision)
        .category(
            Category::necessary("base")
                .title([("en", "Necessary cookies"), ("fr", "Cookies nécessaires")])
                .cookie(
                    CookieDeclaration::new("sessionid")
                        .provider("Opendatasoft")
                        .service("Login")
                        .purpose([("en", "Keeps you logged in"), ("fr", "Garde votre session")])
                        .reason(Reason::Authentication)
                        .retention(Retention::weeks(2)),
                )
                .cookie(CookieDeclaration::new("django_language").reason(Reason::Language))
                .cookie(CookieDeclaration::new("csrftoken").reason(Reason::Security)),
        )
        .category(
            Category::exempt("stats")
                .title("Audience measurement")
                .description("Anonymous, for us alone.")
                .cookie(CookieDeclaration::new("_pk_id.*").retention(Retention::months(13))),
        )
        .category(
            Category::consent("internes")
                .title([("en", "First-party cookies"), ("fr", "Cookies internes")])
                .description([
                    ("en", "Remember your path."),
                    ("fr", "Retiennent votre parcours."),
                ])
                .cookie(CookieDeclaration::new("parcours")),
        )
        .category(
            Category::consent("tiers")
                .title(title)
                .description("Shows <b>maps</b> & films of others.")
                .consent_mode(["ad_storage", "analytics_storage"])
                .cookie(
                    CookieDeclaration::new("_ga")
                        .provider("Google")
                        .controller("Google Ireland Ltd")
                        .privacy_url("https://policies.google.com/privacy")
                        .retention(Retention::months(13)),
                )
                .cookie(
                    CookieDeclaration::new("px")
                        .kind(TrackerKind::Pixel)
                        .controller("Maps | Ltd"),
                ),
        )
        .build()
        .unwrap()
}

/// A site with the pages below `/cookies` and the banner on every page of its own.
pub(crate) fn site() -> Router {
    site_with(
        Pages::at("/cookies", policy()).unwrap().site("Portal"),
        policy(),
    )
}

pub(crate) fn site_with(pages: Pages, policy: CookiePolicy) -> Router {
    let gpc = pages.gpc("2026-01-01").unwrap();
    let page = {
        let pages = pages.clone();
        async move |consent: Consent, headers: HeaderMap| {
            let lang = pages.language_for(&headers, None);
            let head = pages.head(&consent, lang).unwrap();
            let banner = pages.banner(&consent, lang).unwrap();
            let notice = pages.notice(&consent, lang).unwrap();
            let footer = pages.footer(&consent, lang).unwrap();
            let mut response = Html(format!(
                "<html lang={lang}><head>{head}</head><body>{banner}<main id=main tabindex=-1>\
                 {notice}</main><footer>{footer}</footer></body></html>"
            ))
            .into_response();
            mark_private(response.headers_mut());
            response
        }
    };
    Router::new()
        .route("/", get(page.clone()))
        .route("/a/b", get(page.clone()).post(page))
        .nest_service("/cookies", pages)
        .route_service("/.well-known/gpc.json", gpc)
        .layer(CookieConsentLayer::new(policy).with_clock(now))
}

pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

pub(crate) type Answer = Response<String>;

/// Sends one request through a stack.
pub(crate) fn send(site: Router, request: Request<Body>) -> Answer {
    futures_executor::block_on(async {
        let (parts, body) = site.oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Response::from_parts(parts, String::from_utf8(body.into()).unwrap())
    })
}

pub(crate) fn request(
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Request<Body> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "portal.example.org");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

pub(crate) fn fetch(path: &str, headers: &[(&str, &str)]) -> Answer {
    send(site(), request(Method::GET, path, headers, ""))
}

pub(crate) const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
pub(crate) const JSON: (&str, &str) = ("content-type", "application/json");
pub(crate) const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");

/// Sends a form of the site itself.
pub(crate) fn post(body: &str) -> Answer {
    post_with(&[FORM, OWN], body)
}

pub(crate) fn post_with(headers: &[(&str, &str)], body: &str) -> Answer {
    send(
        site(),
        request(Method::POST, "/cookies/preferences", headers, body),
    )
}

/// The preferences cookie that an answer sets, as a later request carries it.
pub(crate) fn preferences(answer: &Answer) -> Option<String> {
    set_cookies(answer)
        .iter()
        .find(|field| {
            field.starts_with("cookies_preferences=%") || field.starts_with("cookies_preferences={")
        })
        .map(|field| field.split(';').next().unwrap().to_owned())
}

pub(crate) fn set_cookies(answer: &Answer) -> Vec<String> {
    let fields = answer.headers().get_all(header::SET_COOKIE).iter();
    fields
        .map(|field| field.to_str().unwrap().to_owned())
        .collect()
}

pub(crate) fn field<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

/// The state after a choice, asked for with the cookie that it set.
pub(crate) fn state_after(answer: &Answer) -> serde_json::Value {
    let cookie = preferences(answer).expect("a preferences cookie");
    state_with(&cookie)
}

pub(crate) fn state_with(cookie: &str) -> serde_json::Value {
    let answer = fetch("/cookies/state", &[("cookie", cookie)]);
    assert_eq!(answer.status(), StatusCode::OK);
    serde_json::from_str(answer.body()).unwrap()
}

/// The ids of the categories that are allowed.
pub(crate) fn allowed(state: &serde_json::Value) -> Vec<&str> {
    let categories = state["categories"].as_array().unwrap();
    let allowed = categories
        .iter()
        .filter(|category| category["allowed"] == true);
    allowed
        .map(|category| category["id"].as_str().unwrap())
        .collect()
}
