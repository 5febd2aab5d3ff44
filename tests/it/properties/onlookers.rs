//! Looking on changes nothing on the wire: an observer, a handler that may read the consent, or a
//! hook that chooses the default.

use http::{HeaderMap, header::CACHE_CONTROL};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tower_cookie_consent::{
    Gpc, Observer,
    layer::Enforcement,
    observe::Event,
    preferences::{PreferencesCookie, SameSite},
};

use super::*;

/// Receives every event, and reads it.
struct Nosy;

impl Observer for Nosy {
    fn observe(&self, event: &Event<'_>) {
        drop((event.to_string(), event.attributes()));
    }

    fn wants_passed(&self) -> bool {
        true
    }
}

fn preferences_cookie() -> impl Strategy<Value = PreferencesCookie> {
    (any::<bool>(), any::<bool>()).prop_map(|(domain, embedded)| {
        let cookie = PreferencesCookie::new("cookies_preferences");
        let cookie = match embedded {
            true => cookie.same_site(SameSite::None).secure(true),
            false => cookie,
        };
        match domain {
            true => cookie.domain("shop.example"),
            false => cookie,
        }
    })
}

fn policies() -> impl Strategy<Value = CookiePolicy> {
    preferences_cookie().prop_map(|cookie| declared().preferences_cookie(cookie).build().unwrap())
}

/// All switches except those of [`looks_on`].
#[derive(Clone, Debug)]
struct Switches {
    /// Nothing about the request matters before the response.
    late: bool,
    limit_exempt: bool,
    filter_request: bool,
    strict_values: bool,
    undeclared: Undeclared,
    expire: Expire,
    gpc: Gpc,
    enforcement: Enforcement,
}

impl Switches {
    fn layer(&self, policy: &CookiePolicy) -> CookieConsentLayer {
        let layer = CookieConsentLayer::new(policy.clone())
            .with_clock(|| at(NOW))
            .expose_consent(false)
            .strict_values(self.strict_values)
            .undeclared(self.undeclared)
            .gpc(self.gpc)
            .enforcement(self.enforcement);
        match self.late {
            true => layer
                .limit_exempt(false)
                .filter_request(false)
                .expire(Expire::Never),
            false => layer
                .limit_exempt(self.limit_exempt)
                .filter_request(self.filter_request)
                .expire(self.expire),
        }
    }
}

fn switches() -> impl Strategy<Value = Switches> {
    (
        any::<[bool; 4]>(),
        select(vec![
            Undeclared::Withhold,
            Undeclared::Allow,
            Undeclared::Hide,
        ]),
        select(vec![
            Expire::OnRefusal,
            Expire::OnRefusalOrLapse,
            Expire::Never,
        ]),
        select(vec![Gpc::Honour, Gpc::Ignore]),
        prop_oneof![
            4 => Just(Enforcement::On),
            1 => Just(Enforcement::ReportOnly),
            1 => Just(Enforcement::Off),
        ],
    )
        .prop_map(|(switches, undeclared, expire, gpc, enforcement)| {
            let [late, limit_exempt, filter_request, strict_values] = switches;
            Switches {
                late,
                limit_exempt,
                filter_request,
                strict_values,
                undeclared,
                expire,
                gpc,
                enforcement,
            }
        })
}

/// The fields of a request that matter beside its cookies.
fn circumstances() -> impl Strategy<Value = Vec<(&'static str, Vec<u8>)>> {
    let one = |name: &'static str, values: Vec<&'static str>| {
        option::of(select(values)).prop_map(move |value| Some((name, value?.as_bytes().to_vec())))
    };
    (
        one("sec-gpc", vec!["1", "0"]),
        one("sec-fetch-site", vec!["cross-site", "same-origin"]),
        one("sec-fetch-mode", vec!["navigate", "cors"]),
        one("sec-fetch-dest", vec!["document", "iframe"]),
        one("host", vec!["shop.example", "127.0.0.1:80", "x"]),
    )
        .prop_map(|(a, b, c, d, e)| [a, b, c, d, e].into_iter().flatten().collect())
}

/// A choice as this crate would set it, or nearly so.
fn choice_set() -> impl Strategy<Value = Vec<u8>> {
    let attributes = select(vec![
        "; Path=/",
        "; Path=/; Domain=shop.example",
        "; Path=/; Domain=shop.example; SameSite=None; Secure",
        "; Path=/; SameSite=None; Secure",
        "; Path=/x",
        "; Path=/; Max-Age=0",
    ]);
    (answers(), attributes).prop_map(|(answers, attributes)| {
        let value = utf8_percent_encode(&answers.value(), NON_ALPHANUMERIC).to_string();
        format!("cookies_preferences={value}{attributes}").into_bytes()
    })
}

fn answer() -> impl Strategy<Value = http::Response<()>> {
    let date = select(vec![
        "Mon, 23 Nov 2026 12:00:00 GMT",
        "Mon, 01 Jan 2024 00:00:00 GMT",
        "x",
    ]);
    let cache_control = select(vec!["public", "no-store", "max-age=60"]);
    (
        fields(),
        vec(choice_set(), 0..3),
        fields(),
        option::of(date),
        option::of(cache_control),
    )
        .prop_map(|(before, choices, after, date, cache_control)| {
            let mut answer = response([before, choices, after].concat());
            let headers = answer.headers_mut();
            headers.extend(date.map(|date| (DATE, value(date))));
            headers.extend(cache_control.map(|directive| (CACHE_CONTROL, value(directive))));
            answer
        })
}

/// Each of the ways to look on, by its name.
fn looks_on(
    switches: &Switches,
    policy: &CookiePolicy,
) -> impl Iterator<Item = (&'static str, CookieConsentLayer)> {
    let other = CookiePolicy::new([Category::necessary("other")]).unwrap();
    let (chosen, enforcement) = (policy.clone(), switches.enforcement);
    let layer = || switches.layer(policy);
    [
        ("a handler", layer().expose_consent(true)),
        ("an observer", layer().observe(Nosy)),
        (
            "an observer and a handler",
            layer().observe(Nosy).expose_consent(true),
        ),
        (
            "a hook for the enforcement",
            layer()
                .enforcement(Enforcement::Off)
                .enforcement_for(move |_| enforcement),
        ),
        (
            "a hook for the policy",
            switches.layer(&other).policy_for(move |_| chosen.clone()),
        ),
    ]
    .into_iter()
}

/// The fields that the service sees, and those that leave.
fn wire(
    layer: &CookieConsentLayer,
    asked: &[(&'static str, Vec<u8>)],
    answer: &http::Response<()>,
) -> (HeaderMap, HeaderMap) {
    let done = exchange(layer, request(asked.iter().cloned()), answer.clone());
    (
        done.request.headers().clone(),
        done.response.headers().clone(),
    )
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn who_looks_on_changes_nothing_on_the_wire(
        policy in policies(), switches in switches(), carried in fields(),
        preferences in preferences(), circumstances in circumstances(), answer in answer(),
    ) {
        let mut asked = cookies(&carried, preferences.as_deref());
        asked.extend(circumstances);
        let layer = switches.layer(&policy);
        let alone = wire(&layer, &asked, &answer);
        for (who, watched) in looks_on(&switches, &policy) {
            prop_assert_eq!(&wire(&watched, &asked, &answer), &alone, "{}", who);
        }
        let explained = layer.explain(true);
        let (seen, mut sent) = wire(&explained, &asked, &answer);
        sent.remove("x-cookie-consent");
        prop_assert_eq!((seen, sent), alone, "an explanation");
    }
}
