//! The visitor's cookies, as browsers store them.

use std::collections::BTreeSet;

use cookie_store::CookieStore;
use url::Url;

use crate::wire::{self, MAX_PAIR};

/// Two stores: a cookie with `Partitioned` and one of the same name without it are separate, and
/// neither replaces or removes the other (CHIPS). The visitor is on one site, so there is one
/// partition.
#[derive(Clone, Debug, Default)]
pub(super) struct Jar {
    common: CookieStore,
    partitioned: CookieStore,
}

impl Jar {
    /// Stores a `Set-Cookie`. Returns `false` if browsers reject it.
    pub(super) fn keep(&mut self, set_cookie: &str, url: &Url) -> bool {
        if is_refused(set_cookie.as_bytes(), url.host_str().unwrap_or_default()) {
            return false;
        }
        let store = match is_partitioned(set_cookie.as_bytes()) {
            true => &mut self.partitioned,
            false => &mut self.common,
        };
        store.parse(set_cookie, url).is_ok()
    }

    /// Returns the names and values that are sent with a request to this address.
    pub(super) fn pairs(&self, url: &Url) -> impl Iterator<Item = (&str, &str)> {
        let stores = [&self.common, &self.partitioned].into_iter();
        stores.flat_map(move |store| store.get_request_values(url))
    }

    /// Returns the names of these cookies.
    pub(super) fn names(&self, url: &Url) -> BTreeSet<String> {
        self.pairs(url).map(|(name, _)| name.to_owned()).collect()
    }
}

/// One cookie of a name: browsers treat one with `Partitioned` as a different cookie.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cookie {
    pub(super) name: String,
    pub(super) partitioned: bool,
}

impl Cookie {
    pub(super) fn of(name: &str, set_cookie: &[u8]) -> Self {
        Self {
            name: name.to_owned(),
            partitioned: is_partitioned(set_cookie),
        }
    }
}

/// Returns `true` if the header is for a cookie of the partition.
fn is_partitioned(set_cookie: &[u8]) -> bool {
    has(set_cookie, "Partitioned")
}

fn has(set_cookie: &[u8], name: &str) -> bool {
    wire::attributes(set_cookie).any(|attribute| attribute.is(name))
}

/// Checks what the store itself does not know: attributes that require others, name prefixes and the longest pair
/// (RFC 6265bis, section 5.7), and that nobody may set cookies for a top-level domain.
fn is_refused(set_cookie: &[u8], own_host: &str) -> bool {
    let name = wire::name(set_cookie).unwrap_or_default();
    let prefix = wire::prefix(str::from_utf8(name).unwrap_or_default());
    let last = |name: &str| {
        let attributes = wire::attributes(set_cookie).filter(|attribute| attribute.is(name));
        attributes.last().and_then(|attribute| attribute.value)
    };
    let needs_secure = prefix.secure || is_partitioned(set_cookie);
    let domain = last("Domain").unwrap_or_default();
    let domain = domain.strip_prefix(b".").unwrap_or(domain);
    let for_others = !domain.is_empty();
    let for_all =
        for_others && !domain.contains(&b'.') && !domain.eq_ignore_ascii_case(own_host.as_bytes());
    let is_for_others = last("SameSite").is_some_and(|it| it.eq_ignore_ascii_case(b"none"));
    let needs_secure = needs_secure || is_for_others;
    let length = name.len().saturating_add(wire::value(set_cookie).len());
    for_all
        || length > MAX_PAIR
        || (needs_secure && !has(set_cookie, "Secure"))
        || (prefix.http_only && !has(set_cookie, "HttpOnly"))
        || (prefix.host_only && (for_others || last("Path") != Some(b"/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url() -> Url {
        Url::parse("https://www.shop.example/c").unwrap()
    }

    fn sent(fields: &[&str]) -> Vec<String> {
        let mut jar = Jar::default();
        for field in fields {
            jar.keep(field, &url());
        }
        let url = url();
        jar.pairs(&url)
            .map(|(name, value)| format!("{name}={value}"))
            .collect()
    }

    #[test]
    fn cookies_of_one_name_in_and_out_of_the_partition_are_two() {
        let (common, partitioned) = ("a=1; Path=/", "a=2; Path=/; Secure; Partitioned");
        assert_eq!(sent(&[common, partitioned]), ["a=1", "a=2"]);
        let removal = "a=; Path=/; Secure; Max-Age=0";
        assert_eq!(sent(&[common, partitioned, removal]), ["a=2"]);
        let removal = format!("{removal}; partitioned");
        assert_eq!(sent(&[common, partitioned, &removal]), ["a=1"]);
    }

    #[test]
    fn what_browsers_refuse_is_neither_kept_nor_a_removal() {
        for field in [
            "a=1; Path=/; Partitioned",
            "__Secure-a=1; Path=/",
            "__host-a=1; Secure",
            "__Host-a=1; Path=/; Secure; Domain=shop.example",
            "__Host-a=1; Path=/; Secure; Path=/x",
            "__Http-a=1; Path=/; Secure",
            "__Host-Http-a=1; Path=/; Secure",
            "a=1; Path=/; SameSite=None",
            "a=1; Path=/; SameSite=Lax; SameSite=none",
            "a=1; Domain=other.example",
            "a=1; Domain=.Example",
        ] {
            assert!(sent(&[field]).is_empty(), "{field}");
        }
        assert_eq!(
            sent(&["__Host-a=1; Path=/; Secure; Domain="]),
            ["__Host-a=1"]
        );
        assert_eq!(sent(&["a=1; SameSite=None; SameSite=Lax"]), ["a=1"]);
        assert_eq!(sent(&["a=1; SameSite=None; Secure"]), ["a=1"]);
        let long = format!("a={}", "x".repeat(MAX_PAIR - 1));
        assert_eq!(sent(&[&long]).len(), 1);
        assert!(sent(&[&format!("{long}x")]).is_empty());
        let insecure = "a=; Max-Age=0; Path=/; Partitioned";
        assert_eq!(
            sent(&["a=1; Path=/; Secure; Partitioned", insecure]),
            ["a=1"]
        );
    }
}
