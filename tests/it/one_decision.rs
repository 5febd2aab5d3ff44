//! A single place decides what passes: whoever is asked about a name, the answer is the same.

use std::collections::BTreeSet;

use axum::{Router, routing::get};
use http::{HeaderMap, HeaderValue, header::SET_COOKIE};
use proptest::{prelude::*, sample::select};
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookieDeclaration, CookiePolicy, Expire, Inventory, Undeclared,
    Verdict, Withheld, conformance::Conformance,
};

use crate::support::{NOW, Prefs, at, exchange, request, response};

/// Declared names and patterns, to be distributed over the categories.
const DECLARED: [&str; 6] = ["a", "ab", "a*", "_ga", "_ga_*", "session"];
/// Names that a service may set: declared, undeclared, and some that browsers read differently.
const NAMES: [&str; 10] = [
    "a", "ab", "abc", "_ga", "_ga_X", "session", "other", "_GA", "_ga ;", "\u{1}",
];

/// Returns a policy in which each declared name has one of four bases.
fn policy(bases: &[usize]) -> CookiePolicy {
    let of = |basis: usize| {
        let names = DECLARED.iter().zip(bases);
        names
            .filter(move |(_, of)| **of == basis)
            .map(|(name, _)| CookieDeclaration::new(*name))
    };
    let categories = [
        Category::necessary("base").cookies(of(0)),
        Category::exempt("stats").cookies(of(1)),
        Category::consent("ads").cookies(of(2)),
        Category::opt_out("sale").cookies(of(3)),
    ];
    CookiePolicy::new(categories).unwrap()
}

/// Preferences that answer some of the categories, with a timestamp that is now or too old.
fn preferences() -> impl Strategy<Value = Option<String>> {
    let answer = || select(vec![None, Some(true), Some(false)]);
    let answers = (answer(), answer(), answer(), select(vec![0, 300 * 86_400]));
    let written = answers.prop_map(|(stats, ads, sale, age)| {
        let answers = [("stats", stats), ("ads", ads), ("sale", sale)];
        let answers = answers.into_iter().filter_map(|(id, yes)| Some((id, yes?)));
        let answers: Vec<_> = answers.collect();
        Some(Prefs::of(&answers).decided(NOW - age).pair())
    });
    let unreadable = Just(Some("cookies_preferences=%7B%22ads%22%3A".to_owned()));
    prop_oneof![1 => Just(None), 6 => written, 1 => unreadable]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn filters_consent_and_inventory_agree(
        bases in prop::collection::vec(0..4_usize, DECLARED.len()),
        undeclared in select(vec![Undeclared::Withhold, Undeclared::Allow, Undeclared::Hide]),
        filter_request: bool,
        signal: bool,
        preferences in preferences(),
        name in select(NAMES.to_vec()),
    ) {
        let inventory = Inventory::new();
        let layer = CookieConsentLayer::new(policy(&bases))
            .undeclared(undeclared)
            .filter_request(filter_request)
            .expire(Expire::Never)
            .limit_exempt(false)
            .observe(inventory.clone())
            .with_clock(|| at(NOW));
        let field = format!("{name}=1");
        // A control byte can't be in a field of a response that reaches the layer.
        prop_assume!(HeaderValue::from_bytes(field.as_bytes()).is_ok());
        let mut fields = vec![("cookie", field.clone())];
        fields.extend(preferences.map(|pair| ("cookie", pair)));
        fields.extend(signal.then(|| ("sec-gpc", "1".to_owned())));
        let done = exchange(&layer, request(fields), response([&field]));

        let written = name.split(';').next().unwrap().trim_end();
        let certain = field.starts_with(&format!("{written}=")) && field.is_ascii();
        let verdict = match certain {
            true => done.consent().verdict(written),
            false => Verdict::Withheld(Withheld::Unclassifiable),
        };
        // The response filter agrees with the consent.
        prop_assert_eq!(done.set_cookies().contains(&&*field), verdict.is_allowed());
        // The request filter only differs for undeclared names, by the switch.
        let visible = match verdict {
            _ if !filter_request => true,
            Verdict::Withheld(Withheld::Undeclared) => undeclared == Undeclared::Withhold,
            verdict => verdict.is_allowed(),
        };
        let seen = done.cookies().iter().any(|cookies| cookies.contains(&*field));
        if certain {
            prop_assert_eq!(seen, visible);
            let report = inventory.report();
            // The name may be shown masked; the only other one is that of the preferences.
            let mut rows = report.rows().iter();
            let row = rows.find(|row| row.name != "cookies_preferences").unwrap();
            let withheld = u64::from(!verdict.is_allowed());
            prop_assert_eq!(row.withheld > 0, withheld > 0 || !visible, "{:?}", row);
        }
    }
}

/// An app without the layer that sets every name.
fn careless(names: &'static [&'static str]) -> Router {
    let mut headers = HeaderMap::new();
    for name in names {
        let field = format!("{name}=1; Path=/");
        headers.append(SET_COOKIE, HeaderValue::try_from(field).unwrap());
    }
    Router::new().route("/", get(async move || headers.clone()))
}

#[test]
fn the_kit_agrees_with_the_consent() {
    const SET: [&str; 7] = ["a", "ab", "abc", "_ga", "_ga_X", "session", "other"];
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for round in 0..32_usize {
        let bases: Vec<_> = (0..DECLARED.len()).map(|at| (round >> at) % 4).collect();
        let policy = policy(&bases);
        let layer = CookieConsentLayer::new(policy.clone()).with_clock(|| at(NOW));
        let done = exchange(
            &layer,
            request([("accept", "*/*")]),
            response(SET.map(|name| format!("{name}=1"))),
        );
        let withheld: BTreeSet<_> = SET
            .iter()
            .filter(|name| !done.consent().allows_cookie(name))
            .map(|name| (*name).to_owned())
            .collect();
        let report = runtime.block_on(Conformance::new(policy).check(careless(&SET)));
        let found: BTreeSet<_> = report
            .findings()
            .filter(|finding| finding.situation == "before a choice")
            .filter(|finding| !finding.why.contains("renew"))
            .filter_map(|finding| finding.cookie.clone())
            .collect();
        assert_eq!(found, withheld, "{bases:?}\n{report}");
    }
}
