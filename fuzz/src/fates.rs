//! The possible fates of each `Set-Cookie` header, and whether they explain the result.

use tower_cookie_consent::{Basis, Undeclared};

use crate::{
    DAY, NOW,
    reference::{cache, consent::Preferences, name, removal},
    scene::Scene,
    site::Found,
};

/// The longest life of an exempt cookie: 13 months in whole days.
const LONGEST_EXEMPT: u64 = 395 * DAY;

/// The possible fates of one header.
#[derive(Clone, Debug, Default)]
pub struct Fate {
    field: Vec<u8>,
    /// It may pass unchanged.
    stay: bool,
    /// It may be withheld.
    go: bool,
    /// It may be withheld and replaced with this removal.
    replaced: Option<removal::Scope>,
    /// It may leave with a shorter lifetime.
    clamped: bool,
    /// In seconds.
    longest: u64,
}

impl Fate {
    /// Returns the fate of a header of this scene. `is_allowed` decides about a category, and
    /// `sure` says whether nothing else matters (otherwise an allowed header may be withheld too).
    pub fn of(scene: &Scene, field: &[u8], sure: bool, is_allowed: &dyn Fn(usize) -> bool) -> Self {
        let fate = Self {
            field: field.to_vec(),
            ..Self::default()
        };
        let Some(name) = name::of_set_cookie(field) else {
            return Self { go: true, ..fate };
        };
        let found = scene.site.find(name);
        let allowed = match found {
            Some(Found::Preferences) => may_be_set(scene, field),
            Some(Found::Category(number)) => is_allowed(number),
            None => scene.undeclared == Undeclared::Allow,
        };
        // What only some visitors get must not be in what a cache gives to all.
        let kept = match scene.withhold_from_shared_caches && is_personal(scene, found) {
            true => cache::is_kept(&scene.response),
            false => Some(false),
        };
        let judge = |allowed| Self {
            field: fate.field.clone(),
            ..Self::of_name(scene, (name, found), sure, allowed, field)
        };
        match kept {
            Some(kept) => judge(allowed && !kept),
            None => judge(allowed).or(judge(false)),
        }
    }

    fn of_name(
        scene: &Scene,
        (name, found): (&str, Option<Found>),
        sure: bool,
        allowed: bool,
        field: &[u8],
    ) -> Self {
        let fate = Self::default();
        let removes = removal::is_strict(field, NOW, &scene.dates());
        let of_preferences = found == Some(Found::Preferences);
        if of_preferences && is_blank(field) {
            return Self {
                stay: removes || removal::may_remove(field),
                go: !removes,
                ..fate
            };
        }
        let category = match found {
            Some(Found::Category(number)) => Some(&scene.site.categories[number]),
            _ => None,
        };
        let exempt = category.is_some_and(|category| category.basis == Basis::Exempt);
        let up_to_the_visitor = category.is_some_and(|category| category.basis != Basis::Necessary);
        let limited = allowed && exempt && scene.limit_exempt;
        let kept_for = removal::only_max_age(field)
            .filter(|_| limited || of_preferences)
            .unwrap_or(0);
        let longest = match of_preferences {
            true => 400 * DAY,
            false => LONGEST_EXEMPT,
        };
        let known = carries(scene, name);
        let prolongs =
            limited && kept_for > DAY && (known || would_be_brought(scene, field) == Some(false));
        // It may be any time.
        let endless = limited && removal::has_odd_date(field);
        let passes = allowed || removes;
        // A later visit does not prolong it, and it is withheld if it can't be shortened.
        let may_be_too_long = known || would_be_brought(scene, field) != Some(true);
        let may_be_withheld = (!sure && up_to_the_visitor) || (limited && may_be_too_long);
        Self {
            stay: passes && kept_for <= longest && !prolongs && !endless,
            go: !passes || (may_be_withheld && !removes),
            replaced: removal::has_lifetime(field)
                .then(|| removal::scope(field))
                .flatten()
                .map(removal::Scope::with_secure_where_needed)
                .filter(|_| !removes && (!allowed || (!sure && up_to_the_visitor))),
            clamped: (limited && !prolongs) || (of_preferences && allowed),
            longest,
            ..fate
        }
    }

    /// One of the two.
    fn or(self, other: Self) -> Self {
        Self {
            stay: self.stay || other.stay,
            go: self.go || other.go,
            replaced: self.replaced.or(other.replaced),
            clamped: self.clamped || other.clamped,
            longest: self.longest.max(other.longest),
            field: self.field,
        }
    }

    fn explains(&self, left: &[u8]) -> bool {
        let replaces = |scope| {
            removal::is_replacement(left, NOW) && removal::scope(left).as_ref() == Some(scope)
        };
        (self.stay && left == self.field)
            || (self.clamped && is_clamped(&self.field, left, self.longest))
            || self.replaced.as_ref().is_some_and(replaces)
    }
}

/// Returns `true` for a cookie that only some visitors get.
fn is_personal(scene: &Scene, found: Option<Found>) -> bool {
    match found {
        Some(Found::Preferences) => false,
        Some(Found::Category(number)) => scene.site.categories[number].basis != Basis::Necessary,
        None => true,
    }
}

/// Returns `true` if the header sets its cookie to nothing.
fn is_blank(field: &[u8]) -> bool {
    [&b""[..], b"\"\""].contains(&name::value_of_set_cookie(field))
}

/// Returns `true` if the header sets the preferences cookie to a choice, and to nothing else.
fn may_be_set(scene: &Scene, field: &[u8]) -> bool {
    let value = name::value_of_set_cookie(field);
    Preferences::of(scene.site, [value].into_iter(), NOW).are_only_a_choice(scene.site)
}

/// Checks for the same bytes with a shorter lifetime appended.
fn is_clamped(field: &[u8], left: &[u8], longest: u64) -> bool {
    let seconds = left
        .strip_prefix(field)
        .and_then(|rest| rest.strip_prefix(b"; Max-Age="))
        .and_then(|seconds| str::from_utf8(seconds).ok()?.parse::<u64>().ok());
    seconds.is_some_and(|seconds| seconds <= longest)
}

/// Returns `true` if the request has a cookie of this name's declaration.
fn carries(scene: &Scene, name: &str) -> bool {
    let fields = scene.cookies();
    let mut pairs = fields.iter().flat_map(|field| name::pairs(field));
    let declared = scene.site.declared(name);
    pairs.any(|pair| {
        let found = name::of_pair(pair).and_then(|(found, _)| scene.site.declared(found));
        found.is_some() && found == declared
    })
}

/// Returns `true` if the request, whose path is `/`, would have carried the cookie, or `None` if
/// browsers read its attributes differently.
fn would_be_brought(scene: &Scene, field: &[u8]) -> Option<bool> {
    let scope = removal::scope(field)?;
    let same_site = scope.value("samesite");
    let comes_along = match () {
        () if !scene.is_from_other_site() => true,
        () if scene.is_landing() => same_site != Some("strict"),
        () => same_site == Some("none"),
    };
    Some(comes_along && scope.value("path").is_none_or(|path| path == "/"))
}

/// Returns `true` if `left` is the result of the fates of its headers, in order, followed only by
/// headers that `may_be_appended`.
pub fn explain(fates: &[Fate], left: &[Vec<u8>], may_be_appended: &dyn Fn(&[u8]) -> bool) -> bool {
    // reachable[n]: the fates so far can have made just the first n fields.
    let mut reachable = vec![false; left.len() + 1];
    reachable[0] = true;
    for fate in fates {
        let mut next = vec![false; left.len() + 1];
        for made in 0..=left.len() {
            if !reachable[made] {
                continue;
            }
            next[made] |= fate.go;
            if let Some(field) = left.get(made) {
                next[made + 1] |= fate.explains(field);
            }
        }
        reachable = next;
    }
    (0..=left.len())
        .any(|made| reachable[made] && left[made..].iter().all(|field| may_be_appended(field)))
}
