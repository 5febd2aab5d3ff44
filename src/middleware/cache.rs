//! What `Cache-Control` says of a response (RFC 9111 §5.2), as far as cookies are concerned.

use http::{HeaderMap, HeaderValue, header::CACHE_CONTROL};

/// The directives that matter here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Directives {
    /// `private` or `no-store`: no shared cache keeps it.
    private: bool,
    /// `public` or `s-maxage`: the site says that shared caches may keep it.
    public: bool,
}

impl Directives {
    fn of(headers: &HeaderMap) -> Self {
        let mut found = Self::default();
        for directive in directives(headers) {
            // `private="…"` speaks of single fields only, and does not count.
            match directive.len() {
                6 => found.public |= is(directive, b"public"),
                7 => found.private |= is(directive, b"private"),
                8 => found.private |= is(directive, b"no-store"),
                _ => {
                    let start = directive.get(..9).unwrap_or_default();
                    found.public |= is(start, b"s-maxage=");
                }
            }
            // Then nothing else counts.
            if found.private {
                break;
            }
        }
        found
    }
}

/// Whether the directive is this one, first as it is nearly always written.
fn is(directive: &[u8], name: &[u8]) -> bool {
    directive == name || directive.eq_ignore_ascii_case(name)
}

/// Every directive of the response, as written.
pub(crate) fn directives(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let fields = headers.get_all(CACHE_CONTROL).into_iter();
    fields.flat_map(|field| parts(field.as_bytes()))
}

/// The parts between commas, trimmed; a comma within quotes does not part.
fn parts(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    field
        .split(move |byte| {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = quoted,
                b'"' => quoted = !quoted,
                b',' => return !quoted,
                _ => {}
            }
            false
        })
        .map(<[u8]>::trim_ascii)
}

/// Whether the site itself says that shared caches may keep the response.
pub(super) fn is_publicly_cacheable(headers: &HeaderMap) -> bool {
    let directives = Directives::of(headers);
    directives.public && !directives.private
}

/// Adds `private` to a response whose `Set-Cookie` fields were changed for one visitor, unless the
/// site has said already what shared caches may do: a shared cache may keep a response that has no
/// `Set-Cookie` where it would have left one with it alone.
pub(super) fn make_private(headers: &mut HeaderMap) {
    if Directives::of(headers) == Directives::default() {
        // In a field of its own: what the service wrote stays as it is. The map can only be full
        // beyond 24,000 fields, and then no server sends it.
        let _ = headers.try_append(CACHE_CONTROL, HeaderValue::from_static("private"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[&str]) -> HeaderMap {
        fields
            .iter()
            .map(|field| (CACHE_CONTROL, HeaderValue::from_str(field).unwrap()))
            .collect()
    }

    #[test]
    fn a_response_is_publicly_cacheable_only_where_the_site_says_so() {
        for fields in [
            &["public"][..],
            &["max-age=1, S-MaxAge=3"],
            &["no-cache", "PUBLIC , x"],
            &[r#"x="a", public, y"#],
            &[r#"x="\"", public, y"#],
            &[r#"x="\\", public, y"#],
        ] {
            assert!(is_publicly_cacheable(&headers(fields)), "{fields:?}");
        }
        for fields in [
            &[][..],
            &["max-age=60"],
            &["public, no-store"],
            &["private, s-maxage=3"],
            &[r#"x="a, public""#],
            &[r#"x="a, public, b""#],
            &[r#"x="\", public, b""#],
            &[r#"x=\", public, b""#],
            &[r#"x="a", private, public"#],
            &["publicly"],
        ] {
            assert!(!is_publicly_cacheable(&headers(fields)), "{fields:?}");
        }
    }

    #[test]
    fn private_is_added_once_and_only_where_nothing_says_what_caches_may_do() {
        for fields in [
            &[][..],
            &["max-age=60"],
            &[r#"private="x-a", no-cache"#],
            &[r#"x="\", private""#],
        ] {
            let mut headers = headers(fields);
            make_private(&mut headers);
            make_private(&mut headers);
            let after: Vec<_> = headers.get_all(CACHE_CONTROL).iter().collect();
            assert_eq!(after.len(), fields.len() + 1, "{fields:?}");
            assert_eq!(after.last().unwrap(), &"private");
        }
        for fields in [
            &["private"][..],
            &["No-Store"],
            &["public"],
            &["s-maxage=1"],
        ] {
            let mut headers = headers(fields);
            make_private(&mut headers);
            assert_eq!(
                headers.get_all(CACHE_CONTROL).iter().count(),
                1,
                "{fields:?}"
            );
        }
    }
}
