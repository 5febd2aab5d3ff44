//! The table `tests/data/regimes.json`, which was worked out from the texts of the laws and not from the
//! code. A row has one optional category, a stored answer and a signal, and says what must follow.

use std::collections::BTreeMap;

use tower_cookie_consent::{
    Basis, Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy,
    pages::Pages,
    policy::Retention,
    regimes::{Exemption, OptOutStatus, Regime, Whereabouts},
};

use crate::support::{NOW, Prefs, at, exchange, request, response};

const TABLE: &str = include_str!("../../data/regimes.json");
const DAY: u64 = 86_400;

#[derive(serde::Deserialize)]
struct Group {
    source: String,
    why: String,
    rows: Vec<Row>,
}

#[derive(Debug, serde::Deserialize)]
struct Row(
    String,
    String,
    String,
    String,
    String,
    String,
    Vec<String>,
    bool,
);

fn policy(basis: &str) -> CookiePolicy {
    let exemption = Exemption::new(
        ["fr", "it", "es", "nl", "uk"],
        "Counts visits",
        "The site",
        Retention::months(25),
    );
    let category = match basis {
        "necessary" => Category::necessary("it"),
        "consent" | "us-opt-out-here" => Category::consent("it"),
        "sensitive" => Category::consent("it").sensitive(true),
        "exempt-named" => Category::exempt("it").exemption(exemption),
        "exempt-plain" => Category::exempt("it"),
        "opt_out" => Category::opt_out("it"),
        other => panic!("{other}"),
    };
    let category = category
        .title("It")
        .description("What it is for")
        .cookie(CookieDeclaration::new("x"));
    let states = Regime::preset("us-opt-out");
    let states = match basis {
        "us-opt-out-here" => states.basis("it", Basis::OptOut),
        _ => states,
    };
    CookiePolicy::builder()
        .category(category)
        .regime("us-opt-out", states)
        .build()
        .unwrap()
}

fn stored(regime: &str, status: &str) -> Option<Prefs> {
    let id = match (regime, status) {
        (_, "yes-from-us") => "us-opt-out",
        ("unknown", _) => "strictest",
        (regime, _) => regime,
    };
    let prefs = Prefs::of(&[("it", status.starts_with("yes"))]);
    let prefs = prefs.with("regime", &format!("{id:?}"));
    match status {
        "none" => None,
        "yes-old" | "no-old" => Some(prefs.decided(NOW - 396 * DAY)),
        "yes-with-gpc" => Some(prefs.with("gpc", "true")),
        _ => Some(prefs),
    }
}

fn footer(consent: &Consent, pages: &Pages) -> Vec<&'static str> {
    let choice = pages.view(consent, "en").choice;
    let status = consent.opt_out_status();
    let honoured = matches!(status, OptOutStatus::Honoured | OptOutStatus::OptedOut);
    let shown = [
        (choice.granted, "withdraw"),
        (choice.objectable, "object"),
        (status != OptOutStatus::NotOffered, "opt-out-link"),
        (honoured, "honoured"),
        (status == OptOutStatus::Overruled, "overruled"),
    ];
    let shown = shown.into_iter().filter(|(is_shown, _)| *is_shown);
    shown.map(|(_, what)| what).collect()
}

#[test]
fn each_case_of_the_law_has_its_outcome() {
    let groups: Vec<Group> = serde_json::from_str(TABLE).unwrap();
    let policies: BTreeMap<_, _> = [
        "necessary",
        "consent",
        "exempt-named",
        "exempt-plain",
        "opt_out",
        "us-opt-out-here",
        "sensitive",
    ]
    .into_iter()
    .map(|basis| (basis, policy(basis)))
    .collect();
    let mut wrong = Vec::new();
    let mut count = 0;
    for group in groups {
        assert!(!group.source.is_empty() && !group.why.is_empty());
        for row in group.rows {
            count += 1;
            let Row(regime, basis, status, signal, ..) = &row;
            let policy = policies[basis.as_str()].clone();
            let whereabouts = match regime.as_str() {
                "unknown" => Whereabouts::Unknown,
                known => Whereabouts::Regime(Box::leak(known.to_owned().into_boxed_str())),
            };
            let layer = CookieConsentLayer::new(policy.clone())
                .with_clock(|| at(NOW))
                .regime_for(move |_| whereabouts);
            let cookie = stored(regime, status).map(|prefs| ("cookie", prefs.pair()));
            let signal = (signal == "gpc").then(|| ("sec-gpc", "1".to_owned()));
            let fields = cookie.into_iter().chain(signal);
            let done = exchange(&layer, request(fields), response(["x=1"]));
            let consent = done.consent();
            let pages = Pages::at("/cookies", policy).unwrap();
            let verdict = match done.set_cookies().contains(&"x=1") {
                true => "allowed",
                false => "withheld",
            };
            let banner = match (consent.needs_choice(), consent.needs_notice()) {
                (true, _) => "ask",
                (_, true) => "notice",
                _ => "none",
            };
            let sent = done.set_cookies();
            // A choice of now, and not an old one that is sent again.
            let denial = format!("%22it%22%3Afalse%2C%22timestamp%22%3A{NOW}");
            let remembered = sent.iter().any(|it| it.contains(&denial));
            let found = (verdict, banner, footer(consent, &pages), remembered);
            let (expected, right) = (&row, (row.4.as_str(), row.5.as_str(), &row.6, row.7));
            if (found.0, found.1, found.3) != (right.0, right.1, right.3) || found.2 != *right.2 {
                wrong.push(format!("{expected:?}\n     is {found:?}"));
            }
        }
    }
    assert!(count >= 1_000, "{count}");
    assert!(
        wrong.is_empty(),
        "{}\n{} wrong",
        wrong.join("\n"),
        wrong.len()
    );
}
