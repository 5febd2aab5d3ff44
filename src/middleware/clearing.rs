//! `Clear-Site-Data`: responses that make the browser delete its cookies, including the visitor's
//! choice; and those that make it forget the pages of before a withdrawal.
//!
//! Measured in Chromium 156 and Firefox 153: no cookie is left, not even one that the same response
//! sets before or after that header. `"cache"` also empties the back/forward cache of both, for the
//! origin.

use std::collections::HashSet;

use http::{HeaderMap, HeaderName, HeaderValue, header::SET_COOKIE};

use super::{
    config::Config,
    events::Watch,
    expiry::{Place, places},
    head::Glance,
    remembered::Carried,
};
use crate::{
    consent::Neighbours,
    observe::{Direction, Event, EventKind},
    policy::{CookieDeclaration, CookiePolicy},
    wire::{self, MAX_REMOVALS, MAX_REMOVALS_BYTES, fields::fields, host::domains_of},
};

static CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// Returns `true` if the response makes the browser delete its cookies.
pub(super) fn clears_cookies(headers: &HeaderMap) -> bool {
    fields(headers, &CLEAR_SITE_DATA).any(wire::clears_cookies)
}

/// Makes the browser forget the pages that it keeps, which load what was allowed before.
#[cold]
pub(super) fn forget_pages(headers: &mut HeaderMap) {
    if !fields(headers, &CLEAR_SITE_DATA).any(wire::clears_cache) {
        let cache = HeaderValue::from_static("\"cache\"");
        let _ = headers.try_append(&CLEAR_SITE_DATA, cache);
    }
}

/// The place of a cookie whose name is not certain, so that nothing can remove it.
const NAMELESS: &[u8] = b"";

/// Returns the names of all cookies that the request carried.
pub(super) fn carried_by(glance: &Glance<'_>) -> Carried {
    let mut carried = Carried::default();
    let pairs = glance.cookie_fields().flat_map(wire::pairs);
    // Two separators in a row have nothing between them.
    for pair in pairs.filter(|pair| !pair.is_blank()) {
        carried.note(pair.name.unwrap_or(NAMELESS));
    }
    carried
}

/// The context in which a choice is spared.
pub(super) struct Clearing<'a> {
    pub(super) config: &'a Config,
    pub(super) policy: &'a CookiePolicy,
    /// The outer layers, whose choices are spared too.
    pub(super) around: &'a Neighbours,
    pub(super) host: &'a str,
    /// All cookies that the request carried.
    pub(super) carried: &'a Carried,
}

impl Clearing<'_> {
    /// Returns the headers that replace the directive for cookies in the response's
    /// `Clear-Site-Data`, and reports the event.
    #[cold]
    #[inline(never)]
    pub(super) fn spare(&self, watch: &Watch) -> Option<Vec<HeaderValue>> {
        let removals = match self.config.spare_choice {
            true => self.removals(),
            false => None,
        };
        let what = match removals {
            Some(_) => EventKind::SparesChoice,
            None => EventKind::ClearsCookies,
        };
        watch.tell(
            self.config,
            Event::new(what, Direction::Response, self.policy),
        );
        removals.filter(|_| !watch.is_report_only(self.config))
    }

    /// Returns removals for everything that the request carried except preferences, at all places
    /// where each cookie may be. Returns `None` if one response has no room for all of them, or if
    /// one has no certain name.
    fn removals(&self) -> Option<Vec<HeaderValue>> {
        let parents: Vec<&str> = domains_of(self.host).collect();
        let mut removals = Vec::new();
        let mut bytes = 0;
        let mut seen = HashSet::new();
        for name in self.carried.iter().filter(|name| seen.insert(*name)) {
            if name.as_bytes() == NAMELESS {
                return None;
            }
            if self.is_choice(name) {
                continue;
            }
            for removal in self.removals_of(name, &parents)? {
                bytes += removal.len();
                if removals.len() == MAX_REMOVALS || bytes > MAX_REMOVALS_BYTES {
                    return None;
                }
                removals.push(removal);
            }
        }
        Some(removals)
    }

    fn is_choice(&self, name: &str) -> bool {
        let found = self.policy.find(name.as_bytes());
        found.is_some_and(|found| found.is_preferences()) || self.around.have_choice(name)
    }

    fn removals_of(&self, name: &str, parents: &[&str]) -> Option<Vec<HeaderValue>> {
        let found = self.policy.find(name.as_bytes());
        let declared = found.and_then(|found| self.policy.declaration_at(found.declaration));
        let undeclared = CookieDeclaration::new(name);
        let declaration = declared.unwrap_or(&undeclared);
        let prefix = wire::prefix(name);
        let partitioned = declaration.get_partitioned();
        let removal =
            |place: Place<'_>| wire::build_removal(name, &place.scope(prefix, partitioned));
        places(self.host, parents, declaration, prefix.host_only)
            .map(removal)
            .collect()
    }
}

/// Replaces the response's directive for cookies with these removals, and keeps its other
/// directives.
pub(super) fn replace_by(removals: Vec<HeaderValue>, headers: &mut HeaderMap) {
    let rest: Vec<&[u8]> = fields(headers, &CLEAR_SITE_DATA)
        .flat_map(wire::beside_cookies)
        .collect();
    // Made of valid values.
    let rest = HeaderValue::from_bytes(&rest.join(&b", "[..])).ok();
    headers.remove(&CLEAR_SITE_DATA);
    // A full map has room for a name that was removed from it.
    if let Some(rest) = rest.filter(|rest| !rest.is_empty()) {
        drop(headers.try_insert(&CLEAR_SITE_DATA, rest));
    }
    for removal in removals {
        let _ = headers.try_append(SET_COOKIE, removal);
    }
}
