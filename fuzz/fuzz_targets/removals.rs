//! Only removals that every browser recognises pass as removals, and all of those pass; the crate's
//! own removals are such, and only for refused cookies.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use tower_cookie_consent::{Undeclared, layer::Enforcement};
use tower_cookie_consent_fuzz::{
    NOW,
    appended::{Appended, check_clear_site_data},
    exchange::play,
    fates::{Fate, explain},
    reference::{name, removal},
    scene::Scene,
    show, show_all,
    site::Found,
};

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some(mut scene) = Scene::read(data) else {
        return Corpus::Reject;
    };
    scene.enforcement = Enforcement::On;
    // Undeclared cookies are withheld too, so that every other header has to be a removal.
    if scene.undeclared == Undeclared::Allow {
        scene.undeclared = Undeclared::Withhold;
    }
    let fields = scene.set_cookies();
    let is_choice = |field: &Vec<u8>| name::of_set_cookie(field) == Some(scene.site.preferences);
    if fields.iter().any(is_choice) {
        return Corpus::Reject;
    }
    let dates = scene.dates();
    let preferences = scene.preferences();
    let allowed = preferences.allowed(scene.site, scene.signals(), NOW);

    let done = play(&scene);
    let left = done.set_cookies();

    // Each of them separately: a cookie that is not allowed must be a removal.
    for field in &left {
        let name = name::of_set_cookie(field).unwrap_or_else(|| panic!("{}", show(field)));
        let is_allowed = match scene.site.find(name) {
            Some(Found::Category(number)) => allowed[number],
            Some(Found::Preferences) => true,
            None => false,
        };
        assert!(
            is_allowed || removal::is_strict(field, NOW, &dates),
            "{} is not a removal",
            show(field)
        );
    }

    // All together: strict removals pass unchanged, and other headers change only as they may.
    let fates: Vec<_> = fields
        .iter()
        .map(|field| Fate::of(&scene, field, true, &|number| allowed[number]))
        .collect();
    let appended = Appended {
        scene: &scene,
        preferences: &preferences,
        in_response: false,
        spared: check_clear_site_data(&scene, &done),
    };
    assert!(
        explain(&fates, &left, &|field| appended.may_be(field)),
        "{} became {}",
        show_all(&fields),
        show_all(&left)
    );
    Corpus::Keep
});
