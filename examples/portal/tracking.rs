//! Cookies that need the visitor's consent, set by code that does not check for it.

use axum::{
    extract::Request,
    http::{HeaderValue, header::SET_COOKIE},
    middleware::Next,
    response::Response,
};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use time::Duration;

/// A handler's cookie, set through a jar. It is `HttpOnly`: scripts can't delete it, so the server
/// has to.
pub(crate) fn note_path(jar: CookieJar, path: &'static str) -> CookieJar {
    let cookie = Cookie::build(("parcours", path))
        .path("/")
        .max_age(Duration::days(182))
        .http_only(true)
        .same_site(SameSite::Lax);
    jar.add(cookie)
}

/// Raw headers, as written by an audience measurement and a server-side tag manager. In a real
/// portal, the values would be identifiers.
const MEASUREMENT: [&str; 3] = [
    "_pk_id.1.fe4c=visiteur; Path=/; Max-Age=34128000; SameSite=Lax",
    "_ga=GA1.1.visiteur; Path=/; Max-Age=34128000; SameSite=Lax",
    "_ga_PORTAIL=GS2.1.visite; Path=/; Max-Age=34128000; SameSite=Lax",
];

/// Left over from an experiment and never declared.
const FORGOTTEN: &str = "ab_test=b; Path=/";

pub(crate) async fn measure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for field in MEASUREMENT.into_iter().chain([FORGOTTEN]) {
        response
            .headers_mut()
            .append(SET_COOKIE, HeaderValue::from_static(field));
    }
    response
}
