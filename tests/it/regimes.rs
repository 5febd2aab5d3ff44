//! Regimes: one policy, and the laws that its visitors live under.

mod declared;
mod law;
mod minors;
mod moving;
mod opt_outs;
mod pages;
mod signals;
mod whereabouts;
mod wording;

use http::Response;
use tower_cookie_consent::{
    Basis, Category, CookieConsentLayer, CookieDeclaration, CookiePolicy,
    policy::Retention,
    regimes::{Exemption, Regime, Whereabouts},
};

use crate::support::{Exchange, NOW, Prefs, at, exchange, request, response};

/// A policy whose advertising is opt-out in the United States, and whose statistics are exempt in France
/// and the United Kingdom.
fn shop() -> CookiePolicy {
    let exemption = Exemption::new(
        ["fr", "uk"],
        "Counts visits",
        "Shop Ltd",
        Retention::months(25),
    );
    let statistics = Category::exempt("statistics").exemption(exemption);
    CookiePolicy::builder()
        .category(Category::necessary("base").cookie(CookieDeclaration::new("session")))
        .category(statistics.cookie(CookieDeclaration::new("_pk_ses")))
        .category(Category::consent("ads").cookie(CookieDeclaration::new("_ga")))
        .regime("uk", Regime::preset("uk"))
        .regime(
            "us-opt-out",
            Regime::preset("us-opt-out").basis("ads", Basis::OptOut),
        )
        .build()
        .unwrap()
}

const SET: [&str; 3] = ["session=1", "_pk_ses=2", "_ga=3"];

fn in_regime(regime: &'static str) -> CookieConsentLayer {
    let layer = CookieConsentLayer::new(shop()).with_clock(|| at(NOW));
    layer.regime_for(move |_| Whereabouts::Regime(regime))
}

/// A request of a visitor in this regime, to a service that sets every cookie.
fn asked(regime: &'static str, prefs: Option<&Prefs>, fields: &[(&'static str, &str)]) -> Exchange {
    answered(regime, prefs, fields, response(SET))
}

fn answered(
    regime: &'static str,
    prefs: Option<&Prefs>,
    fields: &[(&'static str, &str)],
    response: Response<()>,
) -> Exchange {
    let cookie = prefs.map(|prefs| ("cookie", prefs.pair()));
    let fields = fields.iter().map(|&(name, field)| (name, field.to_owned()));
    exchange(&in_regime(regime), request(fields.chain(cookie)), response)
}
