//! Visitors who move from one regime to another, or whose choice is old.

use proptest::prelude::*;
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookiePolicy,
    preferences::PreferencesCookie,
    regimes::{Regime, Whereabouts},
};

use super::{SET, asked, in_regime, shop};
use crate::support::{NOW, Prefs, at, exchange, request, response};

const DAY: u64 = 86_400;

fn made_in(regime: &str, answers: &[(&str, bool)]) -> Prefs {
    Prefs::of(answers).with("regime", &format!("{regime:?}"))
}

#[test]
fn consent_counts_where_the_rules_are_no_stricter() {
    for (made, now, ads) in [
        ("eu", "uk", true),
        ("uk", "eu", true),
        ("eu", "us-opt-out", true),
        ("us-opt-out", "us-opt-out", true),
        ("us-opt-out", "uk", false),
        ("us-opt-out", "strictest", false),
        ("strictest", "uk", true),
        ("strictest", "us-opt-out", true),
    ] {
        let done = asked(now, Some(&made_in(made, &[("ads", true)])), &[]);
        let allows = done.consent().allows("ads");
        assert_eq!(allows, ads, "{made} to {now}");
        let mut pending = done.consent().pending();
        assert_eq!(pending.any(|it| it.id() == "ads"), !ads, "{made} to {now}");
    }
}

#[test]
fn consent_of_an_unknown_regime_does_not_count() {
    for regime in ["\"mars\"", "7", "null", "[\"uk\"]", "\"us-opt-out\\u0000\""] {
        let prefs = Prefs::of(&[("ads", true)]).with("regime", regime);
        let done = asked("uk", Some(&prefs), &[]);
        assert!(!done.consent().allows("ads"), "{regime}");
        let prefs = Prefs::of(&[("ads", false)]).with("regime", regime);
        let done = asked("us-opt-out", Some(&prefs), &[]);
        assert!(!done.consent().allows("ads"), "a refusal stays: {regime}");
    }
}

/// What is left of a choice of an unknown regime counts here alone.
#[test]
fn an_unknown_regime_is_not_written_as_none() {
    let prefs = Prefs::of(&[("ads", true), ("statistics", false)])
        .with("regime", "\"california\"")
        .decided(NOW - 40 * DAY);
    let navigation = [("sec-fetch-mode", "navigate"), ("sec-fetch-site", "none")];
    let done = asked("us-opt-out", Some(&prefs), &navigation);
    let sent = done.set_cookies();
    let again = sent
        .iter()
        .find(|it| it.starts_with("cookies_preferences="));
    assert!(again.unwrap().contains("us-opt-out"), "{sent:?}");
}

#[test]
fn denials_go_along() {
    for made in ["eu", "uk", "us-opt-out", "strictest"] {
        for now in ["eu", "uk", "us-opt-out", "strictest", "japan", "none"] {
            let prefs = made_in(made, &[("ads", false), ("statistics", false)]);
            let done = asked(now, Some(&prefs), &[]);
            assert_eq!(done.set_cookies()[0], "session=1", "{made} to {now}");
            assert!(!done.consent().allows("ads"), "{made} to {now}");
            assert!(!done.consent().allows("statistics"), "{made} to {now}");
        }
    }
}

#[test]
fn the_choice_says_in_which_regime_it_was_made() {
    let done = asked("uk", None, &[]);
    let set = done.consent().set_cookie(done.consent().accept_all());
    let value = set.header_value();
    assert!(value.to_str().unwrap().contains("%22regime%22%3A%22uk%22"));
    let own = Consent::undecided(shop());
    let value = own.set_cookie(own.accept_all()).header_value();
    assert!(!value.to_str().unwrap().contains("regime"));
}

#[test]
fn an_objection_lives_400_days_and_is_sent_again() {
    let navigation = [("sec-fetch-mode", "navigate"), ("sec-fetch-site", "none")];
    let old = made_in("uk", &[("statistics", false)]).decided(NOW - 200 * DAY);
    let done = asked("uk", Some(&old), &navigation);
    let again: Vec<_> = done.set_cookies().into_iter().collect();
    let again: Vec<_> = again
        .iter()
        .filter(|it| it.starts_with("cookies_preferences="))
        .collect();
    assert_eq!(again.len(), 1, "{again:?}");
    assert!(again[0].contains("Max-Age=34560000"), "{again:?}");
    let date = format!("%22timestamp%22%3A{}", NOW - 200 * DAY);
    assert!(again[0].contains(&date), "{again:?}");

    for (prefs, fields) in [
        (old.clone(), &[("sec-fetch-mode", "no-cors")][..]),
        (old.clone().decided(NOW - 29 * DAY), &navigation[..]),
        (
            made_in("uk", &[("ads", true)]).decided(NOW - 100 * DAY),
            &navigation[..],
        ),
        (
            old,
            &[
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-dest", "iframe"),
            ][..],
        ),
    ] {
        let done = asked("uk", Some(&prefs), fields);
        let sent = done.set_cookies();
        let again = sent.iter().any(|it| it.starts_with("cookies_preferences="));
        assert!(!again, "{sent:?}");
    }
}

#[test]
fn contradictory_objections_are_not_sent_again() {
    let [no, yes] = [false, true].map(|answer| {
        let prefs = made_in("us-opt-out", &[("ads", answer)]);
        prefs.decided(NOW - 100 * DAY).pair()
    });
    let layer = in_regime("us-opt-out");
    for (cookie, sent_again) in [(no.clone(), true), (format!("{yes}; {no}"), false)] {
        let done = exchange(&layer, request([("cookie", cookie)]), response(SET));
        let sent = done.set_cookies();
        let again = sent.iter().any(|it| it.starts_with("cookies_preferences="));
        assert_eq!(again, sent_again, "{sent:?}");
        assert!(!done.consent().allows("ads"));
    }
}

#[test]
fn kept_members_stay_in_what_the_layer_writes() {
    let preferences = PreferencesCookie::default().keep(["matomo"]);
    let policy = shop().to_builder().preferences_cookie(preferences);
    let policy = policy.category(Category::consent("films")).build().unwrap();
    let objection = made_in("uk", &[("statistics", false), ("films", true)]);
    let consent = made_in("us-opt-out", &[("films", true)]).with("gpc", "true");
    for (regime, prefs, signal) in [
        ("uk", objection.decided(NOW - 100 * DAY), "0"),
        ("us-opt-out", consent.decided(NOW - DAY), "1"),
    ] {
        let prefs = prefs.with("matomo", "7");
        for exposes in [true, false] {
            let layer = CookieConsentLayer::new(policy.clone())
                .with_clock(|| at(NOW))
                .expose_consent(exposes)
                .regime_for(move |_| Whereabouts::Regime(regime));
            let fields = [("cookie", prefs.pair()), ("sec-gpc", signal.to_owned())];
            let done = exchange(&layer, request(fields), response(SET));
            let sent = done.set_cookies();
            let kept = sent.iter().any(|it| it.contains("%22matomo%22%3A7"));
            assert!(kept, "{regime} {exposes}: {sent:?}");
        }
    }
}

#[test]
fn what_was_refused_is_asked_again_after_its_own_period() {
    for (regime, days, asks) in [
        ("it", 100, false),
        ("it", 183, true),
        ("uk", 181, false),
        ("uk", 183, true),
        ("strictest", 364, false),
        ("strictest", 366, true),
    ] {
        let prefs = made_in(regime, &[("ads", false), ("statistics", false)]);
        let done = asked(regime, Some(&prefs.decided(NOW - days * DAY)), &[]);
        assert_eq!(done.consent().needs_choice(), asks, "{regime} {days}");
        assert!(!done.consent().allows("ads"), "{regime} {days}");
    }
}

const REGIMES: [&str; 8] = [
    "strictest",
    "eu",
    "uk",
    "de",
    "us-opt-out",
    "quebec",
    "japan",
    "none",
];

proptest! {
    /// Whoever is nowhere known gets no more than anybody.
    #[test]
    fn more_strictness_never_allows_more(
        ads in proptest::option::of(any::<bool>()),
        statistics in proptest::option::of(any::<bool>()),
        made in proptest::sample::select(&REGIMES[..]),
        gpc in any::<bool>(),
        signal in any::<bool>(),
        age in 0_u64..500,
    ) {
        let answers: Vec<_> = [("ads", ads), ("statistics", statistics)]
            .into_iter()
            .filter_map(|(id, answer)| Some((id, answer?)))
            .collect();
        let mut prefs = made_in(made, &answers).decided(NOW - age * DAY);
        if gpc {
            prefs = prefs.with("gpc", "true");
        }
        let fields: &[(&'static str, &str)] = if signal { &[("sec-gpc", "1")] } else { &[] };
        let strictest = asked("strictest", Some(&prefs), fields);
        let unknown = asked("nowhere", Some(&prefs), fields);
        for now in REGIMES {
            let done = asked(now, Some(&prefs), fields);
            let unsignalled = asked(now, Some(&prefs), &[]);
            for id in ["ads", "statistics"] {
                let allows = |done: &crate::support::Exchange| done.consent().allows(id);
                prop_assert!(!allows(&strictest) || allows(&done), "{now} {id}");
                prop_assert_eq!(allows(&strictest), allows(&unknown));
                prop_assert!(!allows(&done) || allows(&unsignalled), "a signal granted {now} {id}");
            }
        }
    }

    #[test]
    fn the_order_of_regimes_does_not_matter(ids in Just(vec!["uk", "it", "de", "us-opt-out"]).prop_shuffle()) {
        let mut builder = CookiePolicy::builder()
            .category(Category::consent("ads"));
        for id in &ids {
            builder = builder.regime(*id, Regime::preset(*id));
        }
        let policy = builder.build().unwrap();
        let mut sorted: Vec<_> = ids.clone();
        sorted.sort_unstable();
        let declared: Vec<_> = policy.regimes().take(4).map(str::to_owned).collect();
        prop_assert_eq!(declared, sorted);
    }
}
