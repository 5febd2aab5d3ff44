//! `/.well-known/gpc.json`: the site's statement on Global Privacy Control.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header::ALLOW};
use tower::Service;

use super::{
    answer::{Keep, PagesBody, answer, with, without_body},
    error::PagesError,
};

/// The service for `/.well-known/gpc.json`, regardless of the path it is mounted at. Created by
/// [`gpc`](super::Pages::gpc) of [`Pages`](super::Pages).
///
/// It responds with `{"gpc":true,"lastUpdate":"…"}`, which caches may store for a day.
///
/// Source: W3C Global Privacy Control, "GPC Support Resource".
#[derive(Clone, Debug)]
pub struct GpcResource(Bytes);

impl GpcResource {
    pub(super) fn new(last_update: &str) -> Result<Self, PagesError> {
        if !is_day(last_update) {
            return Err(PagesError::Setting {
                setting: "gpc",
                value: last_update.to_owned(),
                help: "use the date of the last change, as in \"2026-01-31\"",
            });
        }
        let content = format!(r#"{{"gpc":true,"lastUpdate":"{last_update}"}}"#);
        Ok(Self(content.into()))
    }
}

fn is_day(text: &str) -> bool {
    use cookie::time::{Date, Month};
    let mut parts = text.split('-');
    let mut digits = |length: usize| {
        let part = parts.next()?;
        let plain = part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| part.parse::<u16>().ok()).flatten()
    };
    let (Some(year), Some(month), Some(day)) = (digits(4), digits(2), digits(2)) else {
        return false;
    };
    let (month, day) = (u8::try_from(month), u8::try_from(day));
    let (Ok(Ok(month)), Ok(day)) = (month.map(Month::try_from), day) else {
        return false;
    };
    parts.next().is_none() && Date::from_calendar_date(i32::from(year), month, day).is_ok()
}

impl<B> Service<Request<B>> for GpcResource {
    type Response = Response<PagesBody>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let found = || {
            answer(
                StatusCode::OK,
                "application/json",
                Keep::Day,
                self.0.clone(),
            )
        };
        ready(Ok(match *request.method() {
            Method::GET => found(),
            Method::HEAD => without_body(found()),
            _ => {
                let status = StatusCode::METHOD_NOT_ALLOWED;
                let none = answer(status, "text/plain; charset=utf-8", Keep::Nobody, "");
                with(none, ALLOW, HeaderValue::from_static("GET, HEAD"))
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_day_is_a_day() {
        assert!(GpcResource::new("2024-02-29").is_ok());
        for text in [
            "",
            "now",
            "2026-02-29",
            "2026-1-1",
            "2026-01-01T00:00",
            "26-01-01",
            "2026-13-01",
        ] {
            assert!(GpcResource::new(text).is_err(), "{text}");
        }
    }
}
