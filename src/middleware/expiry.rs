//! Removals of the crate's own making: what a refusal leaves behind in the browser is expired.

use std::{fmt::Write, iter};

use cookie::{Cookie, time::Duration};
use http::{HeaderMap, HeaderValue, header::SET_COOKIE};

use super::{
    carried::Carried,
    config::{Config, Expire},
    host::{domains_of, fits},
    watch::Watch,
};
use crate::{
    observe::{Event, Way, What},
    policy::{CategorySet, CookieDeclaration, CookiePolicy},
    wire::{self, SameSite, Scope},
};

/// No response grows by more than this; what is left over is expired by the next ones.
pub(super) const MOST_REMOVALS: usize = 32;
pub(super) const MOST_BYTES: usize = 4_096;

/// Always the same: to write a date anew costs more than all the rest of a removal.
const LONG_PAST: &str = "Expires=Thu, 01 Jan 1970 00:00:00 GMT";

/// Nearly every removal is shorter.
const USUAL_BYTES: usize = 192;

/// What is to be expired with a response.
#[derive(Clone, Copy, Debug)]
pub(super) struct Targets {
    categories: CategorySet,
    /// Every declared name, and not only what the request carried: a cookie of another path does
    /// not come in with the request that refuses it.
    pub(super) of_refusal: bool,
}

impl Targets {
    /// With the response that carries the refusal.
    pub(super) const fn of_refusal(categories: CategorySet) -> Self {
        Self {
            categories,
            of_refusal: true,
        }
    }

    /// With later responses, for what still comes in.
    pub(super) const fn still_there(categories: CategorySet) -> Self {
        Self {
            categories,
            of_refusal: false,
        }
    }

    pub(super) fn are_any(self, config: &Config) -> bool {
        !self.categories.is_empty() && config.expire != Expire::Never
    }
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
    let mut removals = Removals {
        config,
        policy,
        watch,
        report_only: watch.is_report_only(config),
        host: host(),
        headers,
        count: 0,
        bytes: 0,
        full: false,
    };
    // What came in first: it is certainly there.
    let mut carried: Vec<_> = targeted(policy, targets, carried).collect();
    // A removal that misses its cookie (another path) must not keep the others from being removed
    // for ever: each later response begins somewhere else.
    if !targets.of_refusal && !carried.is_empty() {
        let start = config.now() % (carried.len() as u64);
        carried.rotate_left(usize::try_from(start).unwrap_or_default());
    }
    let mut seen = Vec::new();
    for (name, declaration) in carried {
        if removals.full || seen.contains(&name) {
            continue;
        }
        seen.push(name);
        removals.append(name, declaration);
    }
    if targets.of_refusal {
        for (name, declaration) in policy.exact_names(targets.categories) {
            if removals.full {
                break;
            }
            if !seen.contains(&name) {
                removals.append(name, declaration);
            }
        }
    }
    removals.count > 0 && !removals.report_only
}

/// What the request carried of the categories that are to be expired.
fn targeted<'a>(
    policy: &'a CookiePolicy,
    targets: Targets,
    carried: &'a Carried,
) -> impl Iterator<Item = (&'a str, &'a CookieDeclaration)> {
    carried.iter().filter_map(move |name| {
        let found = policy.find(name.as_bytes())?;
        let targeted = targets.categories.contains(found.category?);
        let declaration = policy.declaration_at(found.declaration)?;
        targeted.then_some((name, declaration))
    })
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
    for (name, _) in targeted(policy, targets, carried).take(MOST_REMOVALS) {
        let name = name.as_bytes();
        let event = Event::new(What::NotExpired, Way::Response, policy);
        watch.tell(config, event.of(name, policy.find(name)));
    }
}

struct Removals<'a> {
    config: &'a Config,
    policy: &'a CookiePolicy,
    watch: &'a Watch,
    report_only: bool,
    host: &'a str,
    headers: &'a mut HeaderMap,
    count: usize,
    bytes: usize,
    full: bool,
}

impl Removals<'_> {
    /// Removes one cookie wherever it may have been put: at each declared path, host-only, and for
    /// the declared domains that fit the host, or else the host and its parents.
    fn append(&mut self, name: &str, declaration: &CookieDeclaration) {
        let before = self.count;
        let prefix = wire::prefix(name);
        let mut domains: Vec<_> = declaration
            .domains()
            .filter(|domain| fits(self.host, domain))
            .collect();
        if domains.is_empty() {
            domains = domains_of(self.host).collect();
        }
        let mut paths: Vec<_> = declaration.paths().collect();
        if prefix.host_only {
            domains.clear();
            paths = vec!["/"];
        }
        for path in paths {
            for domain in iter::once(None).chain(domains.iter().copied().map(Some)) {
                self.push(
                    name,
                    &Scope {
                        path: Some(path),
                        domain,
                        secure: prefix.secure || declaration.get_partitioned(),
                        http_only: prefix.http_only,
                        partitioned: declaration.get_partitioned(),
                        same_site: declaration.get_partitioned().then_some(SameSite::None),
                    },
                );
            }
        }
        if self.count > before && self.watch.hears(self.config) {
            let name = name.as_bytes();
            let event = Event::new(What::Expired, Way::Response, self.policy);
            let event = event.of(name, self.policy.find(name));
            self.watch.tell(self.config, event);
        }
    }

    fn push(&mut self, name: &str, scope: &Scope<'_>) {
        let Some(removal) = removal(name, scope) else {
            return;
        };
        // One that never fits must not keep the others from being removed.
        if removal.len() > MOST_BYTES {
            return;
        }
        self.full |= self.count == MOST_REMOVALS || self.bytes + removal.len() > MOST_BYTES;
        if self.full {
            return;
        }
        self.bytes += removal.len();
        self.count += 1;
        if !self.report_only {
            // The map can only be full beyond 24,000 fields, and then no server sends it.
            let _ = self.headers.try_append(SET_COOKIE, removal);
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
