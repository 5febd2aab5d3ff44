//! Wherever a visitor seems to be, and whatever the signals say: nobody is allowed more than by the rules of a
//! known place, no signal allows anything, and a forged signature grants nothing.
#![no_main]

use std::{convert::Infallible, future::ready, sync::LazyLock, time::Duration};

use futures_executor::block_on;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, header::SET_COOKIE};
use libfuzzer_sys::{Corpus, fuzz_target};
use tower::{Layer, Service, service_fn};
use tower_cookie_consent::{
    Basis, Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy,
    layer::Adpc,
    preferences::PreferencesCookie,
    regimes::{PlaceHeaders, Regime, Whereabouts},
};
use tower_cookie_consent_fuzz::{NOW, show_all};

/// The headers of an input, by the first byte of its lines.
const HEADERS: [(u8, &str); 8] = [
    (b'c', "cookie"),
    (b'l', "cf-ipcountry"),
    (b'r', "cf-region-code"),
    (b'g', "sec-gpc"),
    (b'a', "adpc"),
    (b'f', "sec-fetch-site"),
    (b'm', "sec-fetch-mode"),
    (b'd', "sec-fetch-dest"),
];

/// Those with which a browser refuses.
const SIGNALS: [&str; 2] = ["sec-gpc", "adpc"];

const IDS: [&str; 3] = ["ads", "stats", "tiers"];

fn policy(signed: bool) -> CookiePolicy {
    let category = |category: Category, name| category.cookie(CookieDeclaration::new(name));
    let builder = CookiePolicy::builder()
        .category(category(Category::necessary("base"), "session"))
        .category(category(Category::consent("ads"), "_ga"))
        .category(category(Category::exempt("stats"), "_pk"))
        .category(category(Category::consent("tiers"), "third"))
        .regime(
            "us-opt-out",
            Regime::preset("us-opt-out").basis("tiers", Basis::OptOut),
        )
        .regime("uk", Regime::preset("uk").basis("stats", Basis::OptOut));
    let builder = match signed {
        true => builder.preferences_cookie(PreferencesCookie::default().signed([7; 32])),
        false => builder,
    };
    builder.build().expect("a policy")
}

static PLAIN: LazyLock<CookiePolicy> = LazyLock::new(|| policy(false));
static SIGNED: LazyLock<CookiePolicy> = LazyLock::new(|| policy(true));

fuzz_target!(|data: &[u8]| -> Corpus {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n').take(30) {
        let Some((letter, value)) = line.split_first() else {
            continue;
        };
        let Some((_, name)) = HEADERS.iter().find(|(known, _)| known == letter) else {
            return Corpus::Reject;
        };
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(HeaderName::from_static(name), value);
        }
    }
    let layer = || CookieConsentLayer::new(PLAIN.clone());
    let network = PlaceHeaders::cloudflare;
    let there = play(layer().regime_from(network()), &headers);
    let regime = there.consent.regime().map(|regime| regime.id().to_owned());
    let regime = regime.expect("a policy with regimes");
    let known: Vec<_> = PLAIN.regimes().collect();
    assert!(known.contains(&&*regime), "{regime}");

    let nowhere = play(layer().regime_for(|_| Whereabouts::Unknown), &headers);
    allows_no_more(&nowhere, &there);

    let mut without = headers.clone();
    for signal in SIGNALS {
        without.remove(signal);
    }
    allows_no_more(&there, &play(layer().regime_from(network()), &without));

    // Nothing of the input has the key.
    let signed = CookieConsentLayer::new(SIGNED.clone()).regime_from(network());
    let forged = play(signed, &headers);
    assert!(!forged.consent.allows("ads"), "{headers:?}");
    Corpus::Keep
});

/// The consent that the service got, and the cookies that left.
struct Played {
    consent: Consent,
    set: Vec<Vec<u8>>,
}

fn play(layer: CookieConsentLayer, headers: &HeaderMap) -> Played {
    let mut consent = None;
    let clock = || std::time::UNIX_EPOCH + Duration::from_secs(NOW);
    let layer = layer.signal(Adpc).with_clock(clock);
    let service = service_fn(|request: Request<()>| {
        consent = request.extensions().get::<Consent>().cloned();
        let mut response = Response::new(());
        for field in ["session=1", "_ga=1; Path=/", "_pk=1", "third=1"] {
            let field = HeaderValue::from_static(field);
            response.headers_mut().append(SET_COOKIE, field);
        }
        ready(Ok::<_, Infallible>(response))
    });
    let mut request = Request::new(());
    *request.headers_mut() = headers.clone();
    let Ok(response) = block_on(layer.layer(service).call(request));
    let set = response.headers().get_all(SET_COOKIE).iter();
    let set = set.map(|field| field.as_bytes().to_vec()).collect();
    Played {
        consent: consent.expect("the layer exposes it"),
        set,
    }
}

fn allows_no_more(strict: &Played, lax: &Played) {
    for id in IDS {
        let more = strict.consent.allows(id) && !lax.consent.allows(id);
        assert!(!more, "{id}: {}", show_all(&strict.set));
    }
    assert!(strict.set.iter().any(|field| field == b"session=1"));
}
