//! The alternatives: a hand-written filter with the cookie crate, as an axum middleware, and the
//! layer of tower-cookies. Both do less than the layer here; the first does the same as the layer
//! with everything that concerns the request turned off.

use std::{collections::HashMap, convert::Infallible, hint::black_box, sync::Arc};

use axum::{
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use cookie::Cookie;
use http::{
    HeaderMap, HeaderValue,
    header::{COOKIE, SET_COOKIE},
};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use tower::{Layer, Service, ServiceExt, util::MapRequest};
use tower_cookie_consent::{Basis, CookiePolicy};
use tower_cookies::{CookieManager, CookieManagerLayer, Cookies};

use super::Inner;

pub(crate) const HAND_WRITTEN: &str = "hand-written";
pub(crate) const TOWER_COOKIES: &str = "tower-cookies";
/// The bare service with a body of axum, the baseline of [`HAND_WRITTEN`].
pub(crate) const BARE_AXUM: &str = "bare-axum";

/// A policy as one would write it by hand.
struct Declared {
    exact: HashMap<String, String>,
    prefixes: Vec<(String, String)>,
    necessary: Vec<String>,
}

impl Declared {
    fn of(policy: &CookiePolicy) -> Self {
        let mut declared = Self {
            exact: HashMap::new(),
            prefixes: Vec::new(),
            necessary: Vec::new(),
        };
        for category in policy.categories() {
            let id = category.id().to_owned();
            if category.basis() == Basis::Necessary {
                declared.necessary.push(id.clone());
            }
            for cookie in category.get_cookies() {
                match cookie.name().strip_suffix('*') {
                    Some(prefix) => declared.prefixes.push((prefix.to_owned(), id.clone())),
                    None => drop(declared.exact.insert(cookie.name().to_owned(), id.clone())),
                }
            }
        }
        declared
    }

    fn allows(&self, choices: &HashMap<String, Value>, name: &str) -> bool {
        let by_prefix = || {
            let mut prefixes = self.prefixes.iter();
            prefixes.find_map(|(prefix, id)| name.starts_with(prefix).then_some(id))
        };
        self.exact.get(name).or_else(by_prefix).is_some_and(|id| {
            self.necessary.contains(id) || choices.get(id) == Some(&Value::Bool(true))
        })
    }
}

pub(crate) fn hand_written(
    inner: Inner,
    policy: &CookiePolicy,
) -> impl Service<Request, Response = Response, Error = Infallible> + use<> {
    from_fn_with_state(Arc::new(Declared::of(policy)), filter).layer(inner)
}

async fn filter(State(declared): State<Arc<Declared>>, request: Request, next: Next) -> Response {
    let choices = choices(request.headers());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let set: Vec<HeaderValue> = headers.get_all(SET_COOKIE).iter().cloned().collect();
    headers.remove(SET_COOKIE);
    for field in set {
        let cookie = field
            .to_str()
            .ok()
            .and_then(|field| Cookie::parse(field).ok());
        if cookie.is_some_and(|cookie| declared.allows(&choices, cookie.name())) {
            headers.append(SET_COOKIE, field);
        }
    }
    response
}

fn choices(headers: &HeaderMap) -> HashMap<String, Value> {
    let fields = headers.get_all(COOKIE).iter();
    let value = fields
        .filter_map(|field| field.to_str().ok())
        .flat_map(Cookie::split_parse)
        .flatten()
        .find(|cookie| cookie.name() == "cookies_preferences");
    let value = value.and_then(|cookie| {
        let json = percent_decode_str(cookie.value()).decode_utf8().ok()?;
        serde_json::from_str(&json).ok()
    });
    value.unwrap_or_default()
}

/// The layer around a service that reads one cookie.
#[allow(clippy::type_complexity, reason = "the type says what it is")]
pub(crate) fn tower_cookies(
    inner: Inner,
) -> CookieManager<MapRequest<Inner, fn(http::Request<()>) -> http::Request<()>>> {
    let read: fn(http::Request<()>) -> http::Request<()> = |request| {
        let cookies: Option<&Cookies> = request.extensions().get();
        black_box(cookies.and_then(|cookies| cookies.get("cookies_preferences")));
        request
    };
    let inner = ServiceExt::<http::Request<()>>::map_request(inner, read);
    CookieManagerLayer::new().layer(inner)
}
