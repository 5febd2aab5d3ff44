//! Response headers other than `Set-Cookie` from which browsers keep state.

use std::sync::{Arc, Mutex};

use http::{HeaderName, Method, Request, Response, header::SET_COOKIE};
use proptest::prelude::*;
use serde::Deserialize;
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookieDeclaration, CookiePolicy, Inventory, Observer,
    layer::{Enforcement, StateHeaders},
    observe::{Event, EventKind},
    policy::TrackerKind,
};

use crate::support::{NOW, Prefs, at, exchange, request, response, value};

type Fields = Vec<(String, String)>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    mode: String,
    /// Names of headers, each with its category.
    declared: serde_json::Map<String, serde_json::Value>,
    #[serde(default)]
    choice: Option<String>,
    /// The choice that the response sets.
    #[serde(default)]
    sets: Option<String>,
    #[serde(default)]
    method: Option<String>,
    #[serde(default)]
    status: Option<u16>,
    #[serde(default)]
    filter_request: Option<bool>,
    #[serde(default)]
    request: Fields,
    #[serde(default)]
    seen: Vec<String>,
    #[serde(default)]
    response: Fields,
    #[serde(default)]
    left: Vec<String>,
    events: Vec<String>,
}

fn cases() -> Vec<Case> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/state_headers.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn header(name: &str) -> CookieDeclaration {
    CookieDeclaration::new(name).kind(TrackerKind::Header)
}

#[allow(clippy::needless_pass_by_value, reason = "arrays, written in place")]
fn policy<'a>(declared: impl IntoIterator<Item = (&'a str, &'a str)> + Clone) -> CookiePolicy {
    let declared = |id: &str, category: Category| {
        let rows = declared.clone().into_iter();
        let rows = rows.filter(|(_, of)| *of == id);
        category.cookies(rows.map(|(name, _)| header(name)).collect::<Vec<_>>())
    };
    CookiePolicy::new([
        declared("base", Category::necessary("base")),
        declared("stats", Category::exempt("stats")),
        declared("tiers", Category::consent("tiers")),
        declared("ads", Category::consent("ads")),
    ])
    .unwrap()
}

fn mode(word: &str) -> StateHeaders {
    match word {
        "withhold" => StateHeaders::Withhold,
        "report" => StateHeaders::Report,
        "allow" => StateHeaders::Allow,
        other => panic!("no mode: {other}"),
    }
}

fn prefs(choice: &str) -> Prefs {
    match choice {
        "accept" => Prefs::accept(),
        "refuse" => Prefs::refuse(),
        other => panic!("no choice: {other}"),
    }
}

/// The preferences cookie as browsers keep it for certain: only plain bytes widen a consent.
fn set(choice: &str) -> String {
    let field = prefs(choice).set_cookie();
    field.replace('"', "%22").replace(',', "%2C")
}

/// Notes events of headers, those that passed too.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn sorted(&self) -> Vec<String> {
        let mut events = self.0.lock().unwrap().clone();
        events.sort();
        events
    }
}

impl Observer for Told {
    fn observe(&self, event: &Event<'_>) {
        if event.tracker_kind() == TrackerKind::Header {
            let declared = event.declaration().map(CookieDeclaration::name);
            let name = declared.map_or_else(|| event.name().unwrap().to_string(), str::to_owned);
            let mut line = format!("{} {name} {}", event.kind().as_str(), event.reason());
            if event.report_only() {
                line += " report-only";
            }
            self.0.lock().unwrap().push(line);
        }
    }

    fn wants_passed(&self) -> bool {
        true
    }
}

struct Played {
    seen: Vec<String>,
    left: Vec<String>,
    events: Vec<String>,
}

/// The headers in order, and where a name is expected with its value, that too.
fn named(headers: &http::HeaderMap, expected: &[String], skip: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = headers
        .iter()
        .filter(|(name, _)| !skip.contains(&name.as_str()))
        .map(|(name, value)| {
            let whole = format!("{name}: {}", value.to_str().unwrap());
            match expected.contains(&whole) {
                true => whole,
                false => name.to_string(),
            }
        })
        .collect();
    names.sort();
    names
}

fn play(case: &Case, change: impl FnOnce(CookieConsentLayer) -> CookieConsentLayer) -> Played {
    let declared: Vec<(&str, &str)> = case
        .declared
        .iter()
        .map(|(name, of)| (name.as_str(), of.as_str().unwrap()))
        .collect();
    let told = Told::default();
    let layer = CookieConsentLayer::new(policy(declared))
        .with_clock(|| at(NOW))
        .state_headers(mode(&case.mode))
        .filter_request(case.filter_request.unwrap_or(true))
        .observe(told.clone());
    let layer = change(layer);
    let mut asked: Request<()> = request::<&str>([]);
    for (name, field) in &case.request {
        let name = HeaderName::try_from(name).unwrap();
        asked.headers_mut().append(name, value(field));
    }
    if let Some(choice) = &case.choice {
        asked
            .headers_mut()
            .append("cookie", value(prefs(choice).pair()));
    }
    if let Some(method) = &case.method {
        *asked.method_mut() = Method::try_from(method.as_str()).unwrap();
    }
    let mut answer: Response<()> = match &case.sets {
        Some(choice) => response([set(choice)]),
        None => response::<&str>([]),
    };
    for (name, field) in &case.response {
        let name = HeaderName::try_from(name).unwrap();
        answer.headers_mut().append(name, value(field));
    }
    if let Some(status) = case.status {
        *answer.status_mut() = status.try_into().unwrap();
    }
    let done = exchange(&layer, asked, answer);
    assert_eq!(done.response.status().as_u16(), case.status.unwrap_or(200));
    let skip = ["cookie", "host", "set-cookie"];
    Played {
        seen: named(done.request.headers(), &case.seen, &skip),
        left: named(done.response.headers(), &case.left, &skip),
        events: told.sorted(),
    }
}

#[test]
fn headers_follow_the_rules_of_the_case_table() {
    for case in cases() {
        let played = play(&case, |layer| layer);
        assert_eq!(played.seen, case.seen, "{}", case.name);
        assert_eq!(played.left, case.left, "{}", case.name);
        assert_eq!(played.events, case.events, "{}", case.name);
    }
}

#[test]
fn report_is_the_default() {
    let policy = policy([("ETag", "ads")]);
    let told = Told::default();
    let layer = CookieConsentLayer::new(policy).observe(told.clone());
    let mut answer = response::<&str>([]);
    answer.headers_mut().append("etag", value("\"v\""));
    answer.headers_mut().append("nel", value("{}"));
    let done = exchange(&layer, request::<&str>([]), answer);
    assert!(!done.response.headers().contains_key("etag"));
    assert!(done.response.headers().contains_key("nel"));
    assert_eq!(
        told.sorted(),
        ["undeclared NEL undeclared", "withheld ETag undecided"]
    );
}

/// The headers of both sides as they were, whatever the case.
#[test]
fn report_only_changes_nothing_and_reports_the_same() {
    for case in cases() {
        let played = play(&case, |layer| layer.report_only(true));
        let names = |fields: &Fields| {
            let mut names: Vec<_> = fields.iter().map(|(name, _)| name.clone()).collect();
            names.sort();
            names
        };
        let bare = |shown: Vec<String>| -> Vec<String> {
            let names = shown.iter().map(|it| it.split(": ").next().unwrap());
            names.map(str::to_owned).collect()
        };
        assert_eq!(bare(played.seen), names(&case.request), "{}", case.name);
        assert_eq!(bare(played.left), names(&case.response), "{}", case.name);
        let expected = case.events.iter().map(|it| format!("{it} report-only"));
        let expected: Vec<_> = expected.collect();
        assert_eq!(played.events, expected, "{}", case.name);
    }
}

#[test]
fn nothing_is_changed_or_reported_when_enforcement_is_off() {
    for case in cases() {
        let played = play(&case, |layer| layer.enforcement(Enforcement::Off));
        assert_eq!(played.seen.len(), case.request.len(), "{}", case.name);
        assert_eq!(played.left.len(), case.response.len(), "{}", case.name);
        assert_eq!(played.events, [""; 0], "{}", case.name);
    }
}

#[test]
fn headers_are_stripped_where_nobody_looks() {
    for case in cases() {
        let declared: Vec<(&str, &str)> = case
            .declared
            .iter()
            .map(|(name, of)| (name.as_str(), of.as_str().unwrap()))
            .collect();
        let layer = CookieConsentLayer::new(policy(declared))
            .with_clock(|| at(NOW))
            .filter_request(false)
            .expose_consent(false)
            .limit_exempt(false)
            .expire(tower_cookie_consent::Expire::Never)
            .state_headers(mode(&case.mode));
        let mut asked = request::<&str>([]);
        if let Some(choice) = &case.choice {
            asked
                .headers_mut()
                .append("cookie", value(prefs(choice).pair()));
        }
        let mut answer = match &case.sets {
            Some(choice) => response([set(choice)]),
            None => response::<&str>([]),
        };
        for (name, field) in &case.response {
            let name = HeaderName::try_from(name).unwrap();
            answer.headers_mut().append(name, value(field));
        }
        let done = exchange(&layer, asked, answer);
        let left = named(done.response.headers(), &case.left, &["set-cookie"]);
        assert_eq!(left, case.left, "{}", case.name);
    }
}

#[test]
fn the_policy_of_the_request_decides() {
    let other = policy([("ETag", "base"), ("NEL", "ads")]);
    let layer = CookieConsentLayer::new(policy([("ETag", "ads")])).policy_for(move |head| {
        let is_other = head.uri().path() == "/other";
        is_other.then(|| other.clone())
    });
    for (path, left) in [("/", "nel"), ("/other", "etag")] {
        let mut asked = request([("if-none-match", "\"v\"")]);
        *asked.uri_mut() = path.parse().unwrap();
        let mut answer = response::<&str>([]);
        answer.headers_mut().append("etag", value("\"v\""));
        answer.headers_mut().append("nel", value("{\"max_age\":1}"));
        let done = exchange(&layer, asked, answer);
        let names: Vec<_> = done.response.headers().keys().collect();
        assert_eq!(names, [left]);
        let seen = done.request.headers().contains_key("if-none-match");
        assert_eq!(seen, path == "/other");
    }
}

#[test]
fn an_inventory_lists_headers_and_drafts_their_declarations() {
    let inventory = Inventory::new();
    let policy = policy([("ETag", "ads"), ("Set-Login", "base")]);
    let layer = CookieConsentLayer::new(policy.clone())
        .with_clock(|| at(NOW))
        .observe(inventory.clone());
    let asked = request([("if-none-match", "\"v-4711\"")]);
    let mut answer = response(["Accept-CH=1"]);
    answer.headers_mut().append("etag", value("\"v-4711\""));
    answer.headers_mut().append("accept-ch", value("DPR"));
    exchange(&layer, asked, answer);

    let report = inventory.report();
    let rows = report.rows().iter();
    let rows: Vec<_> = rows.map(|row| (row.name.as_str(), row.kind)).collect();
    let expected = [
        ("Accept-CH", TrackerKind::Cookie),
        ("Accept-CH", TrackerKind::Header),
        ("ETag", TrackerKind::Header),
    ];
    assert_eq!(rows, expected);
    let etag = report.row("ETag").unwrap();
    assert_eq!((etag.set, etag.received, etag.withheld), (1, 1, 2));
    assert_eq!(etag.set_before_choice, 1);
    assert_eq!(report.never_seen(&policy), ["Set-Login"]);
    let draft = report.draft().to_string();
    let rows: serde_json::Value = serde_json::from_str(&draft).unwrap();
    assert_eq!(rows[1]["name"], "Accept-CH");
    assert_eq!(rows[1]["kind"], "header");
    let pasted = format!(r#"{{"categories":[{{"id":"a","basis":"consent","cookies":{draft}}}]}}"#);
    assert!(serde_json::from_str::<CookiePolicy>(&pasted).is_ok());
    assert!(report.to_string().contains("Accept-CH (header)"));
    let all = serde_json::to_string(&report).unwrap() + &report.to_string() + &draft;
    assert!(!all.contains("4711"), "{all}");
}

#[test]
fn a_response_header_for_development_names_headers_too() {
    let layer = CookieConsentLayer::new(policy([("ETag", "ads")])).explain(true);
    let mut answer = response::<&str>([]);
    answer.headers_mut().append("etag", value("\"v-4711\""));
    let done = exchange(&layer, request([("if-none-match", "\"v-4711\"")]), answer);
    let explained = done.response.headers().get("x-cookie-consent").unwrap();
    assert_eq!(
        explained,
        "if-none-match=hidden;undecided, ETag=withheld;undecided"
    );
}

#[test]
fn a_header_with_many_fields_loses_those_that_are_state() {
    let layer = CookieConsentLayer::new(policy([])).state_headers(StateHeaders::Withhold);
    let mut answer = response(["id=1"]);
    for number in 0..20 {
        let persist = if number % 3 == 0 { "; persist=1" } else { "" };
        let field = format!("h2=\":{number}\"{persist}");
        answer.headers_mut().append("alt-svc", value(field));
    }
    let done = exchange(&layer, request::<&str>([]), answer);
    let left: Vec<_> = done.response.headers().get_all("alt-svc").iter().collect();
    let expected = (0..20).filter(|number| number % 3 > 0);
    let expected = expected.map(|number| value(format!("h2=\":{number}\"")));
    let expected: Vec<_> = expected.collect();
    let left: Vec<_> = left.into_iter().cloned().collect();
    assert_eq!(left, expected);
}

const NAMES: [&str; 16] = [
    "accept-ch",
    "nel",
    "etag",
    "last-modified",
    "use-as-dictionary",
    "alt-svc",
    "attribution-reporting-register-source",
    "set-login",
    "report-to",
    "content-type",
    "vary",
    "cache-control",
    "x-visitor",
    "strict-transport-security",
    "reporting-endpoints",
    "accept-ranges",
];

/// The headers that browsers store if nothing is declared. (None of the generated values is a
/// removal.)
fn is_listed(name: &str, field: &str) -> bool {
    match name {
        "accept-ch"
        | "nel"
        | "attribution-reporting-register-source"
        | "set-login"
        | "report-to" => true,
        "use-as-dictionary" => field.contains(" id="),
        "alt-svc" => field.contains(" persist="),
        _ => false,
    }
}

proptest! {
    /// With `Withhold`, no listed header of a category without consent leaves, and everything else
    /// is as the service wrote it.
    #[test]
    fn withheld_headers_never_leave_and_others_stay(
        fields in prop::collection::vec(
            (
                prop::sample::select(&NAMES[..]),
                prop::sample::select(&[
                    "v-4711", "a, id=\"v-4711\"", "h2=\":1\"; persist=1", "x v- \u{e9}",
                ][..]),
            ),
            0..12,
        ),
        declared in prop::collection::vec(
            (prop::sample::select(&NAMES[..9]), prop::sample::select(&["base", "stats", "ads"][..])),
            0..4,
        ),
        refused: bool,
    ) {
        let mut unique = declared.clone();
        unique.sort_unstable();
        unique.dedup_by_key(|(name, _)| *name);
        let of = |name: &str| unique.iter().find(|(known, _)| *known == name).map(|(_, of)| *of);
        let layer = CookieConsentLayer::new(policy(unique.clone()))
            .with_clock(|| at(NOW))
            .state_headers(StateHeaders::Withhold);
        let mut asked = request::<&str>([]);
        if refused {
            asked.headers_mut().append("cookie", value(Prefs::refuse().pair()));
        }
        let mut answer = response::<&str>([]);
        for (name, field) in &fields {
            answer.headers_mut().append(*name, value(field));
        }
        let done = exchange(&layer, asked, answer);
        for name in NAMES {
            let sent = fields.iter().filter(|(sent, _)| *sent == name).map(|(_, field)| *field);
            let allowed = match of(name) {
                Some("base") => true,
                Some("stats") => !refused,
                _ => false,
            };
            let expected: Vec<_> = sent
                .filter(|field| match of(name) {
                    Some(_) => allowed,
                    None => !is_listed(name, field),
                })
                .map(value)
                .collect();
            let left = done.response.headers().get_all(name).iter().cloned();
            prop_assert_eq!(left.collect::<Vec<_>>(), expected, "{}", name);
        }
        prop_assert!(!done.response.headers().contains_key(SET_COOKIE));
    }
}

#[test]
fn events_of_headers_never_have_a_value() {
    let lines = Arc::new(Mutex::new(String::new()));
    let noted = Arc::clone(&lines);
    let layer = CookieConsentLayer::new(policy([("ETag", "ads")]))
        .state_headers(StateHeaders::Withhold)
        .observe(move |event: &Event<'_>| {
            *noted.lock().unwrap() += &format!("{event:?} {event}\n");
            assert!(event.attributes().is_none());
            assert_ne!(event.kind(), EventKind::Passed);
        });
    let asked = request([
        ("if-none-match", "\"v-4711\""),
        ("dictionary-id", "\"v-4711\""),
    ]);
    let mut answer = response::<&str>([]);
    answer.headers_mut().append("etag", value("\"v-4711\""));
    let nel = "{\"report_to\":\"v-4711\",\"max_age\":1}";
    answer.headers_mut().append("nel", value(nel));
    exchange(&layer, asked, answer);
    let lines = lines.lock().unwrap();
    assert_eq!(lines.lines().count(), 4, "{lines}");
    assert!(!lines.contains("4711"), "{lines}");
}
