//! The second line: a Content-Security-Policy that lets a browser load from allowed origins alone.

use http::{HeaderMap, HeaderValue, header::CONTENT_SECURITY_POLICY};

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

/// Returns the nonce with which the site's own policies let stylesheets load.
pub(crate) fn style_nonce(headers: &HeaderMap) -> Option<String> {
    let policies = headers.get_all(CONTENT_SECURITY_POLICY).into_iter();
    let policies = policies.filter_map(|policy| policy.to_str().ok());
    policies
        .flat_map(|policies| policies.split(','))
        .find_map(|policy| {
            let directives = policy.split(';').map(str::trim_ascii);
            let directives: Vec<_> = directives
                .filter_map(|it| it.split_once(|c: char| c.is_ascii_whitespace()))
                .collect();
            let (_, sources) = ["style-src-elem", "style-src", "default-src"]
                .iter()
                .find_map(|wanted| {
                    let named = |(name, _): &&(&str, &str)| name.eq_ignore_ascii_case(wanted);
                    directives.iter().find(named)
                })?;
            let mut nonces = sources.split_ascii_whitespace().filter_map(|source| {
                let (start, nonce) = source.split_at_checked(7)?;
                let nonce = nonce.strip_suffix('\'')?;
                start.eq_ignore_ascii_case("'nonce-").then_some(nonce)
            });
            nonces.next_back().map(str::to_owned)
        })
}

/// Is this one source, and not the start of another one, another directive or another policy?
fn is_source(origin: &str) -> bool {
    let ends = |byte: u8| !byte.is_ascii_graphic() || matches!(byte, b';' | b',' | b'\'' | b'"');
    !origin.is_empty() && !origin.bytes().any(ends)
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header::CONTENT_SECURITY_POLICY};

    use super::{policy, style_nonce};

    #[test]
    fn nonce_is_that_of_stylesheets() {
        for (policies, nonce) in [
            (&[][..], None),
            (&["default-src 'self'"], None),
            (&["script-src 'nonce-a'"], None),
            (
                &["script-src 'nonce-a'; style-src 'self' 'nonce-b'"],
                Some("b"),
            ),
            (&["default-src 'Nonce-c='"], Some("c=")),
            (&["default-src 'nonce-c'; style-src 'self'"], None),
            (
                &["style-src 'nonce-b'; style-src-elem 'nonce-d'"],
                Some("d"),
            ),
            (&["img-src x, STYLE-SRC 'nonce-e'"], Some("e")),
            (&["img-src x", "style-src 'nonce-f' 'nonce-'x"], Some("f")),
        ] {
            let headers: HeaderMap = policies
                .iter()
                .map(|policy| (CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)))
                .collect();
            assert_eq!(style_nonce(&headers).as_deref(), nonce, "{policies:?}");
        }
    }

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
