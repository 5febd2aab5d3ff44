//! The requirements that a cookie's name prefix imposes.

/// The requirements of a name prefix. Browsers reject cookies that violate them (RFC 6265bis,
/// section 5.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Prefix {
    /// The cookie must be host-only, with the path `/`.
    pub(crate) host_only: bool,
    pub(crate) http_only: bool,
    pub(crate) secure: bool,
}

/// Returns the requirements of the name's prefix. (`HttpOnly` in Chromium and Firefox, as measured:
/// `set_cookie_chromium.jsonl`.)
pub(crate) fn prefix(name: &str) -> Prefix {
    let host_only = has_prefix(name, "__Host-");
    let http_only = has_prefix(name, "__Http-") || has_prefix(name, "__Host-Http-");
    Prefix {
        host_only,
        http_only,
        secure: host_only || http_only || has_prefix(name, "__Secure-"),
    }
}

/// Returns `true` if the name has this prefix; browsers compare these prefixes ignoring case.
pub(crate) fn has_prefix(name: &str, prefix: &str) -> bool {
    let start = name.get(..prefix.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_prefix_asks_for_its_own() {
        for (name, [host_only, http_only, secure]) in [
            ("__Host-a", [true, false, true]),
            ("__HOST-", [true, false, true]),
            ("__Host-Http-a", [true, true, true]),
            ("__http-a", [false, true, true]),
            ("__Secure-a", [false, false, true]),
            ("__Secure_a", [false; 3]),
            ("__Host", [false; 3]),
            ("a__Host-", [false; 3]),
            ("__Hosé-", [false; 3]),
            ("", [false; 3]),
        ] {
            let expected = Prefix {
                host_only,
                http_only,
                secure,
            };
            assert_eq!(prefix(name), expected, "{name}");
        }
    }
}
