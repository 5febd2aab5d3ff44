//! Signals besides `Sec-GPC`: they count as it does, and never grant.

use std::{collections::BTreeSet, sync::mpsc};

use http::Response;
use proptest::{
    collection::vec, option, prelude::any, prop_assert, prop_assert_eq, proptest, sample::select,
};
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy, Gpc, Verdict, Withheld,
    layer::{Adpc, RequestHead, Signal},
    observe::Event,
    preferences::Status,
    regimes::{Regime, Whereabouts},
};

use crate::support::{Exchange, NOW, Prefs, at, exchange, exchange_with, layer, request, response};

const SET: [&str; 4] = ["session=1", "_pk_ses=2", "_ga=3", "_fbp=4"];

/// Refuses on the paths below `/quiet`, and where a header says so.
#[derive(Debug)]
struct Quiet;

impl Signal for Quiet {
    fn refuses(&self, request: RequestHead<'_>) -> bool {
        request.uri().path().starts_with("/quiet") || request.headers().contains_key("x-quiet")
    }

    fn name(&self) -> &str {
        "quiet"
    }
}

/// Has no name of its own.
#[derive(Debug)]
struct Nameless;

impl Signal for Nameless {
    fn refuses(&self, request: RequestHead<'_>) -> bool {
        Quiet.refuses(request)
    }
}

/// Has a name that would end a line of the log.
#[derive(Debug)]
struct Hostile;

impl Signal for Hostile {
    fn refuses(&self, request: RequestHead<'_>) -> bool {
        Quiet.refuses(request)
    }

    fn name(&self) -> &str {
        "a\n\u{1b}[2J"
    }
}

fn asked(
    layer: &CookieConsentLayer,
    prefs: Option<&Prefs>,
    fields: &[(&'static str, &str)],
) -> Exchange {
    let cookie = prefs.map(|prefs| ("cookie", prefs.pair()));
    let fields = fields.iter().map(|&(name, field)| (name, field.to_owned()));
    exchange(layer, request(fields.chain(cookie)), response(SET))
}

#[test]
fn a_further_signal_counts_as_sec_gpc_does() {
    let further = layer().signal(Adpc).signal(Quiet);
    let without = Prefs::accept();
    let with = Prefs::accept().with("gpc", "true");
    let refused = Prefs::refuse();
    for prefs in [None, Some(&without), Some(&with), Some(&refused)] {
        let expected = asked(&layer(), prefs, &[("sec-gpc", "1")]);
        for field in [("adpc", "withdraw=*"), ("x-quiet", "")] {
            let found = asked(&further, prefs, &[field]);
            assert_eq!(found.set_cookies(), expected.set_cookies(), "{field:?}");
            let judged = |exchange: &Exchange| {
                let consent = exchange.consent();
                let names = ["session", "_pk_ses", "_ga", "_fbp"];
                (names.map(|name| consent.verdict(name)), consent.status())
            };
            assert_eq!(judged(&found), judged(&expected), "{field:?}");
            assert!(found.consent().gpc());
        }
    }
    let withheld = asked(&further, Some(&without), &[("adpc", "withdraw=*")]);
    let verdict = withheld.consent().verdict("_ga");
    assert_eq!(verdict, Verdict::Withheld(Withheld::Signal));
    assert_eq!(
        withheld.request.headers()["adpc"],
        "withdraw=*",
        "never removed"
    );
}

#[test]
fn anything_but_withdraw_all_says_nothing() {
    let layer = layer().signal(Adpc);
    for fields in [
        &["withdraw=tiers"][..],
        &["object=direct-marketing"],
        &["consent=tiers", "withdraw=ads"],
        &[""],
        &["*"],
    ] {
        let fields: Vec<_> = fields.iter().map(|field| ("adpc", *field)).collect();
        let done = asked(&layer, Some(&Prefs::accept()), &fields);
        assert_eq!(done.set_cookies(), SET, "{fields:?}");
        assert!(!done.consent().gpc(), "{fields:?}");
        // Nor does it give consent.
        let done = asked(&layer, None, &fields);
        assert_eq!(done.set_cookies(), &SET[..2], "{fields:?}");
        assert_eq!(done.consent().status(), Status::Undecided);
    }
    let fields = [("adpc", "consent=tiers"), ("adpc", "withdraw=*")];
    assert_eq!(
        asked(&layer, Some(&Prefs::accept()), &fields).set_cookies(),
        &SET[..2]
    );
}

#[test]
fn sec_gpc_has_its_own_switch() {
    let layer = layer().gpc(Gpc::Ignore).signal(Adpc);
    let prefs = Prefs::accept();
    let ignored = asked(&layer, Some(&prefs), &[("sec-gpc", "1")]);
    assert_eq!(ignored.set_cookies(), SET);
    let heeded = asked(&layer, Some(&prefs), &[("adpc", "withdraw=*")]);
    assert_eq!(heeded.set_cookies(), &SET[..2]);
    let unheard = asked(&self::layer(), Some(&prefs), &[("adpc", "withdraw=*")]);
    assert_eq!(unheard.set_cookies(), SET, "nobody asked for it");
}

#[test]
fn exempt_categories_follow_it_where_they_say_so() {
    let policy = CookiePolicy::new([
        Category::exempt("audience")
            .gpc(true)
            .cookie(CookieDeclaration::new("aud")),
        Category::exempt("stats").cookie(CookieDeclaration::new("_pk")),
    ]);
    let layer = CookieConsentLayer::new(policy.unwrap()).with_clock(|| at(NOW));
    let layer = layer.signal(Adpc);
    let sets = ["aud=1", "_pk=2"];
    let done = exchange(&layer, request([("adpc", "withdraw=*")]), response(sets));
    assert_eq!(done.set_cookies(), ["_pk=2"]);
}

#[test]
fn consent_given_with_it_counts() {
    let layer = layer().signal(Adpc);
    let adpc = ("adpc", "withdraw=*");
    let chosen = exchange_with(&layer, request([adpc]), |request| {
        let consent = request.extensions().get::<Consent>().unwrap();
        let mut response = Response::new(());
        let set = consent.set_cookie(consent.accept_all());
        set.append_to(response.headers_mut()).unwrap();
        for field in SET {
            response
                .headers_mut()
                .append("set-cookie", field.parse().unwrap());
        }
        response
    });
    let stored = chosen.set_cookies()[0]
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    assert!(stored.contains("%22gpc%22%3Atrue"), "{stored}");
    assert_eq!(&chosen.set_cookies()[1..], SET);
    let next = exchange(&layer, request([("cookie", &*stored), adpc]), response(SET));
    assert_eq!(next.set_cookies(), SET);
}

#[test]
fn the_layer_shows_its_signals() {
    let text = format!("{:?}", layer().signal(Adpc).signal(Quiet));
    assert!(text.contains("signals: [Adpc, Quiet]"), "{text}");
}

proptest! {
    /// Whatever a browser sends, a layer with more signals allows no more, and the same if none refuses.
    #[test]
    fn a_signal_never_grants(
        answers in option::of(vec(any::<bool>(), 3)),
        of_gpc in any::<bool>(),
        gpc in any::<bool>(),
        quiet in any::<bool>(),
        fields in vec(
            select(vec!["withdraw", "consent", "object", "*", "tiers", "=", "=*", ", ", "\"", " ", "grant", "?1"]),
            0..8,
        ),
    ) {
        let prefs = answers.map(|answers| {
            let ids = ["stats", "tiers", "ads"];
            let answers: Vec<_> = ids.into_iter().zip(answers).collect();
            match of_gpc {
                true => Prefs::of(&answers).with("gpc", "true"),
                false => Prefs::of(&answers),
            }
        });
        let adpc = fields.concat();
        let mut sent = vec![("adpc", &*adpc)];
        sent.extend(gpc.then_some(("sec-gpc", "1")));
        sent.extend(quiet.then_some(("x-quiet", "")));
        let plain = asked(&layer(), prefs.as_ref(), &sent);
        let further = asked(&layer().signal(Adpc).signal(Quiet), prefs.as_ref(), &sent);
        for name in ["session", "_pk_ses", "_ga", "_fbp", "other"] {
            let allowed = further.consent().allows_cookie(name);
            prop_assert!(!allowed || plain.consent().allows_cookie(name), "{name} {adpc:?}");
        }
        let more = further.set_cookies().iter().any(|set| !plain.set_cookies().contains(set));
        prop_assert!(!more, "{adpc:?}");
        if !quiet && !adpc.contains("withdraw=*") && !adpc.contains("withdraw=\"*") {
            prop_assert_eq!(further.set_cookies(), plain.set_cookies(), "{}", adpc);
        }
    }
}

/// Returns what the events name as the signal, by cookie.
fn named(
    layer: CookieConsentLayer,
    fields: &[(&'static str, &str)],
) -> Vec<(String, &'static str, Option<String>)> {
    let (sender, events) = mpsc::channel();
    let layer = layer.observe(move |event: &Event<'_>| {
        let name = event.name().map(|name| name.to_string());
        let signal = event.signal().map(str::to_owned);
        drop(sender.send((name.unwrap_or_default(), event.reason(), signal)));
    });
    asked(&layer, Some(&Prefs::accept()), fields);
    drop(layer);
    events.into_iter().collect()
}

#[test]
fn events_name_the_signal_that_refused() {
    let both = || layer().signal(Adpc).signal(Quiet);
    let (gpc, adpc) = (("sec-gpc", "1"), ("adpc", "withdraw=*"));
    for (layer, fields, signal) in [
        (both(), &[gpc][..], "gpc"),
        (both(), &[adpc], "adpc"),
        (both(), &[("x-quiet", "")], "quiet"),
        // The first one that counts.
        (both(), &[("x-quiet", ""), adpc], "adpc"),
        (both(), &[("x-quiet", ""), gpc], "gpc"),
        (both().gpc(Gpc::Ignore), &[gpc, adpc], "adpc"),
        (layer().signal(Nameless), &[("x-quiet", "")], "other"),
        (layer().signal(Hostile), &[("x-quiet", "")], "other"),
    ] {
        let events = named(layer, fields);
        let (of_signal, others): (Vec<_>, Vec<_>) =
            events.into_iter().partition(|(_, why, _)| *why == "signal");
        let names: Vec<_> = of_signal.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(names, ["_ga", "_fbp"], "{signal}");
        let all = of_signal
            .iter()
            .all(|(_, _, by)| by.as_deref() == Some(signal));
        assert!(all, "{signal}: {of_signal:?}");
        assert!(others.iter().all(|(_, _, by)| by.is_none()), "{others:?}");
    }
    let quiet = named(both(), &[("sec-gpc", "0")]);
    assert!(quiet.iter().all(|(_, _, by)| by.is_none()), "{quiet:?}");
}

#[test]
fn explanations_and_sentences_name_the_signal() {
    let explains = layer().signal(Adpc).explain(true);
    let done = asked(&explains, Some(&Prefs::accept()), &[("adpc", "withdraw=*")]);
    let header = done.response.headers()["x-cookie-consent"]
        .to_str()
        .unwrap();
    assert!(header.contains("_ga=withheld;signal;by=adpc"), "{header}");

    let (sender, lines) = mpsc::channel();
    let logs = layer().observe(move |event: &Event<'_>| drop(sender.send(event.to_string())));
    asked(&logs, Some(&Prefs::accept()), &[("sec-gpc", "1")]);
    drop(logs);
    let named = lines
        .into_iter()
        .any(|line| line.ends_with("(signal \"gpc\")"));
    assert!(named, "no line names it");
}

/// Where the signal is remembered, the response that stores the refusal names it too.
#[test]
fn events_name_the_signal_that_is_remembered() {
    let ads = Category::opt_out("ads").cookie(CookieDeclaration::new("_ga"));
    let policy = CookiePolicy::builder()
        .category(ads)
        .regime("us-opt-out", Regime::preset("us-opt-out"))
        .build()
        .unwrap();
    let in_regime = CookieConsentLayer::new(policy)
        .with_clock(|| at(NOW))
        .signal(Adpc)
        .regime_for(|_| Whereabouts::Regime("us-opt-out"));
    let (sender, events) = mpsc::channel();
    let layer = in_regime.observe(move |event: &Event<'_>| {
        let signal = event.signal().map(str::to_owned);
        drop(sender.send((event.kind().as_str(), event.reason(), signal)));
    });
    let fields = [("adpc", "withdraw=*"), ("cookie", "_ga=1")];
    exchange(&layer, request(fields), response(["_ga=3"]));
    drop(layer);
    let events: Vec<_> = events.into_iter().collect();
    let kinds: BTreeSet<_> = events.iter().map(|(kind, ..)| *kind).collect();
    assert!(
        kinds.contains("withheld") && kinds.contains("choice_made"),
        "{events:?}"
    );
    let all = events
        .iter()
        .all(|(_, _, by)| by.as_deref() == Some("adpc"));
    assert!(all, "{events:?}");
}
