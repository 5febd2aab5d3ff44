//! `Clear-Site-Data`: a response that has the browser forget its cookies, the visitor's choice among
//! them.
//!
//! Measured in Chromium 156 and Firefox 153: no cookie is left, not even one that the very response
//! sets, before or behind that field.

use std::{collections::HashSet, iter};

use http::{HeaderMap, HeaderName, HeaderValue, header::SET_COOKIE};

use super::{
    carried::Carried,
    config::Config,
    expiry::{self, MOST_BYTES, MOST_REMOVALS},
    fields::fields,
    glance::Glance,
    host::{domains_of, fits},
    watch::Watch,
};
use crate::{
    observe::{Event, Way, What},
    policy::CookiePolicy,
    wire::{self, SameSite, Scope},
};

static CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// Whether the response has the browser forget its cookies.
pub(super) fn clears_cookies(headers: &HeaderMap) -> bool {
    fields(headers, &CLEAR_SITE_DATA).any(wire::clears_cookies)
}

/// The names of all that the request carried.
pub(super) fn carried_by(glance: &Glance<'_>) -> Carried {
    let mut carried = Carried::default();
    let pairs = glance.cookie_fields().flat_map(wire::pairs);
    for name in pairs.filter_map(|pair| pair.name.ok()) {
        carried.note(name);
    }
    carried
}

/// What is to take the place of the cookies in the response's `Clear-Site-Data`, and the event of it.
#[cold]
#[inline(never)]
pub(super) fn spare(
    config: &Config,
    policy: &CookiePolicy,
    host: &str,
    carried: &Carried,
    watch: &Watch,
) -> Option<Vec<HeaderValue>> {
    let removals = match config.spare_choice {
        true => removals(policy, host, carried),
        false => None,
    };
    let what = match removals {
        Some(_) => What::SparesChoice,
        None => What::ClearsCookies,
    };
    watch.tell(config, Event::new(what, Way::Response, policy));
    removals.filter(|_| !watch.is_report_only(config))
}

/// Removals of what the request carried, but for the preferences: of each cookie wherever it may have
/// been put. `None` where one response can't hold all of them.
fn removals(policy: &CookiePolicy, host: &str, carried: &Carried) -> Option<Vec<HeaderValue>> {
    let mut removals = Vec::new();
    let mut bytes = 0;
    let mut seen = HashSet::new();
    for name in carried.iter().filter(|name| seen.insert(*name)) {
        for removal in removals_of(policy, host, name)? {
            bytes += removal.len();
            if removals.len() == MOST_REMOVALS || bytes > MOST_BYTES {
                return None;
            }
            removals.push(removal);
        }
    }
    Some(removals)
}

/// At each declared path, host-only, and for the declared domains that fit the host, or else the host
/// and its parents.
fn removals_of(policy: &CookiePolicy, host: &str, name: &str) -> Option<Vec<HeaderValue>> {
    let found = policy.find(name.as_bytes());
    if found.is_some_and(|found| found.is_preferences()) {
        return Some(Vec::new());
    }
    let declaration = found.and_then(|found| policy.declaration_at(found.declaration));
    let prefix = wire::prefix(name);
    let partitioned = declaration.is_some_and(|declaration| declaration.get_partitioned());
    let mut domains: Vec<&str> = declaration.map_or_else(Vec::new, |declaration| {
        let domains = declaration.domains();
        domains.filter(|domain| fits(host, domain)).collect()
    });
    let mut paths: Vec<&str> =
        declaration.map_or_else(|| vec!["/"], |declaration| declaration.paths().collect());
    if prefix.host_only {
        domains.clear();
        paths = vec!["/"];
    } else if domains.is_empty() {
        domains = domains_of(host).collect();
    }
    let places = paths.iter().flat_map(|path| {
        let domains = domains.iter().copied().map(Some);
        iter::once(None)
            .chain(domains)
            .map(move |domain| (*path, domain))
    });
    let removal = |(path, domain)| {
        let scope = Scope {
            path: Some(path),
            domain,
            secure: prefix.secure || partitioned,
            http_only: prefix.http_only,
            partitioned,
            same_site: partitioned.then_some(SameSite::None),
        };
        expiry::removal(name, &scope)
    };
    places.map(removal).collect()
}

/// Puts these removals in the place of what the response says about cookies. What else it has the
/// browser forget stays.
pub(super) fn replace_by(removals: Vec<HeaderValue>, headers: &mut HeaderMap) {
    let rest: Vec<&[u8]> = fields(headers, &CLEAR_SITE_DATA)
        .flat_map(wire::beside_cookies)
        .collect();
    // Of valid values.
    let rest = HeaderValue::from_bytes(&rest.join(&b", "[..])).ok();
    headers.remove(&CLEAR_SITE_DATA);
    // A full map has room for a name that was taken out.
    if let Some(rest) = rest.filter(|rest| !rest.is_empty()) {
        drop(headers.try_insert(&CLEAR_SITE_DATA, rest));
    }
    for removal in removals {
        let _ = headers.try_append(SET_COOKIE, removal);
    }
}
