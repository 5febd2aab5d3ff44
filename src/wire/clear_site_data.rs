//! `Clear-Site-Data` (W3C Clear Site Data), as far as it concerns cookies and kept pages.

/// The directives that `"*"` includes besides cookies, as known from the specification and from
/// browsers, in any order.
const OTHERS: [&[u8]; 6] = [
    b"\"cache\"",
    b"\"clientHints\"",
    b"\"executionContexts\"",
    b"\"prefetchCache\"",
    b"\"prerenderCache\"",
    b"\"storage\"",
];

/// Returns `true` if the browser deletes the cookies of the whole registrable domain.
pub(crate) fn clears_cookies(field: &[u8]) -> bool {
    types(field).any(|it| is_all(it) || is_cookies(it))
}

/// Returns `true` if the browser forgets the pages that it keeps.
pub(crate) fn clears_cache(field: &[u8]) -> bool {
    types(field).any(|it| is_all(it) || it == b"\"cache\"")
}

/// Returns the directives of the header other than those for cookies.
pub(crate) fn beside_cookies(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    let others = if types(field).any(is_all) {
        &OTHERS[..]
    } else {
        &[]
    };
    let named = types(field).filter(|it| !is_all(it) && !is_cookies(it) && !others.contains(it));
    others.iter().copied().chain(named)
}

fn types(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    let types = field.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
    types.filter(|it| !it.is_empty())
}

fn is_all(it: &[u8]) -> bool {
    it == b"\"*\""
}

/// Ignores case: browsers compare bytes, but a server that writes it differently means the same.
fn is_cookies(it: &[u8]) -> bool {
    it.eq_ignore_ascii_case(b"\"cookies\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_forgotten_only_where_browsers_read_it() {
        for (field, clears) in [
            ("\"cache\"", true),
            ("\"storage\",\"cache\" ", true),
            ("\"*\"", true),
            ("cache", false),
            ("\"Cache\"", false),
            ("\"cookies\"", false),
            ("", false),
        ] {
            assert_eq!(clears_cache(field.as_bytes()), clears, "{field}");
        }
    }

    #[test]
    fn cookies_are_parted_from_the_other_types() {
        for (field, clears, rest) in [
            ("\"cookies\"", true, ""),
            ("\"Cookies\" ", true, ""),
            (
                "\"cache\", \"cookies\",\"storage\"",
                true,
                "\"cache\" \"storage\"",
            ),
            (
                "\"*\"",
                true,
                "\"cache\" \"clientHints\" \"executionContexts\" \"prefetchCache\" \
                 \"prerenderCache\" \"storage\"",
            ),
            (
                "\"cache\", \"*\", \"new\"",
                true,
                "\"cache\" \"clientHints\" \"executionContexts\" \"prefetchCache\" \
                 \"prerenderCache\" \"storage\" \"new\"",
            ),
            ("\"cache\", , \"storage\"", false, "\"cache\" \"storage\""),
            ("cookies", false, "cookies"),
            ("*", false, "*"),
            ("", false, ""),
        ] {
            assert_eq!(clears_cookies(field.as_bytes()), clears, "{field}");
            let left: Vec<_> = beside_cookies(field.as_bytes()).collect();
            assert_eq!(left.join(&b" "[..]), rest.as_bytes(), "{field}");
        }
    }
}
