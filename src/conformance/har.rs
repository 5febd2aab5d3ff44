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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEntry {
    started_date_time: Option<String>,
    request: Option<RawRequest>,
    response: Option<RawResponse>,
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
    /// Seconds since 1970, if the capture has a valid time.
    pub(super) at: Option<u64>,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) sent: HeaderMap,
    pub(super) status: StatusCode,
    pub(super) received: HeaderMap,
}

/// Returns the answered requests in the order of time, and the number of those without an answer or
/// not over HTTP.
pub(super) fn read(text: &str) -> Result<(Vec<HarEntry>, usize), HarError> {
    // Some exporters write a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let har: Har = serde_json::from_str(text).map_err(|error| HarError {
        line: error.line(),
        column: error.column(),
    })?;
    let all = har.log.entries.len();
    // An entry without a valid time gets that of the entry before it.
    let mut time = None;
    let mut entries: Vec<_> = har
        .log
        .entries
        .into_iter()
        .filter_map(|raw| {
            let started = raw.started_date_time.as_deref().unwrap_or_default();
            time = OffsetDateTime::parse(started, &Rfc3339).ok().or(time);
            Some((time, entry(raw, time)?))
        })
        .collect();
    entries.sort_by_key(|(time, _)| *time);
    let entries: Vec<_> = entries.into_iter().map(|(_, entry)| entry).collect();
    let left_out = all - entries.len();
    Ok((entries, left_out))
}

fn entry(raw: RawEntry, at: Option<OffsetDateTime>) -> Option<HarEntry> {
    let (request, response) = (raw.request?, raw.response?);
    let url = Url::parse(&request.url).ok()?;
    // Exporters write 0 for a request that failed or was blocked.
    let status = u16::try_from(response.status).ok()?;
    let entry = HarEntry {
        at: at.and_then(|at| u64::try_from(at.unix_timestamp()).ok()),
        method: request.method.parse().ok()?,
        sent: headers(request.headers, &url),
        status: StatusCode::from_u16(status).ok()?,
        received: headers(response.headers, &url),
        url,
    };
    // A WebSocket begins as HTTP, and its response can set cookies.
    let http = matches!(entry.url.scheme(), "http" | "https" | "ws" | "wss");
    http.then_some(entry)
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
