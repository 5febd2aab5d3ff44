//! The second line: a Content-Security-Policy that lets a browser load from allowed origins alone.

use http::HeaderValue;

/// Returns the policy with these origins. It has one directive and no nonce, hash or
/// `'strict-dynamic'`: beside a policy of the site's own it narrows the hosts and nothing else,
/// since a browser enforces both (CSP 3, "Content security policy object", §2.2).
///
/// Browsers report what it blocks to `report_uri`. (`report-to` works over TLS alone, and browsers that
/// know it then ignore `report-uri`.)
pub(crate) fn policy(origins: &[impl AsRef<str>], report_uri: Option<&str>) -> Option<HeaderValue> {
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
    if let Some(uri) = report_uri.filter(|uri| is_source(uri)) {
        policy.push_str("; report-uri ");
        policy.push_str(uri);
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
        assert_eq!(policy(&[] as &[&str], None).expect("ASCII"), fixed);
        let origins = ["https://film.example", "https://*.map.example:8443"];
        let expected = format!("{fixed} https://film.example https://*.map.example:8443");
        assert_eq!(policy(&origins, None).expect("ASCII"), expected);
    }

    #[test]
    fn no_origin_adds_another_directive() {
        let plain = policy(&[] as &[&str], None);
        for origin in [
            "https://a;script-src",
            "a b",
            "a,b",
            "'strict-dynamic'",
            "",
            "é",
            "a\nb",
        ] {
            assert_eq!(policy(&[origin], None), plain, "{origin}");
            assert_eq!(policy(&[] as &[&str], Some(origin)), plain, "{origin}");
        }
    }

    #[test]
    fn reports_go_to_one_address() {
        let policy = policy(&["https://film.example"], Some("../cookies/reports"));
        let policy = policy.expect("ASCII");
        let end = "https://film.example; report-uri ../cookies/reports";
        assert!(policy.to_str().expect("ASCII").ends_with(end));
    }
}
