//! A `Set-Cookie` passes if its name, as browsers read it, is allowed for an undecided visitor, or
//! if it is a removal, but never if the name can't be read.
#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use tower_cookie_consent::{Basis, layer::Enforcement};
use tower_cookie_consent_fuzz::{
    exchange::play,
    fates::{Fate, explain},
    reference::{consent::Signals, name},
    scene::Scene,
    show_all,
};

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some(mut scene) = Scene::read(data) else {
        return Corpus::Reject;
    };
    // Nobody has decided, and only the name counts.
    scene.request.clear();
    scene.limit_exempt = false;
    scene.enforcement = Enforcement::On;
    // Choices made by the response are the subject of `pass_through`.
    let names: Vec<_> = scene.set_cookies();
    let is_choice = |field: &Vec<u8>| name::of_set_cookie(field) == Some(scene.site.preferences);
    if names.iter().any(is_choice) {
        return Corpus::Reject;
    }

    let done = play(&scene);
    let allowed = scene
        .preferences()
        .allowed(scene.site, Signals::default(), 0);
    for (category, allowed) in scene.site.categories.iter().zip(&allowed) {
        assert_eq!(*allowed, category.basis != Basis::Consent);
    }
    let fates: Vec<_> = names
        .iter()
        .map(|field| Fate::of(&scene, field, true, &|number| allowed[number]))
        .collect();
    let left = done.set_cookies();
    assert!(
        explain(&fates, &left, &|_| false),
        "{} became {}",
        show_all(&names),
        show_all(&left)
    );
    Corpus::Keep
});
