//! Responses and their headers.

use http::{
    HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
    header::{
        CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, ORIGIN,
        REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    },
};

use super::{body::ConsoleBody, render::Templates};

const SECURITY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; \
                        frame-ancestors 'none'";

fn answer(
    status: StatusCode,
    content_type: &'static str,
    keep: &'static str,
    body: ConsoleBody,
) -> Response<ConsoleBody> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    for (name, value) in [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, keep),
        (CONTENT_SECURITY_POLICY, SECURITY),
        (REFERRER_POLICY, "same-origin"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ] {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

pub(super) fn html(status: StatusCode, page: Result<String, String>) -> Response<ConsoleBody> {
    match page {
        Ok(page) => {
            let body = ConsoleBody::page(page);
            answer(status, "text/html; charset=utf-8", "no-store", body)
        }
        Err(problem) => failure(&problem),
    }
}

pub(super) fn stylesheet(templates: &Templates) -> Response<ConsoleBody> {
    let body = ConsoleBody::page(templates.style());
    let keep = "public, max-age=31536000, immutable";
    answer(StatusCode::OK, "text/css; charset=utf-8", keep, body)
}

pub(super) fn lines(body: ConsoleBody) -> Response<ConsoleBody> {
    let content_type = "application/jsonl; charset=utf-8";
    let mut response = answer(StatusCode::OK, content_type, "no-store", body);
    let file = HeaderValue::from_static("attachment; filename=\"consent-records.jsonl\"");
    response.headers_mut().insert(CONTENT_DISPOSITION, file);
    response
}

/// Reports a problem that the site has to fix.
pub(super) fn failure(problem: &str) -> Response<ConsoleBody> {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    let body = ConsoleBody::page(problem.to_owned());
    answer(status, "text/plain; charset=utf-8", "no-store", body)
}

/// Returns `true` unless a browser says that another site's page sent the request.
pub(super) fn is_own(headers: &HeaderMap) -> bool {
    let field = |name| headers.get(name).map(HeaderValue::as_bytes);
    match (field("sec-fetch-site"), field(ORIGIN.as_str())) {
        (Some(site), _) => matches!(site, b"same-origin" | b"none"),
        (None, Some(origin)) => {
            let authority = origin.splitn(2, |byte| *byte == b'/').nth(1);
            let authority = authority.and_then(|rest| rest.strip_prefix(b"/"));
            authority.is_some() && authority == field(HOST.as_str())
        }
        (None, None) => true,
    }
}
