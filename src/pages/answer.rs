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

use crate::wire::cache;

/// The body of a response of [`Pages`](super::Pages): a few kilobytes, in memory.
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

/// Marks a page as rendered for one visitor: adds `private` to its `Cache-Control`, unless it
/// already says `private` or `no-store`, and adds `Cookie, Sec-GPC` to its `Vary`.
///
/// Removes `public` and `s-maxage`, which contradict `private`, and keeps directives for the
/// visitor's own browser, such as `no-cache`. Also closes headers for particular caches
/// (`CDN-Cache-Control`, `Surrogate-Control`, `X-Accel-Expires`, …).
///
/// Every page with the banner, the notice or the footer is such a page, and so is any other page
/// that depends on a [`Consent`](crate::Consent).
///
/// ```
/// use http::HeaderMap;
/// use tower_cookie_consent::pages::mark_private;
///
/// let mut headers = HeaderMap::new();
/// mark_private(&mut headers);
/// assert_eq!(headers["cache-control"], "private");
/// assert_eq!(headers["vary"], "Cookie, Sec-GPC");
///
/// let mut headers = HeaderMap::new();
/// headers.insert("cache-control", "no-cache".parse()?);
/// headers.insert("cdn-cache-control", "max-age=600".parse()?);
/// mark_private(&mut headers);
/// assert_eq!(headers["cache-control"], "no-cache, private");
/// assert_eq!(headers["cdn-cache-control"], "max-age=600, private");
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
///
/// Source: RFC 9111, section 5.2.2.7, RFC 9213, and RFC 9110, section 12.5.5.
pub fn mark_private(headers: &mut HeaderMap) {
    cache::make_personal(headers);
    let read = HeaderValue::from_static("Cookie, Sec-GPC");
    // A full map, with more than 24,000 headers, only has room in an existing header.
    if headers.try_append(VARY, read.clone()).is_err()
        && let Some(field) = headers.get_mut(VARY)
    {
        let both = [field.as_bytes(), read.as_bytes()].join(&b", "[..]);
        *field = HeaderValue::from_bytes(&both).unwrap_or(read);
    }
}

/// Marks a response as one of the pages: they have a banner and a footer of their own.
#[cfg(feature = "documents")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnPage;

/// The caches that may store a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// None: it is about a visitor.
    Nobody,
    /// The visitor's own browser, which revalidates it every time.
    Browser,
    /// Any cache, for a year: its name changes with its content.
    Forever,
    /// Any cache, for a day.
    Day,
    /// Any cache, for a minute.
    #[cfg(feature = "records")]
    Minute,
}

impl Keep {
    const fn field(self) -> &'static str {
        match self {
            Self::Nobody => "no-store",
            Self::Browser => "private, no-cache",
            Self::Forever => "public, max-age=31536000, immutable",
            Self::Day => "public, max-age=86400",
            #[cfg(feature = "records")]
            Self::Minute => "public, max-age=60",
        }
    }
}

/// Creates a response of this type. Every response restricts what browsers may do with it.
pub(super) fn answer(
    status: StatusCode,
    content_type: &'static str,
    keep: Keep,
    content: impl Into<Bytes>,
) -> Response<PagesBody> {
    let mut response = Response::new(PagesBody::new(content.into()));
    *response.status_mut() = status;
    #[cfg(feature = "documents")]
    response.extensions_mut().insert(OwnPage);
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, keep.field()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // The endpoint must recognise this site's forms (`Origin`), and other sites must not see
        // the page.
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

/// Serializes data for which this can't fail.
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

/// Reports a problem that the site has to fix.
pub(super) fn failure(problem: &str) -> Response<PagesBody> {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    answer(
        status,
        "text/plain; charset=utf-8",
        Keep::Nobody,
        problem.to_owned(),
    )
}

/// Responds to `HEAD`: the same headers and length as for `GET`, but no body.
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
    fn private_is_added_and_browser_directives_stay() {
        for (fields, expected) in [
            (&[][..], "private"),
            (&["no-cache"], "no-cache, private"),
            (&["no-cache", "max-age=0"], "no-cache, max-age=0, private"),
            (&["public"], "private"),
            (&["public, max-age=60"], "max-age=60, private"),
            (&["S-Maxage=60 , no-transform"], "no-transform, private"),
            (
                &["must-revalidate, no-cache=\"x, public\""],
                "must-revalidate, no-cache=\"x, public\", private",
            ),
            (&["x=\"no-store\""], "x=\"no-store\", private"),
            (&["no-storey"], "no-storey, private"),
            (&["private=\"x\""], "private=\"x\", private"),
            (&["private"], "private"),
            (&["no-cache, private"], "no-cache, private"),
        ] {
            let mut headers: HeaderMap = fields
                .iter()
                .map(|field| (CACHE_CONTROL, HeaderValue::from_static(field)))
                .collect();
            mark_private(&mut headers);
            mark_private(&mut headers);
            let after: Vec<_> = headers.get_all(CACHE_CONTROL).iter().collect();
            assert_eq!(after, [expected], "{fields:?}");
        }
    }

    fn full(of: &[HeaderName]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for name in of {
            headers.insert(name, HeaderValue::from_static("no-cache"));
        }
        for number in 0.. {
            let name = HeaderName::try_from(format!("x-{number}")).unwrap();
            if headers
                .try_insert(name, HeaderValue::from_static(""))
                .is_err()
            {
                break;
            }
        }
        headers
    }

    #[test]
    fn a_full_map_is_marked_where_it_can_be() {
        let mut headers = full(&[CACHE_CONTROL, VARY]);
        mark_private(&mut headers);
        assert_eq!(headers[CACHE_CONTROL], "no-cache, private");
        assert_eq!(headers[VARY], "no-cache, Cookie, Sec-GPC");
        let mut headers = full(&[]);
        let before = headers.len();
        mark_private(&mut headers);
        assert_eq!(headers.len(), before);
    }
}
