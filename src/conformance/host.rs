//! Host names, as browsers compare them.

use std::net::Ipv6Addr;

use url::Url;

/// Adds the brackets that users may omit from an IPv6 address without a port.
pub(super) fn with_brackets(host: String) -> String {
    match host.parse::<Ipv6Addr>() {
        Ok(_) => format!("[{host}]"),
        Err(_) => host,
    }
}

/// Returns the name that browsers compare: in lower case and ASCII, without the port and the
/// trailing dot. Returns `None` if the text is not a host.
pub(super) fn host_name(authority: &str) -> Option<String> {
    let url = Url::parse(&format!("https://{authority}/")).ok()?;
    let alone = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let anonymous = url.username().is_empty() && url.password().is_none();
    let host = url.host_str().filter(|_| alone && anonymous)?;
    Some(without_dot(host).to_owned())
}

/// Strips the trailing dot: `example.org.` is the same host in DNS, but a different one in the
/// browser's jar.
pub(super) fn without_dot(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

/// Returns `true` if the host is the domain or below it.
pub(super) fn is_within(host: &str, domain: &str) -> bool {
    let start = host.len().checked_sub(domain.len());
    let parts = start.and_then(|start| host.split_at_checked(start));
    parts.is_some_and(|(rest, tail)| {
        tail.eq_ignore_ascii_case(domain) && (rest.is_empty() || rest.ends_with('.'))
    })
}

/// Returns `true` for the site's host, its parents and its subdomains.
pub(super) fn belongs_to(host: &str, site: &str) -> bool {
    is_within(host, site) || (host.contains('.') && is_within(site, host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_as_browsers_read_them() {
        for (written, name) in [
            ("[::1]", Some("[::1]")),
            ("[::1]:8443", Some("[::1]")),
            ("[2001:DB8:0:0::1]:80", Some("[2001:db8::1]")),
            ("127.1", Some("127.0.0.1")),
            ("WWW.Example.org:8443", Some("www.example.org")),
            ("www.example.org.", Some("www.example.org")),
            ("b\u{fc}cher.example", Some("xn--bcher-kva.example")),
            ("localhost:3000", Some("localhost")),
            ("", None),
            ("::1", None),
            ("[::1", None),
            ("a b", None),
            ("https://www.example.org", None),
            ("user@www.example.org", None),
            ("www.example.org/path", None),
            ("www.example.org?x", None),
        ] {
            assert_eq!(host_name(written).as_deref(), name, "{written}");
        }
        assert_eq!(with_brackets("::1".to_owned()), "[::1]");
        assert_eq!(with_brackets("a:1".to_owned()), "a:1");
    }

    #[test]
    fn a_host_is_within_its_domain() {
        for (host, domain, within) in [
            ("www.shop.example", "shop.example", true),
            ("www.shop.example", "Shop.Example", true),
            ("shop.example", "shop.example", true),
            ("myshop.example", "shop.example", false),
            ("example", "shop.example", false),
            ("\u{e9}", "a", false),
        ] {
            assert_eq!(is_within(host, domain), within, "{host} {domain}");
        }
    }
}
