//! `/.well-known/gpc.json`, as the W3C's draft of Global Privacy Control has it.

use cookie::time::{Date, Month, OffsetDateTime};
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};

pub(in crate::conformance) const GPC_PATH: &str = "/.well-known/gpc.json";

/// Returns what is wrong with the resource, or `None` if it says that the site honours the signal. `now` in
/// seconds since 1970.
pub(in crate::conformance) fn fault(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: u64,
) -> Option<String> {
    if status != StatusCode::OK {
        let status = status.as_u16();
        return Some(format!(
            "it is not there: the response has the status {status}"
        ));
    }
    let media = headers
        .get(CONTENT_TYPE)
        .and_then(|media| media.to_str().ok());
    let media = media
        .and_then(|media| media.split(';').next())
        .unwrap_or_default();
    let media = media.trim().to_ascii_lowercase();
    if media != "application/json" && !media.ends_with("+json") {
        return Some("its Content-Type is not application/json".to_owned());
    }
    let read: Result<serde_json::Value, _> = serde_json::from_slice(body);
    let Some(serde_json::Value::Object(members)) = read.ok() else {
        return Some("it is not a JSON object".to_owned());
    };
    if members.get("gpc") != Some(&serde_json::Value::Bool(true)) {
        return Some("its member \"gpc\" is not true".to_owned());
    }
    let updated = members.get("lastUpdate")?;
    match updated.as_str().and_then(day) {
        None => Some("its member \"lastUpdate\" is not a date such as 2026-01-31".to_owned()),
        Some(day) if day > tomorrow(now)? => {
            Some("its member \"lastUpdate\" is in the future".to_owned())
        }
        Some(_) => None,
    }
}

/// Reads the day of a date, with or without a time.
fn day(text: &str) -> Option<Date> {
    let (day, rest) = text.split_at_checked(10)?;
    if !(rest.is_empty() || rest.starts_with('T')) {
        return None;
    }
    let mut parts = day.split('-');
    let mut digits = |length: usize| {
        let part = parts.next()?;
        let plain = part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| part.parse::<u16>().ok()).flatten()
    };
    let (year, month, day) = (digits(4)?, digits(2)?, digits(2)?);
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()
}

/// Returns the next day, since it may have begun where the site is.
fn tomorrow(now: u64) -> Option<Date> {
    let now = OffsetDateTime::from_unix_timestamp(i64::try_from(now).ok()?).ok()?;
    now.date().next_day()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// 2026-06-01.
    const NOW: u64 = 1_780_272_000;

    fn found(status: u16, media: &'static str, body: &str) -> Option<String> {
        let headers = [(CONTENT_TYPE, HeaderValue::from_static(media))];
        let headers = headers.into_iter().collect();
        fault(
            StatusCode::from_u16(status).unwrap(),
            &headers,
            body.as_bytes(),
            NOW,
        )
    }

    #[test]
    fn the_resource_says_true_and_since_when() {
        for (status, media, body, part) in [
            (404, "application/json", r#"{"gpc":true}"#, "404"),
            (200, "text/html", r#"{"gpc":true}"#, "Content-Type"),
            (200, "application/json", "[]", "object"),
            (200, "application/json", "{", "object"),
            (200, "application/json", "{}", "not true"),
            (200, "application/json", r#"{"gpc":false}"#, "not true"),
            (200, "application/json", r#"{"gpc":"true"}"#, "not true"),
            (
                200,
                "application/json",
                r#"{"gpc":true,"lastUpdate":"soon"}"#,
                "a date",
            ),
            (
                200,
                "application/json",
                r#"{"gpc":true,"lastUpdate":"2026-02-30"}"#,
                "a date",
            ),
            (
                200,
                "application/json",
                r#"{"gpc":true,"lastUpdate":20260101}"#,
                "a date",
            ),
            (
                200,
                "application/json",
                r#"{"gpc":true,"lastUpdate":"2027-01-01"}"#,
                "future",
            ),
        ] {
            let why = found(status, media, body).unwrap_or_default();
            assert!(why.contains(part), "{body}: {why}");
        }
        for body in [
            r#"{"gpc":true}"#,
            r#"{"gpc":true,"lastUpdate":"2026-01-31"}"#,
            r#"{"gpc":true,"lastUpdate":"2026-01-31T10:00:00Z","more":1}"#,
            r#"{"gpc":true,"lastUpdate":"2026-06-02"}"#,
        ] {
            assert_eq!(
                found(200, "application/json; charset=utf-8", body),
                None,
                "{body}"
            );
        }
    }
}
