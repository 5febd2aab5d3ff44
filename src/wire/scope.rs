//! The scope in which a `Set-Cookie` applies.

use serde::{Deserialize, Serialize};

use super::attributes::{Attribute, LONGEST_VALUE, attributes};
use super::bytes::is_plain;

/// The `SameSite` attribute of a cookie, such as the
/// [`PreferencesCookie`](crate::preferences::PreferencesCookie).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SameSite {
    /// Sent on requests from the same site only.
    Strict,
    /// Sent on requests from the same site and when the visitor follows a link to it.
    #[default]
    Lax,
    /// Always sent; needs `Secure`.
    None,
}

/// The attributes that determine which cookie a `Set-Cookie` replaces or removes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope<'a> {
    /// Begins with `/`; `None` is the default path of the request.
    pub(crate) path: Option<&'a str>,
    /// As written, including a leading dot; `None` is host-only.
    pub(crate) domain: Option<&'a str>,
    pub(crate) secure: bool,
    pub(crate) http_only: bool,
    pub(crate) partitioned: bool,
    pub(crate) same_site: Option<SameSite>,
}

/// Returns the scope of a header if all browsers read its attributes the same way.
///
/// Returns `None` if the header is not printable ASCII without `"`, one of these attributes is
/// repeated, a flag has a value, a path does not begin with `/` or is too long to be read, a domain
/// contains bytes other than letters, digits, `-` and `.`, or `SameSite` is unknown.
pub(crate) fn scope(set_cookie: &[u8]) -> Option<Scope<'_>> {
    if !is_plain(set_cookie) {
        return None;
    }
    let mut scope = Scope::default();
    for attribute in attributes(set_cookie) {
        if attribute.is("Path") {
            once(&mut scope.path, path(attribute.value?)?)?;
        } else if attribute.is("Domain") {
            once(&mut scope.domain, domain(attribute.value?)?)?;
        } else if attribute.is("SameSite") {
            once(&mut scope.same_site, same_site(attribute.value?)?)?;
        } else if attribute.is("Secure") {
            flag(&mut scope.secure, &attribute)?;
        } else if attribute.is("HttpOnly") {
            flag(&mut scope.http_only, &attribute)?;
        } else if attribute.is("Partitioned") {
            flag(&mut scope.partitioned, &attribute)?;
        }
    }
    Some(scope)
}

fn once<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.replace(value).is_none().then_some(())
}

fn flag(slot: &mut bool, attribute: &Attribute<'_>) -> Option<()> {
    let first = !std::mem::replace(slot, true);
    (first && attribute.value.is_none_or(<[u8]>::is_empty)).then_some(())
}

fn path(value: &[u8]) -> Option<&str> {
    let plain = value.first() == Some(&b'/') && value.len() <= LONGEST_VALUE;
    plain.then(|| str::from_utf8(value).ok()).flatten()
}

fn domain(value: &[u8]) -> Option<&str> {
    let name = value.strip_prefix(b".").unwrap_or(value);
    let plain = value.len() <= LONGEST_VALUE
        && name.split(|&byte| byte == b'.').all(|label| {
            !label.is_empty()
                && label
                    .iter()
                    .all(|&byte| byte.is_ascii_alphanumeric() || byte == b'-')
        });
    plain.then(|| str::from_utf8(value).ok()).flatten()
}

fn same_site(value: &[u8]) -> Option<SameSite> {
    [
        ("strict", SameSite::Strict),
        ("lax", SameSite::Lax),
        ("none", SameSite::None),
    ]
    .into_iter()
    .find_map(|(name, same_site)| {
        value
            .eq_ignore_ascii_case(name.as_bytes())
            .then_some(same_site)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scopes() {
        assert_eq!(
            scope(b"a=b; Max-Age=0; Priority=High"),
            Some(Scope::default())
        );
        assert_eq!(
            scope(b"a=b; path=/x; DOMAIN=.Shop.example; Secure; HttpOnly=; Partitioned; SameSite=none"),
            Some(Scope {
                path: Some("/x"),
                domain: Some(".Shop.example"),
                secure: true,
                http_only: true,
                partitioned: true,
                same_site: Some(SameSite::None),
            })
        );
    }

    #[test]
    fn what_browsers_read_differently_has_no_scope() {
        for header in [
            "a=b; Path=/; Path=/x",
            "a=b; Path",
            "a=b; Path=",
            "a=b; Path=x",
            "a=b; Domain=",
            "a=b; Domain=.",
            "a=b; Domain=a..b",
            "a=b; Domain=a.",
            "a=b; Domain=a.example:80",
            "a=b; Domain=a.example; domain=b.example",
            "a=b; Secure; Secure",
            "a=b; Secure=false",
            "a=b; SameSite=",
            "a=b; SameSite=Extended",
            "a=\"b\"; Path=/",
            "a=b; Path=/\t",
            "a=b; Path=/é",
        ] {
            assert_eq!(scope(header.as_bytes()), None, "{header}");
        }
        let long = format!("a=b; Path=/{}", "x".repeat(1024));
        assert_eq!(scope(long.as_bytes()), None);
    }
}
