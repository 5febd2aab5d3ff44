//! Signals that are remembered, where the law wants it.

use http::{HeaderValue, header::CACHE_CONTROL};
use tower_cookie_consent::{
    Basis, Category, CookieConsentLayer, CookiePolicy,
    regimes::{OptOutStatus, Regime, Whereabouts},
};

use super::{SET, answered, asked, in_regime};
use crate::support::{Exchange, NOW, Prefs, at, exchange, request, response};

const GPC: (&str, &str) = ("sec-gpc", "1");

/// Returns the value that the response stores.
fn stored(done: &Exchange) -> Option<String> {
    let sent = done.set_cookies();
    let set = sent
        .iter()
        .find_map(|field| field.strip_prefix("cookies_preferences="))?;
    let value = set.split(';').next()?;
    let decoded = percent_encoding::percent_decode_str(value).decode_utf8();
    Some(decoded.ok()?.into_owned())
}

fn with(value: &str, fields: &[(&'static str, &str)]) -> Exchange {
    let cookie = ("cookie", format!("cookies_preferences={value}"));
    let fields = fields
        .iter()
        .map(|(name, field)| (*name, (*field).to_owned()));
    exchange(
        &in_regime("us-opt-out"),
        request(fields.chain([cookie])),
        response(SET),
    )
}

#[test]
fn the_response_to_a_signal_stores_the_refusal() {
    let done = asked("us-opt-out", None, &[GPC]);
    assert_eq!(
        stored(&done).as_deref(),
        Some(&*format!(
            r#"{{"base":true,"ads":false,"timestamp":{NOW},"revision":1,"gpc":true,"regime":"us-opt-out"}}"#
        ))
    );
    assert!(!done.set_cookies().contains(&"_ga=3"));
    assert!(done.set_cookies().contains(&"_pk_ses=2"));
    assert_eq!(done.consent().opt_out_status(), OptOutStatus::Honoured);
    assert_eq!(done.cache_control(), ["private"]);

    // The next request without the signal is still opted out, and asked nothing.
    let next = with(&stored(&done).unwrap(), &[]);
    assert_eq!(next.set_cookies(), ["session=1", "_pk_ses=2"]);
    assert_eq!(next.consent().opt_out_status(), OptOutStatus::Honoured);
    assert!(!next.consent().needs_choice());
    // Nothing is stored twice.
    let again = with(&stored(&done).unwrap(), &[GPC]);
    assert_eq!(stored(&again), None);
}

#[test]
fn stored_consent_without_the_signal_ends_for_good() {
    let yes = Prefs::of(&[("ads", true)]).with("regime", "\"us-opt-out\"");
    let done = asked("us-opt-out", Some(&yes), &[GPC, ("x", "1")]);
    assert!(stored(&done).unwrap().contains(r#""ads":false"#));
    let next = with(&stored(&done).unwrap(), &[]);
    assert!(!next.consent().allows("ads"));
}

#[test]
fn later_consent_under_the_signal_counts() {
    let done = asked("us-opt-out", None, &[GPC]);
    let opted_out = with(&stored(&done).unwrap(), &[GPC]);
    let consent = opted_out.consent();
    let choice = consent.choose([("ads", true)]).unwrap();
    let value = consent.set_cookie(choice).header_value();
    let value = value.to_str().unwrap();
    let value = value.strip_prefix("cookies_preferences=").unwrap();
    let value = value.split(';').next().unwrap();
    let next = with(value, &[GPC]);
    assert!(next.consent().allows("ads"));
    assert_eq!(next.consent().opt_out_status(), OptOutStatus::Overruled);
    assert_eq!(stored(&next), None);
}

#[test]
fn other_regimes_do_not_remember() {
    for regime in ["eu", "uk", "japan", "none"] {
        let done = asked(regime, None, &[GPC]);
        assert_eq!(stored(&done), None, "{regime}");
    }
}

#[test]
fn a_visitor_who_comes_from_another_site_is_opted_out_for_good() {
    let landing = [
        GPC,
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
    ];
    assert!(stored(&asked("us-opt-out", None, &landing)).is_some());
}

#[test]
fn a_visitor_of_whom_nothing_is_known_is_opted_out_for_good() {
    let done = asked("nowhere", None, &[GPC]);
    let value = stored(&done).unwrap();
    assert!(value.contains(r#""ads":false"#) && value.contains("strictest"));
    assert!(!with(&value, &[]).consent().allows("ads"));
}

#[test]
fn lapsed_consent_under_the_signal_does_not_stop_it() {
    let old = Prefs::of(&[("ads", true)])
        .with("gpc", "true")
        .with("regime", "\"us-opt-out\"")
        .decided(NOW - 200 * 86_400);
    let done = asked("us-opt-out", Some(&old), &[GPC]);
    assert_eq!(done.consent().opt_out_status(), OptOutStatus::Honoured);
    assert!(stored(&done).unwrap().contains(r#""ads":false"#));
}

#[test]
fn other_consent_keeps_its_date_and_its_revision() {
    let policy = CookiePolicy::builder()
        .revision(2)
        .category(Category::consent("films"))
        .category(Category::consent("ads").since(2))
        .regime(
            "us-opt-out",
            Regime::preset("us-opt-out").basis("ads", Basis::OptOut),
        )
        .build()
        .unwrap();
    let layer = CookieConsentLayer::new(policy).with_clock(|| at(NOW));
    let layer = layer.regime_for(|_| Whereabouts::Regime("us-opt-out"));
    let films = Prefs::of(&[("films", true)])
        .with("regime", "\"us-opt-out\"")
        .with("revision", "1")
        .decided(NOW - 86_400);
    let fields = [("cookie", films.pair()), (GPC.0, GPC.1.to_owned())];
    let stored = stored(&exchange(&layer, request(fields), response(SET))).unwrap();
    let parts = [
        r#""films":true"#,
        r#""ads":false"#,
        r#""revision":1,"#,
        &format!(r#""timestamp":{},"#, NOW - 86_400),
    ];
    for part in parts {
        assert!(stored.contains(part), "{part} is not in {stored}");
    }
    assert!(!stored.contains(r#""gpc":true"#), "{stored}");
}

#[test]
fn nothing_is_stored_where_a_response_may_not_carry_it() {
    let mut shared = response(SET);
    let public = HeaderValue::from_static("public, max-age=600");
    shared.headers_mut().insert(CACHE_CONTROL, public);
    let done = answered("us-opt-out", None, &[GPC], shared);
    assert_eq!(stored(&done), None);
    let cross = [
        GPC,
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "no-cors"),
    ];
    assert_eq!(stored(&asked("us-opt-out", None, &cross)), None);
    let own = [GPC];
    let choice = Prefs::of(&[("ads", true)]).with("gpc", "true");
    let done = answered(
        "us-opt-out",
        None,
        &own,
        response(["session=1", &choice.set_cookie()]),
    );
    let sent = done.set_cookies();
    let count = sent
        .iter()
        .filter(|it| it.starts_with("cookies_preferences="))
        .count();
    assert_eq!(count, 1, "the handler's own choice: {sent:?}");
}

#[test]
fn unreadable_preferences_stay_as_they_are() {
    let done = with("{\"ads\":", &[GPC]);
    assert_eq!(stored(&done), None);
    assert_eq!(done.set_cookies(), ["session=1"]);
}
