//! Rule 7: a response that sets the preferences cookie is judged under the new choice, which always
//! takes consent away, and only grants it if browsers store that very header as the site's own.

use tower_cookie_consent::preferences::SameSite;

use super::{
    clear_site_data,
    consent::{Preferences, Signals},
    name, removal,
};
use crate::{
    DAY, NOW,
    scene::{Scene, values},
};

/// The choice that a response makes.
#[derive(Debug)]
pub struct Choice {
    /// The preferences in headers that are not removals.
    pub preferences: Preferences,
    /// The choice may allow more than the request did.
    may_widen: bool,
}

impl Choice {
    /// Returns `None` if the response sets no preferences.
    pub fn of_response(scene: &Scene) -> Option<Self> {
        let site = scene.site;
        let fields: Vec<Vec<u8>> = scene
            .set_cookies()
            .into_iter()
            .filter(|field| name::of_set_cookie(field) == Some(site.preferences))
            .collect();
        let dates = scene.dates();
        let said = fields
            .iter()
            .filter(|field| !removal::is_strict(field, NOW, &dates))
            .map(|field| name::value_of_set_cookie(field));
        let preferences = Preferences::of(site, said, NOW);
        // Browsers forget it together with all cookies.
        let forgotten =
            clear_site_data::clears_cookies(&values(&scene.response, "clear-site-data"));
        Some(Self {
            may_widen: match &fields[..] {
                [] => return None,
                [field] => {
                    forgotten != Some(true)
                        && scene.preferences().said.len() < 2
                        // A browser that did not send any may not store any there.
                        && !(is_embedded(scene) && scene.preferences().are_none())
                        && is_stored_as_ours(scene, field)
                        && preferences.are_only_a_choice(site)
                }
                _ => false,
            },
            preferences,
        })
    }

    /// Returns the categories that may be allowed in this response, given those that the request
    /// allowed.
    pub fn at_most(&self, scene: &Scene, before: &[bool]) -> Vec<bool> {
        let signals = Signals {
            cross_site: false,
            ..scene.signals()
        };
        let now = self.preferences.allowed(scene.site, signals, NOW);
        let cross_site = scene.signals().cross_site;
        let came = scene.preferences();
        // A denial that the choice does not mention stays in force until the end of the response.
        let refused = |number| {
            came.may_deny(scene.site, number, cross_site) && !self.preferences.answers_to(number)
        };
        let both = now.iter().zip(before).enumerate();
        both.map(|(number, (now, before))| *now && !refused(number) && (*before || self.may_widen))
            .collect()
    }
}

/// Returns `true` for a cross-site request other than a top-level navigation: browsers only store
/// `SameSite=None` cookies there.
fn is_embedded(scene: &Scene) -> bool {
    let other_than =
        |name, usual: &str| scene.request.get(name).is_some_and(|field| field != usual);
    // With neither of them, an `Origin` may be for a subresource.
    let silent = ["sec-fetch-site", "sec-fetch-mode"]
        .iter()
        .all(|name| !scene.request.contains_key(*name));
    scene.is_from_other_site()
        && (silent
            || other_than("sec-fetch-mode", "navigate")
            || other_than("sec-fetch-dest", "document"))
}

/// Returns `true` if every browser stores the header as the site's preferences cookie.
fn is_stored_as_ours(scene: &Scene, field: &[u8]) -> bool {
    let site = scene.site;
    let Some(scope) = removal::scope(field) else {
        return false;
    };
    let host = scene.host().to_ascii_lowercase();
    let host = host.split(':').next().unwrap_or_default();
    let domain = match (scope.value("domain"), site.domain) {
        (None, None) => true,
        (Some(domain), Some(ours)) => {
            domain.eq_ignore_ascii_case(ours)
                && (host == ours || host.ends_with(&format!(".{ours}")))
        }
        _ => false,
    };
    let has_to_be_secure = site.preferences.starts_with("__")
        || site.same_site == SameSite::None
        || scope.value("samesite") == Some("none");
    scope.value("path") == Some("/")
        && (!is_embedded(scene) || scope.value("samesite") == Some("none"))
        && domain
        && (scope.value("secure").is_some() || !has_to_be_secure)
        && scope.value("partitioned").is_none()
        // For at least a day, or for the session.
        && (!removal::has_lifetime(field)
            || removal::only_max_age(field).is_none_or(|seconds| seconds >= DAY))
        && site.preferences.len() + name::value_of_set_cookie(field).len() <= 4_096
}
