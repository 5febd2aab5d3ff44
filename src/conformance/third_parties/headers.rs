//! Response headers by which browsers load or report.

use http::{HeaderMap, HeaderName, header};
use serde::Deserialize;
use url::Url;

use super::{
    loads::{Loads, Place},
    security::Means,
    values::{link_means, refresh, srcset},
};

static REPORT_TO: HeaderName = HeaderName::from_static("report-to");
static ENDPOINTS: HeaderName = HeaderName::from_static("reporting-endpoints");
static NEL: HeaderName = HeaderName::from_static("nel");
static SPECULATION: HeaderName = HeaderName::from_static("speculation-rules");

/// Adds what the headers of a document load and report to.
pub(super) fn of_document(headers: &HeaderMap, page: &Url, loads: &mut Loads) {
    for value in texts(headers, &header::LINK) {
        for member in split(&value, ',') {
            link(member, page, loads);
        }
    }
    for value in texts(headers, &header::REFRESH) {
        if let Some(address) = refresh(&value) {
            loads.add(place("refresh"), page, address);
        }
    }
    for name in [&ENDPOINTS, &SPECULATION] {
        for value in texts(headers, name) {
            for address in quoted(&value) {
                loads.add(place(name.as_str()), page, &address);
            }
        }
    }
    for (_, address) in endpoints(headers) {
        loads.add(place("report-to"), page, &address);
    }
    of_any(headers, page, loads);
}

/// Adds the endpoints to which browsers report the errors of the whole origin from now on, whatever the
/// response is.
pub(super) fn of_any(headers: &HeaderMap, page: &Url, loads: &mut Loads) {
    for value in texts(headers, &NEL) {
        let Ok(policy) = serde_json::from_str::<Nel>(&value) else {
            continue;
        };
        let all = endpoints(headers).into_iter();
        for (_, address) in all.filter(|(group, _)| *group == policy.report_to) {
            loads.add(place("nel"), page, &address);
        }
    }
}

fn place(name: &str) -> Place<'_> {
    Place {
        name,
        attribute: "",
        means: Means::Unstoppable,
        nonce: "",
        under: 0,
    }
}

fn texts(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let fields = headers.get_all(name).iter();
    let texts = fields.map(|field| String::from_utf8_lossy(field.as_bytes()).into_owned());
    texts.collect()
}

/// Reads one member of `Link` (RFC 8288).
fn link(member: &str, page: &Url, loads: &mut Loads) {
    let Some((address, parameters)) = member
        .trim()
        .strip_prefix('<')
        .and_then(|rest| rest.split_once('>'))
    else {
        return;
    };
    let parameter = |name: &str| {
        let mut all = split(parameters, ';').into_iter();
        all.find_map(|parameter| {
            let (key, value) = parameter.split_once('=')?;
            let is_it = key.trim().eq_ignore_ascii_case(name);
            is_it.then(|| unquoted(value))
        })
        .unwrap_or_default()
    };
    for means in link_means(&parameter("rel"), &parameter("as")) {
        let place = Place {
            means,
            ..place("link")
        };
        loads.add(place, page, address);
        for address in srcset(&parameter("imagesrcset")) {
            loads.add(place, page, address);
        }
    }
}

/// Splits at separators outside of `"…"` and `<…>`.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut start, mut within) = (Vec::new(), 0, None);
    for (at, c) in text.char_indices() {
        match within {
            Some(end) if c == end => within = None,
            Some(_) => {}
            None if c == '"' => within = Some('"'),
            None if c == '<' => within = Some('>'),
            None if c == separator => {
                parts.push(text.get(start..at).unwrap_or_default());
                start = at + c.len_utf8();
            }
            None => {}
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

fn unquoted(value: &str) -> String {
    let value = value.trim();
    match quoted(value).into_iter().next() {
        Some(text) if value.starts_with('"') => text,
        _ => value.to_owned(),
    }
}

/// Returns the quoted strings of a structured field (RFC 9651).
fn quoted(text: &str) -> Vec<String> {
    let (mut strings, mut open, mut escaped) = (Vec::new(), None::<String>, false);
    for c in text.chars() {
        match &mut open {
            None if c == '"' => open = Some(String::new()),
            None => {}
            Some(string) if escaped => {
                escaped = false;
                string.push(c);
            }
            Some(_) if c == '\\' => escaped = true,
            Some(_) if c == '"' => strings.extend(open.take()),
            Some(string) => string.push(c),
        }
    }
    strings
}

#[derive(Deserialize)]
struct Nel {
    #[serde(default)]
    report_to: String,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default = "default_group")]
    group: String,
    #[serde(default)]
    endpoints: Vec<Endpoint>,
}

#[derive(Deserialize)]
struct Endpoint {
    #[serde(default)]
    url: String,
}

fn default_group() -> String {
    "default".to_owned()
}

/// Returns the groups of `Report-To`, each with one of its addresses.
fn endpoints(headers: &HeaderMap) -> Vec<(String, String)> {
    let values = texts(headers, &REPORT_TO);
    let groups = values
        .iter()
        .filter_map(|value| serde_json::from_str::<Vec<Group>>(&format!("[{value}]")).ok());
    let all = groups.flatten().flat_map(|group| {
        let name = group.group;
        let endpoints = group.endpoints.into_iter();
        endpoints.map(move |endpoint| (name.clone(), endpoint.url))
    });
    all.collect()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::{super::security::Security, *};

    fn places(fields: &[(&'static str, &'static str)]) -> Vec<String> {
        let fields = fields.iter().map(|(name, value)| {
            let value = HeaderValue::from_static(value);
            (HeaderName::from_static(name), value)
        });
        let headers: HeaderMap = fields.collect();
        let page = Url::parse("https://own.example/").unwrap();
        let mut loads = Loads::new(Security::of(&HeaderMap::new(), &page));
        of_document(&headers, &page, &mut loads);
        let all = loads.all.iter();
        all.map(|it| format!("{} {}", it.place, it.url)).collect()
    }

    #[test]
    fn every_header_that_loads_or_reports_is_read() {
        let x = "https://x.example/";
        for (name, value) in [
            ("link", "<https://x.example/>; rel=preload; as=script"),
            (
                "link",
                "</a>; rel=next2, <https://x.example>; REL=\"dns-prefetch preconnect\"",
            ),
            ("refresh", "5; url=https://x.example/"),
            (
                "report-to",
                r#"{"max_age": 1, "endpoints": [{"url": "https://x.example/"}]}"#,
            ),
            ("reporting-endpoints", r#"a="https://x.example/""#),
            ("speculation-rules", "\"https://x.example/\""),
        ] {
            assert_eq!(places(&[(name, value)]), [format!("{name} {x}")], "{value}");
        }
        let both = [
            (
                "report-to",
                r#"{"group": "a", "endpoints": [{"url": "https://x.example/"}]}"#,
            ),
            ("nel", r#"{"report_to": "a", "max_age": 60}"#),
        ];
        assert_eq!(
            places(&both),
            [format!("nel {x}"), format!("report-to {x}")]
        );
        for (name, value) in [
            ("link", "<https://x.example/>; rel=canonical"),
            ("refresh", "5"),
            ("nel", r#"{"report_to": "a", "max_age": 60}"#),
            ("report-to", "none"),
        ] {
            assert_eq!(places(&[(name, value)]), [""; 0], "{value}");
        }
    }
}
