//! Creates removals: refused cookies that are still in the browser are expired.

use std::collections::HashSet;

use http::{HeaderMap, HeaderValue, header::SET_COOKIE};
use smallvec::{SmallVec, smallvec};

use super::{
    config::{Config, Expire},
    events::Watch,
    remembered::{Carried, Expirable},
};
use crate::{
    observe::{Direction, Event, EventKind},
    policy::{CategorySet, CookieDeclaration, CookiePolicy},
    wire::{
        self, MAX_REMOVALS, MAX_REMOVALS_BYTES, Prefix, SameSite, Scope,
        host::{domains_of, fits},
    },
};

/// The cookies to expire with a response.
#[derive(Clone, Copy, Debug)]
pub(super) struct Targets {
    categories: CategorySet,
    reach: Reach,
}

/// The cookies of these categories that are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Every declared name, not just those that the request carried: the request that refuses does
    /// not carry cookies with another path.
    Declared,
    /// Cookies that the request carried.
    Carried,
    /// Of these, cookies declared for a path other than `/`, and only there: a navigation may never
    /// reach that path.
    CarriedBelowRoot,
}

impl Targets {
    /// Returns the targets for the response that carries the refusal.
    pub(super) const fn of_refusal(categories: CategorySet) -> Self {
        Self {
            categories,
            reach: Reach::Declared,
        }
    }

    /// Returns the targets for later responses, for cookies that the browser still sends.
    pub(super) const fn still_there(expirable: Expirable) -> Self {
        Self {
            categories: expirable.categories,
            reach: match expirable.below_root {
                true => Reach::CarriedBelowRoot,
                false => Reach::Carried,
            },
        }
    }

    pub(super) fn are_any(self, config: &Config) -> bool {
        !self.categories.is_empty() && config.expire != Expire::Never
    }

    pub(super) fn are_of_refusal(self) -> bool {
        self.reach == Reach::Declared
    }
}

/// The context in which refused cookies are expired.
pub(super) struct Expiry<'a> {
    pub(super) config: &'a Config,
    pub(super) policy: &'a CookiePolicy,
    pub(super) host: &'a str,
    pub(super) carried: &'a Carried,
    /// Removals of all cookies that the request carried, which the response gets anyway: they take up room.
    pub(super) spared: &'a [HeaderValue],
    pub(super) watch: &'a Watch,
}

impl Expiry<'_> {
    /// Appends the removals. Returns `true` if there were any.
    pub(super) fn expire(&self, targets: Targets, headers: &mut HeaderMap) -> bool {
        let mut names = self.carried_targets(targets);
        let mut removals = Removals {
            host: self.host,
            parents: domains_of(self.host).collect(),
            reach: targets.reach,
            chosen: Vec::new(),
            room: MAX_REMOVALS.saturating_sub(self.spared.len()),
            bytes: self.spared.iter().map(HeaderValue::len).sum(),
            full: false,
        };
        if targets.reach == Reach::Declared {
            let known: HashSet<&str> = names.iter().map(|(name, _)| *name).collect();
            let declared = self.policy.exact_names(targets.categories);
            names.extend(declared.filter(|(name, _)| !known.contains(name)));
            let spared: HashSet<_> = self.spared.iter().filter_map(name_of).collect();
            names.retain(|(name, _)| !spared.contains(name.as_bytes()));
            removals.choose_by_tier(&names);
        } else {
            // A removal that misses its cookie (another path) must not block the others forever, so
            // each later response starts at a different one.
            if let Some(start) = self.config.now().checked_rem(names.len() as u64) {
                names.rotate_left(usize::try_from(start).unwrap_or_default());
            }
            removals.choose_by_name(&names);
        }
        let chosen = removals.chosen;
        let any = !chosen.is_empty();
        if self.watch.hears(self.config) {
            let mut numbers: Vec<_> = chosen.iter().map(|removal| removal.name).collect();
            numbers.dedup();
            for (name, _) in numbers.into_iter().filter_map(|number| names.get(number)) {
                self.tell(EventKind::Expired, name);
            }
        }
        if self.watch.is_report_only(self.config) {
            return false;
        }
        for removal in chosen {
            // The map is only full beyond 24,000 headers, and no server sends that.
            let _ = headers.try_append(SET_COOKIE, removal.field);
        }
        any
    }

    /// Returns the received cookies to remove, each name once: these certainly exist.
    fn carried_targets(&self, targets: Targets) -> Vec<(&str, &CookieDeclaration)> {
        let below_root = targets.reach == Reach::CarriedBelowRoot;
        let mut seen = HashSet::new();
        self.carried
            .iter()
            .filter_map(|name| {
                let found = self.policy.find(name.as_bytes())?;
                let targeted = targets.categories.has(found.named);
                let declaration = self.policy.declaration_at(found.declaration)?;
                let reached = targeted && (!below_root || declaration.is_below_root());
                (reached && seen.insert(name)).then_some((name, declaration))
            })
            .collect()
    }

    /// Reports the cookies whose removals were left out, since a shared cache would expire them for
    /// everybody.
    #[cold]
    pub(super) fn tell_left_out(&self, targets: Targets) {
        let left_out = self.carried_targets(targets);
        for (name, _) in left_out.into_iter().take(MAX_REMOVALS) {
            self.tell(EventKind::NotExpired, name);
        }
    }

    fn tell(&self, what: EventKind, name: &str) {
        let name = name.as_bytes();
        let event = Event::new(what, Direction::Response, self.policy);
        let event = event.of(name, self.policy.find(name));
        self.watch.tell(self.config, event);
    }
}

/// Returns the name in a removal.
fn name_of(removal: &HeaderValue) -> Option<&[u8]> {
    wire::name(removal.as_bytes()).ok()
}

/// The removals in one response, as many as fit.
struct Removals<'a> {
    host: &'a str,
    /// The host itself and its parents, nearest first.
    parents: Vec<&'a str>,
    reach: Reach,
    chosen: Vec<Chosen>,
    /// The most removals.
    room: usize,
    bytes: usize,
    full: bool,
}

struct Chosen {
    /// The number of the cookie among those to remove.
    name: usize,
    /// Its position among all removals of that cookie.
    place: usize,
    field: HeaderValue,
}

impl Removals<'_> {
    /// Chooses the most likely places of all cookies first, so that a few cookies with many places
    /// do not take up all the room. In the response, the removals of one cookie are next to each
    /// other.
    fn choose_by_tier(&mut self, names: &[(&str, &CookieDeclaration)]) {
        for tier in 0..=self.parents.len() {
            for (number, (name, declaration)) in names.iter().enumerate() {
                if self.full {
                    break;
                }
                self.choose(number, name, declaration, |found| found == tier);
            }
        }
        self.chosen
            .sort_by_key(|removal| (removal.name, removal.place));
    }

    /// Chooses one cookie after the other, each at all its possible places, so that it is certainly
    /// removed.
    fn choose_by_name(&mut self, names: &[(&str, &CookieDeclaration)]) {
        for (number, (name, declaration)) in names.iter().enumerate() {
            if self.full {
                break;
            }
            self.choose(number, name, declaration, |_| true);
        }
    }

    fn choose(
        &mut self,
        number: usize,
        name: &str,
        declaration: &CookieDeclaration,
        fits: impl Fn(usize) -> bool,
    ) {
        let prefix = wire::prefix(name);
        let partitioned = declaration.get_partitioned();
        let places = places(self.host, &self.parents, declaration, prefix.host_only);
        let below_root = self.reach == Reach::CarriedBelowRoot;
        for (place, at) in places.enumerate() {
            if !fits(at.tier) || (below_root && at.path == "/") {
                continue;
            }
            let removal = wire::build_removal(name, &at.scope(prefix, partitioned));
            // A removal that never fits must not block the others.
            let Some(field) = removal.filter(|removal| removal.len() <= MAX_REMOVALS_BYTES) else {
                continue;
            };
            self.full |=
                self.chosen.len() == self.room || self.bytes + field.len() > MAX_REMOVALS_BYTES;
            if self.full {
                return;
            }
            self.bytes += field.len();
            self.chosen.push(Chosen {
                name: number,
                place,
                field,
            });
        }
    }
}

/// A place at which a cookie may be stored.
pub(super) struct Place<'a> {
    pub(super) path: &'a str,
    pub(super) domain: Option<&'a str>,
    /// Host-only and declared places come first, and then the host as a domain and its parents.
    pub(super) tier: usize,
}

impl<'a> Place<'a> {
    /// Returns the scope there of a cookie whose name has this prefix.
    pub(super) fn scope(&self, prefix: Prefix, partitioned: bool) -> Scope<'a> {
        Scope {
            path: Some(self.path),
            domain: self.domain,
            secure: prefix.secure || partitioned,
            http_only: prefix.http_only,
            partitioned,
            same_site: partitioned.then_some(SameSite::None),
        }
    }
}

/// Returns all places: at each declared path, host-only and for the declared domains that match the
/// host, or else for the host and its parents.
pub(super) fn places<'a>(
    host: &str,
    parents: &[&'a str],
    declaration: &'a CookieDeclaration,
    host_only: bool,
) -> impl Iterator<Item = Place<'a>> {
    let mut domains: SmallVec<[(Option<&str>, usize); 8]> = smallvec![(None, 0)];
    let mut paths: SmallVec<[&str; 4]> = smallvec!["/"];
    if !host_only {
        let declared = declaration.domains().filter(|domain| fits(host, domain));
        domains.extend(declared.map(|domain| (Some(domain), 0)));
        if domains.len() == 1 {
            let parents = parents.iter().zip(1..);
            domains.extend(parents.map(|(domain, tier)| (Some(*domain), tier)));
        }
        paths = declaration.paths().collect();
    }
    paths.into_iter().flat_map(move |path| {
        let domains = domains.clone().into_iter();
        domains.map(move |(domain, tier)| Place { path, domain, tier })
    })
}
