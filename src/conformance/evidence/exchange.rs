//! One request and its response, as an entry of an HTTP archive without any value.

use http::{HeaderMap, HeaderName, HeaderValue, request, response};
use serde_json::{Value, json};
use url::Url;

use crate::{
    observe::{ShownName, printable, shown_path},
    records::Instant,
    wire,
};

/// The text that replaces a value.
pub(super) const LEFT_OUT: &str = "[left out]";

/// The headers whose values are the same for all visitors. Others are replaced.
const PLAIN: [&str; 36] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "accept-ranges",
    "adpc",
    "allow",
    "cache-control",
    "cdn-cache-control",
    "clear-site-data",
    "connection",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-type",
    "cross-origin-embedder-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "dnt",
    "expires",
    "host",
    "permissions-policy",
    "pragma",
    "referrer-policy",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
    "sec-gpc",
    "server",
    "strict-transport-security",
    "upgrade-insecure-requests",
    "user-agent",
    "vary",
    "x-content-type-options",
    "x-frame-options",
];

/// The attributes of a `Set-Cookie` that are kept.
const ATTRIBUTES: [&str; 8] = [
    "Domain",
    "Expires",
    "HttpOnly",
    "Max-Age",
    "Partitioned",
    "Path",
    "SameSite",
    "Secure",
];

/// An exchange, with its date still missing.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    request: Value,
    response: Value,
}

impl Exchange {
    pub(super) fn new(request: &request::Parts, response: &response::Parts) -> Self {
        let url = url_of(request);
        let sent = Headers::of(&request.headers, url.as_ref());
        let received = Headers::of(&response.headers, url.as_ref());
        let shown = url.map_or_else(|| LEFT_OUT.to_owned(), |url| shown_url(&url));
        let text = |name: &str| {
            let value = response.headers.get(name);
            let value = value.and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let size = text("content-length").parse::<u64>().ok();
        let query = shown_query(&shown);
        Self {
            request: json!({
                "method": request.method.as_str(),
                "url": shown,
                "httpVersion": "HTTP/1.1",
                "cookies": cookies(&sent),
                "headers": sent.all,
                "queryString": query,
                "headersSize": -1,
                "bodySize": -1,
            }),
            response: json!({
                "status": response.status.as_u16(),
                "statusText": response.status.canonical_reason().unwrap_or_default(),
                "httpVersion": "HTTP/1.1",
                "cookies": cookies(&received),
                "headers": received.all,
                "content": {
                    "size": size.unwrap_or(0),
                    "mimeType": text("content-type"),
                    "comment": "bodies are left out",
                },
                "redirectURL": received.location,
                "headersSize": -1,
                "bodySize": -1,
            }),
        }
    }

    /// Returns the entry, with the date of the pack.
    pub(super) fn entry(&self, date: Instant) -> Value {
        json!({
            "startedDateTime": date.to_string(),
            "time": 0,
            "request": self.request,
            "response": self.response,
            "cache": {},
            "timings": {"send": 0, "wait": 0, "receive": 0},
        })
    }
}

/// The headers of one message.
#[derive(Default)]
struct Headers {
    all: Vec<Value>,
    cookies: Vec<(String, &'static str)>,
    location: String,
}

impl Headers {
    /// Reads the headers, sorted: the kit's jar has no order, and a browser's order says nothing.
    fn of(headers: &HeaderMap, base: Option<&Url>) -> Self {
        let mut of = Self::default();
        let mut all = Vec::new();
        for (name, value) in headers {
            all.push((name.as_str(), of.take(name, value, base)));
        }
        all.sort();
        of.cookies.sort();
        let pair = |(name, value): (_, _)| json!({"name": name, "value": value});
        of.all = all.into_iter().map(pair).collect();
        of
    }

    /// Returns the value as it is shown.
    fn take(&mut self, name: &HeaderName, value: &HeaderValue, base: Option<&Url>) -> String {
        let bytes = value.as_bytes();
        let text = || printable(&String::from_utf8_lossy(bytes)).into_owned();
        match name.as_str() {
            "cookie" => {
                let names = wire::pairs(bytes).map(|pair| shown_name(pair.name.ok()));
                let mut names: Vec<_> = names.collect();
                names.sort();
                let pairs: Vec<_> = names.iter().map(|it| format!("{it}={LEFT_OUT}")).collect();
                self.cookies
                    .extend(names.into_iter().map(|name| (name, LEFT_OUT)));
                pairs.join("; ")
            }
            "set-cookie" => {
                let name = wire::name(bytes).ok();
                // A removal has none.
                let value = match name.is_some() && wire::value(bytes).is_empty() {
                    true => "",
                    false => LEFT_OUT,
                };
                let name = shown_name(name);
                let field = format!("{name}={value}{}", attributes(bytes));
                self.cookies.push((name, value));
                field
            }
            "location" | "referer" | "origin" | "content-location" => {
                let url = text();
                let absolute = base.map_or_else(|| Url::parse(&url), |base| base.join(&url));
                let shown = absolute.map_or_else(|_| LEFT_OUT.to_owned(), |url| shown_url(&url));
                if name.as_str() == "location" {
                    self.location.clone_from(&shown);
                }
                shown
            }
            "content-security-policy" | "content-security-policy-report-only" => {
                without_nonces(&text())
            }
            name if PLAIN.contains(&name) => text(),
            _ => LEFT_OUT.to_owned(),
        }
    }
}

/// Returns cookies as an archive has them.
fn cookies(of: &Headers) -> Vec<Value> {
    let all = of.cookies.iter();
    all.map(|(name, value)| json!({"name": name, "value": value}))
        .collect()
}

fn shown_name(name: Option<&[u8]>) -> String {
    name.map_or_else(
        || LEFT_OUT.to_owned(),
        |name| ShownName::new(name).to_string(),
    )
}

/// Returns the known attributes of a `Set-Cookie`.
fn attributes(set_cookie: &[u8]) -> String {
    let known = wire::attributes(set_cookie).filter_map(|attribute| {
        let name = ATTRIBUTES.iter().find(|name| attribute.is(name))?;
        let value = String::from_utf8_lossy(attribute.value.unwrap_or_default());
        let is_number = |byte: u8| byte.is_ascii_digit() || byte == b'-';
        let is_date = |byte: u8| byte.is_ascii_alphanumeric() || b" ,:-".contains(&byte);
        let is_plain = match *name {
            // They have no value.
            "HttpOnly" | "Partitioned" | "Secure" => return Some(format!("; {name}")),
            "Path" => return Some(format!("; Path={}", shown_path(&value))),
            "Max-Age" => value.bytes().all(is_number),
            "Expires" => value.len() <= 40 && value.bytes().all(is_date),
            "SameSite" => ["lax", "none", "strict"].contains(&&*value.to_ascii_lowercase()),
            _ => true,
        };
        let value = match is_plain {
            true => printable(&value),
            false => LEFT_OUT.into(),
        };
        Some(format!("; {name}={value}"))
    });
    known.collect()
}

/// Returns the address of a request.
fn url_of(request: &request::Parts) -> Option<Url> {
    if request.uri.scheme().is_some() {
        return Url::parse(&request.uri.to_string()).ok();
    }
    let host = request.headers.get(http::header::HOST)?.to_str().ok()?;
    let path = request
        .uri
        .path_and_query()
        .map_or("/", |path| path.as_str());
    Url::parse(&format!("https://{host}{path}")).ok()
}

/// Returns an address without the values of its query.
fn shown_url(url: &Url) -> String {
    let path = shown_path(url.path());
    let origin = url.origin().ascii_serialization();
    let Some(query) = url.query().filter(|query| !query.is_empty()) else {
        return format!("{origin}{path}");
    };
    let parts = query.split('&').map(|part| match part.split_once('=') {
        Some((name, _)) => {
            let name: Vec<_> = form_urlencoded::parse(name.as_bytes()).collect();
            let name = name.first().map_or("", |(name, _)| name);
            let name = ShownName::new(name.as_bytes()).to_string();
            let name: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
            format!("{name}=*")
        }
        // It is a value without a name.
        None => "*".to_owned(),
    });
    format!("{origin}{path}?{}", parts.collect::<Vec<_>>().join("&"))
}

fn shown_query(url: &str) -> Vec<Value> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let pairs = form_urlencoded::parse(query.as_bytes());
    let pairs = pairs.map(|(name, value)| json!({"name": name, "value": value}));
    pairs.collect()
}

/// Replaces the nonces of a Content-Security-Policy, which differ from response to response, and the values in
/// queries of its addresses.
fn without_nonces(policy: &str) -> String {
    let is_end = |it: char| it.is_ascii_whitespace() || matches!(it, ';' | ',');
    let mut shown = String::with_capacity(policy.len());
    for part in policy.split_inclusive(is_end) {
        let word = part.trim_end_matches(is_end);
        let is_nonce = word
            .get(..7)
            .is_some_and(|start| start.eq_ignore_ascii_case("'nonce-"));
        match Url::parse(word).ok().filter(|_| word.contains('?')) {
            _ if is_nonce => shown += "'nonce-*'",
            Some(url) => shown += &shown_url(&url),
            None => shown += word,
        }
        shown += part.get(word.len()..).unwrap_or_default();
    }
    shown
}

#[cfg(test)]
mod tests {
    use http::{Request, Response};

    use super::*;

    fn entry(request: request::Builder, response: response::Builder) -> Value {
        let request = request.body(()).unwrap().into_parts().0;
        let response = response.body(()).unwrap().into_parts().0;
        Exchange::new(&request, &response).entry(Instant::from_unix_seconds(0))
    }

    #[test]
    fn policies_keep_neither_nonces_nor_values_in_addresses() {
        for (policy, shown) in [
            (
                "script-src\t'nonce-a1';img-src *",
                "script-src\t'nonce-*';img-src *",
            ),
            (
                "script-src 'NONCE-a1', style-src 'Nonce-b2",
                "script-src 'nonce-*', style-src 'nonce-*'",
            ),
            (
                "report-uri https://r.example/x?token=a1",
                "report-uri https://r.example/x?token=*",
            ),
            (
                "img-src https://a.example *.b.example",
                "img-src https://a.example *.b.example",
            ),
        ] {
            assert_eq!(without_nonces(policy), shown);
        }
    }

    #[test]
    fn every_value_is_left_out_wherever_it_is() {
        let secret = "s3cr3t";
        let request = Request::post(format!(
            "https://{secret}@shop.example/x?{secret}&q={secret}#{secret}"
        ));
        let request = request
            .header(
                "cookie",
                format!("sid={secret}; {secret}; =x{secret}; theme={secret}"),
            )
            .header("authorization", secret)
            .header("referer", format!("https://shop.example/?{secret}"))
            .header("x-custom", secret);
        let mut response = Response::builder().status(302);
        for (name, value) in [
            (
                "set-cookie",
                format!(
                    "sid={secret}; Path=/; Secure; {secret}={secret}; HttpOnly={secret}; SameSite={secret}; Max-Age={secret}"
                ),
            ),
            ("set-cookie", secret.to_owned()),
            ("set-cookie", "gone=; Max-Age=0".to_owned()),
            ("location", format!("/next?token={secret}")),
            ("etag", format!("\"{secret}\"")),
            (
                "content-security-policy",
                format!("script-src 'nonce-{secret}'; object-src 'none'"),
            ),
        ] {
            response = response.header(name, value);
        }
        let text = entry(request, response).to_string();
        assert!(!text.contains(secret), "{text}");
        for part in [
            "sid=[left out]; Path=/; Secure",
            "gone=; Max-Age=0",
            "https://shop.example/next?token=*",
            "script-src 'nonce-*'; object-src 'none'",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn headers_that_are_the_same_for_all_stay() {
        let request = Request::get("/a")
            .header("host", "shop.example")
            .header("sec-gpc", "1");
        let response = Response::builder()
            .header("cache-control", "no-store")
            .header("content-type", "text/html")
            .header("content-length", "12");
        let entry = entry(request, response);
        assert_eq!(entry["request"]["url"], "https://shop.example/a");
        assert_eq!(
            entry["request"]["headers"][1],
            json!({"name": "sec-gpc", "value": "1"})
        );
        assert_eq!(entry["response"]["headers"][0]["value"], "no-store");
        assert_eq!(entry["response"]["content"]["size"], 12);
    }
}
