//! A regime that a policy declares: in Rust the same as in JSON.

use serde_json::json;
use tower_cookie_consent::{
    Basis, Category, CookieConsentLayer, CookiePolicy,
    policy::Retention,
    regimes::{Asking, Regime, SignalEffect, Whereabouts},
};

use crate::support::{NOW, at, exchange, request, response};

#[test]
fn a_regime_in_rust_is_the_one_in_json() {
    let source = "https://eur-lex.europa.eu";
    let regime = Regime::preset("eu")
        .basis("ads", Basis::Consent)
        .signals(SignalEffect::Refuse)
        .asks(Asking::Question)
        .choice_lifetime(Retention::months(4))
        .reask_after_refusal(Retention::months(12))
        .close_refuses(true)
        .opt_out_link(true)
        .law("ePrivacy directive", "2009-12-19", source);
    let rust = CookiePolicy::builder()
        .category(Category::consent("ads"))
        .regime("eu", regime)
        .build()
        .unwrap();
    let json = json!({
        "categories": [{"id": "ads", "basis": "consent"}],
        "regimes": {"eu": {
            "preset": "eu", "categories": {"ads": "consent"}, "signals": "refuse", "asks": "question",
            "choice_lifetime": "4 months", "reask_after_refusal": "12 months", "close_refuses": true,
            "opt_out_link": true, "law": "ePrivacy directive", "date": "2009-12-19", "source": source,
        }},
    });
    let json: CookiePolicy = serde_json::from_value(json).unwrap();
    let [one, other] = [&rust, &json].map(|policy| serde_json::to_value(policy).unwrap());
    assert_eq!(one, other);
    for policy in [rust, json] {
        let layer = CookieConsentLayer::new(policy)
            .with_clock(|| at(NOW))
            .regime_for(|_| Whereabouts::Regime("eu"));
        let done = exchange(&layer, request([("accept", "*/*")]), response(["_ga=1"]));
        let regime = done.consent().regime().unwrap().clone();
        assert_eq!(regime.signals(), SignalEffect::Refuse);
        assert_eq!(regime.asks(), Asking::Question);
        assert_eq!(regime.reask_after_refusal(), Some(Retention::months(12)));
        assert!(regime.close_refuses() && regime.opt_out_link());
        assert_eq!((regime.date(), regime.source()), ("2009-12-19", source));
        assert!(format!("{:?}", regime.law()).contains("ePrivacy directive"));
    }
}
