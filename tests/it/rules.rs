//! Compares the layer with the plain reference in `tests/reference` for random policies, requests and
//! responses. Removals by the layer, conditions of exemption and choices made by a response have their
//! own tests, and the fuzz targets.

use proptest::{prelude::*, sample::select};
use tower_cookie_consent::{
    Basis, CookieConsentLayer, Expire, Undeclared, Verdict, Withheld, preferences::SameSite,
};

use crate::{
    reference::{
        DAY,
        consent::{Preferences, Signals},
        name, removal,
        site::{Declared, Found, Site},
    },
    support::{Exchange, NOW, at, exchange, request, response},
};

const BASES: [(&str, Basis); 6] = [
    ("c0", Basis::Necessary),
    ("c1", Basis::Exempt),
    ("c2", Basis::Consent),
    ("c3", Basis::Consent),
    ("c4", Basis::OptOut),
    ("c5", Basis::Exempt),
];
const LONG: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa*";
const DECLARED: [&str; 13] = [
    "a",
    "ab",
    "abc",
    "a*",
    "ab*",
    "abcd*",
    "_ga",
    "_ga_*",
    "_gat",
    "x-1",
    "x*",
    "aaaaaaaa*",
    LONG,
];
const PREFERENCES: &str = "cookies_preferences";

/// What the site declared.
#[derive(Clone, Debug)]
struct Random {
    /// The category of each name of [`DECLARED`], by its number.
    categories: Vec<Option<usize>>,
    /// The edition in which each category changed last. The policy is the second edition.
    since: Vec<u32>,
    same_site: SameSite,
}

impl Random {
    fn names(&self, category: usize) -> Vec<&'static str> {
        let names = DECLARED.iter().zip(&self.categories);
        let names = names.filter(|(_, found)| **found == Some(category));
        names.map(|(name, _)| *name).collect()
    }
}

fn declarations() -> impl Strategy<Value = Random> {
    let category = prop::option::weighted(0.7, 0..BASES.len());
    let categories = prop::collection::vec(category, DECLARED.len());
    let since = prop::collection::vec(1_u32..=2, BASES.len());
    let same_site = select(vec![SameSite::Lax, SameSite::Lax, SameSite::Strict]);
    (categories, since, same_site).prop_map(|(categories, since, same_site)| Random {
        categories,
        since,
        same_site,
    })
}

/// Whether a request brings the preferences that the browser has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Brings {
    All,
    /// It comes from another site, by a top-level navigation.
    AllButStrict,
    Nothing,
}

/// The origin of a request according to its headers.
const FROM: [(&[(&str, &str)], Brings); 8] = [
    (&[], Brings::All),
    (
        &[
            ("sec-fetch-site", "same-site"),
            ("origin", "https://a.example"),
        ],
        Brings::All,
    ),
    (&[("sec-fetch-site", "cross-site")], Brings::Nothing),
    (
        &[
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ],
        Brings::AllButStrict,
    ),
    (
        &[
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
            ("sec-purpose", "prefetch"),
        ],
        Brings::Nothing,
    ),
    (
        &[
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "iframe"),
        ],
        Brings::Nothing,
    ),
    (
        &[("host", "shop.example"), ("origin", "https://a.example")],
        Brings::Nothing,
    ),
    (
        &[("host", "shop.example"), ("origin", "https://shop.example")],
        Brings::All,
    ),
];

/// Returns `true` if the service sees the pair.
fn is_seen(site: &Site<'_>, allowed: &[bool], undeclared: Undeclared, pair: &[u8]) -> bool {
    let Some((name, _)) = name::of_pair(pair) else {
        return false;
    };
    match site.find(name) {
        Some(Found::Preferences) => true,
        Some(Found::Category(number)) => allowed[number],
        None => undeclared != Undeclared::Hide,
    }
}

/// Returns `true` if the browser gets the header.
fn is_sent(site: &Site<'_>, allowed: &[bool], undeclared: Undeclared, field: &[u8]) -> bool {
    let Some(name) = name::of_set_cookie(field) else {
        return false;
    };
    let allowed = match site.find(name) {
        Some(Found::Preferences) => true,
        Some(Found::Category(number)) => allowed[number],
        None => undeclared == Undeclared::Allow,
    };
    allowed || removal::is_strict(field, NOW, &[])
}

/// Returns what the consent says about a name.
fn verdict(site: &Site<'_>, allowed: &[bool], name: &str) -> Option<bool> {
    match site.find(name) {
        Some(Found::Category(number)) => Some(allowed[number]),
        Some(Found::Preferences) => Some(true),
        None => None,
    }
}

fn preferences() -> impl Strategy<Value = String> {
    let answer = prop_oneof![
        4 => Just("true"), 4 => Just("false"), 1 => Just("1"), 1 => Just("[[true],{\"a\":null}]")
    ];
    let timestamps = vec![
        NOW - 60,
        NOW - 86_400,
        NOW - 200 * 86_400,
        NOW + 60,
        NOW + 172_800,
    ];
    let key = select(vec![
        "c1", "c1", "c2", "c2", "c3", "c3", "c4", "c5", "other", "c0",
    ]);
    let members = prop::collection::btree_map(key, answer, 0..6);
    let gpc = select(vec!["", "", "\"gpc\":true,", "\"gpc\":false,"]);
    let revision = select(vec![
        "\"revision\":2,",
        "\"revision\":2,",
        "\"revision\":3,",
        "",
    ]);
    let form = select(vec![0, 0, 1, 2, 3]);
    let parts = (members, select(timestamps), gpc, revision, form);
    parts.prop_map(|(members, timestamp, gpc, revision, form)| {
        let members: String = members
            .iter()
            .map(|(key, value)| format!("\"{key}\":{value},"))
            .collect();
        let json = format!("{{{members}{gpc}{revision}\"timestamp\":{timestamp}}}");
        let value = match form {
            0 => percent_encoding::utf8_percent_encode(&json, percent_encoding::NON_ALPHANUMERIC)
                .to_string(),
            1 => json,
            2 => json.replace('"', "%22").replace(',', "%2c"),
            _ => json[..json.len() - 2].to_owned(),
        };
        format!("{PREFERENCES}={value}")
    })
}

fn name() -> impl Strategy<Value = String> {
    let names = [
        "a",
        "ab",
        "abc",
        "abcd",
        "abcde",
        "ac",
        "b",
        "_ga",
        "_ga_",
        "_ga_1",
        "_gat",
        "_gats",
        "x",
        "x-1",
        "x-12",
        "A",
        "cookies_preference",
        "cookies_preferences_",
        "aaaaaaaaa",
    ];
    let mut names: Vec<String> = names.map(str::to_owned).to_vec();
    names.extend([
        LONG.replace('*', ""),
        LONG.replace('*', "x"),
        LONG.replace("aa*", ""),
    ]);
    prop_oneof![
        12 => select(names),
        1 => "[a-c_ \",\\\\\t=]{0,4}",
    ]
}

fn pair() -> impl Strategy<Value = String> {
    let value = select(vec![
        "=1",
        "=",
        "= x y",
        "=a=b",
        "",
        " =1",
        "=\"q",
        "=0123456789012345678901234567890123456789",
    ]);
    let blanks = select(vec!["", " ", "  "]);
    prop_oneof![
        8 => (blanks, name(), value).prop_map(|(blanks, name, value)| format!("{blanks}{name}{value}")),
        1 => Just(String::new()),
    ]
}

fn cookies() -> impl Strategy<Value = Vec<String>> {
    let pair = prop_oneof![6 => pair(), 1 => preferences()];
    let field = prop::collection::vec(pair, 1..8).prop_map(|pairs| pairs.join("; "));
    // More than 16 of them are not read.
    let many = prop::collection::vec(preferences(), 15..19).prop_map(|pairs| pairs.join("; "));
    let field = prop_oneof![60 => field, 1 => many];
    prop::collection::vec(field, 0..4)
}

fn set_cookies() -> impl Strategy<Value = Vec<String>> {
    let attributes = select(vec![
        "",
        "",
        "; Path=/",
        "; Path=/; Max-Age=31536000; SameSite=Lax; Secure",
        "; Max-Age=0",
        "; secure; max-age=0",
        "; Max-Age=-5; Path=/x",
        "; expires=Thursday, 01-Jan-70 00:00:00 GMT; HttpOnly",
        "; Expires=Fri, 01 Jan 2038 00:00:00 GMT",
    ]);
    let field = (pair(), attributes).prop_map(|(pair, attributes)| pair + attributes);
    prop::collection::vec(field, 0..8)
}

fn bytes(fields: &[String]) -> Vec<Vec<u8>> {
    let fields = fields.iter();
    fields.map(|field| field.as_bytes().to_vec()).collect()
}

/// Checks that the service sees these pairs of the `Cookie` fields.
fn sees(done: &Exchange, expected: &[&[u8]]) -> Result<(), TestCaseError> {
    let seen = done.cookies();
    let seen: Vec<_> = seen
        .iter()
        .flat_map(|field| name::pairs(field.as_bytes()))
        .collect();
    prop_assert_eq!(&*seen, expected);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_layer_does_what_its_rules_say(
        random in declarations(),
        cookies in cookies(),
        set_cookies in set_cookies(),
        undeclared in select(vec![Undeclared::Withhold, Undeclared::Allow, Undeclared::Hide]),
        gpc: bool,
        (from, brings) in select(FROM.to_vec()),
        whole_request: bool,
    ) {
        let names: Vec<_> = (0..BASES.len()).map(|number| random.names(number)).collect();
        let all = BASES.iter().zip(&names).zip(&random.since);
        let categories: Vec<_> = all
            .map(|(((id, basis), names), since)| Declared {
                since: *since,
                gpc: *id == "c5",
                ..Declared::new(id, *basis, names)
            })
            .collect();
        let site = Site { revision: 2, same_site: random.same_site, ..Site::new(&categories) };
        let policy = site.policy().unwrap();
        prop_assert_eq!(policy.choice_lifetime().as_secs(), site.choice_lifetime_days * DAY);
        let layer = CookieConsentLayer::new(policy)
            .undeclared(undeclared)
            .expire(Expire::Never)
            .limit_exempt(false)
            .filter_request(whole_request)
            .expose_consent(whole_request)
            .with_clock(|| at(NOW));
        let mut fields: Vec<_> = cookies.iter().map(|field| ("cookie", field.as_str())).collect();
        fields.extend(gpc.then_some(("sec-gpc", "1")));
        fields.extend(from);
        let done = exchange(&layer, request(fields), response(&set_cookies));

        let cross_site = match brings {
            Brings::All => false,
            Brings::AllButStrict => site.same_site == SameSite::Strict,
            Brings::Nothing => true,
        };
        let signals = Signals { gpc, cross_site };
        let received = bytes(&cookies);
        let allowed = Preferences::of_request(&site, &received, NOW).allowed(&site, signals, NOW);

        let mut expected: Vec<_> = received.iter().flat_map(|field| name::pairs(field)).collect();
        if whole_request {
            expected.retain(|pair| is_seen(&site, &allowed, undeclared, pair));
            for (category, allowed) in categories.iter().zip(&allowed) {
                prop_assert_eq!(done.consent().allows(category.id), *allowed, "{}", category.id);
            }
            for name in DECLARED.map(|name| name.trim_end_matches('*')) {
                let found = match done.consent().verdict(name) {
                    Verdict::Withheld(Withheld::Undeclared) => None,
                    verdict if undeclared == Undeclared::Allow && site.find(name).is_none() => {
                        prop_assert!(verdict.is_allowed());
                        None
                    }
                    verdict => Some(verdict.is_allowed()),
                };
                prop_assert_eq!(found, verdict(&site, &allowed, name), "{}", name);
            }
        }
        sees(&done, &expected)?;

        let mut expected = bytes(&set_cookies);
        expected.retain(|field| is_sent(&site, &allowed, undeclared, field));
        prop_assert_eq!(done.set_cookie_bytes(), expected);
    }
}
