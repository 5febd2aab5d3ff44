//! The policies of several hosts.

use std::{collections::HashMap, fmt, sync::Arc};

use foldhash::fast::FixedState;

use super::error::InvalidHost;
use crate::{
    middleware::RequestHead,
    policy::CookiePolicy,
    wire::host::{address_in, name_in},
};

/// The policies of several sites in one service: a map of hosts, and the policy of all others.
///
/// A host is written as in a link, without a port: `example.org`, `10.0.0.1`, `[::1]`. Upper case
/// counts as lower case, and a dot at the end does not count. `*.example.org` is every host below
/// `example.org`, at any depth, without `example.org` itself; an exact host comes first, then the
/// longest of these.
///
/// It is one `Arc`, and looking up a host takes neither a lock nor an allocation.
///
/// ```
/// use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy, layer::HostPolicies};
///
/// # let [policy, of_shop, of_blogs] = ["a", "b", "c"]
/// #     .map(|id| CookiePolicy::new([Category::consent(id)]).unwrap());
/// let hosts = HostPolicies::new(policy)
///     .host("shop.example.org", of_shop.clone())?
///     .host("*.blogs.example.org", of_blogs)?;
/// assert_eq!(hosts.of("shop.example.org").fingerprint(), of_shop.fingerprint());
/// let layer = CookieConsentLayer::new(hosts.default_policy().clone()).policy_for(hosts.hook());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct HostPolicies(pub(super) Arc<Table>);

#[derive(Clone)]
pub(super) struct Table {
    default: CookiePolicy,
    exact: Hosts,
    /// Without `*.`.
    below: Hosts,
}

type Hosts = HashMap<Box<str>, CookiePolicy, FixedState>;

impl HostPolicies {
    /// Creates a map without hosts, with the policy of all others.
    pub fn new(default: CookiePolicy) -> Self {
        Self(Arc::new(Table {
            default,
            exact: Hosts::default(),
            below: Hosts::default(),
        }))
    }

    /// Adds a host with its policy, or replaces its policy.
    ///
    /// # Errors
    ///
    /// [`InvalidHost`] for anything but a name or an address, with `*.` in front of a name: a port,
    /// a path, a name that is not ASCII.
    pub fn host(mut self, host: &str, policy: CookiePolicy) -> Result<Self, InvalidHost> {
        let table = Arc::make_mut(&mut self.0);
        let (hosts, name) = match host.strip_prefix("*.") {
            Some(parent) => (&mut table.below, written(host, parent, false)?),
            None => (&mut table.exact, written(host, host, true)?),
        };
        hosts.insert(name, policy);
        Ok(self)
    }

    /// Returns the policy of this host, which may have a port: its own one, or the default.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookiePolicy, layer::HostPolicies};
    /// # let [policy, of_shop] = ["a", "b"].map(|id| CookiePolicy::new([Category::consent(id)]).unwrap());
    /// let hosts = HostPolicies::new(policy).host("*.shop.example", of_shop)?;
    /// assert!(hosts.of("www.Shop.example:8080").category("b").is_some());
    /// assert!(hosts.of("shop.example").category("a").is_some());
    /// # Ok::<(), tower_cookie_consent::layer::InvalidHost>(())
    /// ```
    #[must_use]
    pub fn of(&self, host: &str) -> &CookiePolicy {
        let bytes = host.as_bytes();
        let found = name_in(bytes).or_else(|| address_in(bytes));
        let found = found.and_then(|host| match has_upper_case(host) {
            false => self.0.find(host),
            true => self.0.find(&host.to_ascii_lowercase()),
        });
        found.unwrap_or(&self.0.default)
    }

    /// Returns the policy of hosts that have none of their own.
    #[must_use]
    pub fn default_policy(&self) -> &CookiePolicy {
        &self.0.default
    }

    /// Returns the hosts with their policies, in no particular order, without the default.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookiePolicy, layer::HostPolicies};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// let hosts = HostPolicies::new(policy.clone()).host("*.Example.org", policy)?;
    /// let names: Vec<_> = hosts.hosts().map(|(host, _)| host).collect();
    /// assert_eq!(names, ["*.example.org"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn hosts(&self) -> impl Iterator<Item = (String, &CookiePolicy)> {
        let Table { exact, below, .. } = &*self.0;
        let exact = exact.iter().map(|(host, it)| (host.to_string(), it));
        exact.chain(below.iter().map(|(host, it)| (format!("*.{host}"), it)))
    }

    /// Returns the hook for
    /// [`CookieConsentLayer::policy_for`](crate::CookieConsentLayer::policy_for): the policy of each
    /// request's [host](RequestHead::host). A request without one gets the default.
    pub fn hook(
        &self,
    ) -> impl Fn(RequestHead<'_>) -> CookiePolicy + Clone + Send + Sync + 'static + use<> {
        let policies = self.clone();
        move |request| policies.0.of_request(&request)
    }
}

impl Table {
    pub(super) fn of_request(&self, request: &RequestHead<'_>) -> CookiePolicy {
        let Self { exact, below, .. } = self;
        let found = match exact.is_empty() && below.is_empty() {
            true => None,
            false => request.host().and_then(|host| self.find(&host)),
        };
        found.unwrap_or(&self.default).clone()
    }

    /// Finds a host in lower case, without a port.
    fn find(&self, host: &str) -> Option<&CookiePolicy> {
        let Self { exact, below, .. } = self;
        let host = host.strip_suffix('.').unwrap_or(host);
        if let Some(policy) = exact.get(host) {
            return Some(policy);
        }
        if below.is_empty() {
            return None;
        }
        let mut rest = host;
        while let Some((_, parent)) = rest.split_once('.') {
            if let Some(policy) = below.get(parent) {
                return Some(policy);
            }
            rest = parent;
        }
        None
    }
}

/// Shows the hosts, without their policies.
impl fmt::Debug for HostPolicies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut hosts: Vec<_> = self.hosts().map(|(host, _)| host).collect();
        hosts.sort_unstable();
        f.debug_tuple("HostPolicies").field(&hosts).finish()
    }
}

fn has_upper_case(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// Returns a host as it is looked up.
fn written(whole: &str, name: &str, may_be_address: bool) -> Result<Box<str>, InvalidHost> {
    let wrong = |help| InvalidHost::new(whole, help);
    if !name.is_ascii() {
        return Err(wrong(
            "write it in ASCII, as browsers send it: `xn--bcher-kva.example`",
        ));
    }
    let found = match address_in(name.as_bytes()) {
        Some(address) if may_be_address => Some(address),
        Some(_) => None,
        None => name_in(name.as_bytes()),
    };
    let Some(host) = found else {
        return Err(wrong(
            "write a name such as `example.org` or `*.example.org`, or an address such as `[::1]`",
        ));
    };
    if host.len() != name.len() {
        return Err(wrong("write it without a port"));
    }
    let host = host.strip_suffix('.').unwrap_or(host);
    if host.split('.').any(str::is_empty) {
        return Err(wrong("remove the dot that has no name beside it"));
    }
    Ok(host.to_ascii_lowercase().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Category;

    fn policy(id: &str) -> CookiePolicy {
        CookiePolicy::new([Category::consent(id)]).unwrap()
    }

    fn hosts(names: &[&str]) -> HostPolicies {
        let none = HostPolicies::new(policy("default"));
        names.iter().fold(none, |hosts, name| {
            let id: String = name
                .chars()
                .map(|c| match c.is_ascii_alphanumeric() {
                    true => c.to_ascii_lowercase(),
                    false => '_',
                })
                .collect();
            hosts.host(name, policy(&format!("p{id}"))).unwrap()
        })
    }

    fn found(hosts: &HostPolicies, host: &str) -> String {
        let policy = hosts.of(host);
        policy.categories().next().unwrap().id().to_owned()
    }

    #[test]
    fn the_closest_host_gives_the_policy() {
        let hosts = hosts(&[
            "Example.org",
            "*.example.org",
            "*.b.example.org",
            "c.b.example.org",
            "*.net.",
            "10.0.0.1",
            "[::1]",
            "localhost",
        ]);
        for (host, id) in [
            ("example.org", "pexample_org"),
            ("EXAMPLE.org:80", "pexample_org"),
            ("example.org.", "pexample_org"),
            ("a.example.org", "p__example_org"),
            ("b.example.org", "p__example_org"),
            ("x.y.example.org", "p__example_org"),
            ("a.b.example.org", "p__b_example_org"),
            ("c.b.example.org", "pc_b_example_org"),
            ("d.c.b.example.org", "p__b_example_org"),
            ("any.net", "p__net_"),
            ("net", "default"),
            ("10.0.0.1:8080", "p10_0_0_1"),
            ("[::1]:8080", "p___1_"),
            ("localhost", "plocalhost"),
            ("notexample.org", "default"),
            ("example.org.evil.example", "default"),
            ("example.org/x", "default"),
            ("a.example.org, b", "default"),
            ("", "default"),
            (".", "default"),
            ("..", "default"),
            (".example.org", "p__example_org"),
        ] {
            assert_eq!(found(&hosts, host), id, "{host}");
        }
        let long = "a.".repeat(20_000) + "example.org";
        assert_eq!(found(&hosts, &long), "default");
    }

    #[test]
    fn hosts_that_no_request_has_are_errors() {
        let hosts = HostPolicies::new(policy("a"));
        for (host, part) in [
            ("", "write a name"),
            ("*", "write a name"),
            ("*.", "write a name"),
            ("*.*.example.org", "write a name"),
            ("a.*.org", "write a name"),
            ("https://example.org", "write a name"),
            ("example.org/", "write a name"),
            ("example.org:443", "without a port"),
            ("*.example.org:", "without a port"),
            ("[::1]:80", "without a port"),
            ("*.[::1]", "write a name"),
            ("[::x]", "write a name"),
            ("bücher.example", "in ASCII"),
            ("a..b", "the dot"),
            (".a", "the dot"),
            (".", "the dot"),
            ("user@a.example", "write a name"),
        ] {
            let error = hosts.clone().host(host, policy("b")).unwrap_err();
            let text = error.to_string();
            assert!(text.contains(part), "{host}: {text}");
            assert!(text.starts_with(&format!("invalid host {host:?}")));
        }
    }

    #[test]
    fn a_later_policy_of_a_host_replaces_the_earlier() {
        let hosts = hosts(&["a.example"])
            .host("A.example.", policy("b"))
            .unwrap();
        assert_eq!(found(&hosts, "a.example"), "b");
        assert_eq!(hosts.hosts().count(), 1);
        assert_eq!(format!("{hosts:?}"), "HostPolicies([\"a.example\"])");
    }
}
