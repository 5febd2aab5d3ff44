//! Origins that a service loads from: a scheme, a host or a pattern of hosts, and a port.

use std::fmt;

use http::Uri;

use super::location::domain_fault;

/// A declared origin, in the form in which browsers compare them: in lower case, without the port
/// that its scheme implies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Origin {
    scheme: Scheme,
    host: Box<str>,
    /// It means every host below `host`, and not `host` itself.
    below: bool,
    port: u16,
}

/// The schemes that browsers load from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Scheme {
    Http,
    Https,
    Ws,
    Wss,
}

impl Scheme {
    const ALL: [Self; 4] = [Self::Http, Self::Https, Self::Ws, Self::Wss];

    fn of(scheme: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|known| known.word().eq_ignore_ascii_case(scheme))
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }

    /// Returns `true` if an origin of this scheme covers addresses of the other one: a WebSocket is
    /// opened at the origin of a site's pages, and is no other recipient.
    fn covers(self, other: Self) -> bool {
        self == other
            || matches!(
                (self, other),
                (Self::Http, Self::Ws) | (Self::Https, Self::Wss)
            )
    }

    const fn port(self) -> u16 {
        match self {
            Self::Http | Self::Ws => 80,
            Self::Https | Self::Wss => 443,
        }
    }
}

impl Origin {
    /// Reads a declared origin.
    ///
    /// # Errors
    ///
    /// The fault, as the end of a sentence.
    pub(super) fn parse(declared: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = declared
            .split_once("://")
            .map_or((Ok(Scheme::Https), declared), |(scheme, rest)| {
                (Scheme::of(scheme).ok_or(NO_SCHEME), rest)
            });
        let scheme = scheme?;
        let (below, rest) = match rest.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        if rest.is_empty() {
            return Err("no host: give one, such as \"https://www.example.org\"");
        }
        if rest.contains(['?', '#']) {
            return Err("an origin has no query or fragment: remove it and the rest");
        }
        if !rest.is_ascii() {
            return Err("it is not ASCII: use the form of the host that begins with `xn--`");
        }
        let uri: Uri = format!("http://{rest}").parse().map_err(|_| MALFORMED)?;
        if !matches!(uri.path(), "" | "/") || rest.ends_with("//") {
            return Err("an origin has no path: remove it");
        }
        let authority = uri.authority().ok_or(MALFORMED)?;
        if authority.as_str().contains('@') {
            return Err("an origin has no user name: remove it");
        }
        let host = authority.host();
        let port = match authority.as_str().get(host.len()..) {
            None | Some("" | ":") => scheme.port(),
            Some(_) => authority
                .port_u16()
                .ok_or("its port is not a number from 0 to 65535")?,
        };
        Self {
            scheme,
            host: host.to_ascii_lowercase().into(),
            below,
            port,
        }
        .checked()
    }

    fn checked(self) -> Result<Self, &'static str> {
        let host = &*self.host;
        let is_address = host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok();
        if is_address {
            return match self.below {
                true => Err("an IP address has nothing below it: remove the `*.`"),
                false => Ok(self),
            };
        }
        if host.contains('*') {
            return Err(
                "`*` is only allowed as the first part of the host, as in \"*.example.org\"",
            );
        }
        if let Some(fault) = domain_fault(host) {
            return Err(fault);
        }
        if is_public_suffix(host) {
            return Err(
                "it is a public suffix, under which anybody can register a name: give the \
                 service's own host",
            );
        }
        Ok(self)
    }

    /// Returns `true` if an address of this scheme, host (in lower case) and port is of this origin, or a
    /// WebSocket (`wss`, `ws`) of an origin with `https` or `http`.
    pub(crate) fn matches(&self, scheme: &str, host: &str, port: u16) -> bool {
        let host_matches = match self.below {
            false => *self.host == *host,
            true => host
                .strip_suffix(&*self.host)
                .is_some_and(|below| below.len() > 1 && below.ends_with('.')),
        };
        host_matches
            && self.port == port
            && Scheme::of(scheme).is_some_and(|scheme| self.scheme.covers(scheme))
    }

    /// Returns the sources of a `Content-Security-Policy` for it. There, `https:` does not match `wss:`
    /// (CSP 3, section 6.7.2.9, "scheme-part matches").
    #[cfg(feature = "documents")]
    pub(crate) fn sources(&self) -> impl Iterator<Item = String> + use<> {
        let socket = match self.scheme {
            Scheme::Http => Some(Scheme::Ws),
            Scheme::Https => Some(Scheme::Wss),
            Scheme::Ws | Scheme::Wss => None,
        };
        let socket = socket.map(|scheme| Self {
            scheme,
            ..self.clone()
        });
        let own = self.to_string();
        std::iter::once(own).chain(socket.map(|socket| socket.to_string()))
    }

    /// Returns `true` for a pattern that covers this other origin, or all that this other pattern means.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let within = || {
            let rest = other.host.strip_suffix(&*self.host);
            rest.is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
        };
        self.below && self.scheme.covers(other.scheme) && self.port == other.port && within()
    }

    /// Returns how specific it is: an exact host more than a pattern, a longer pattern more than a
    /// shorter one.
    pub(crate) fn specificity(&self) -> (bool, usize) {
        (!self.below, self.host.len())
    }
}

const NO_SCHEME: &str = "its scheme is not `https`, `http`, `wss` or `ws`: use one of these";
const MALFORMED: &str = "it is not an origin: use the form \"https://www.example.org\"";

/// Writes it as a source of a `Content-Security-Policy`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.below { "*." } else { "" };
        write!(f, "{}://{star}{}", self.scheme.word(), self.host)?;
        match self.port == self.scheme.port() {
            true => Ok(()),
            false => write!(f, ":{}", self.port),
        }
    }
}

/// Returns `true` for a name under which anybody can register one. (Without the feature `documents`,
/// there is no list of them, and only a name of one part is recognised.)
fn is_public_suffix(host: &str) -> bool {
    #[cfg(feature = "documents")]
    if psl::suffix_str(host).is_some_and(|suffix| suffix == host && host != "localhost") {
        return true;
    }
    !host.contains('.') && host != "localhost"
}

#[cfg(any(feature = "conformance", feature = "documents"))]
/// Returns `true` for an address of the document's own site: the same host and port, over any scheme.
/// (With the scheme's own port, `http` and `https` are the same site: which of them the browser used
/// is not always known, and a site answers for both.)
pub(crate) fn is_own(document: &url::Url, url: &url::Url) -> bool {
    let is_default = |url: &url::Url| url.port().is_none();
    document.host() == url.host()
        && (document.port() == url.port() || (is_default(document) && is_default(url)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_read_as_browsers_compare_them() {
        for (declared, canonical) in [
            ("www.example.org", "https://www.example.org"),
            ("HTTPS://WWW.Example.org/", "https://www.example.org"),
            ("https://example.org:443", "https://example.org"),
            ("http://example.org:80", "http://example.org"),
            ("http://example.org:443", "http://example.org:443"),
            ("*.example.org", "https://*.example.org"),
            ("https://*.example.org:8443", "https://*.example.org:8443"),
            ("wss://live.example.org", "wss://live.example.org"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example"),
        ] {
            let origin = Origin::parse(declared);
            assert_eq!(
                origin.map(|origin| origin.to_string()).as_deref(),
                Ok(canonical)
            );
        }
    }

    #[test]
    fn invalid_origins_are_explained() {
        for (declared, part) in [
            ("", "no host"),
            ("https://", "no host"),
            ("https://*.", "no host"),
            ("ftp://example.org", "scheme"),
            ("javascript://example.org", "scheme"),
            ("https://example.org/embed", "path"),
            ("example.org//", "path"),
            ("https://example.org?x=1", "query"),
            ("https://example.org#x", "query"),
            ("https://a@example.org", "user name"),
            ("https://example.org:x", "port"),
            ("https://example.org:99999", "port"),
            ("https://exam ple.org", "it is not an origin"),
            ("https://münchen.example", "xn--"),
            ("https://a.*.example.org", "`*`"),
            ("https://*", "`*`"),
            ("https://*.127.0.0.1", "IP address"),
            ("https://example.org.", "dot"),
            ("com", "public suffix"),
            ("https://*.com", "public suffix"),
        ] {
            let fault = Origin::parse(declared).unwrap_err();
            assert!(fault.contains(part), "{declared}: {fault}");
        }
    }

    #[cfg(feature = "documents")]
    #[test]
    fn public_suffixes_are_no_origins() {
        for declared in [
            "co.uk",
            "https://*.co.uk",
            "*.github.io",
            "gouv.fr",
            "*.asso.fr",
        ] {
            assert!(Origin::parse(declared).is_err(), "{declared}");
        }
        for declared in ["example.co.uk", "*.example.co.uk", "https://*.data.gouv.fr"] {
            assert!(Origin::parse(declared).is_ok(), "{declared}");
        }
    }

    #[test]
    fn a_pattern_matches_hosts_below() {
        let origin = Origin::parse("*.example.org").unwrap();
        for host in ["a.example.org", "a.b.example.org"] {
            assert!(origin.matches("https", host, 443), "{host}");
        }
        for (scheme, host, port) in [
            ("https", "example.org", 443),
            ("https", ".example.org", 443),
            ("https", "aexample.org", 443),
            ("https", "a.example.org.evil.example", 443),
            ("http", "a.example.org", 80),
            ("http", "a.example.org", 443),
            ("https", "a.example.org", 8443),
        ] {
            assert!(
                !origin.matches(scheme, host, port),
                "{scheme} {host} {port}"
            );
        }
        let exact = Origin::parse("a.example.org").unwrap();
        assert!(exact.specificity() > origin.specificity());
        for (other, covers) in [
            ("a.example.org", true),
            ("*.a.example.org", true),
            ("*.example.org", false),
            ("example.org", false),
            ("aexample.org", false),
            ("http://a.example.org", false),
            ("wss://a.example.org", true),
            ("ws://a.example.org", false),
            ("a.example.org:8443", false),
        ] {
            assert_eq!(
                origin.covers(&Origin::parse(other).unwrap()),
                covers,
                "{other}"
            );
        }
        assert!(!exact.covers(&exact));
    }

    #[test]
    fn an_origin_covers_its_websockets() {
        for (declared, scheme, port, matches) in [
            ("https://a.example", "wss", 443, true),
            ("https://*.example.org", "wss", 443, false),
            ("https://a.example:8443", "wss", 8443, true),
            ("https://a.example", "wss", 8443, false),
            ("https://a.example", "ws", 80, false),
            ("http://a.example", "ws", 80, true),
            ("http://a.example", "wss", 443, false),
            ("http://a.example:443", "wss", 443, false),
            ("wss://a.example", "wss", 443, true),
            ("wss://a.example", "https", 443, false),
            ("https://a.example", "ftp", 443, false),
        ] {
            let origin = Origin::parse(declared).unwrap();
            let found = origin.matches(scheme, "a.example", port);
            assert_eq!(found, matches, "{declared} {scheme}:{port}");
        }
    }

    #[cfg(feature = "documents")]
    #[test]
    fn sources_name_the_websockets_too() {
        for (declared, sources) in [
            (
                "https://*.a.example:8443",
                &["https://*.a.example:8443", "wss://*.a.example:8443"][..],
            ),
            (
                "http://a.example:80",
                &["http://a.example", "ws://a.example"],
            ),
            ("wss://a.example", &["wss://a.example"]),
        ] {
            let origin = Origin::parse(declared).unwrap();
            assert_eq!(origin.sources().collect::<Vec<_>>(), sources);
        }
    }

    #[cfg(any(feature = "conformance", feature = "documents"))]
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
