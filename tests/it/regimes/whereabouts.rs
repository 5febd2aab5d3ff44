//! How the layer learns where a visitor is, and what it does where nobody knows.

use std::time::SystemTime;

use http::{HeaderValue, Request, Response, header::VARY};
use tower_cookie_consent::{
    Category, Choice, CookieConsentLayer, CookiePolicy,
    preferences::{DecodeError, Decoded, PreferencesCodec, PreferencesCookie},
    regimes::{Place, PlaceHeaders, Regime, Whereabouts},
};

use super::{SET, asked, shop};
use crate::support::{NOW, at, exchange, request, response};

fn id_for(headers: PlaceHeaders, fields: &[(&'static str, &str)]) -> Option<String> {
    let layer = CookieConsentLayer::new(shop())
        .with_clock(|| at(NOW))
        .regime_from(headers);
    let fields = fields.iter().map(|(name, field)| (*name, *field));
    let done = exchange(&layer, request(fields), response(SET));
    let regime = done.consent().regime();
    regime.map(|regime| regime.id().to_owned())
}

#[test]
fn a_header_names_the_place() {
    for (value, id) in [
        ("GB", "uk"),
        ("US", "us-opt-out"),
        ("US-CA", "us-opt-out"),
        ("US-TX", "us-opt-out"),
        ("FR", "fr"),
        ("DE", "de"),
        ("AT", "eu"),
        ("CA-QC", "quebec"),
        ("CA", "strictest"),
        ("CA-ON", "strictest"),
        ("ZZ", "strictest"),
        ("XX", "strictest"),
        ("T1", "strictest"),
        ("gb", "strictest"),
        ("GBR", "strictest"),
        ("GB ", "strictest"),
        ("GB, US", "strictest"),
        ("GB;US", "strictest"),
        ("US-CA-1", "strictest"),
        ("US-California", "strictest"),
        ("", "strictest"),
        ("\u{ff}", "strictest"),
    ] {
        let found = id_for(PlaceHeaders::named("x-country"), &[("x-country", value)]);
        assert_eq!(found.as_deref(), Some(id), "{value:?}");
    }
    let none = id_for(PlaceHeaders::named("x-country"), &[("x-other", "GB")]);
    assert_eq!(none.as_deref(), Some("strictest"));
    let twice = [("x-country", "GB"), ("x-country", "US")];
    let twice = id_for(PlaceHeaders::named("x-country"), &twice);
    assert_eq!(twice.as_deref(), Some("strictest"));
}

#[test]
fn networks_have_headers_of_their_own() {
    for (headers, country, subdivision) in [
        (PlaceHeaders::cloudflare(), "cf-ipcountry", "cf-region-code"),
        (
            PlaceHeaders::cloudfront(),
            "cloudfront-viewer-country",
            "cloudfront-viewer-country-region",
        ),
        (
            PlaceHeaders::vercel(),
            "x-vercel-ip-country",
            "x-vercel-ip-country-region",
        ),
    ] {
        let id = |fields: &[(&'static str, &str)]| id_for(headers.clone(), fields);
        assert_eq!(id(&[(country, "GB")]).as_deref(), Some("uk"));
        let quebec = [(country, "CA"), (subdivision, "QC")];
        assert_eq!(id(&quebec).as_deref(), Some("quebec"));
        let twice = [(country, "CA"), (subdivision, "QC"), (subdivision, "ON")];
        assert_eq!(id(&twice).as_deref(), Some("strictest"));
        assert_eq!(id(&[(subdivision, "QC")]).as_deref(), Some("strictest"));
    }
}

#[test]
fn unknown_regimes_are_the_strictest() {
    let done = asked("atlantis", None, &[]);
    assert_eq!(done.set_cookies(), ["session=1"]);
    let regime = done.consent().regime().unwrap();
    assert_eq!(regime.id(), "strictest");
    assert!(regime.opt_out_link() && regime.close_refuses());
}

#[test]
fn without_a_hook_the_own_bases_count() {
    let layer = CookieConsentLayer::new(shop()).with_clock(|| at(NOW));
    let done = exchange(&layer, request([("x-country", "US")]), response(SET));
    assert_eq!(done.set_cookies(), ["session=1", "_pk_ses=2"]);
    assert!(done.consent().regime().is_none());
}

#[test]
fn a_policy_without_regimes_is_the_same_everywhere() {
    let policy = CookiePolicy::new([Category::exempt("statistics")]).unwrap();
    assert_eq!(policy.regimes().count(), 0);
    let layer = CookieConsentLayer::new(policy).regime_for(|_| Whereabouts::Regime("de"));
    let done = exchange(&layer, Request::new(()), Response::new(()));
    assert!(done.consent().regime().is_none() && done.consent().allows("statistics"));
}

#[test]
fn the_regime_of_a_tenants_policy_counts() {
    let tenant = shop();
    let own = CookiePolicy::new([Category::consent("ads")]).unwrap();
    let layer = CookieConsentLayer::new(own)
        .policy_for(move |_| tenant.clone())
        .regime_for(|_| Place::parse("US-CA"));
    let done = exchange(&layer, request([("x", "1")]), response(SET));
    assert_eq!(done.consent().regime().unwrap().id(), "us-opt-out");
    assert_eq!(done.set_cookies(), SET);
}

#[test]
fn a_wrong_regime_is_an_error_at_the_start() {
    for (text, part) in [
        (r#""regimes": {"x": {}}"#, "unknown preset \"x\""),
        (
            r#""regimes": {"x": {"preset": "usa"}}"#,
            "unknown preset \"usa\"",
        ),
        (
            r#""regimes": {"uk": {"categories": {"adz": "consent"}}}"#,
            "no category \"adz\"",
        ),
        (
            r#""regimes": {"uk": {"categories": {"base": "consent"}}}"#,
            "necessary",
        ),
        (
            r#""regimes": {"uk": {"categories": {"ads": "necessary"}}}"#,
            "necessary",
        ),
        (
            r#""regimes": {"uk": {"categories": {"ads": "exempt"}}}"#,
            "exemption",
        ),
        (
            r#""regimes": {"ch": {"categories": {"ads": "exempt"}}}"#,
            "declare its `exemption`",
        ),
        (
            r#""regimes": {"de": {"categories": {"counts": "exempt"}}}"#,
            "exempts nothing",
        ),
        (
            r#""regimes": {"none": {"categories": {"counts": "exempt"}}}"#,
            "cookie \"long\" of category \"counts\", which is exempt here: a retention of 2 years",
        ),
        (
            r#""regimes": {"none": {"categories": {"counts": "exempt"}}}"#,
            "cookie \"longer\" of category \"counts\"",
        ),
        (
            r#""regime": {"id": "uk", "signals": "refuse", "asks": "question"}"#,
            "`regime` is only in the documents that records refer to",
        ),
        (
            r#""regimes": {"us-opt-out": {"categories": {"health": "opt-out"}}}"#,
            "sensitive",
        ),
        (
            r#""regimes": {"uk": {"choice_lifetime": "2 years"}}"#,
            "choice_lifetime",
        ),
        (r#""regimes": {"strictest": {"preset": "eu"}}"#, "not known"),
        (
            r#""regimes": {"uk": {"presets": "uk"}}"#,
            "did you mean `preset`",
        ),
        (r#""reask_after_refusal": "session""#, "reask_after_refusal"),
    ] {
        let text = format!(
            r#"{{{text}, "categories": [{{"id": "base", "basis": "necessary"}},
                {{"id": "ads", "basis": "consent"}},
                {{"id": "counts", "basis": "consent", "cookies": [{{"name": "long", "retention": "2 years"}}],
                  "services": [{{"id": "m", "cookies": [{{"name": "longer", "retention": "3 years"}}]}}],
                  "exemption": {{"law": ["uk"], "purpose": "p", "processor": "q", "data_retention": "1 month",
                    "cross_site": false, "individual_tracking": false, "advertising": false}}}},
                {{"id": "health", "basis": "consent", "sensitive": true}}]}}"#
        );
        let error = serde_json::from_str::<CookiePolicy>(&text).unwrap_err();
        assert!(error.to_string().contains(part), "{text}: {error}");
    }
}

#[test]
fn a_wrong_exemption_is_an_error_at_the_start() {
    let good = r#""law": "fr", "purpose": "p", "processor": "q", "data_retention": "25 months",
        "cross_site": false, "individual_tracking": false, "advertising": false"#;
    let policy = |exemption: &str| {
        serde_json::from_str::<CookiePolicy>(&format!(
            r#"{{"categories": [{{"id": "s", "basis": "exempt", "exemption": {{{exemption}}}}}]}}"#
        ))
    };
    assert!(policy(good).is_ok());
    for (from, to, part) in [
        (r#""law": "fr","#, "", "no law"),
        (r#""law": "fr""#, r#""law": "de""#, "not a law that exempts"),
        (
            r#""law": "fr""#,
            r#""law": ["fr", "us-opt-out"]"#,
            "not a law that exempts",
        ),
        (r#""purpose": "p","#, "", "no purpose"),
        (r#""processor": "q","#, "", "no processor"),
        (r#""data_retention": "25 months","#, "", "no data_retention"),
        ("25 months", "26 months", "25 months at most"),
        ("25 months", "session", "25 months at most"),
        (
            r#""cross_site": false"#,
            r#""cross_site": true"#,
            "cross_site is true",
        ),
        (r#", "advertising": false"#, "", "no advertising"),
        (
            r#""individual_tracking": false"#,
            r#""individual_tracking": true"#,
            "individual_tracking is true",
        ),
    ] {
        let wrong = good.replacen(from, to, 1);
        assert_ne!(wrong, good, "{from}");
        let error = policy(&wrong).unwrap_err().to_string();
        assert!(error.contains(part), "{wrong}: {error}");
    }
}

#[test]
fn names_of_lists_and_single_laws_are_the_same() {
    let regime = Regime::preset("uk");
    let policy = CookiePolicy::builder()
        .category(Category::consent("ads"))
        .regime("uk", regime)
        .build()
        .unwrap();
    let text = serde_json::to_string(&policy).unwrap();
    assert_eq!(serde_json::from_str::<CookiePolicy>(&text).unwrap(), policy);
}

/// A codec that writes one answer, and not in which regime it was given.
#[derive(Debug)]
struct Plain;

impl PreferencesCodec for Plain {
    fn decode(
        &self,
        policy: &CookiePolicy,
        values: &[Option<&[u8]>],
        now: SystemTime,
    ) -> Result<Decoded, DecodeError> {
        let mut choice = Choice::new(now);
        let yes = values[0] == Some(b"yes");
        choice
            .answer(policy, "ads", yes)
            .map_err(|_| DecodeError::Format)?;
        Ok(choice.into())
    }

    fn encode(&self, policy: &CookiePolicy, choice: &Choice, _: Option<&[u8]>) -> Option<String> {
        let yes = choice.get(policy, "ads") == Some(true);
        Some(if yes { "yes" } else { "no" }.to_owned())
    }
}

#[test]
fn a_codec_that_loses_the_regime_is_an_error_at_the_start() {
    let builder = || {
        let cookie = PreferencesCookie::new("choice").codec(Plain);
        CookiePolicy::builder()
            .preferences_cookie(cookie)
            .category(Category::consent("ads"))
    };
    assert!(builder().build().is_ok());
    let error = builder().regime("uk", Regime::preset("uk")).build();
    let error = error.unwrap_err().to_string();
    assert!(error.contains("does not write the regime"), "{error}");
}

#[test]
fn responses_vary_by_the_header_where_they_are_changed() {
    let varied = |layer: CookieConsentLayer| {
        let layer = layer.regime_from(PlaceHeaders::vercel());
        let mut page = response(SET);
        let vary = HeaderValue::from_static("Accept-Encoding, cookie");
        page.headers_mut().insert(VARY, vary);
        let done = exchange(&layer, request([("x-vercel-ip-country", "GB")]), page);
        let fields = done.response.headers().get_all(VARY);
        fields.iter().cloned().collect::<Vec<_>>()
    };
    let both = "x-vercel-ip-country, x-vercel-ip-country-region";
    let fields = varied(CookieConsentLayer::new(shop()));
    assert_eq!(fields, ["Accept-Encoding, cookie", both]);
    // A layer that only reports changes nothing.
    let reporting = CookieConsentLayer::new(shop()).report_only(true);
    assert_eq!(varied(reporting), ["Accept-Encoding, cookie"]);
}

#[test]
fn a_contradiction_is_not_solved_by_a_further_source() {
    let place = |name| Whereabouts::from(Place::parse(name).unwrap());
    let (france, italy) = (place("FR"), place("IT"));
    let (unknown, both) = (Whereabouts::Unknown, Whereabouts::Contradictory);
    for (one, other, expected) in [
        (france, france, france),
        (france, italy, both),
        (france, unknown, france),
        (unknown, unknown, unknown),
        (unknown, both, both),
        (both, france, both),
        (Whereabouts::Regime("fr"), france, both),
    ] {
        assert_eq!(one.and(other), expected, "{one:?} {other:?}");
        assert_eq!(other.and(one), expected, "{other:?} {one:?}");
    }
}

#[test]
fn a_header_can_be_named_at_run_time() {
    let headers = PlaceHeaders::of("X-Country".parse().unwrap());
    assert_eq!(
        id_for(headers, &[("x-country", "GB")]).as_deref(),
        Some("uk")
    );
}
