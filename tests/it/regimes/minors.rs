//! Visitors who are known to be minors.

use tower_cookie_consent::{
    CookieConsentLayer, pages::Pages, preferences::PreferencesCookie, regimes::Whereabouts,
};

use super::{SET, shop};
use crate::support::{NOW, Prefs, at, exchange, request, response};

fn layer() -> CookieConsentLayer {
    CookieConsentLayer::new(shop())
        .with_clock(|| at(NOW))
        .minor_for(|request| request.headers().contains_key("x-minor"))
}

#[test]
fn nothing_optional_runs_and_nothing_is_asked() {
    for layer in [
        layer(),
        layer().regime_for(|_| Whereabouts::Regime("us-opt-out")),
        layer().policy_for(|_| shop()),
    ] {
        for prefs in [
            None,
            Some(Prefs::of(&[("ads", true), ("statistics", true)])),
            Some(Prefs::of(&[("ads", true)]).with("regime", "\"us-opt-out\"")),
            Some(Prefs::of(&[("ads", true)]).with("regime", "\"minor\"")),
        ] {
            let cookie = prefs.as_ref().map(|prefs| ("cookie", prefs.pair()));
            let fields = cookie.into_iter().chain([("x-minor", "1".to_owned())]);
            let done = exchange(&layer, request(fields), response(SET));
            assert_eq!(done.set_cookies()[0], "session=1");
            let consent = done.consent();
            assert!(!consent.allows("ads") && !consent.allows("statistics"));
            assert!(!consent.needs_choice() && !consent.needs_notice());
            assert!(!consent.with_choice(consent.accept_all()).allows("ads"));
        }
    }
}

#[test]
fn no_choice_is_stored() {
    let choice = Prefs::of(&[("ads", true), ("statistics", false)]);
    let set = choice.set_cookie();
    let minor = exchange(
        &layer(),
        request([("x-minor", "1")]),
        response([&set, "_ga=1"]),
    );
    let sent = minor.set_cookies();
    let is_stored = |it: &&str| it.starts_with("cookies_preferences=") || it.starts_with("_ga=1");
    assert!(!sent.iter().any(is_stored), "{sent:?}");
    let other = exchange(&layer(), request([("x", "1")]), response([&set, "_ga=1"]));
    let sent = other.set_cookies();
    assert!(sent.iter().any(is_stored), "{sent:?}");
}

/// Their own grants do not count, and would be lost with the former cookie.
#[test]
fn no_former_choice_is_taken_over() {
    let cookie = PreferencesCookie::default().also_read("old");
    let policy = shop().to_builder().preferences_cookie(cookie).build();
    let layer = CookieConsentLayer::new(policy.unwrap())
        .with_clock(|| at(NOW))
        .minor_for(|request| request.headers().contains_key("x-minor"));
    let choice = Prefs::of(&[("ads", true), ("statistics", false)]);
    let choice = choice.decided(NOW - 40 * 86_400).value();
    for (name, minor, stores) in [
        ("old", "x-minor", false),
        ("old", "x", true),
        ("cookies_preferences", "x-minor", false),
    ] {
        let fields = [
            ("cookie", format!("{name}={choice}")),
            (minor, "1".to_owned()),
        ];
        let done = exchange(&layer, request(fields), response::<&str>([]));
        assert_eq!(!done.set_cookies().is_empty(), stores, "{name} {minor}");
    }
}

#[test]
fn pages_have_nothing_to_choose() {
    let done = exchange(&layer(), request([("x-minor", "1")]), response(SET));
    let pages = Pages::at("/cookies", titled()).unwrap();
    let view = pages.view(done.consent(), "en");
    assert!(!view.can_choose && !view.choice.needs_choice);
    assert!(pages.banner(done.consent(), "en").unwrap().is_empty());
}

fn titled() -> tower_cookie_consent::CookiePolicy {
    let ads = tower_cookie_consent::Category::consent("ads");
    let ads = ads.title("Advertising").description("Pays for this.");
    tower_cookie_consent::CookiePolicy::new([ads]).unwrap()
}
