//! Responses and their headers.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, VARY,
        X_CONTENT_TYPE_OPTIONS,
    },
};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;

use crate::middleware::cache;

/// The body of an answer of the pages: a few kilobytes, in memory. See [the example](super).
#[derive(Clone, Debug, Default)]
pub struct PagesBody(Full<Bytes>);

impl PagesBody {
    fn new(content: Bytes) -> Self {
        Self(Full::new(content))
    }
}

impl Body for PagesBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

/// Marks a page that was made for one visitor: `Cache-Control: private`, unless the page says
/// `no-store` itself, and `Vary: Cookie, Sec-GPC` on top of what it varies on already.
///
/// Every page with the banner, the notice or the footer is such a page, and so is every other that
/// depends on a [`Consent`](crate::Consent).
///
/// ```
/// use http::HeaderMap;
/// use tower_cookie_consent::pages::mark_private;
///
/// let mut headers = HeaderMap::new();
/// mark_private(&mut headers);
/// assert_eq!(headers["cache-control"], "private");
/// assert_eq!(headers["vary"], "Cookie, Sec-GPC");
/// ```
///
/// Source: RFC 9111, section 5.2.2.7, and RFC 9110, section 12.5.5.
pub fn mark_private(headers: &mut HeaderMap) {
    let is_no_store = |directive: &[u8]| directive.eq_ignore_ascii_case(b"no-store");
    if !cache::directives(headers).any(is_no_store) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private"));
    }
    headers.append(VARY, HeaderValue::from_static("Cookie, Sec-GPC"));
}

/// Who may keep an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// Nobody: it is about a visitor.
    Nobody,
    /// The visitor's own browser, which asks again whether it is still right.
    Browser,
    /// Anybody, for a year: its name changes with its content.
    Forever,
    /// Anybody, for a day.
    Day,
}

impl Keep {
    const fn field(self) -> &'static str {
        match self {
            Self::Nobody => "no-store",
            Self::Browser => "private, no-cache",
            Self::Forever => "public, max-age=31536000, immutable",
            Self::Day => "public, max-age=86400",
        }
    }
}

/// An answer of this type. What browsers must not do with it is said on every one.
pub(super) fn answer(
    status: StatusCode,
    content_type: &'static str,
    keep: Keep,
    content: impl Into<Bytes>,
) -> Response<PagesBody> {
    let mut response = Response::new(PagesBody::new(content.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, keep.field()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // A form of these pages is to be known as ours (`Origin`), and no other site is told.
        (REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if matches!(keep, Keep::Nobody | Keep::Browser) {
        let read = "Accept, Accept-Language, Cookie, Sec-GPC";
        headers.insert(VARY, HeaderValue::from_static(read));
    }
    response
}

pub(super) fn html(
    status: StatusCode,
    keep: Keep,
    content: String,
    policy: &HeaderValue,
) -> Response<PagesBody> {
    let mut response = answer(status, "text/html; charset=utf-8", keep, content);
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
    response
}

/// JSON of what can't fail to be written.
pub(super) fn json<T: serde::Serialize>(
    status: StatusCode,
    keep: Keep,
    content: &T,
) -> Response<PagesBody> {
    match serde_json::to_vec(content) {
        Ok(content) => answer(status, "application/json", keep, content),
        Err(error) => failure(&error.to_string()),
    }
}

/// What the site has to mend.
pub(super) fn failure(problem: &str) -> Response<PagesBody> {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    answer(
        status,
        "text/plain; charset=utf-8",
        Keep::Nobody,
        problem.to_owned(),
    )
}

/// The answer to `HEAD`: the same fields, with the length that `GET` has, and nothing to read.
pub(super) fn without_body(mut response: Response<PagesBody>) -> Response<PagesBody> {
    if let Some(length) = response.body().size_hint().exact() {
        let length = HeaderValue::from(length);
        response
            .headers_mut()
            .insert(http::header::CONTENT_LENGTH, length);
    }
    *response.body_mut() = PagesBody::default();
    response
}

pub(super) fn with(
    mut response: Response<PagesBody>,
    name: HeaderName,
    value: HeaderValue,
) -> Response<PagesBody> {
    response.headers_mut().append(name, value);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_nobody_may_keep_stays_so_however_it_says_that() {
        for fields in [
            &["no-store"][..],
            &["No-Store, max-age=0"],
            &["max-age=0", "no-store"],
        ] {
            let mut headers: HeaderMap = fields
                .iter()
                .map(|field| (CACHE_CONTROL, HeaderValue::from_static(field)))
                .collect();
            mark_private(&mut headers);
            let after: Vec<_> = headers.get_all(CACHE_CONTROL).iter().collect();
            assert_eq!(after, fields);
        }
    }

    #[test]
    fn what_only_looks_like_it_says_so_is_marked() {
        for field in ["public, max-age=60", "x=\"no-store\"", "no-storey"] {
            let mut headers = HeaderMap::new();
            headers.append(CACHE_CONTROL, HeaderValue::from_static(field));
            mark_private(&mut headers);
            let after: Vec<_> = headers.get_all(CACHE_CONTROL).iter().collect();
            assert_eq!(after, ["private"], "{field}");
        }
    }
}
