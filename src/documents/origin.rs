//! The document's own origin: what its own site serves is not a third party's.

use std::sync::LazyLock;

use http::{HeaderMap, HeaderName, Uri, header::HOST};
use url::Url;

static FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Returns the address of the document as its browser knows it, as far as the request says it.
///
/// A proxy in front may have ended TLS. Without a scheme in the target or in `X-Forwarded-Proto`, it
/// counts as `https`; only addresses that begin with `//` depend on it.
pub(super) fn address(target: &Uri, headers: &HeaderMap) -> Option<Url> {
    let text = |value: &http::HeaderValue| value.to_str().ok().map(str::to_owned);
    let host = match target.authority() {
        Some(authority) => authority.to_string(),
        None => headers.get(HOST).and_then(text)?,
    };
    let forwarded = headers.get(&FORWARDED_PROTO).and_then(text);
    let scheme = match (target.scheme_str(), forwarded.as_deref()) {
        (Some("http"), _) | (None, Some("http")) => "http",
        _ => "https",
    };
    let path = target.path_and_query().map_or("/", |path| path.as_str());
    Url::parse(&format!("{scheme}://{host}{path}")).ok()
}

/// Returns an address that no document has, for a request that does not say where it goes: nothing is
/// its own then.
pub(super) fn unknown() -> Url {
    static UNKNOWN: LazyLock<Option<Url>> =
        LazyLock::new(|| Url::parse("https://unknown.invalid/").ok());
    match &*UNKNOWN {
        Some(url) => url.clone(),
        None => unreachable!("it is a valid address"),
    }
}

/// Returns `true` for an address of the document's own site: the same host and port, over any scheme.
/// (With the scheme's own port, `http` and `https` are the same site: which of them the browser used
/// is not always known, and a site answers for both.)
pub(super) fn is_own(document: &Url, url: &Url) -> bool {
    let is_default = |url: &Url| url.port().is_none();
    document.host() == url.host()
        && (document.port() == url.port() || (is_default(document) && is_default(url)))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
        let fields = fields.iter().map(|(name, value)| {
            let value = HeaderValue::from_str(value).unwrap();
            (HeaderName::from_static(name), value)
        });
        fields.collect()
    }

    #[test]
    fn the_address_is_what_the_request_says() {
        let of = |target: &str, fields: &[(&'static str, &str)]| {
            let address = address(&target.parse().unwrap(), &headers(fields));
            address.map(String::from).unwrap_or_default()
        };
        let host = ("host", "Portal.example:8080");
        assert_eq!(of("/a?b", &[host]), "https://portal.example:8080/a?b");
        let http = ("x-forwarded-proto", "http");
        assert_eq!(of("/a", &[host, http]), "http://portal.example:8080/a");
        assert_eq!(of("http://h2.example/a", &[]), "http://h2.example/a");
        assert_eq!(of("/a", &[]), "");
        assert_eq!(of("/a", &[("host", "a b")]), "");
    }

    #[test]
    fn the_own_site_is_its_host_and_port() {
        let own =
            |document: &str, url: &str| is_own(&document.parse().unwrap(), &url.parse().unwrap());
        for url in [
            "https://a.example/x",
            "http://a.example",
            "wss://a.example/",
        ] {
            assert!(own("https://a.example/", url), "{url}");
        }
        for url in [
            "https://b.a.example/",
            "https://a.example:8443/",
            "https://a.example.evil.example/",
            "https://a.example./",
        ] {
            assert!(!own("https://a.example/", url), "{url}");
        }
        assert!(own("http://a.example:8080/", "http://a.example:8080/y"));
        assert!(!own("http://a.example:8080/", "http://a.example/y"));
    }
}
