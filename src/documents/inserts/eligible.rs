//! Which requests ask for a page of their own, and which responses are one.

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, header::CONTENT_DISPOSITION,
    response::Parts,
};

use super::opening::Whole;

static FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
static UPGRADE: HeaderName = HeaderName::from_static("upgrade-insecure-requests");

/// By which browsers say that they load ahead, and do not show it yet.
static AHEAD: [HeaderName; 4] = [
    HeaderName::from_static("sec-purpose"),
    HeaderName::from_static("purpose"),
    HeaderName::from_static("x-purpose"),
    HeaderName::from_static("x-moz"),
];

/// By which scripts say that they ask for a part of a page.
static BY_SCRIPT: [HeaderName; 8] = [
    HeaderName::from_static("x-requested-with"),
    HeaderName::from_static("hx-request"),
    HeaderName::from_static("turbo-frame"),
    HeaderName::from_static("x-pjax"),
    HeaderName::from_static("x-up-version"),
    HeaderName::from_static("x-up-target"),
    HeaderName::from_static("x-inertia"),
    HeaderName::from_static("x-livewire"),
];

/// Returns how sure it is that this request is for a page in a window of its own; `None` if it is not.
pub(crate) fn navigation<B>(request: &Request<B>) -> Option<Whole> {
    let headers = request.headers();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let is_one = |value: &HeaderValue| value.as_bytes().trim_ascii() == b"1";
    let whole = match headers.get(&FETCH_DEST).map(HeaderValue::as_bytes) {
        Some(b"document") => Whole::Asked,
        Some(_) => return None,
        // Only navigations have it. Without Fetch Metadata, those of frames look the same.
        None if headers.get(&UPGRADE).is_some_and(is_one) => Whole::Asked,
        None => Whole::Unknown,
    };
    let is_other = is_ahead(headers) || BY_SCRIPT.iter().any(|name| headers.contains_key(name));
    (reads && !is_other).then_some(whole)
}

fn is_ahead(headers: &HeaderMap) -> bool {
    AHEAD.iter().any(|name| {
        let words = [&b"prefetch"[..], b"prerender", b"preview", b"instant"];
        headers.get_all(name).iter().any(|field| {
            let text = field.as_bytes().to_ascii_lowercase();
            words
                .iter()
                .any(|word| text.windows(word.len()).any(|it| it == *word))
        })
    })
}

/// A response that is shown as a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Usual,
    /// Visitors do not return to it.
    Error,
}

impl Page {
    /// Returns `None` for a response that is not shown, or is saved as a file.
    pub(crate) fn of(parts: &Parts) -> Option<Self> {
        let mut dispositions = parts.headers.get_all(CONTENT_DISPOSITION).into_iter();
        let status = parts.status;
        let page = match () {
            () if status.is_success() => Self::Usual,
            () if status.is_client_error() || status.is_server_error() => Self::Error,
            () => return None,
        };
        (!dispositions.any(is_file)).then_some(page)
    }
}

/// Does this disposition make browsers save the response? Every word but `inline` does (RFC 6266,
/// section 4.2); without a word, browsers show it.
fn is_file(disposition: &HeaderValue) -> bool {
    let words = disposition.as_bytes().split(|byte| *byte == b';');
    let word = words.map(<[u8]>::trim_ascii).next().unwrap_or_default();
    !word.is_empty() && !word.contains(&b'=') && !word.eq_ignore_ascii_case(b"inline")
}

#[cfg(test)]
mod tests {
    use http::{Response, StatusCode};

    use super::*;

    #[test]
    fn pages_are_asked_for_by_navigations() {
        let asked = |method: Method, fields: &[(&str, &str)]| {
            let mut request = Request::builder().method(method);
            for (name, value) in fields {
                request = request.header(*name, *value);
            }
            navigation(&request.body(()).unwrap())
        };
        let document = ("sec-fetch-dest", "document");
        for (fields, whole) in [
            (&[][..], Some(Whole::Unknown)),
            (&[("accept", "*/*")], Some(Whole::Unknown)),
            (&[document], Some(Whole::Asked)),
            (&[("upgrade-insecure-requests", "1")], Some(Whole::Asked)),
            (&[("sec-fetch-dest", "empty")], None),
            (&[("sec-fetch-dest", "iframe")], None),
            (&[("sec-fetch-dest", "")], None),
            (&[("hx-request", "true")], None),
            (&[("x-requested-with", "XMLHttpRequest")], None),
            (&[document, ("sec-purpose", "prefetch;prerender")], None),
            (&[document, ("purpose", "Prefetch")], None),
            (&[document, ("sec-purpose", "")], Some(Whole::Asked)),
        ] {
            assert_eq!(asked(Method::GET, fields), whole, "{fields:?}");
            assert_eq!(asked(Method::HEAD, fields), whole, "{fields:?}");
            assert_eq!(asked(Method::POST, fields), None, "{fields:?}");
        }
    }

    #[test]
    fn files_and_redirects_are_not_pages() {
        let page = |status: StatusCode, disposition: Option<&'static str>| {
            let (mut parts, ()) = Response::new(()).into_parts();
            parts.status = status;
            if let Some(value) = disposition {
                let value = HeaderValue::from_static(value);
                parts.headers.insert(CONTENT_DISPOSITION, value);
            }
            Page::of(&parts)
        };
        for (status, disposition, expected) in [
            (StatusCode::OK, None, Some(Page::Usual)),
            (
                StatusCode::OK,
                Some("Inline; filename=x"),
                Some(Page::Usual),
            ),
            (StatusCode::OK, Some("filename=x.html"), Some(Page::Usual)),
            (StatusCode::OK, Some("attachment"), None),
            (StatusCode::OK, Some(" Attachment ;filename=x"), None),
            (StatusCode::OK, Some("form-data"), None),
            (StatusCode::FOUND, None, None),
            (StatusCode::NOT_FOUND, None, Some(Page::Error)),
            (StatusCode::BAD_GATEWAY, None, Some(Page::Error)),
        ] {
            assert_eq!(page(status, disposition), expected, "{disposition:?}");
        }
    }
}
