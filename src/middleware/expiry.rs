//! Removals of the crate's own making: what a refusal leaves behind in the browser is expired.

use std::{collections::HashSet, fmt::Write};

use cookie::{Cookie, time::Duration};
use http::{HeaderMap, HeaderValue, header::SET_COOKIE};

use super::{
    carried::Carried,
    config::{Config, Expire},
    host::domains_of,
    places::places,
    watch::Watch,
};
use crate::{
    observe::{Direction, Event, EventKind},
    policy::{CategorySet, CookieDeclaration, CookiePolicy},
    wire::{self, SameSite, Scope},
};

/// No response grows by more than this, a refusal's own neither; what is left over is expired by the
/// next ones. What stands in front has to take the whole head: nginx gives it 4 or 8 KiB
/// (`proxy_buffer_size`), hyper's client 100 fields, and answers 502 beyond that. A refusal that
/// fails would be worse than one that is not yet done.
pub(super) const MOST_REMOVALS: usize = 32;
pub(super) const MOST_BYTES: usize = wire::MAX_PAIR;

/// Always the same: to write a date anew costs more than all the rest of a removal.
const LONG_PAST: &str = "Expires=Thu, 01 Jan 1970 00:00:00 GMT";

/// Nearly every removal is shorter.
const USUAL_BYTES: usize = 192;

/// What is to be expired with a response.
#[derive(Clone, Copy, Debug)]
pub(super) struct Targets {
    categories: CategorySet,
    reach: Reach,
}

/// Which of the cookies of these categories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Every declared name, and not only what the request carried: a cookie of another path does
    /// not come in with the request that refuses it.
    Declared,
    /// What the request carried.
    Carried,
    /// Of that, what is declared for another path than `/`, and only there: a navigation may never
    /// come to that path.
    CarriedBelowRoot,
}

impl Targets {
    /// With the response that carries the refusal.
    pub(super) const fn of_refusal(categories: CategorySet) -> Self {
        Self {
            categories,
            reach: Reach::Declared,
        }
    }

    /// With later responses, for what still comes in.
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

/// The categories whose cookies a response expires where the request carried them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expirable {
    pub(super) categories: CategorySet,
    /// Only those of other paths than `/`.
    pub(super) below_root: bool,
}

impl Expirable {
    pub(super) const NOTHING: Self = Self {
        categories: CategorySet::EMPTY,
        below_root: false,
    };
}

/// Appends the removals; says whether there were any.
pub(super) fn expire<'a>(
    config: &Config,
    policy: &CookiePolicy,
    targets: Targets,
    host: impl FnOnce() -> &'a str,
    carried: &Carried,
    watch: &Watch,
    headers: &mut HeaderMap,
) -> bool {
    let mut names = carried_targets(policy, targets, carried);
    let host = host();
    let mut removals = Removals {
        host,
        parents: domains_of(host).collect(),
        reach: targets.reach,
        chosen: Vec::new(),
        bytes: 0,
        full: false,
    };
    if targets.reach == Reach::Declared {
        let known: HashSet<&str> = names.iter().map(|(name, _)| *name).collect();
        let declared = policy.exact_names(targets.categories);
        names.extend(declared.filter(|(name, _)| !known.contains(name)));
        removals.choose_by_tier(&names);
    } else {
        // A removal that misses its cookie (another path) must not keep the others from being
        // removed for ever: each later response begins somewhere else.
        if let Some(start) = config.now().checked_rem(names.len() as u64) {
            names.rotate_left(usize::try_from(start).unwrap_or_default());
        }
        removals.choose_by_name(&names);
    }
    let report_only = watch.is_report_only(config);
    let chosen = removals.chosen;
    let any = !chosen.is_empty();
    if watch.hears(config) {
        let mut numbers: Vec<_> = chosen.iter().map(|removal| removal.name).collect();
        numbers.dedup();
        for (name, _) in numbers.into_iter().filter_map(|number| names.get(number)) {
            let name = name.as_bytes();
            let event = Event::new(EventKind::Expired, Direction::Response, policy);
            watch.tell(config, event.of(name, policy.find(name)));
        }
    }
    if !report_only {
        for removal in chosen {
            // The map can only be full beyond 24,000 fields, and then no server sends it.
            let _ = headers.try_append(SET_COOKIE, removal.field);
        }
    }
    any && !report_only
}

/// What came in and is to go, each name once: it is certainly there.
fn carried_targets<'a>(
    policy: &'a CookiePolicy,
    targets: Targets,
    carried: &'a Carried,
) -> Vec<(&'a str, &'a CookieDeclaration)> {
    let below_root = targets.reach == Reach::CarriedBelowRoot;
    let mut seen = HashSet::new();
    carried
        .iter()
        .filter_map(|name| {
            let found = policy.find(name.as_bytes())?;
            let targeted = targets.categories.contains(found.category?);
            let declaration = policy.declaration_at(found.declaration)?;
            let reached = targeted && (!below_root || declaration.is_below_root());
            (reached && seen.insert(name)).then_some((name, declaration))
        })
        .collect()
}

/// Tells of the cookies whose removals were left out, since a shared cache would expire them for
/// everybody.
#[cold]
pub(super) fn tell_left_out(
    config: &Config,
    policy: &CookiePolicy,
    targets: Targets,
    carried: &Carried,
    watch: &Watch,
) {
    let left_out = carried_targets(policy, targets, carried);
    for (name, _) in left_out.into_iter().take(MOST_REMOVALS) {
        let name = name.as_bytes();
        let event = Event::new(EventKind::NotExpired, Direction::Response, policy);
        watch.tell(config, event.of(name, policy.find(name)));
    }
}

/// The removals that one response carries, as far as they fit.
struct Removals<'a> {
    host: &'a str,
    /// The host itself and its parents, nearest first.
    parents: Vec<&'a str>,
    reach: Reach,
    chosen: Vec<Chosen>,
    bytes: usize,
    full: bool,
}

struct Chosen {
    /// The number of the cookie among those that are to go.
    name: usize,
    /// Its place among all removals of that cookie.
    place: usize,
    field: HeaderValue,
}

impl Removals<'_> {
    /// The nearest places of all cookies first, so that few cookies with many places do not take the
    /// room of all others. In the response, those of one cookie stand together.
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

    /// One cookie after the other, each wherever it may have been put: it is there, and so surely
    /// goes.
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
            let removal = removal(
                name,
                &Scope {
                    path: Some(at.path),
                    domain: at.domain,
                    secure: prefix.secure || partitioned,
                    http_only: prefix.http_only,
                    partitioned,
                    same_site: partitioned.then_some(SameSite::None),
                },
            );
            // One that never fits must not keep the others from being removed.
            let Some(field) = removal.filter(|removal| removal.len() <= MOST_BYTES) else {
                continue;
            };
            self.full |=
                self.chosen.len() == MOST_REMOVALS || self.bytes + field.len() > MOST_BYTES;
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

/// A `Set-Cookie` that every browser takes for the removal of `name` in that scope.
pub(crate) fn removal(name: &str, scope: &Scope<'_>) -> Option<HeaderValue> {
    let mut cookie = Cookie::build((name, "")).max_age(Duration::ZERO);
    if let Some(path) = scope.path {
        cookie = cookie.path(path);
    }
    if let Some(domain) = scope.domain {
        cookie = cookie.domain(domain);
    }
    if scope.secure {
        cookie = cookie.secure(true);
    }
    if scope.http_only {
        cookie = cookie.http_only(true);
    }
    if scope.partitioned {
        cookie = cookie.partitioned(true);
    }
    if let Some(same_site) = scope.same_site {
        cookie = cookie.same_site(match same_site {
            SameSite::Strict => cookie::SameSite::Strict,
            SameSite::Lax => cookie::SameSite::Lax,
            SameSite::None => cookie::SameSite::None,
        });
    }
    let mut removal = String::with_capacity(USUAL_BYTES);
    write!(removal, "{}; {LONG_PAST}", cookie.build()).ok()?;
    HeaderValue::try_from(removal).ok()
}
