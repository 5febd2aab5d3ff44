//! The preferences cookies that a service may set: a readable choice, and nothing else.

use http::{Method, header::DATE};
use tower_cookie_consent::{
    Category, Choice, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy, Expire,
    layer::Enforcement,
    preferences::{DecodeError, Decoded, PreferencesCodec, PreferencesCookie},
};

use crate::support::{
    NOW, Prefs, Witness, at, exchange, exchange_with, layer, request, response, value,
};

const PASSES: bool = true;
const WITHHELD: bool = false;

/// A header with this value and nothing else that matters.
fn set(value: &str) -> String {
    format!("cookies_preferences={value}; Path=/; Secure; SameSite=Lax; Max-Age=15724800")
}

/// Every state in which a visitor may arrive.
fn visitors() -> Vec<String> {
    vec![
        "x=1".to_owned(),
        Prefs::accept().pair(),
        Prefs::refuse().pair(),
        Prefs::accept().decided(NOW - 400 * 86_400).pair(),
        "cookies_preferences=garbage".to_owned(),
        format!("{}; {}", Prefs::accept().pair(), Prefs::refuse().pair()),
    ]
}

fn layers() -> [CookieConsentLayer; 3] {
    let response_only = layer()
        .filter_request(false)
        .limit_exempt(false)
        .expire(Expire::Never)
        .expose_consent(false);
    [layer(), response_only, layer().observe(Witness::of_all())]
}

#[test]
fn preferences_cookie_passes_with_a_choice_and_nothing_else() {
    let encoded = |prefs: Prefs| prefs.value().replace('"', "%22");
    let long = format!("{{\"tiers\":true,\"timestamp\":1{}}}", " ".repeat(4_096));
    let refuse = Prefs::refuse();
    for (set, passes) in [
        (set("visitor-4711"), WITHHELD),
        (
            "cookies_preferences=visitor-4711; Max-Age=34000000".to_owned(),
            WITHHELD,
        ),
        (set(""), WITHHELD),
        (set("%7B%7D"), WITHHELD),
        (set("GA1.2.4711"), WITHHELD),
        (set("{\"tiers\":4711,\"timestamp\":1795000000}"), WITHHELD),
        (
            set("{\"tiers\":true,\"tiers\":true,\"timestamp\":1}"),
            WITHHELD,
        ),
        (set(&long), WITHHELD),
        (
            set(&encoded(Prefs::accept().with("uid", "\"visitor-4711\""))),
            WITHHELD,
        ),
        (set(&encoded(Prefs::of(&[]).with("_ga", "4711"))), WITHHELD),
        (set(&encoded(refuse.clone().with("uid", "4711"))), WITHHELD),
        (
            set(&encoded(
                refuse.clone().with("uid", "4711").decided(NOW + 172_800),
            )),
            WITHHELD,
        ),
        (set("{\"stats\":false,\"uid\":4711}"), WITHHELD),
        // What is in the place of the date is not a date, but could be an identifier.
        (
            set("{\"stats\":false,\"timestamp\":\"visitor-4711\"}"),
            WITHHELD,
        ),
        (
            set("{\"stats\":false,\"timestamp\":{\"uid\":4711}}"),
            WITHHELD,
        ),
        (set("{\"stats\":false,\"timestamp\":[4711]}"), WITHHELD),
        // A grant from the future, or without a date, does not count.
        (
            set(&encoded(Prefs::accept().decided(NOW + 172_800))),
            WITHHELD,
        ),
        (set("{\"tiers\":true}"), WITHHELD),
        // A denial does.
        (set(&encoded(refuse.clone().decided(NOW + 172_800))), PASSES),
        (set("{\"stats\":false}"), PASSES),
        (set("{\"stats\":false,\"timestamp\":null}"), PASSES),
        (set(&encoded(Prefs::accept())), PASSES),
        (set(&encoded(refuse.clone())), PASSES),
        (set(&refuse.value()), PASSES),
        (
            set(&Prefs::of(&[])
                .with("gpc", "true")
                .with("revision", "7")
                .value()),
            PASSES,
        ),
        // A removal stores nothing.
        (
            "cookies_preferences=visitor-4711; Path=/; Max-Age=0".to_owned(),
            PASSES,
        ),
        (
            "cookies_preferences=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT".to_owned(),
            PASSES,
        ),
    ] {
        for cookies in visitors() {
            for layer in layers() {
                let asked = request([("cookie", &cookies)]);
                let done = exchange(&layer, asked, response([&set, "session=1"]));
                let left = done.set_cookies();
                assert_eq!(left.contains(&set.as_str()), passes, "{cookies} {set}");
                assert!(left.contains(&"session=1"));
                let own = left
                    .iter()
                    .filter(|field| field.starts_with("cookies_preferences"));
                assert_eq!(own.count(), usize::from(passes), "{left:?}");
            }
        }
    }
}

#[test]
fn disputed_removal_of_preferences_becomes_one() {
    let disputed = "cookies_preferences=visitor-4711; Path=/; Secure; Max-Age=+0";
    let done = exchange(&layer(), request::<&str>([]), response([disputed]));
    assert_eq!(done.removals(), ["cookies_preferences; Path=/; Secure"]);
    let quoted = "cookies_preferences=\"visitor-4711\"; Path=/; Max-Age=+0";
    let done = exchange(&layer(), request::<&str>([]), response([quoted]));
    assert_eq!(done.set_cookies(), [""; 0]);
}

#[test]
fn preferences_cookie_lives_400_days_at_most() {
    let days = 86_400;
    for (attributes, left) in [
        ("; Path=/; Max-Age=34560000", None),
        ("; Path=/; Max-Age=34560001", Some(400 * days)),
        ("; Path=/; Max-Age=99999999999999999999", Some(400 * days)),
        (
            "; Path=/; Expires=Fri, 01 Jan 2038 00:00:00 GMT",
            Some(400 * days),
        ),
        ("; Path=/; Expires=Fri, 01 Jan 2027 00:00:00 GMT", None),
        ("; Path=/", None),
    ] {
        let set = format!("{}{attributes}", Prefs::refuse().pair().replace('"', "%22"));
        let done = exchange(&layer(), request::<&str>([]), response([&set]));
        let expected = match left {
            None => set,
            Some(seconds) => format!("{set}; Max-Age={seconds}"),
        };
        assert_eq!(done.set_cookies()[0], expected);
    }
}

#[test]
fn members_that_are_kept_by_name_pass() {
    let policy = CookiePolicy::builder()
        .preferences_cookie(PreferencesCookie::default().keep(["matomo"]))
        .category(Category::consent("tiers").cookie(CookieDeclaration::new("_ga")))
        .build()
        .unwrap();
    let layer = CookieConsentLayer::new(policy).with_clock(|| at(NOW));
    for (prefs, passes) in [
        (Prefs::of(&[("tiers", true)]).with("matomo", "true"), PASSES),
        (
            Prefs::of(&[("tiers", false)]).with("matomo", "true"),
            PASSES,
        ),
        (
            Prefs::of(&[("tiers", true)]).with("Matomo", "true"),
            WITHHELD,
        ),
        (
            Prefs::of(&[("tiers", true)])
                .with("matomo", "true")
                .with("xiti", "1"),
            WITHHELD,
        ),
    ] {
        let set = set(&prefs.value().replace('"', "%22"));
        let done = exchange(&layer, request::<&str>([]), response([&set, "_ga=1"]));
        assert_eq!(done.set_cookies().contains(&&*set), passes, "{set}");
        // A cookie that was withheld gives no consent on the next request.
        let granted = passes && prefs.value().contains("\"tiers\":true");
        assert_eq!(done.set_cookies().contains(&"_ga=1"), granted, "{set}");
    }
}

#[test]
fn a_handlers_choice_passes_whatever_was_received() {
    for cookies in visitors() {
        for grants in [true, false] {
            let mut asked = request([("cookie", &cookies)]);
            *asked.method_mut() = Method::POST;
            let mut own = None;
            let done = exchange_with(&layer(), asked, |asked| {
                let consent: &Consent = asked.extensions().get().unwrap();
                let choice = match grants {
                    true => consent.accept_all(),
                    false => consent.refuse_all(),
                };
                let set = consent.set_cookie(choice).header_value();
                own = Some(set.clone());
                response([set.as_bytes()])
            });
            let first = done.response.headers().get("set-cookie").cloned();
            assert_eq!(first, own, "{cookies}");
        }
    }
}

#[test]
fn withheld_preferences_are_reported_once() {
    for (value, reason) in [
        ("visitor-4711", "unreadable"),
        (
            "{%22uid%22:4711,%22timestamp%22:1795000000}",
            "unknown_members",
        ),
    ] {
        for (enforcement, changes) in [
            (Enforcement::On, true),
            (Enforcement::ReportOnly, false),
            (Enforcement::Off, false),
        ] {
            let witness = Witness::default();
            let layer = layer().observe(witness.clone()).enforcement(enforcement);
            let set = set(value);
            let done = exchange(&layer, request::<&str>([]), response([&set]));
            assert_eq!(done.set_cookies().is_empty(), changes);
            let told = witness.take();
            let report = if changes { "" } else { " report" };
            let line = format!("Set-Cookie withheld {reason} cookies_preferences - /{report}");
            match enforcement {
                Enforcement::Off => assert_eq!(told, [""; 0]),
                _ => assert_eq!(told, [line]),
            }
        }
    }
}

#[test]
fn date_of_the_response_counts_for_400_days() {
    let pair = Prefs::refuse().pair().replace('"', "%22");
    // 399 days by the clock, 401 by the date.
    let set = format!("{pair}; Path=/; Expires=Mon, 27 Dec 2027 12:00:00 GMT");
    let mut answer = response([&set]);
    let date = value("Sat, 21 Nov 2026 12:00:00 GMT");
    answer.headers_mut().append(DATE, date);
    let done = exchange(&layer(), request::<&str>([]), answer);
    assert_eq!(
        done.set_cookies()[0],
        format!("{set}; Max-Age={}", 399 * 86_400)
    );
}

/// Panics in the method of this name, and else knows `yes` and `no`.
#[derive(Debug)]
struct Panics(&'static str);

impl PreferencesCodec for Panics {
    fn decode(
        &self,
        policy: &CookiePolicy,
        values: &[Option<&[u8]>],
        _: std::time::SystemTime,
    ) -> Result<Decoded, DecodeError> {
        assert_ne!(self.0, "decode", "of the codec");
        let mut choice = Choice::from_unix_seconds(NOW);
        for category in policy.categories() {
            let granted = values[0] == Some(b"yes");
            choice.answer(policy, category.id(), granted).ok();
        }
        Ok(choice.into())
    }

    fn encode(&self, policy: &CookiePolicy, choice: &Choice, _: Option<&[u8]>) -> Option<String> {
        let longest = choice.unix_seconds() > NOW;
        assert!(self.0 != "encode" || longest, "of the codec");
        let all = policy
            .categories()
            .all(|category| choice.get(policy, category.id()) == Some(true));
        Some(if all { "yes" } else { "no" }.to_owned())
    }
}

fn panicking(method: &'static str) -> (CookieConsentLayer, Witness) {
    let policy = CookiePolicy::builder()
        .preferences_cookie(PreferencesCookie::new("p").codec(Panics(method)))
        .category(Category::exempt("stats").cookie(CookieDeclaration::new("_pk_ses")))
        .category(Category::consent("ads").cookie(CookieDeclaration::new("_fbp")))
        .build()
        .unwrap();
    let witness = Witness::default();
    let layer = CookieConsentLayer::new(policy).with_clock(|| at(NOW));
    (layer.observe(witness.clone()), witness)
}

#[test]
fn codec_that_panics_on_a_value_can_t_read_it() {
    let (layer, witness) = panicking("decode");
    let asked = request([("cookie", "p=yes; _fbp=1; session=1")]);
    let done = exchange(&layer, asked, response(["_fbp=2", "_pk_ses=2"]));
    assert_eq!(done.set_cookies(), [""; 0]);
    assert_eq!(done.cookies(), ["p=yes; session=1"]);
    let told = witness.take();
    let event = "Cookie unreadable codec_panicked - - /".to_owned();
    assert!(told.contains(&event), "{told:?}");
    // A response loses the cookie that it can't read, and nothing else.
    let done = exchange(&layer, request::<&str>([]), response(["p=yes; Path=/"]));
    assert_eq!(done.set_cookies(), [""; 0]);
    assert_eq!(witness.take(), ["Set-Cookie withheld unreadable p - /"]);
    let late = layer
        .filter_request(false)
        .limit_exempt(false)
        .expire(Expire::Never)
        .expose_consent(false);
    let done = exchange(&late, request([("cookie", "p=yes")]), response(["_fbp=2"]));
    assert_eq!(done.set_cookies(), [""; 0]);
}

/// A grant must not stay in force because its withdrawal could not be written.
#[test]
fn codec_that_panics_on_a_choice_ends_the_old_one() {
    let (layer, witness) = panicking("encode");
    for refuses in [true, false] {
        let asked = request([("cookie", "p=yes")]);
        let done = exchange_with(&layer, asked, |asked| {
            let consent: &Consent = asked.extensions().get().unwrap();
            assert!(consent.allows("ads"));
            let choice = match refuses {
                true => consent.refuse_all(),
                false => consent.accept_all(),
            };
            let set = consent.set_cookie(choice).header_value();
            response([set.as_bytes(), b"_fbp=2"])
        });
        assert_eq!(done.removals(), ["p; Path=/; SameSite=Lax; Secure"]);
        assert!(!done.set_cookies().contains(&"_fbp=2"));
        let told = witness.take();
        let event = "Set-Cookie unreadable codec_panicked - - /";
        let panics = told.iter().filter(|line| *line == event);
        assert_eq!(panics.count(), 1, "{told:?}");
    }
}
