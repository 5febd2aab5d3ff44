//! Everything that passes is unchanged and in order, nothing withheld reaches the service or the
//! client, and other headers stay as they are, for any choice, any switches and any bytes.
#![no_main]

use std::collections::BTreeSet;

use http::HeaderMap;
use libfuzzer_sys::{Corpus, fuzz_target};
use tower_cookie_consent::Undeclared;
use tower_cookie_consent_fuzz::{
    NOW,
    appended::{Appended, check_clear_site_data, check_expiry},
    caches,
    exchange::{Done, play},
    fates::{Fate, explain},
    reference::{
        cache,
        choice::Choice,
        name,
        state_headers::{self, REQUEST, RESPONSE},
    },
    scene::{Scene, values},
    show_all,
    site::Found,
};

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some(scene) = Scene::read(data) else {
        return Corpus::Reject;
    };
    let done = play(&scene);
    let allowed = scene
        .preferences()
        .allowed(scene.site, scene.signals(), NOW);
    if let Some(consent) = &done.consent {
        for (category, allowed) in scene.site.categories.iter().zip(&allowed) {
            assert_eq!(consent.allows(category.id), *allowed, "{}", category.id);
        }
    }
    assert_eq!(done.consent.is_some(), scene.expose_consent);

    let keep_state = REQUEST.map(|(name, _)| name);
    let judged = [&["cookie"][..], &keep_state].concat();
    only_these_change(&scene.request, &done.seen, &judged);
    let judged = [
        &["set-cookie", "clear-site-data"][..],
        &cache::NAMES,
        &RESPONSE,
    ]
    .concat();
    only_these_change(&scene.response, &done.sent, &judged);
    if scene.only_watches() {
        only_these_change(&scene.request, &done.seen, &[]);
        only_these_change(&scene.response, &done.sent, &[]);
        return Corpus::Keep;
    }
    check_request(&scene, &done, &allowed);
    let spared = check_clear_site_data(&scene, &done);
    check_response(&scene, &done, &allowed, spared);
    check_expiry(&scene, &done, spared);
    caches::check(&scene, &done, spared);
    check_state_headers(&scene, &done, &allowed);
    Corpus::Keep
});

fn only_these_change(before: &HeaderMap, after: &HeaderMap, names: &[&str]) {
    let all = before.keys().chain(after.keys());
    let others: BTreeSet<&str> = all
        .map(|name| name.as_str())
        .filter(|name| !names.contains(name))
        .collect();
    for name in others {
        assert_eq!(values(before, name), values(after, name), "{name}");
    }
}

/// Checks that the service sees the allowed pairs of each header, and no header without one.
fn check_request(scene: &Scene, done: &Done, allowed: &[bool]) {
    let before = scene.cookies();
    let after = done.cookies();
    if !scene.filter_request {
        assert_eq!(before, after);
        return;
    }
    let comes_in = |pair: &&[u8]| match name::of_pair(pair) {
        None => false,
        Some((name, _)) => match scene.site.find(name) {
            Some(Found::Preferences) => true,
            Some(Found::Category(number)) => allowed[number],
            None => scene.undeclared != Undeclared::Hide,
        },
    };
    let mut expected: Vec<Vec<&[u8]>> = before
        .iter()
        .map(|field| name::pairs(field).into_iter().filter(comes_in).collect())
        .collect();
    if scene.strict_values {
        // More may be hidden because of what its value contains.
        expected = drop_unseen(expected, &after);
    }
    let has_pairs = |field: &&Vec<u8>| !name::pairs(field).is_empty();
    let found: Vec<Vec<&[u8]>> = after
        .iter()
        .filter(has_pairs)
        .map(|field| name::pairs(field))
        .collect();
    expected.retain(|pairs| !pairs.is_empty());
    assert_eq!(
        found,
        expected,
        "{} became {}",
        show_all(&before),
        show_all(&after)
    );

    // A header that passes completely is not changed.
    let whole = |field: &&Vec<u8>| has_pairs(field) && name::pairs(field).iter().all(comes_in);
    let mut left = after.iter();
    for field in before.iter().filter(whole) {
        assert!(
            scene.strict_values || left.any(|other| other == field),
            "{} became {}",
            show_all(&before),
            show_all(&after)
        );
    }
}

/// Returns those of the expected pairs that are present, in order.
fn drop_unseen<'a>(expected: Vec<Vec<&'a [u8]>>, after: &[Vec<u8>]) -> Vec<Vec<&'a [u8]>> {
    let mut left = after.iter().flat_map(|field| name::pairs(field)).peekable();
    let keep_seen = |pairs: Vec<&'a [u8]>| -> Vec<&'a [u8]> {
        pairs
            .into_iter()
            .filter(|pair| left.next_if(|seen| seen == pair).is_some())
            .collect()
    };
    expected.into_iter().map(keep_seen).collect()
}

/// Checks that the client gets what is allowed, and otherwise only removals of refused cookies.
fn check_response(scene: &Scene, done: &Done, before: &[bool], spared: bool) {
    let choice = Choice::of_response(scene);
    let at_most = match &choice {
        Some(choice) => choice.at_most(scene, before),
        None => before.to_vec(),
    };
    let fields = scene.set_cookies();
    let fates: Vec<_> = fields
        .iter()
        .map(|field| Fate::of(scene, field, choice.is_none(), &|number| at_most[number]))
        .collect();
    let preferences = match &choice {
        Some(choice) => &choice.preferences,
        None => &scene.preferences(),
    };
    let appended = Appended {
        scene,
        preferences,
        in_response: choice.is_some(),
        spared,
    };
    let left = done.set_cookies();
    assert!(
        explain(&fates, &left, &|field| appended.may_be(field)),
        "{} became {}",
        show_all(&fields),
        show_all(&left)
    );
}

/// Checks that headers without consent neither leave nor arrive, and the others are unchanged.
fn check_state_headers(scene: &Scene, done: &Done, before: &[bool]) {
    for (name, header) in REQUEST {
        let passes = !scene.filter_request || state_headers::is_allowed(scene, header, before);
        let expected = match passes {
            true => values(&scene.request, name),
            false => Vec::new(),
        };
        assert_eq!(values(&done.seen, name), expected, "{name}");
    }
    let choice = Choice::of_response(scene);
    let at_most = choice.as_ref().map(|choice| choice.at_most(scene, before));
    let allowed = at_most.as_deref().unwrap_or(before);
    for name in RESPONSE {
        let fields = values(&scene.response, name);
        let passes = state_headers::is_allowed(scene, name, allowed);
        let keeps = |field: &[u8]| state_headers::keeps(scene, name, field);
        let stripped: Vec<_> = fields
            .iter()
            .filter(|field| !keeps(field))
            .cloned()
            .collect();
        let left = values(&done.sent, name);
        // Under a choice made by the response, less may be allowed than the reference says.
        let may_be_less = choice.is_some() && scene.site.find_header(name).is_some();
        let explained = match passes {
            true => left == fields || (may_be_less && left == stripped),
            false => left == stripped,
        };
        assert!(
            explained,
            "{name}: {} became {}",
            show_all(&fields),
            show_all(&left)
        );
    }
}
