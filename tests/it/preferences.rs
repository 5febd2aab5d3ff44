//! The received preferences: their meaning, several of them, and custom formats.

use std::{collections::BTreeMap, fmt::Debug, fs};

use http::Method;
use serde::Deserialize;
use tower_cookie_consent::{
    Category, Choice, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy, Expire,
    preferences::{ChoiceError, DecodeError, Decoded, PreferencesCodec, PreferencesCookie, Status},
};

use crate::support::{NOW, Prefs, at, exchange, layer, request, response};

#[derive(Deserialize)]
struct Table {
    now: u64,
    policies: BTreeMap<String, CookiePolicy>,
    cases: Vec<Case>,
}

/// Categories by id; each has one cookie, `c_` and its id, and the request carries them all.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    policy: String,
    #[serde(default)]
    method: Option<String>,
    preferences: Vec<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    status: String,
    allowed: Vec<String>,
    pending: Vec<String>,
    needs_choice: bool,
    /// Expired by default.
    #[serde(default)]
    expires: Vec<String>,
    /// Also expired with `Expire::OnRefusalOrLapse`.
    #[serde(default)]
    lapses: Vec<String>,
}

fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<_> = items.into_iter().collect();
    items.sort_unstable();
    items
}

#[test]
fn each_consent_is_what_the_table_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/consent.json");
    let table: Table = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert!(table.cases.len() > 40);
    for case in &table.cases {
        let name = &case.name;
        let policy = &table.policies[&case.policy];
        let ids: Vec<_> = policy
            .categories()
            .map(|category| category.id().to_owned())
            .collect();
        let cookies: Vec<_> = ids.iter().map(|id| format!("c_{id}=1")).collect();
        let prefs = case
            .preferences
            .iter()
            .map(|value| format!("prefs={value}"));
        let fields = [
            ("host", "localhost".to_owned()),
            ("cookie", cookies.join("; ")),
        ];
        let fields = fields.into_iter().chain(prefs.map(|pair| ("cookie", pair)));

        for (expire, lapses) in [
            (Expire::OnRefusal, &[][..]),
            (Expire::OnRefusalOrLapse, &case.lapses),
            (Expire::Never, &[]),
        ] {
            let now = table.now;
            let layer = CookieConsentLayer::new(policy.clone())
                .with_clock(move || at(now))
                .expire(expire);
            let mut asked = request(fields.clone());
            for (header, field) in &case.headers {
                let header: http::HeaderName = header.parse().unwrap();
                asked.headers_mut().append(header, field.parse().unwrap());
            }
            if let Some(method) = &case.method {
                *asked.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
            }
            let done = exchange(&layer, asked, response(&cookies));
            let consent = done.consent();

            let status = format!("{:?}", consent.status()).to_lowercase();
            assert_eq!(status, case.status, "{name}");
            let allowed = |id: &&String| consent.allows(id);
            assert_eq!(
                ids.iter().filter(allowed).collect::<Vec<_>>(),
                case.allowed.iter().collect::<Vec<_>>(),
                "{name}"
            );
            let pending: Vec<_> = consent.pending().map(Category::id).collect();
            assert_eq!(pending, case.pending, "{name}");
            assert_eq!(consent.needs_choice(), case.needs_choice, "{name}");

            // Both ways, only the cookies of the allowed categories pass.
            let passing: Vec<_> = case.allowed.iter().map(|id| format!("c_{id}=1")).collect();
            let seen = done.cookies();
            let seen: Vec<_> = seen
                .iter()
                .flat_map(|field| field.split("; "))
                .filter(|pair| pair.starts_with("c_"))
                .collect();
            assert_eq!(seen, passing, "{name}");
            let sent: Vec<_> = done
                .set_cookies()
                .into_iter()
                .filter(|field| field.ends_with("=1"))
                .collect();
            assert_eq!(sent, passing, "{name}");

            let expected = match expire {
                Expire::Never => Vec::new(),
                _ => case
                    .expires
                    .iter()
                    .chain(lapses)
                    .map(|id| format!("c_{id}"))
                    .collect(),
            };
            assert_eq!(
                sorted(done.removed()),
                sorted(expected),
                "{name} {expire:?}"
            );
        }
    }
}

#[test]
fn an_unknown_id_is_not_allowed() {
    let prefs = Prefs::accept().with("unheard", "true").pair();
    let done = exchange(&layer(), request([("cookie", prefs)]), response::<&str>([]));
    for id in ["unheard", "", "Tiers", "timestamp"] {
        assert!(!done.consent().allows(id), "{id}");
    }
    assert!(done.consent().allows("tiers") && done.consent().allows_cookie("cookies_preferences"));
}

#[test]
fn preferences_are_read_from_every_field() {
    for (fields, status) in [
        (
            vec!["x=1".to_owned(), Prefs::accept().pair()],
            Status::Decided,
        ),
        (
            vec![format!("x=1;{};y=2", Prefs::accept().pair())],
            Status::Decided,
        ),
        (
            vec![format!("cookies_preferences= {} ", Prefs::accept().value())],
            Status::Decided,
        ),
        (
            vec![format!("cookies_preferences ={}", Prefs::accept().value())],
            Status::Undecided,
        ),
        (
            vec![format!("Cookies_Preferences={}", Prefs::accept().value())],
            Status::Undecided,
        ),
        (
            vec![format!("cookies%5Fpreferences={}", Prefs::accept().value())],
            Status::Undecided,
        ),
        (
            vec![format!("x=\"{}\"", Prefs::accept().pair())],
            Status::Undecided,
        ),
    ] {
        let asked = request(fields.iter().map(|field| ("cookie", field)));
        let done = exchange(&layer(), asked, response::<&str>([]));
        assert_eq!(done.consent().status(), status, "{fields:?}");
    }
}

#[test]
fn over_16_preferences_cookies_grant_and_expire_nothing() {
    for prefs in [Prefs::accept(), Prefs::refuse()] {
        let cookies = vec![prefs.pair(); 17].join("; ");
        let asked = request([("cookie", format!("{cookies}; _ga=1; _pk_ses=2"))]);
        let done = exchange(
            &layer(),
            asked,
            response(["_ga=3", "_pk_ses=4", "session=5"]),
        );
        assert_eq!(done.set_cookies(), ["session=5"]);
        assert_eq!(done.cookies(), [cookies]);
    }
}

/// Two cookies, of which the second contains the answers: `v` has to be `2`, and `p` lists granted
/// categories and ends in the date; categories not listed are denied.
#[derive(Debug)]
struct TwoCookies;

impl PreferencesCodec for TwoCookies {
    fn names(&self, _: &str) -> Vec<String> {
        vec!["v".to_owned(), "p".to_owned()]
    }

    fn decode(
        &self,
        policy: &CookiePolicy,
        values: &[Option<&[u8]>],
        _: std::time::SystemTime,
    ) -> Result<Decoded, DecodeError> {
        assert_eq!(values.len(), 2);
        let text =
            |value: Option<&[u8]>| value.and_then(|value| String::from_utf8(value.into()).ok());
        if text(values[0]).as_deref() != Some("2") {
            return Err(DecodeError::Format);
        }
        let listed = text(values[1]).ok_or(DecodeError::Format)?;
        let mut parts: Vec<_> = listed.split('.').collect();
        let date = parts.pop().and_then(|date| date.parse().ok());
        let mut choice = Choice::new(at(date.ok_or(DecodeError::Timestamp)?));
        for category in policy.categories() {
            // A necessary category can't be denied.
            choice
                .answer(policy, category.id(), parts.contains(&category.id()))
                .ok();
        }
        Ok(Decoded::from(choice).keep_value())
    }

    fn encode(
        &self,
        policy: &CookiePolicy,
        choice: &Choice,
        previous: Option<&[u8]>,
    ) -> Option<String> {
        let granted = choice.answers(policy).filter(|(_, granted)| *granted);
        let mut parts: Vec<_> = granted
            .map(|(category, _)| category.id().to_owned())
            .collect();
        if let Some(previous) = previous {
            parts.push(format!("was<{}>", String::from_utf8_lossy(previous)));
        }
        let date = choice.decided_at().duration_since(at(0)).unwrap();
        parts.push(date.as_secs().to_string());
        Some(parts.join("."))
    }
}

fn two_cookies() -> CookieConsentLayer {
    let policy = CookiePolicy::builder()
        .preferences_cookie(PreferencesCookie::new("p").codec(TwoCookies))
        .category(Category::exempt("stats").cookie(CookieDeclaration::new("_pk_ses")))
        .category(Category::consent("tiers").cookie(CookieDeclaration::new("_ga")))
        .build()
        .unwrap();
    CookieConsentLayer::new(policy).with_clock(|| at(NOW))
}

#[test]
fn a_custom_codec_reads_several_necessary_cookies() {
    for (cookies, tiers, stats) in [
        ("v=2; p=tiers.stats.1795000000", true, true),
        ("p=tiers.1795000000; v=2", true, false),
        ("v=2; p=1795000000", false, false),
        ("v=1; p=tiers.stats.1795000000", false, false),
        ("p=tiers.stats.1795000000", false, false),
        ("v=2", false, false),
        ("x=1", false, true),
        ("v=2; p=tiers.stats.1", false, true),
        ("v=2; p=tiers.stats.9999999999", false, false),
        // Each value of a repeated name takes part.
        ("v=2; p=tiers.stats.1795000000; v=2", true, true),
        ("v=2; p=tiers.stats.1795000000; v=1", false, false),
        (
            "v=2; p=tiers.stats.1795000000; p=stats.1795000000",
            false,
            true,
        ),
    ] {
        let set = ["_ga=1", "_pk_ses=2", "v=3", "id=4"];
        let done = exchange(
            &two_cookies(),
            request([("cookie", cookies)]),
            response(&set[..2]),
        );
        let sent = done.set_cookies();
        assert_eq!(
            (sent.contains(&"_ga=1"), sent.contains(&"_pk_ses=2")),
            (tiers, stats),
            "{cookies}"
        );
        assert_eq!(done.cookies(), [cookies]);
    }
}

/// The other cookies that the browser has count together with the one that is set.
#[test]
fn cookies_of_a_codec_that_reads_several_are_judged_together() {
    for (cookies, set, passes) in [
        ("v=1; p=tiers.1795000000", &["v=2"][..], true),
        ("v=2", &["p=tiers.1795000000"], true),
        ("x=1", &["v=2; Path=/", "p=1795000000; Path=/"], true),
        ("x=1", &["v=2"], false),
        ("v=2; p=tiers.1795000000", &["v=visitor-4711"], false),
        ("v=2; p=tiers.1795000000", &["p=visitor-4711"], false),
        (
            "v=2; p=tiers.1795000000",
            &["v=visitor-4711", "p=tiers.1795000000"],
            false,
        ),
        (
            "v=2; p=tiers.1795000000",
            &["v=2", "p=1795000000", "p=garbage"],
            false,
        ),
        ("v=2; p=tiers.1795000000", &["v=; Max-Age=0"], true),
        (
            "v=2; p=tiers.1795000000",
            &["v=; Max-Age=0", "p=tiers.1795000000"],
            false,
        ),
    ] {
        let late = two_cookies()
            .filter_request(false)
            .limit_exempt(false)
            .expire(Expire::Never)
            .expose_consent(false);
        for layer in [two_cookies(), late] {
            let done = exchange(&layer, request([("cookie", cookies)]), response(set));
            let kept = |field: &&&str| field.contains("Max-Age=0") || passes;
            let expected: Vec<_> = set.iter().filter(kept).copied().collect();
            let own = |field: &&str| field.starts_with("v=") || field.starts_with("p=");
            let left = done.set_cookies().into_iter().filter(own);
            assert_eq!(left.collect::<Vec<_>>(), expected, "{cookies} {set:?}");
        }
    }
}

/// The received cookies are not read again: a codec that can't read the new one alone withholds.
#[test]
fn a_choice_in_a_response_is_read_from_the_response_alone() {
    let cookies = "v=2; p=tiers.stats.1795000000; _ga=1";
    for (set, allowed) in [
        (&["p=tiers.1795000000; Path=/"][..], false),
        (&["v=2; Path=/", "p=tiers.stats.1795000000; Path=/"], true),
        (&["v=2; Path=/", "p=1795000000; Path=/"], false),
    ] {
        let set = [set, &["_ga=1"]].concat();
        let done = exchange(
            &two_cookies(),
            request([("cookie", cookies)]),
            response(&set),
        );
        assert_eq!(done.set_cookies().contains(&"_ga=1"), allowed, "{set:?}");
    }
}

#[test]
fn a_codec_writes_over_the_preferences_cookie_alone() {
    let cookies = "v=2; p=tiers.1795000000";
    let done = exchange(
        &two_cookies(),
        request([("cookie", cookies)]),
        response::<&str>([]),
    );
    let consent = done.consent();
    let set = consent.set_cookie(consent.accept_all()).header_value();
    let expected = format!("p=stats.tiers.was<tiers.1795000000>.{NOW}; ");
    assert!(set.to_str().unwrap().starts_with(&expected), "{set:?}");
}

#[test]
fn a_value_that_a_cookie_cannot_hold_is_encoded() {
    #[derive(Debug)]
    struct Blanks;
    impl PreferencesCodec for Blanks {
        fn decode(
            &self,
            _: &CookiePolicy,
            _: &[Option<&[u8]>],
            _: std::time::SystemTime,
        ) -> Result<Decoded, DecodeError> {
            Err(DecodeError::Format)
        }
        fn encode(&self, _: &CookiePolicy, _: &Choice, _: Option<&[u8]>) -> Option<String> {
            Some("a b;\"c\",\\\u{e9}\r\n%25".to_owned())
        }
    }
    let policy = CookiePolicy::builder()
        .preferences_cookie(PreferencesCookie::new("p").codec(Blanks))
        .category(Category::consent("tiers"))
        .build();
    let consent = Consent::undecided(policy.unwrap());
    let set = consent.set_cookie(consent.accept_all()).header_value();
    let value = set.to_str().unwrap().split("; ").next().unwrap().to_owned();
    assert_eq!(value, "p=a%20b%3B%22c%22%2C%5C%C3%A9%0D%0A%25");
}

/// Browsers store 4,096 bytes of name and value: kept members must not cost the choice.
#[test]
fn kept_members_never_make_the_cookie_too_long() {
    let members: Vec<_> = (0..100).map(|number| format!("member{number}")).collect();
    for length in [1, 100, 128, 200, 1_000, 2_000] {
        let name = "p".repeat(length);
        let policy = CookiePolicy::builder()
            .preferences_cookie(PreferencesCookie::new(&name).keep(members.clone()))
            .category(Category::consent("tiers"))
            .build()
            .unwrap();
        let layer = CookieConsentLayer::new(policy).with_clock(|| at(NOW));
        let mut prefs = Prefs::of(&[]);
        for member in &members {
            prefs = prefs.with(member, "123456789012");
        }
        let asked = request([("cookie", format!("{name}={}", prefs.value()))]);
        let done = exchange(&layer, asked, response::<&str>([]));
        let consent = done.consent();
        let set = consent.set_cookie(consent.accept_all()).header_value();
        let pair = set.to_str().unwrap().split("; ").next().unwrap().to_owned();
        assert!(pair.len() - 1 <= 4_096, "{length}: {}", pair.len());
        assert!(
            pair.contains("member0") && pair.contains("%22tiers%22%3Atrue"),
            "{length}"
        );
    }
}

/// An identifier in the cookie would outlive a refusal.
#[test]
fn members_of_others_are_kept_by_name_alone() {
    let policy = |keep: &[&str]| {
        CookiePolicy::builder()
            .preferences_cookie(PreferencesCookie::default().keep(keep.iter().copied()))
            .category(Category::exempt("stats"))
            .category(Category::consent("tiers"))
            .category(Category::consent("ads"))
            .build()
            .unwrap()
    };
    let prefs = Prefs::of(&[("tiers", true)])
        .with("uid", "\"visitor-4711\"")
        .with("_ga", "\"GA1.2\"")
        .with("matomo", "{\"on\":true}");
    let one = prefs.pair();
    let two = format!(
        "{one}; {}",
        Prefs::of(&[("tiers", true)]).with("_ga", "1").pair()
    );
    let future = prefs.clone().decided(NOW + 172_800).pair();
    for (keep, cookies, refused, kept) in [
        (&["matomo"][..], &one, false, &["matomo"][..]),
        (&["_ga", "matomo"], &one, false, &["_ga", "matomo"]),
        (&["_ga", "matomo"], &one, true, &[]),
        (&["_ga", "matomo"], &two, false, &[]),
        (&["_ga", "matomo"], &future, false, &[]),
        (&[], &one, false, &[]),
        (&[], &one, true, &[]),
        (&[], &two, true, &[]),
    ] {
        let layer = CookieConsentLayer::new(policy(keep)).with_clock(|| at(NOW));
        let done = exchange(&layer, request([("cookie", cookies)]), response::<&str>([]));
        let consent = done.consent();
        let choices = match refused {
            true => vec![
                consent.refuse_all(),
                consent.choose([("tiers", false), ("ads", false)]).unwrap(),
                // The exempt statistics are not consent.
                consent
                    .choose([("tiers", false), ("ads", false), ("stats", true)])
                    .unwrap(),
            ],
            false => vec![
                consent.accept_all(),
                consent.choose([("tiers", true), ("ads", false)]).unwrap(),
            ],
        };
        for choice in choices {
            let set = consent.set_cookie(choice).header_value();
            let set = set.to_str().unwrap();
            for member in ["uid", "_ga", "matomo"] {
                let there = set.contains(&format!("%22{member}%22"));
                assert_eq!(there, kept.contains(&member), "{keep:?} {cookies} {set}");
            }
            assert!(!set.contains("4711"), "{set}");
        }
    }
}

fn consent_of(prefs: &Prefs, revision: u32, fields: &[(&'static str, &str)]) -> Consent {
    let policy = CookiePolicy::builder()
        .revision(revision)
        .category(Category::necessary("base"))
        .category(Category::exempt("stats"))
        .category(Category::consent("tiers"))
        .category(Category::consent("ads").since(revision))
        .build();
    let layer = CookieConsentLayer::new(policy.unwrap()).with_clock(|| at(NOW));
    let cookie = ("cookie", prefs.pair());
    let fields = fields.iter().map(|&(name, field)| (name, field.to_owned()));
    let done = exchange(
        &layer,
        request(fields.chain([cookie])),
        response::<&str>([]),
    );
    done.consent().clone()
}

fn answers(consent: &Consent, choice: &Choice) -> Vec<(String, bool)> {
    let answers = choice.answers(consent.policy());
    answers
        .map(|(category, granted)| (category.id().to_owned(), granted))
        .collect()
}

fn expect(consent: &Consent, choice: &Choice, expected: &[(&str, bool)]) {
    expect_of(NOW, consent, choice, expected);
}

/// The choice is of this time.
fn expect_of(time: u64, consent: &Consent, choice: &Choice, expected: &[(&str, bool)]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|&(id, granted)| (id.to_owned(), granted))
        .collect();
    assert_eq!(answers(consent, choice), expected);
    assert_eq!(choice.decided_at(), at(time));
    assert_eq!(choice.revision(), consent.policy().revision());
}

#[test]
fn accept_all_and_refuse_all_answer_every_category() {
    let consent = consent_of(&Prefs::of(&[]), 1, &[]);
    expect(
        &consent,
        &consent.accept_all(),
        &[
            ("base", true),
            ("stats", true),
            ("tiers", true),
            ("ads", true),
        ],
    );
    expect(
        &consent,
        &consent.refuse_all(),
        &[
            ("base", true),
            ("stats", false),
            ("tiers", false),
            ("ads", false),
        ],
    );
}

#[test]
fn a_choice_keeps_the_answers_in_force() {
    let consent = consent_of(&Prefs::of(&[("tiers", true), ("stats", false)]), 1, &[]);
    let chosen = consent.choose([("ads", false)]).unwrap();
    expect(
        &consent,
        &chosen,
        &[
            ("base", true),
            ("stats", false),
            ("tiers", true),
            ("ads", false),
        ],
    );
    let chosen = consent.choose([("stats", true), ("tiers", false)]).unwrap();
    expect(
        &consent,
        &chosen,
        &[("base", true), ("stats", true), ("tiers", false)],
    );
    let chosen = consent.choose::<&str>([]).unwrap();
    expect_of(
        NOW - 3_600,
        &consent,
        &chosen,
        &[("base", true), ("stats", false), ("tiers", true)],
    );
}

#[test]
fn an_objection_alone_renews_no_yes() {
    let received = at(NOW - 3_600);
    let consent = consent_of(&Prefs::of(&[("tiers", true), ("stats", true)]), 1, &[]);
    let decided = |answers: &[(&str, bool)]| {
        let chosen = consent.choose(answers.iter().copied()).unwrap();
        chosen.decided_at()
    };
    for answers in [&[("stats", false)][..], &[("stats", true)], &[]] {
        assert_eq!(decided(answers), received, "{answers:?}");
    }
    // A refusal is a new choice, and is kept as long as one.
    for answers in [
        &[("ads", false)][..],
        &[("stats", false), ("tiers", false)],
        &[("stats", false), ("ads", false)],
        &[("tiers", true), ("stats", false)],
    ] {
        assert_eq!(decided(answers), at(NOW), "{answers:?}");
    }
    // There is no other yes.
    let alone = consent_of(&Prefs::of(&[("tiers", false), ("stats", true)]), 1, &[]);
    let chosen = alone.choose([("stats", false)]).unwrap();
    assert_eq!(chosen.decided_at(), at(NOW));
}

#[test]
fn a_choice_renews_no_outdated_yes_and_drops_no_no() {
    let granted = consent_of(&Prefs::of(&[("tiers", true), ("ads", true)]), 2, &[]);
    let chosen = granted.choose([("stats", true)]).unwrap();
    expect_of(
        NOW - 3_600,
        &granted,
        &chosen,
        &[("base", true), ("stats", true), ("tiers", true)],
    );
    let denied = consent_of(&Prefs::of(&[("tiers", false), ("ads", false)]), 2, &[]);
    let chosen = denied.choose([("stats", true)]).unwrap();
    expect(
        &denied,
        &chosen,
        &[
            ("base", true),
            ("stats", true),
            ("tiers", false),
            ("ads", false),
        ],
    );
}

#[test]
fn a_choice_renews_no_yes_that_is_too_old_and_drops_no_no() {
    let old = Prefs::of(&[("tiers", true), ("stats", false)]).decided(NOW - 183 * 86_400);
    let consent = consent_of(&old, 1, &[]);
    let chosen = consent.choose([("ads", true)]).unwrap();
    expect(
        &consent,
        &chosen,
        &[("base", true), ("stats", false), ("ads", true)],
    );
}

/// `stats` is exempt and denied, or may be.
fn with_an_objection() -> Vec<Consent> {
    let denied = Prefs::of(&[("stats", false), ("ads", true)]);
    let future = denied.clone().decided(NOW + 2 * 86_400);
    let old = denied.clone().decided(NOW - 400 * 86_400);
    let undated = denied.clone().with("timestamp", "null");
    let unreadable = Prefs::of(&[]).with("stats", "0");
    let cross_site = ("sec-fetch-site", "cross-site");
    let mut all: Vec<_> = [&denied, &future, &old, &undated, &unreadable]
        .map(|prefs| consent_of(prefs, 1, &[]))
        .into();
    let policy = consent_of(&denied, 1, &[]).policy().clone();
    let layer = CookieConsentLayer::new(policy).with_clock(|| at(NOW));
    let lacking = exchange(&layer, request([cross_site]), response::<&str>([]));
    all.push(lacking.consent().clone());
    all
}

#[test]
fn an_objection_outlives_choices_about_something_else() {
    for consent in with_an_objection() {
        let policy = consent.policy().clone();
        let mut of_ones_own = Choice::new(at(NOW));
        of_ones_own.answer(&policy, "tiers", true).unwrap();
        for choice in [
            consent.choose([("tiers", true)]).unwrap(),
            consent.choose::<&str>([]).unwrap(),
            of_ones_own,
            Choice::from_unix_seconds(NOW),
        ] {
            let after = consent.with_choice(choice);
            assert!(!after.allows("stats"), "{consent:?} {choice:?}");
            let set = consent.set_cookie(choice).header_value();
            let set = set.to_str().unwrap();
            assert!(set.contains("%22stats%22%3Afalse"), "{consent:?} {set}");
            let next = Prefs::of(&[]).pair();
            let cookie = set.split(';').next().unwrap();
            assert_ne!(next, cookie);
            let layer = CookieConsentLayer::new(policy.clone()).with_clock(|| at(NOW));
            let next = exchange(&layer, request([("cookie", cookie)]), response::<&str>([]));
            assert!(!next.consent().allows("stats"), "{consent:?} {set}");
        }
        assert!(consent.with_choice(consent.accept_all()).allows("stats"));
        let named = consent.choose([("stats", true)]).unwrap();
        assert!(consent.with_choice(named).allows("stats"), "{consent:?}");
    }
}

/// Whoever wrote it, without using the consent.
#[test]
fn an_objection_holds_in_a_response_with_another_choice() {
    let set = "cookies_preferences={%22tiers%22:true,%22timestamp%22:1795435200}; Path=/; Secure";
    let named = "cookies_preferences={%22stats%22:true,%22timestamp%22:1795435200}; Path=/; Secure";
    for (cookie, held) in [
        (Prefs::of(&[("stats", false)]).pair(), true),
        (
            Prefs::of(&[("stats", false)]).decided(NOW + 172_800).pair(),
            true,
        ),
        ("cookies_preferences={\"stats\":false}".to_owned(), true),
        ("cookies_preferences=garbage".to_owned(), true),
        (Prefs::of(&[("tiers", false)]).pair(), false),
        ("x=1".to_owned(), false),
    ] {
        let leaves = |set: &str| {
            let asked = request([("cookie", &cookie)]);
            let done = exchange(&layer(), asked, response([set, "_pk_ses=1"]));
            done.set_cookies().contains(&"_pk_ses=1")
        };
        assert_eq!(leaves(set), !held, "{cookie}");
        assert!(leaves(named), "{cookie}");
    }
}

#[test]
fn denials_without_a_usable_date_are_part_of_the_choice() {
    for prefs in [
        Prefs::of(&[("stats", false), ("tiers", true)]).decided(NOW + 86_401),
        Prefs::of(&[("stats", false), ("tiers", true)]).decided(u64::MAX),
    ] {
        let consent = consent_of(&prefs, 1, &[]);
        assert_eq!(consent.status(), Status::Undecided);
        let choice = consent.choice().unwrap();
        assert_eq!(answers(&consent, choice), [("stats".to_owned(), false)]);
        assert_eq!(choice.decided_at(), at(NOW), "to be written again");
        assert!(!consent.allows("tiers") && !consent.allows("stats"));
    }
    let consent = consent_of(&Prefs::accept().decided(NOW + 86_401), 1, &[]);
    assert_eq!(consent.choice(), None);
}

/// A rolling release: another instance has written under a policy that this one does not know yet.
#[test]
fn a_newer_revision_is_pending_and_its_denials_stay() {
    let newer =
        Prefs::of(&[("stats", false), ("tiers", true), ("ads", true)]).with("revision", "2");
    let consent = consent_of(&newer, 1, &[]);
    assert_eq!(consent.status(), Status::Decided);
    let pending: Vec<_> = consent.pending().map(Category::id).collect();
    assert_eq!(pending, ["tiers", "ads"]);
    assert!(!consent.allows("tiers") && !consent.allows("ads") && !consent.allows("stats"));
    let chosen = consent.choose([("ads", true)]).unwrap();
    expect(
        &consent,
        &chosen,
        &[("base", true), ("stats", false), ("ads", true)],
    );
}

#[test]
fn a_choice_under_the_signal_says_so() {
    let consent = consent_of(&Prefs::of(&[]), 1, &[("sec-gpc", "1")]);
    for choice in [
        consent.accept_all(),
        consent.refuse_all(),
        consent.choose([("ads", true)]).unwrap(),
    ] {
        assert!(choice.gpc());
    }
    let consent = consent_of(&Prefs::of(&[]), 1, &[]);
    assert!(!consent.accept_all().gpc());
}

#[test]
fn an_invalid_choice_names_the_category() {
    let consent = consent_of(&Prefs::of(&[]), 1, &[]);
    let unknown = ChoiceError::UnknownCategory {
        id: "tires".to_owned(),
    };
    assert_eq!(
        consent.choose([("ads", true), ("tires", true)]),
        Err(unknown)
    );
    let necessary = ChoiceError::NecessaryCategory {
        id: "base".to_owned(),
    };
    assert_eq!(consent.choose([("base", false)]), Err(necessary));
    assert!(consent.choose([("base", true)]).is_ok());
}

#[test]
fn setting_an_old_choice_again_does_not_renew_it() {
    let prefs = Prefs::accept().decided(NOW - 100 * 86_400);
    let consent = consent_of(&prefs, 1, &[]);
    let set = consent
        .set_cookie(*consent.choice().unwrap())
        .header_value();
    let set = set.to_str().unwrap();
    assert!(
        set.contains(&format!("%22timestamp%22%3A{}", NOW - 100 * 86_400)),
        "{set}"
    );
    assert!(set.contains(&format!("Max-Age={}", 82 * 86_400)), "{set}");
}
