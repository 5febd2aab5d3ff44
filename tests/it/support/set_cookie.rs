//! A strict reading of `Set-Cookie`, written independently of the crate's own.

/// The name up to the first `=`.
pub(crate) fn name_of(set_cookie: &[u8]) -> &[u8] {
    let end = set_cookie.iter().position(|&byte| byte == b'=');
    set_cookie[..end.unwrap_or(0)].trim_ascii()
}

/// Whether this is a removal for every browser: printable ASCII without `"`, at least one of
/// `Max-Age` and `Expires`, every `Max-Age` zeros or negative, every `Expires` the first second
/// of 1970.
pub(crate) fn is_strict_removal(set_cookie: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(set_cookie) else {
        return false;
    };
    let mut lifetimes = text
        .split(';')
        .skip(1)
        .filter_map(|attribute| {
            let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
            match name.as_str() {
                "max-age" => {
                    let digits = value.strip_prefix('-').unwrap_or(value);
                    let zeros = digits.bytes().all(|byte| byte == b'0');
                    let negative = value.starts_with('-');
                    let number = digits.bytes().all(|byte| byte.is_ascii_digit());
                    Some(!digits.is_empty() && number && (zeros || negative))
                }
                "expires" => Some(value == "Thu, 01 Jan 1970 00:00:00 GMT"),
                _ => None,
            }
        })
        .peekable();
    let plain = text
        .bytes()
        .all(|byte| matches!(byte, b' '..=b'~') && byte != b'"');
    plain && lifetimes.peek().is_some() && lifetimes.all(|past| past)
}

/// A removal as `name; attribute; …`, without what makes it one, the attributes sorted.
pub(crate) fn scope_of(removal: &str) -> String {
    let mut parts = removal.split("; ");
    let name = parts.next().unwrap().trim_end_matches('=');
    let mut attributes: Vec<_> = parts
        .filter(|part| !part.starts_with("Max-Age=") && !part.starts_with("Expires="))
        .collect();
    attributes.sort_unstable();
    [&[name], &attributes[..]].concat().join("; ")
}

#[test]
fn a_strict_removal_is_recognised() {
    for removal in [
        "a=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "a=b; max-age=-5",
        "a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    ] {
        assert!(is_strict_removal(removal.as_bytes()), "{removal}");
    }
    for other in [
        "a=b",
        "a=; Max-Age=",
        "a=; Max-Age=-",
        "a=; Max-Age=\"0\"",
        "a=; Max-Age=1",
        "a=; Max-Age=0; Max-Age=1",
        "a=; Max-Age=0; Expires=Fri, 01 Jan 2038 00:00:00 GMT",
    ] {
        assert!(!is_strict_removal(other.as_bytes()), "{other}");
    }
    assert_eq!(name_of(b"_ga=; Max-Age=0"), b"_ga");
}
