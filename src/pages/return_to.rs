//! The path to which a visitor returns.

/// The longest accepted path; browsers and proxies cut longer ones.
const LONGEST: usize = 2_048;

/// Returns `true` if this is a path of the same site, with or without a query: no scheme, no host,
/// nothing that a browser or proxy could read as one, and no fragment.
///
/// Browsers treat a backslash as a slash and ignore tabs and line breaks (WHATWG URL, section 4.4).
/// Only visible ASCII is therefore accepted; browsers never send anything else.
pub(super) fn is_path_of_this_site(text: &str) -> bool {
    let path = text.split('?').next().unwrap_or_default();
    text.len() <= LONGEST
        && text.starts_with('/')
        && text.bytes().all(|byte| {
            byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#' | b'"' | b'<' | b'>')
        })
        && !path.contains("//")
        && !path.split('/').any(is_dots)
}

/// Returns `true` for the id of an element, as it is written after a `#`.
pub(crate) fn is_anchor(text: &str) -> bool {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    (1..=128).contains(&text.len()) && text.bytes().all(plain)
}

/// Recognises `.` and `..`, also encoded: browsers treat `%2e` as a dot here.
fn is_dots(segment: &str) -> bool {
    matches!(
        &*segment.to_ascii_lowercase().replace("%2e", "."),
        "." | ".."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_this_site_are_led_back_to() {
        for path in [
            "/",
            "/a",
            "/a/b?c=d&e=https://x.example/",
            "/a:b",
            "/%C3%A9",
            "/.well",
        ] {
            assert!(is_path_of_this_site(path), "{path}");
        }
    }

    #[test]
    fn what_could_lead_to_another_site_is_not() {
        for path in [
            "",
            "a",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            "/a//evil.example",
            "/\t/evil.example",
            "/a\r\nSet-Cookie: a=b",
            "/a b",
            "/é",
            "/..//evil.example",
            "/./a",
            "/%2E%2e/a",
            " /a",
            "/a#b",
            "/\"><script>",
        ] {
            assert!(!is_path_of_this_site(path), "{path}");
        }
        assert!(!is_path_of_this_site(&format!("/{}", "a".repeat(LONGEST))));
    }
}
