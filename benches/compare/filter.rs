//! A filter as one writes it by hand for axum: it reads the choice, and drops what is refused from the
//! response.

use std::collections::HashMap;

use axum::{extract::Request, middleware::Next, response::Response};
use cookie::Cookie;
use http::{
    HeaderMap, HeaderValue,
    header::{COOKIE, SET_COOKIE},
};
use percent_encoding::percent_decode_str;
use serde_json::Value;

fn category(name: &str) -> Option<&'static str> {
    Some(match name {
        "sessionid" | "csrftoken" => "base",
        "_ga" | "_fbp" => "ads",
        _ if name.starts_with("_pk_id.") => "stats",
        _ => return None,
    })
}

pub(crate) async fn filter(request: Request, next: Next) -> Response {
    let choices = choices(request.headers());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let set: Vec<HeaderValue> = headers.get_all(SET_COOKIE).iter().cloned().collect();
    headers.remove(SET_COOKIE);
    for field in set {
        let cookie = field.to_str().ok().and_then(|it| Cookie::parse(it).ok());
        let category = cookie.and_then(|cookie| category(cookie.name()));
        let is_allowed =
            category.is_some_and(|id| id == "base" || choices.get(id) == Some(&Value::Bool(true)));
        if is_allowed {
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
