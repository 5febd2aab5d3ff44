//! The removals that the layer may append to a response, and those that it has to.

use std::collections::BTreeSet;

use tower_cookie_consent::{Basis, Expire};

use crate::{
    NOW,
    exchange::Done,
    reference::{cache, choice::Choice, clear_site_data, consent::Preferences, name, removal},
    scene::{Scene, values},
    show, show_all,
    site::Found,
};

/// As many removals as the layer may append, and their size.
const MOST: (usize, usize) = (32, 4_096);

/// What decides about appended removals.
pub struct Appended<'a> {
    pub scene: &'a Scene,
    /// The preferences in force.
    pub preferences: &'a Preferences,
    /// They are from the response.
    pub in_response: bool,
    /// The directive for cookies of `Clear-Site-Data` was replaced.
    pub spared: bool,
}

impl Appended<'_> {
    /// Returns `true` if the header may be there.
    pub fn may_be(&self, field: &[u8]) -> bool {
        let Some(name) = name::of_set_cookie(field) else {
            return false;
        };
        let found = self.scene.site.find(name);
        let refused = match found {
            Some(Found::Category(number)) => self.is_expired(number),
            _ => false,
        };
        let spared = self.spared
            && found != Some(Found::Preferences)
            && carried(self.scene).contains(&Some(name.to_owned()));
        (refused || spared) && removal::is_of_our_making(field, NOW, &self.scene.host())
    }

    fn is_expired(&self, category: usize) -> bool {
        let mut said = self.preferences.said.iter().flatten();
        let lapsed = self.scene.expire == Expire::OnRefusalOrLapse
            && !self.in_response
            && said.any(|said| said.answers[category].is_some());
        self.scene.expire != Expire::Never
            && self.scene.site.categories[category].basis != Basis::Necessary
            && (self.preferences.all_deny(category) || lapsed)
    }
}

/// The names of the cookies that the request carried; `None` for what has no certain name.
fn carried(scene: &Scene) -> BTreeSet<Option<String>> {
    let fields = scene.cookies();
    let pairs = fields.iter().flat_map(|field| name::pairs(field));
    let names = pairs.map(|pair| name::of_pair(pair).map(|(name, _)| name.to_owned()));
    names.collect()
}

/// Returns `true` if removals of these names fit into a response, wherever their cookies are.
fn have_room(scene: &Scene, names: &[&str]) -> bool {
    let host = scene.host();
    let places = 2 + host.split('.').count();
    let size = |name: &&str| places * (name.len() + host.len() + 100);
    names.len() * places <= MOST.0 && names.iter().map(size).sum::<usize>() <= MOST.1
}

fn removes(left: &[Vec<u8>], wanted: &str, scene: &Scene) -> bool {
    left.iter().any(|field| {
        name::of_set_cookie(field) == Some(wanted)
            && removal::is_of_our_making(field, NOW, &scene.host())
    })
}

/// Checks that `Clear-Site-Data` is unchanged, or loses its directive for cookies alone and makes
/// way for a removal of each cookie that the request carried. Returns `true` if it does.
pub fn check_clear_site_data(scene: &Scene, done: &Done) -> bool {
    let before = values(&scene.response, "clear-site-data");
    let after = values(&done.sent, "clear-site-data");
    let clears = clear_site_data::clears_cookies(&before);
    let carried = carried(scene);
    let names: Vec<&str> = carried
        .iter()
        .flatten()
        .map(|name| &**name)
        .filter(|name| *name != scene.site.preferences)
        .collect();
    let named = !carried.contains(&None);
    if before == after {
        let may_stay = !scene.spare_choice || clears != Some(true) || !named;
        assert!(
            may_stay || !have_room(scene, &names),
            "{}",
            show_all(&before)
        );
        return false;
    }
    assert!(scene.spare_choice && clears != Some(false) && named);
    assert!(
        clear_site_data::is_all_but_cookies(&before, &after),
        "{} became {}",
        show_all(&before),
        show_all(&after)
    );
    let left = done.set_cookies();
    for name in names {
        assert!(
            removes(&left, name, scene),
            "{name} is not in {}",
            show_all(&left)
        );
    }
    true
}

/// Checks that what a visitor has refused, and brings on a navigation, is removed in a response that
/// no shared cache keeps, and that a response that one keeps has no removal.
pub fn check_expiry(scene: &Scene, done: &Done, spared: bool) {
    if spared || Choice::of_response(scene).is_some() {
        return;
    }
    let (before, left) = (scene.set_cookies(), done.set_cookies());
    let kept = cache::is_kept(&scene.response);
    if left.len() > before.len() {
        assert!(kept != Some(true), "{}", show_all(&left));
    }
    let says = |name: &str, value: &str| scene.request.get(name).is_some_and(|it| it == value);
    let navigates = says("sec-fetch-mode", "navigate") && says("sec-fetch-dest", "document");
    if kept != Some(false) || !navigates || scene.expire == Expire::Never {
        return;
    }
    let preferences = scene.preferences();
    // A refusal that has expired still withholds, but only one in force removes.
    if preferences.are_expired(scene.site, NOW) {
        return;
    }
    let carried = carried(scene);
    let refused = carried
        .iter()
        .flatten()
        .filter(|name| match scene.site.find(name) {
            Some(Found::Category(number)) => {
                scene.site.categories[number].basis != Basis::Necessary
                    && preferences.all_deny(number)
            }
            _ => false,
        });
    let all: Vec<&str> = carried.iter().flatten().map(|name| &**name).collect();
    if have_room(scene, &all) {
        for name in refused {
            assert!(
                removes(&left, name, scene),
                "{} is not in {}",
                show(name.as_bytes()),
                show_all(&left)
            );
        }
    }
}
