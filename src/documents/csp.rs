//! The second line: a Content-Security-Policy that lets a browser load from allowed origins alone.

use http::HeaderValue;

/// Returns the policy with these origins. It has one directive and no nonce, hash or
/// `'strict-dynamic'`: beside a policy of the site's own it narrows the hosts and nothing else,
/// since a browser enforces both (CSP 3, "Content security policy object", §2.2).
pub(crate) fn policy(origins: &[impl AsRef<str>]) -> Option<HeaderValue> {
    let mut policy = String::from(
        "default-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' data: blob: mediastream:",
    );
    for origin in origins
        .iter()
        .map(AsRef::as_ref)
        .filter(|origin| is_source(origin))
    {
        policy.push(' ');
        policy.push_str(origin);
    }
    HeaderValue::from_str(&policy).ok()
}

/// Is this one source, and not the start of another one, another directive or another policy?
fn is_source(origin: &str) -> bool {
    let ends = |byte: u8| !byte.is_ascii_graphic() || matches!(byte, b';' | b',' | b'\'' | b'"');
    !origin.is_empty() && !origin.bytes().any(ends)
}

#[cfg(test)]
mod tests {
    use super::policy;

    #[test]
    fn policy_has_one_directive() {
        let fixed = "default-src 'self' 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' data: blob: mediastream:";
        assert_eq!(policy(&[] as &[&str]).expect("ASCII"), fixed);
        let origins = ["https://film.example", "https://*.map.example:8443"];
        let expected = format!("{fixed} https://film.example https://*.map.example:8443");
        assert_eq!(policy(&origins).expect("ASCII"), expected);
    }

    #[test]
    fn no_origin_adds_another_directive() {
        let plain = policy(&[] as &[&str]);
        for origin in [
            "https://a;script-src",
            "a b",
            "a,b",
            "'strict-dynamic'",
            "",
            "é",
            "a\nb",
        ] {
            assert_eq!(policy(&[origin]), plain, "{origin}");
        }
    }
}
