//! A choice that an earlier version of the site stored: under another name, for another domain, in
//! another format.

use http::{Response, header::SET_COOKIE};
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy, Expire, PolicyError,
    codecs::Klaro,
    layer::Enforcement,
    preferences::{FormerCookie, PreferencesCookie},
};

use crate::support::{Exchange, NOW, Prefs, at, exchange, exchange_with, request, response};

fn built(cookie: PreferencesCookie) -> Result<CookiePolicy, PolicyError> {
    CookiePolicy::builder()
        .preferences_cookie(cookie)
        .category(Category::exempt("stats"))
        .category(Category::consent("tiers").cookie(CookieDeclaration::new("_ga")))
        .category(Category::consent("ads"))
        .build()
}

fn layer(cookie: PreferencesCookie) -> CookieConsentLayer {
    CookieConsentLayer::new(built(cookie).unwrap()).with_clock(|| at(NOW))
}

fn renamed() -> CookieConsentLayer {
    layer(PreferencesCookie::default().also_read("old_name"))
}

/// The value of a choice, as the old cookie had it.
fn old(prefs: &Prefs) -> String {
    format!("old_name={}", prefs.value())
}

/// A visit in which the service sets a cookie that needs consent.
fn visit(layer: &CookieConsentLayer, cookies: &str) -> Exchange {
    exchange(
        layer,
        request([("cookie", cookies)]),
        response(["_ga=1; Path=/"]),
    )
}

/// A visit with which the visitor makes a choice.
fn choose(layer: &CookieConsentLayer, cookies: &str, accepts: bool) -> Exchange {
    exchange_with(layer, request([("cookie", cookies)]), |request| {
        let consent = request.extensions().get::<Consent>().unwrap();
        let choice = match accepts {
            true => consent.accept_all(),
            false => consent.refuse_all(),
        };
        let mut response = Response::new(());
        consent
            .set_cookie(choice)
            .append_to(response.headers_mut())
            .unwrap();
        response
            .headers_mut()
            .append(SET_COOKIE, "_ga=1; Path=/".parse().unwrap());
        response
    })
}

const REMOVED: [&str; 3] = [
    "old_name; Path=/; Secure",
    "old_name; Domain=www.shop.example; Path=/; Secure",
    "old_name; Domain=shop.example; Path=/; Secure",
];

#[test]
fn next_response_takes_the_choice_over_with_its_date() {
    let day = 86_400;
    let exchange = visit(&renamed(), &old(&Prefs::accept().decided(NOW - 10 * day)));
    assert!(exchange.consent().allows("tiers"));
    let fields = exchange.set_cookies();
    assert_eq!(fields[0], "_ga=1; Path=/");
    let stored = fields[1];
    assert!(
        stored.starts_with("cookies_preferences=%7B%22stats%22%3Atrue%2C"),
        "{stored}"
    );
    assert!(
        stored.contains(&format!("%22timestamp%22%3A{}", NOW - 10 * day)),
        "{stored}"
    );
    assert!(
        stored.contains(&format!("; Max-Age={}", 172 * day)),
        "{stored}"
    );
    assert_eq!(exchange.removals(), REMOVED);
    assert_eq!(exchange.cache_control(), ["private"]);
}

#[test]
fn former_cookie_does_not_count_beside_a_preferences_cookie() {
    for (own, former, granted) in [
        (Prefs::accept(), Prefs::refuse(), true),
        (Prefs::refuse(), Prefs::accept(), false),
    ] {
        let cookies = format!("{}; {}", old(&former), own.pair());
        let exchange = visit(&renamed(), &cookies);
        assert_eq!(exchange.consent().allows("tiers"), granted);
        let own = exchange
            .set_cookies()
            .iter()
            .any(|field| field.starts_with("cookies_"));
        assert!(!own, "nothing is taken over");
    }
}

#[test]
fn new_choice_ends_the_former_one_and_counts_at_once() {
    for received in [
        old(&Prefs::refuse()),
        format!("{}; {}", old(&Prefs::refuse()), Prefs::refuse().pair()),
        "old_name=garbage".to_owned(),
    ] {
        let exchange = choose(&renamed(), &received, true);
        assert_eq!(exchange.removals(), REMOVED, "{received}");
        let fields = exchange.set_cookies();
        let stored = fields
            .iter()
            .filter(|field| field.starts_with("cookies_preferences="));
        assert_eq!(stored.count(), 1, "{fields:?}");
        assert!(fields.contains(&"_ga=1; Path=/"), "{received}: {fields:?}");
    }
    let refused = choose(&renamed(), &old(&Prefs::accept()), false);
    assert!(!refused.set_cookies().contains(&"_ga=1; Path=/"));
}

#[test]
fn removal_of_the_former_cookie_alone_takes_its_consent() {
    let removal = "old_name=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
    let sets = response([removal, "_ga=1; Path=/"]);
    let exchange = exchange(
        &renamed(),
        request([("cookie", old(&Prefs::accept()))]),
        sets,
    );
    assert_eq!(exchange.set_cookies(), [removal]);
}

#[test]
fn nothing_is_taken_over_where_it_could_not_be_kept() {
    let cookies = old(&Prefs::accept());
    assert!(
        !visit(&renamed(), &cookies).removals().is_empty(),
        "elsewhere it is"
    );
    let untouched = |layer: &CookieConsentLayer, cookies: &str, response| {
        let exchange = exchange(layer, request([("cookie", cookies)]), response);
        assert!(
            exchange.set_cookies().is_empty(),
            "{:?}",
            exchange.set_cookies()
        );
    };
    let mut shared = response::<&str>([]);
    shared
        .headers_mut()
        .insert("cache-control", "public, max-age=60".parse().unwrap());
    untouched(&renamed(), &cookies, shared);
    let too_old = Prefs::accept().decided(NOW - 400 * 86_400);
    untouched(&renamed(), &old(&too_old), response::<&str>([]));
    untouched(&renamed(), "old_name=garbage", response::<&str>([]));
    for enforcement in [Enforcement::ReportOnly, Enforcement::Off] {
        let layer = renamed().enforcement(enforcement);
        untouched(&layer, &cookies, response::<&str>([]));
    }
}

#[test]
fn change_of_domain_removes_the_cookie_of_the_other_one() {
    let for_all = layer(PreferencesCookie::default().domain("shop.example"));
    let refused = Prefs::refuse().pair();
    let exchange = choose(&for_all, &refused, true);
    assert_eq!(exchange.removals(), ["cookies_preferences; Path=/; Secure"]);
    assert!(
        exchange.set_cookies().contains(&"_ga=1; Path=/"),
        "it counts at once"
    );
    assert!(
        choose(&for_all, "", true).removals().is_empty(),
        "there was none"
    );

    let for_one = PreferencesCookie::default()
        .also_read(FormerCookie::new("cookies_preferences").domain("shop.example"));
    let exchange = choose(&layer(for_one), &refused, true);
    assert_eq!(
        exchange.removals(),
        ["cookies_preferences; Domain=shop.example; Path=/; Secure"]
    );
    assert!(
        exchange.set_cookies().contains(&"_ga=1; Path=/"),
        "it counts at once"
    );
}

#[test]
fn several_cookies_of_one_name_end_with_the_next_choice() {
    let twice = format!("{}; {}", Prefs::refuse().pair(), Prefs::accept().pair());
    let exchange = choose(&layer(PreferencesCookie::default()), &twice, true);
    assert!(exchange.consent().has_several_preferences());
    assert_eq!(
        exchange.removals(),
        [
            "cookies_preferences; Domain=www.shop.example; Path=/; Secure",
            "cookies_preferences; Domain=shop.example; Path=/; Secure",
        ]
    );
}

#[test]
fn choice_of_another_banner_is_taken_over() {
    let klaro = Klaro::new()
        .answer("tiers", ["youtube"])
        .answer("ads", ["ads"]);
    let cookie = PreferencesCookie::default().also_read(FormerCookie::new("klaro").codec(klaro));
    let exchange = visit(
        &layer(cookie),
        "klaro=%7B%22youtube%22%3Atrue%2C%22ads%22%3Afalse%7D",
    );
    let fields = exchange.set_cookies();
    let says = "cookies_preferences=%7B%22tiers%22%3Atrue%2C%22ads%22%3Afalse%2C%22timestamp";
    assert!(
        fields.iter().any(|field| field.starts_with(says)),
        "{fields:?}"
    );
    assert!(exchange.removed().contains(&"klaro".to_owned()));
}

/// A client can make up any host.
#[test]
fn removals_are_bounded_and_begin_with_the_nearest_domain() {
    let host = "a.".repeat(126) + "a";
    let layers = [
        layer(PreferencesCookie::default()),
        layer(
            PreferencesCookie::default()
                .also_read("old_name")
                .also_read("older"),
        ),
    ];
    let twice = format!("{}; {}", Prefs::refuse().pair(), Prefs::accept().pair());
    let former = old(&Prefs::accept());
    for (layer, cookies, chooses) in [
        (&layers[0], twice.clone(), true),
        (&layers[1], format!("{twice}; {former}; older=x"), true),
        (&layers[1], former, false),
    ] {
        let asked = request([("host", host.as_str()), ("cookie", &cookies)]);
        let done = exchange_with(layer, asked, |request| {
            let consent = request.extensions().get::<Consent>().unwrap();
            let mut response = Response::new(());
            if chooses {
                let set = consent.set_cookie(consent.accept_all());
                set.append_to(response.headers_mut()).unwrap();
            }
            response
        });
        let removals = done.removals();
        let fields = done.set_cookies();
        let bytes: usize = fields[1..].iter().map(|field| field.len()).sum();
        assert!((1..=32).contains(&removals.len()), "{}", removals.len());
        assert!(bytes <= 4_096, "{bytes}");
        assert!(
            removals
                .iter()
                .any(|it| it.contains(&format!("Domain={host};")))
        );
    }
}

/// A layer that only filters responses reads the choice later, and takes it over all the same.
#[test]
fn layer_for_responses_alone_takes_the_choice_over() {
    let layer = renamed()
        .filter_request(false)
        .limit_exempt(false)
        .expire(Expire::Never)
        .expose_consent(false);
    let exchange = visit(&layer, &old(&Prefs::accept()));
    let fields = exchange.set_cookies();
    assert_eq!(fields[0], "_ga=1; Path=/");
    assert!(fields[1].starts_with("cookies_preferences="), "{fields:?}");
    assert_eq!(exchange.removals(), REMOVED);
}
