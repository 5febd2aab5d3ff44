//! The places beside the preferences cookie at which browsers store a choice: twins of another domain,
//! and the cookies of an earlier version of the site.

use http::HeaderValue;

use crate::{
    policy::CookiePolicy,
    wire::{self, MAX_REMOVALS, MAX_REMOVALS_BYTES, Scope, host},
};

/// The cookies that were received beside the choice, and have a part in writing the next one.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Beside {
    /// The received value, if it has other members that are kept.
    pub(crate) previous: Option<Box<[u8]>>,
    /// The host of the request, if it is known and something has to be removed.
    pub(crate) host: Option<String>,
    /// Several preferences cookies of the same name were received.
    pub(crate) several: bool,
    /// The names of former cookies that were received.
    pub(crate) formers: Vec<String>,
}

impl Beside {
    /// Returns the removals of all that was received and is not the preferences cookie: at the host
    /// alone, and at its domain and the domains above, as far as a response has room.
    pub(super) fn removals(&self, policy: &CookiePolicy) -> Vec<HeaderValue> {
        let cookie = policy.preferences_cookie();
        let domains = self.host.iter().flat_map(|host| host::domains_of(host));
        let own = cookie.get_domain();
        let is_own = |place: Option<&str>| match (place, own) {
            (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
            (place, own) => place == own,
        };
        // A client can make up a host with any number of domains.
        let all = std::iter::once(None)
            .chain(domains.map(Some))
            .flat_map(|place| {
                let twin = (self.several && !is_own(place)).then(|| cookie.name());
                let names = twin.into_iter().chain(self.formers.iter().map(|it| &**it));
                names.filter_map(move |name| removal(policy, name, place))
            });
        let mut bytes = 0;
        all.take(MAX_REMOVALS)
            .take_while(|removal| {
                bytes += removal.len();
                bytes <= MAX_REMOVALS_BYTES
            })
            .collect()
    }
}

/// Returns the removals of a preferences cookie with another domain, as the policy knows it: at the
/// host alone if the policy has a domain now, and for the domains that it had.
pub(super) fn of_earlier_domains(policy: &CookiePolicy) -> Vec<HeaderValue> {
    let cookie = policy.preferences_cookie();
    let host_alone = cookie.get_domain().map(|_| None);
    let earlier = cookie
        .get_also_read()
        .filter(|former| former.name() == cookie.name());
    let earlier = earlier.filter_map(|former| former.get_domain().map(Some));
    let places = host_alone.into_iter().chain(earlier);
    places
        .filter_map(|place| removal(policy, cookie.name(), place))
        .collect()
}

fn removal(policy: &CookiePolicy, name: &str, domain: Option<&str>) -> Option<HeaderValue> {
    let prefix = wire::prefix(name);
    if prefix.host_only && domain.is_some() {
        // Browsers store no such cookie.
        return None;
    }
    let scope = Scope {
        path: Some("/"),
        domain,
        secure: policy.preferences_cookie().get_secure() || prefix.secure,
        http_only: prefix.http_only,
        ..Scope::default()
    };
    wire::build_removal(name, &scope)
}
