//! Checks the domains and paths of cookies.

/// Returns the fault of a domain, as the end of a sentence.
///
/// A leading dot is allowed, as browsers ignore it (RFC 6265, section 5.2.3).
pub(super) fn domain_fault(domain: &str) -> Option<&'static str> {
    let host = domain.strip_prefix('.').unwrap_or(domain);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if host.is_empty() {
        Some("it is empty: leave it out for a host-only cookie")
    } else if host.contains("://") {
        Some("it is a URL: use only the host name, such as \"example.org\"")
    } else if host.contains(':') {
        Some("it has a port or is an IP address: use only a host name, such as \"example.org\"")
    } else if host.contains('/') {
        Some("it contains a path: declare that as the cookie's path")
    } else if host.contains(';') {
        Some("a `;` would begin another attribute: give one domain")
    } else if host.contains(char::is_whitespace) {
        Some("it contains white space: give one host name")
    } else if !host.is_ascii() {
        Some("it is not ASCII: use the form that begins with `xn--`")
    } else if host.split('.').any(str::is_empty) {
        Some("it has an extra dot: use the form \"example.org\"")
    } else if !host.split('.').all(|label| label.bytes().all(allowed)) {
        Some("only letters, digits, `-`, `_` and `.` are allowed")
    } else if host
        .split('.')
        .any(|label| label.starts_with('-') || label.ends_with('-'))
    {
        Some("no part of it can begin or end with `-`")
    } else if host.len() > 253 || host.split('.').any(|label| label.len() > 63) {
        Some("it is too long: the limit is 63 bytes per part and 253 in total (RFC 1035)")
    } else if host
        .rsplit('.')
        .next()
        .is_some_and(|end| end.bytes().all(|b| b.is_ascii_digit()))
    {
        // Browsers recognize an IPv4 address by its last part (WHATWG URL, "ends in a number").
        Some("it is an IP address: leave it out, the cookie is then host-only")
    } else {
        None
    }
}

/// Returns the domain in the form in which it is stored and sent: in lower case and without a
/// leading dot.
pub(super) fn plain_domain(domain: &str) -> String {
    domain
        .strip_prefix('.')
        .unwrap_or(domain)
        .to_ascii_lowercase()
}

/// Returns the fault of a path, as the end of a sentence.
pub(super) fn path_fault(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        Some("it is empty: use \"/\" for the whole site")
    } else if !path.starts_with('/') {
        Some("it does not begin with `/`: browsers would use the request's own path instead")
    } else if path.contains(';') {
        Some("a `;` would begin another attribute: give one path")
    } else if path.contains(['?', '#']) {
        Some("`?` and `#` end a path: remove them and the rest")
    } else if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
        Some("blanks, control characters and non-ASCII must be percent-encoded")
    } else if path.len() > 1_024 {
        Some("it is longer than 1,024 bytes: browsers would ignore it (RFC 6265bis, section 5.6)")
    } else {
        None
    }
}

/// Returns `true` for a path that pages can have: one or more segments of unreserved bytes (RFC 3986, section 2.3) that are not just dots.
pub(crate) fn is_pages_path(path: &str) -> bool {
    let unreserved =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    path.strip_prefix('/').is_some_and(|rest| {
        rest.split('/').all(|segment| {
            segment.bytes().all(unreserved) && segment.bytes().any(|byte| byte != b'.')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_are_valid_domains() {
        let long = format!("{}.example.org", "a".repeat(63));
        for domain in [
            "example.org",
            ".example.org",
            "EXAMPLE.org",
            "a-b.c_d.example",
            "localhost",
            "1.example",
            "xn--mnchen-3ya.example",
            "_dmarc.example.org",
            &long,
        ] {
            assert_eq!(domain_fault(domain), None, "{domain}");
        }
        assert_eq!(plain_domain(".Example.ORG"), "example.org");
        assert_eq!(plain_domain("example.org"), "example.org");
    }

    #[test]
    fn invalid_domains_are_explained() {
        let label = format!("{}.example.org", "a".repeat(64));
        let name = ["abcdefg"; 32].join(".");
        for (domain, part) in [
            ("", "empty"),
            (".", "empty"),
            ("https://x", "URL"),
            ("https://example.org/", "URL"),
            ("a:80", "port"),
            ("::1", "IP address"),
            ("[::1]", "IP address"),
            ("a/b", "path"),
            ("a b", "white space"),
            (" example.org", "white space"),
            ("a\u{a0}b", "white space"),
            ("a;b", "`;`"),
            ("münchen.example", "xn--"),
            ("127.0.0.1", "IP address"),
            ("10.1", "IP address"),
            ("example.org.", "dot"),
            ("..example.org", "dot"),
            ("a..b", "dot"),
            ("-a.org", "`-`"),
            ("a-.org", "`-`"),
            ("*.example.org", "only letters"),
            ("a,b", "only letters"),
            ("a\0b", "only letters"),
            (&label, "too long"),
            (&name, "too long"),
        ] {
            assert!(
                domain_fault(domain).is_some_and(|fault| fault.contains(part)),
                "{domain}"
            );
        }
    }

    #[test]
    fn invalid_paths_are_explained() {
        for path in ["/", "/ok", "/ok/", "/a%20b", "/a=b,c", "//", "/~x/(y)"] {
            assert_eq!(path_fault(path), None, "{path}");
        }
        let long = "/".repeat(1_025);
        for (path, part) in [
            ("", "empty"),
            ("no-slash", "begin with `/`"),
            ("https://example.org/", "begin with `/`"),
            ("/a;b", "`;`"),
            ("/a b", "percent-encoded"),
            ("/é", "percent-encoded"),
            ("/a\r\n", "percent-encoded"),
            ("/a?b", "`?`"),
            ("/a#b", "`#`"),
            (&long, "1,024"),
        ] {
            assert!(
                path_fault(path).is_some_and(|fault| fault.contains(part)),
                "{path}"
            );
        }
    }
}
