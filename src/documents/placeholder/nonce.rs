//! The nonce for stylesheets in the site's own Content-Security-Policy.

use http::{HeaderMap, header::CONTENT_SECURITY_POLICY};

/// Returns the nonce with which the site's own policies let stylesheets load.
pub(super) fn style_nonce(headers: &HeaderMap) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

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
}
