//! The HTTP Archive format, version 1.2, as far as it concerns cookies.

use cookie::time::{OffsetDateTime, format_description::well_known::Rfc3339};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header::HOST};
use serde::Deserialize;
use url::Url;

/// The text is not a capture; see [`Conformance::check_har`](super::Conformance::check_har).
///
/// Only the position of the fault is reported: a capture is full of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a HAR file: unexpected content at line {line}, column {column}")]
pub struct HarError {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1; 0 at the start of a line.
    pub column: usize,
}

#[derive(Deserialize)]
struct Har {
    log: HarLog,
}

#[derive(Deserialize)]
struct HarLog {
    entries: Vec<RawEntry>,
}

/// The content of a capture, in the order of time.
#[derive(Debug, Default)]
pub(super) struct Capture {
    /// The answered requests.
    pub(super) entries: Vec<HarEntry>,
    /// Every request that a browser sent, answered or not.
    pub(super) requests: Vec<HarRequest>,
    /// The number of requests without an answer or not over HTTP.
    pub(super) left_out: usize,
}

/// A request that a browser sent.
#[derive(Debug)]
pub(super) struct HarRequest {
    /// Its position in the capture.
    pub(super) order: usize,
    /// Seconds since 1970.
    pub(super) at: Option<u64>,
    pub(super) url: Url,
    /// The id of the page that it is part of.
    pub(super) page: String,
    /// The document or style sheet that asked for it.
    pub(super) cause: Option<Url>,
    /// A document of its own, rather than a part of one; `None` if the capture does not say it.
    pub(super) is_navigation: Option<bool>,
    /// The response is a document.
    pub(super) is_html: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEntry {
    started_date_time: Option<String>,
    pageref: Option<String>,
    /// Of Chromium.
    #[serde(rename = "_initiator")]
    initiator: Option<RawInitiator>,
    #[serde(rename = "serverIPAddress")]
    server: Option<String>,
    request: Option<RawRequest>,
    response: Option<RawResponse>,
}

#[derive(Deserialize)]
struct RawInitiator {
    url: Option<String>,
}

#[derive(Deserialize)]
struct RawRequest {
    method: String,
    url: String,
    #[serde(default)]
    headers: Vec<RawHeader>,
}

#[derive(Deserialize)]
struct RawResponse {
    status: i64,
    /// Of Chromium.
    #[serde(rename = "_error")]
    error: Option<String>,
    #[serde(default)]
    headers: Vec<RawHeader>,
}

#[derive(Deserialize)]
struct RawHeader {
    name: String,
    #[serde(default)]
    value: String,
}

/// One request with its response.
#[derive(Debug)]
pub(super) struct HarEntry {
    /// Its position in the capture.
    pub(super) order: usize,
    /// Seconds since 1970, if the capture has a valid time.
    pub(super) at: Option<u64>,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) sent: HeaderMap,
    pub(super) status: StatusCode,
    pub(super) received: HeaderMap,
}

/// Reads a capture.
pub(super) fn read(text: &str) -> Result<Capture, HarError> {
    // Some exporters write a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let har: Har = serde_json::from_str(text).map_err(|error| HarError {
        line: error.line(),
        column: error.column(),
    })?;
    // An entry without a valid time gets that of the entry before it.
    let mut time = None;
    let timed = har.log.entries.into_iter().map(|raw| {
        let started = raw.started_date_time.as_deref().unwrap_or_default();
        time = OffsetDateTime::parse(started, &Rfc3339).ok().or(time);
        (time, raw)
    });
    let mut timed: Vec<_> = timed.collect();
    timed.sort_by_key(|(time, _)| *time);
    let mut capture = Capture::default();
    for (order, (time, raw)) in timed.into_iter().enumerate() {
        let at = time.and_then(|at| u64::try_from(at.unix_timestamp()).ok());
        capture.requests.extend(request(&raw, order, at));
        match entry(raw, order, at) {
            Some(entry) => capture.entries.push(entry),
            None => capture.left_out += 1,
        }
    }
    Ok(capture)
}

fn entry(raw: RawEntry, order: usize, at: Option<u64>) -> Option<HarEntry> {
    let (request, response) = (raw.request?, raw.response?);
    let url = http_url(&request.url)?;
    // Exporters write 0 for a request that failed or was blocked.
    let status = u16::try_from(response.status).ok()?;
    Some(HarEntry {
        order,
        at,
        method: request.method.parse().ok()?,
        sent: headers(request.headers, &url),
        status: StatusCode::from_u16(status).ok()?,
        received: headers(response.headers, &url),
        url,
    })
}

/// Returns an address over HTTP. A WebSocket begins as HTTP, and its response can set cookies.
fn http_url(url: &str) -> Option<Url> {
    let url = Url::parse(url).ok()?;
    matches!(url.scheme(), "http" | "https" | "ws" | "wss").then_some(url)
}

/// Returns the request, if the browser sent it.
fn request(raw: &RawEntry, order: usize, at: Option<u64>) -> Option<HarRequest> {
    let request = raw.request.as_ref().filter(|_| was_sent(raw))?;
    let header = |name: &str| {
        let mut headers = request.headers.iter();
        let found = headers.find(|header| header.name.eq_ignore_ascii_case(name));
        found.map(|header| &*header.value)
    };
    let initiator = || raw.initiator.as_ref()?.url.as_deref();
    Some(HarRequest {
        order,
        at,
        url: http_url(&request.url)?,
        page: raw.pageref.clone().unwrap_or_default(),
        cause: header("referer")
            .or_else(initiator)
            .and_then(|cause| Url::parse(cause).ok()),
        is_navigation: header("sec-fetch-dest").map(|dest| dest == "document"),
        is_html: raw.response.as_ref().is_some_and(is_html),
    })
}

fn is_html(response: &RawResponse) -> bool {
    let mut headers = response.headers.iter();
    let media = headers.find(|header| header.name.eq_ignore_ascii_case("content-type"));
    media.is_some_and(|media| media.value.to_ascii_lowercase().starts_with("text/html"))
}

/// Returns `true` unless the browser kept the request back: under a policy of the site, or because
/// it knows that the host wants HTTPS.
fn was_sent(raw: &RawEntry) -> bool {
    let reached = raw.server.as_ref().is_some_and(|server| !server.is_empty());
    let Some(response) = &raw.response else {
        return reached;
    };
    if response.status > 0 {
        let mut headers = response.headers.iter();
        return !headers.any(|it| it.name.eq_ignore_ascii_case("non-authoritative-reason"));
    }
    match &response.error {
        Some(error) => !error.to_ascii_lowercase().contains("csp"),
        None => reached,
    }
}

/// Splits what Chromium joins: headers of one name, by line feeds. Skips HTTP/2's own names, which
/// begin with a colon.
fn headers(raw: Vec<RawHeader>, url: &Url) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for RawHeader { name, value } in raw {
        let Ok(name) = HeaderName::try_from(name) else {
            continue;
        };
        for value in value.split('\n') {
            if let Ok(mut value) = HeaderValue::try_from(value) {
                value.set_sensitive(true);
                // The map is only full beyond 24,000 headers.
                let _ = headers.try_append(&name, value);
            }
        }
    }
    if let Some(host) = url.host_str()
        && let Ok(host) = HeaderValue::try_from(host)
        && !headers.contains_key(HOST)
    {
        drop(headers.try_insert(HOST, host));
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_a_place_but_no_value() {
        let text = r#"{"log": {"entries": [{"startedDateTime": "", "request": "m4rk3r"}]}}"#;
        let error = read(text).unwrap_err();
        assert_eq!(error.line, 1);
        assert!(!error.to_string().contains("m4rk3r"));
        assert_eq!(read("").unwrap_err().column, 0);
    }
}
