//! The hosts in a request: its own, its origin, and the domains that its cookies can have.

use std::net::{IpAddr, Ipv6Addr};

use http::Uri;

/// The longest host name that is stored inline.
const INLINE: usize = 31;

/// The host that a request was sent to, as it came, at most 31 bytes in place: nearly all hosts
/// are that short, and the pass-through path must not allocate. It is read when it is needed, which
/// few responses do.
#[derive(Clone, Debug)]
#[repr(align(8))]
pub(crate) struct Host {
    len: u8,
    bytes: [u8; INLINE],
}

impl Host {
    pub(crate) const UNKNOWN: Self = Self {
        len: 0,
        bytes: [0; INLINE],
    };

    /// Keeps the host that the request names in its target or its `field`, and returns one that is too
    /// long.
    #[inline]
    pub(crate) fn keep(&mut self, target: &Uri, field: &[u8]) -> Option<Box<str>> {
        let field = said_in(target, field);
        if self.keep_in_place(field) {
            return None;
        }
        let name = name_in(field).unwrap_or_default();
        match self.keep_in_place(name.as_bytes()) {
            true => None,
            false => Some(name.into()),
        }
    }

    #[inline]
    fn keep_in_place(&mut self, field: &[u8]) -> bool {
        let (Some(bytes), Ok(len)) = (self.bytes.get_mut(..field.len()), u8::try_from(field.len()))
        else {
            return false;
        };
        bytes.copy_from_slice(field);
        self.len = len;
        true
    }

    /// Returns the host name, or an empty one if no `Domain` attribute could name it.
    pub(crate) fn as_str(&self) -> &str {
        let field = self.bytes.get(..usize::from(self.len)).unwrap_or_default();
        name_in(field).unwrap_or_default()
    }
}

/// Returns the host as stated in the request's target, or else in its `Host` header (RFC 9110
/// §7.2).
#[inline]
pub(crate) fn said_in<'a>(target: &'a Uri, field: &'a [u8]) -> &'a [u8] {
    target.host().map_or(field, str::as_bytes)
}

/// Returns the host name in a `Host` header without its port, if a `Domain` attribute could name
/// it.
pub(crate) fn name_in(field: &[u8]) -> Option<&str> {
    let field = str::from_utf8(field).ok()?;
    let host = match field.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => field,
    };
    let plain = !host.is_empty()
        && host.len() <= 253
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    plain.then_some(host)
}

/// Returns the IPv6 address in a `Host` header, with brackets and without its port.
pub(crate) fn address_in(field: &[u8]) -> Option<&str> {
    let field = str::from_utf8(field).ok()?;
    let end = field.find(']')? + 1;
    let (host, port) = field.split_at_checked(end)?;
    let address = host.strip_prefix('[')?.strip_suffix(']')?;
    let digits = port.strip_prefix(':').unwrap_or_default();
    let is_port = port.is_empty() || port.starts_with(':');
    let is_port = is_port && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_port && address.parse::<Ipv6Addr>().is_ok()).then_some(host)
}

/// Returns `true` if an `Origin` names the very host that a request was sent to, on any port. Only
/// then is it certain to be the same site, since what two hosts have in common may be a public
/// suffix. The scheme is ignored, because behind a proxy that terminates TLS nobody knows it.
pub(crate) fn is_origin_of(origin: &[u8], own: &[u8]) -> bool {
    host_of(origin).is_some_and(|host| host.eq_ignore_ascii_case(without_port(own)))
}

/// Returns the host in an `Origin`, with brackets for an IPv6 address, or `None` for `null`.
pub(crate) fn host_of(origin: &[u8]) -> Option<&[u8]> {
    let start = origin.windows(3).position(|part| part == b"://")?;
    let host = without_port(origin.get(start + 3..)?);
    (!host.is_empty()).then_some(host)
}

/// Returns `true` if an `Origin` is on this very machine, which browsers trust without TLS.
pub(crate) fn is_local(origin: &[u8]) -> bool {
    let host = host_of(origin).and_then(|host| str::from_utf8(host).ok());
    let Some(host) = host.map(str::to_ascii_lowercase) else {
        return false;
    };
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = address
        .parse::<IpAddr>()
        .is_ok_and(|address| address.is_loopback());
    is_loopback || host == "localhost" || host.ends_with(".localhost")
}

fn without_port(host: &[u8]) -> &[u8] {
    let digits = host.iter().rev().take_while(|byte| byte.is_ascii_digit());
    let end = host.len() - digits.count();
    match host.get(..end) {
        Some([name @ .., b':']) => name,
        _ => host,
    }
}

/// Returns `true` if browsers accept `Domain=domain` from `host` (RFC 6265 §5.1.3), ignoring public
/// suffixes.
pub(crate) fn fits(host: &str, domain: &str) -> bool {
    let Some(start) = host.len().checked_sub(domain.len()) else {
        return false;
    };
    let (rest, tail) = (host.get(..start), host.get(start..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(domain))
        && rest.is_some_and(|rest| rest.is_empty() || (rest.ends_with('.') && !is_address(host)))
}

/// Returns the host itself and its parents with at least two labels, nearest first: all domains at
/// which a script or a handler may have set a cookie. Addresses and hosts with one label only have
/// host-only cookies, so they have none.
pub(crate) fn domains_of(host: &str) -> impl Iterator<Item = &str> {
    let host = Some(host).filter(|host| !is_address(host));
    std::iter::successors(host, |domain| {
        domain.split_once('.').map(|(_, parent)| parent)
    })
    .take_while(|domain| domain.trim_matches('.').contains('.'))
}

fn is_address(host: &str) -> bool {
    // Browsers treat a name whose last label is numeric as an IPv4 address (WHATWG URL, host
    // parser); IPv6 addresses have brackets and were not accepted as names.
    host.rsplit('.')
        .find(|label| !label.is_empty())
        .is_none_or(|last| last.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_of_the_host_alone_whatever_its_port() {
        for (origin, own, same) in [
            ("https://shop.example", "shop.example", true),
            ("https://Shop.Example:8443", "shop.EXAMPLE", true),
            ("http://shop.example", "shop.example:443", true),
            ("http://[::1]:3000", "[::1]:8080", true),
            ("http://[::1]", "[::2]", false),
            ("http://127.0.0.1:3000", "127.0.0.1", true),
            ("https://www.shop.example", "shop.example", false),
            ("https://shop.example", "www.shop.example", false),
            ("https://shop.example.", "shop.example", false),
            ("https://shop.example.evil.example", "shop.example", false),
            ("https://evil.example/shop.example", "shop.example", false),
            ("https://user@shop.example", "shop.example", false),
            ("shop.example", "shop.example", false),
            ("null", "null", false),
            ("https://", "", false),
            ("https://:80", "", false),
            ("", "", false),
        ] {
            let found = is_origin_of(origin.as_bytes(), own.as_bytes());
            assert_eq!(found, same, "{origin} {own}");
        }
    }

    fn host(target: &str, field: Option<&str>) -> Option<String> {
        let target = target.parse().unwrap();
        let mut host = Host::UNKNOWN;
        let long = host.keep(&target, field.unwrap_or_default().as_bytes());
        let name = long.as_deref().unwrap_or(host.as_str());
        (!name.is_empty()).then(|| name.to_owned())
    }

    #[test]
    fn the_host_is_read_from_the_target_or_the_field() {
        assert_eq!(
            host("/", Some("www.example.org:8080")).unwrap(),
            "www.example.org"
        );
        assert_eq!(
            host("/", Some("www.example.org")).unwrap(),
            "www.example.org"
        );
        assert_eq!(
            host("https://a.example.org:1/", None).unwrap(),
            "a.example.org"
        );
        assert_eq!(
            host("https://a.example.org/", Some("b.example.org")).unwrap(),
            "a.example.org"
        );
    }

    #[test]
    fn an_invalid_host_name_is_not_a_host() {
        for field in [
            "",
            "[::1]:80",
            "a b",
            "a;Domain=evil",
            "a\u{e9}.example",
            "a:b",
        ] {
            assert_eq!(host("/", Some(field)), None, "{field}");
        }
        assert_eq!(host("/", None), None);
    }

    #[test]
    fn a_short_host_stays_in_place_and_a_long_one_is_given_back() {
        let of = |field: &str| {
            let mut host = Host::UNKNOWN;
            let long = host.keep(&Uri::default(), field.as_bytes());
            (host.as_str().to_owned(), long)
        };
        for field in [
            "data.haute-garonne.fr",
            "data.haute-garonne.fr:8080",
            "data.haute-garonne.fr:000008080",
        ] {
            assert_eq!(of(field), ("data.haute-garonne.fr".to_owned(), None));
        }
        let name = "a-very-long-host-name.of-a-tenant.example.org";
        for field in [name, &format!("{name}:443")] {
            assert_eq!(of(field), (String::new(), Some(name.into())));
        }
    }

    #[test]
    fn a_host_is_as_long_as_a_name_can_be_and_no_longer() {
        let name = |length: usize| format!("{}.example", "a".repeat(length - 8));
        for length in [20, 31, 32, 253] {
            assert_eq!(host("/", Some(&name(length))), Some(name(length)));
        }
        assert_eq!(host("/", Some(&name(254))), None);
        assert_eq!(host("/", Some(":80")), None);
    }

    #[test]
    fn a_domain_fits_its_host_and_the_hosts_below_it() {
        assert!(fits("example.org", "example.org"));
        assert!(fits("www.example.org", "Example.org"));
        assert!(!fits("myexample.org", "example.org"));
        assert!(!fits("org", "example.org"));
        assert!(!fits("10.0.0.1", "0.0.1"));
        assert!(fits("10.0.0.1", "10.0.0.1"));
    }

    #[test]
    fn the_domains_of_a_host_are_itself_and_its_parents() {
        let domains = |host| domains_of(host).collect::<Vec<_>>();
        assert_eq!(
            domains("a.b.example.org"),
            ["a.b.example.org", "b.example.org", "example.org"]
        );
        assert_eq!(domains("localhost"), [""; 0]);
        assert_eq!(domains("127.0.0.1"), [""; 0]);
    }

    #[test]
    fn the_host_of_a_request_is_that_of_its_target_or_its_field() {
        for (target, field, expected) in [
            ("/", "www.example.org:8080", Some("www.example.org")),
            ("https://a.example.org/", "", Some("a.example.org")),
            ("/", "[::1]", None),
            ("/", "", None),
        ] {
            let said = target.parse().unwrap();
            let name = name_in(said_in(&said, field.as_bytes()));
            assert_eq!(name, expected, "{target} {field}");
        }
    }
}
