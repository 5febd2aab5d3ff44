//! The layer in real stacks: in the documented order, where it is outermost, and in a wrong one, to
//! show what is lost.

mod cross_site_login;
mod extractors;
mod http_layers;
mod hyper;
mod jars;
mod logins;
mod overload;
mod responses;
mod routing;
mod sessions;
mod tonic;

use axum::{Router, body::Body, response::AppendHeaders};
use http::{
    HeaderMap, Request, Response,
    header::{COOKIE, SET_COOKIE},
};
use http_body_util::BodyExt;
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, Choice, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy,
    preferences::PreferencesCookie,
};

fn policy() -> CookiePolicy {
    CookiePolicy::builder()
        .preferences_cookie(PreferencesCookie::default().secure(false))
        .category(Category::necessary("base").cookies([
            CookieDeclaration::new("sessionid"),
            CookieDeclaration::new("login-state"),
        ]))
        .category(Category::exempt("stats").cookie(CookieDeclaration::new("_pk_id.*")))
        .category(Category::consent("ours").cookie(CookieDeclaration::new("parcours")))
        .category(Category::consent("ads").cookie(CookieDeclaration::new("_ga")))
        .build()
        .unwrap()
}

fn consent() -> CookieConsentLayer {
    CookieConsentLayer::new(policy())
}

/// The preferences cookie, as browsers send it, of a visitor who chose so.
fn preferences(choose: impl Fn(&Consent) -> Choice) -> String {
    let consent = Consent::undecided(policy());
    let set = consent.set_cookie(choose(&consent)).header_value();
    let pair = set.to_str().unwrap().split(';').next().unwrap();
    pair.to_owned()
}

fn accepted() -> String {
    preferences(Consent::accept_all)
}

fn refused() -> String {
    preferences(Consent::refuse_all)
}

/// What a handler sets: a necessary, an exempt, a consenting and an undeclared cookie.
const MIXED: AppendHeaders<[(http::HeaderName, &str); 4]> = AppendHeaders([
    (SET_COOKIE, "sessionid=1; Path=/; HttpOnly"),
    (SET_COOKIE, "_pk_id.1=2; Path=/; Max-Age=3600"),
    (SET_COOKIE, "_ga=3; Path=/"),
    (SET_COOKIE, "unheard-of=4; Path=/"),
]);

/// Of `MIXED`, what an undecided visitor gets.
const ALLOWED: [&str; 2] = [
    "sessionid=1; Path=/; HttpOnly",
    "_pk_id.1=2; Path=/; Max-Age=3600",
];

async fn send(app: &Router, request: Request<Body>) -> Response<Body> {
    app.clone().oneshot(request).await.unwrap()
}

pub(crate) async fn get(app: &Router, path: &str, cookies: &str) -> Response<Body> {
    let mut request = Request::get(path);
    if !cookies.is_empty() {
        request = request.header(COOKIE, cookies);
    }
    send(app, request.body(Body::empty()).unwrap()).await
}

pub(crate) async fn text(response: Response<Body>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The `Set-Cookie` fields, in order.
fn cookies(headers: &HeaderMap) -> Vec<&str> {
    let fields = headers.get_all(SET_COOKIE).iter();
    fields.map(|field| field.to_str().unwrap()).collect()
}

/// The pair of the cookie that was set under this name, as a browser sends it back.
fn pair<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut pairs = cookies(headers)
        .into_iter()
        .map(|field| field.split_once(';').map_or(field, |(pair, _)| pair));
    pairs.rfind(|pair| pair.split('=').next() == Some(name))
}
