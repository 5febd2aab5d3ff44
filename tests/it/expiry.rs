//! The cookies that a refusal removes from the browser, the places, and the limits.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use http::{Request, Response, Version, header::CACHE_CONTROL};
use tower_cookie_consent::{Category, CookieConsentLayer, CookieDeclaration, CookiePolicy, Expire};

use crate::support::{
    Exchange, NOW, Prefs, at, exchange, exchange_with, is_strict_removal, layer, request, response,
    value,
};

fn site(cookies: impl IntoIterator<Item = CookieDeclaration>) -> CookieConsentLayer {
    let policy = CookiePolicy::new([Category::consent("tiers").cookies(cookies)]).unwrap();
    CookieConsentLayer::new(policy).with_clock(|| at(NOW))
}

/// The visitor refuses with this response; the request came to this host with these cookies.
fn refuse(layer: &CookieConsentLayer, host: &'static str, cookies: &str) -> Exchange {
    let fields = [("host", host), ("cookie", cookies)];
    exchange_with(layer, request(fields), |request| {
        let consent: &tower_cookie_consent::Consent = request.extensions().get().unwrap();
        response([consent
            .set_cookie(consent.refuse_all())
            .header_value()
            .as_bytes()])
    })
}

/// A later request of a visitor who has refused.
fn later(layer: &CookieConsentLayer, cookies: &str, fields: &[(&'static str, &str)]) -> Exchange {
    let cookies = format!("{}; {cookies}", Prefs::refuse().pair());
    let fields = fields.iter().map(|&(name, field)| (name, field.to_owned()));
    let fields = fields.chain([("cookie", cookies)]);
    exchange(layer, request(fields), response::<&str>([]))
}

#[test]
fn refusal_expires_cookies_of_the_host_and_its_parents() {
    let layer = site(["_ga"].map(CookieDeclaration::new));
    let done = refuse(&layer, "a.www.shop.example", "x=1");
    assert_eq!(
        done.removals(),
        [
            "_ga; Path=/",
            "_ga; Domain=a.www.shop.example; Path=/",
            "_ga; Domain=www.shop.example; Path=/",
            "_ga; Domain=shop.example; Path=/",
        ]
    );
    assert_eq!(
        done.set_cookies()[1],
        "_ga=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
    );
    for field in &done.set_cookie_bytes()[1..] {
        assert!(is_strict_removal(field));
    }
}

#[test]
fn removals_use_declared_paths_and_fitting_domains() {
    let layer = site([CookieDeclaration::new("_ga")
        .path("/")
        .path("/shop")
        .domain("Shop.example")
        .domain("other.example")]);
    let expected = [
        "_ga; Path=/",
        "_ga; Domain=shop.example; Path=/",
        "_ga; Path=/shop",
        "_ga; Domain=shop.example; Path=/shop",
    ];
    for host in ["www.shop.example", "shop.example", "WWW.SHOP.EXAMPLE:8080"] {
        assert_eq!(refuse(&layer, host, "x=1").removals(), expected, "{host}");
    }
    let elsewhere = refuse(&layer, "eshop.example", "x=1").removals();
    assert_eq!(
        elsewhere,
        [
            "_ga; Path=/",
            "_ga; Domain=eshop.example; Path=/",
            "_ga; Path=/shop",
            "_ga; Domain=eshop.example; Path=/shop",
        ]
    );
}

#[test]
fn addresses_get_host_only_removals() {
    let layer = site([CookieDeclaration::new("_ga").domain("shop.example")]);
    for host in [
        "localhost",
        "localhost:3000",
        "127.0.0.1:8080",
        "[::1]:3000",
        "[2001:db8::1]",
        "user@shop.example",
        "shop.example,evil.example",
        "shop.example; Domain=evil",
        "example",
        "",
        "..",
    ] {
        assert_eq!(
            refuse(&layer, host, "x=1").removals(),
            ["_ga; Path=/"],
            "{host}"
        );
    }
}

#[test]
fn odd_spellings_of_a_host_never_reach_beyond_it() {
    let layer = site([CookieDeclaration::new("_ga").domain("shop.example")]);
    for (host, expected) in [
        (
            "shop.example:",
            &["_ga; Path=/", "_ga; Domain=shop.example; Path=/"][..],
        ),
        // Browsers accept a `Domain` of no other host there.
        (
            "shop.example.",
            &["_ga; Path=/", "_ga; Domain=shop.example.; Path=/"],
        ),
        (
            "Shop.Example",
            &["_ga; Path=/", "_ga; Domain=shop.example; Path=/"],
        ),
    ] {
        assert_eq!(refuse(&layer, host, "x=1").removals(), expected, "{host}");
    }
}

#[test]
fn the_targets_host_counts_before_the_field() {
    let layer = site([CookieDeclaration::new("_ga").domain("shop.example")]);
    let uri = "https://user:secret@shop.example:444/page";
    let mut asked = Request::builder()
        .uri(uri)
        .version(Version::HTTP_2)
        .body(())
        .unwrap();
    asked.headers_mut().append("host", value("other.example"));
    asked.headers_mut().append(
        "cookie",
        value(format!("_ga=1; {}", Prefs::refuse().pair())),
    );
    let done = exchange(&layer, asked, response::<&str>([]));
    assert_eq!(
        done.removals(),
        ["_ga; Path=/", "_ga; Domain=shop.example; Path=/"]
    );
}

#[test]
fn prefixed_cookies_are_removed_as_browsers_require() {
    let layer = site([
        CookieDeclaration::new("__Host-a").domain("shop.example"),
        CookieDeclaration::new("__secure-b").domain("shop.example"),
        CookieDeclaration::new("c").partitioned(true),
        CookieDeclaration::new("__HOST-d")
            .path("/app")
            .partitioned(true),
    ]);
    assert_eq!(
        refuse(&layer, "shop.example", "x=1").removals(),
        [
            "__Host-a; Path=/; Secure",
            "__secure-b; Path=/; Secure",
            "__secure-b; Domain=shop.example; Path=/; Secure",
            "c; Partitioned; Path=/; SameSite=None; Secure",
            "c; Domain=shop.example; Partitioned; Path=/; SameSite=None; Secure",
            "__HOST-d; Partitioned; Path=/; SameSite=None; Secure",
        ]
    );
}

/// Chromium and Firefox store no `__Http-` or `__Host-Http-` cookie from a header without
/// `HttpOnly` and `Secure` (`set_cookie_chromium.jsonl`), and so remove none by it either.
#[test]
fn cookies_with_the_http_prefixes_are_removed_with_http_only() {
    let layer = site(["__Http-a", "__host-http-b"].map(CookieDeclaration::new));
    assert_eq!(
        refuse(&layer, "shop.example", "x=1").removals(),
        [
            "__Http-a; HttpOnly; Path=/; Secure",
            "__Http-a; Domain=shop.example; HttpOnly; Path=/; Secure",
            "__host-http-b; HttpOnly; Path=/; Secure",
        ]
    );
}

#[test]
fn patterns_expire_what_was_received_and_names_always() {
    let layer = site(["_ga", "_ga_*"].map(CookieDeclaration::new));
    let done = refuse(&layer, "localhost", "_ga_X=1; other=2; _ga_Y=3; _ga_X=4");
    assert_eq!(done.removed(), ["_ga_X", "_ga_Y", "_ga"]);
    assert_eq!(done.removals().len(), 3, "each once");
}

#[test]
fn only_the_denied_categories_are_expired_and_exempt_ones_too() {
    let cookies = "_pk_id.7=1; _pk_ses=2; _ga_X=3; _fbp=4; session=5; sso=6";
    for (answers, expected) in [
        (&[("tiers", false)][..], &["_ga_X", "_ga"][..]),
        (&[("stats", false)], &["_pk_id.7", "_pk_ses"]),
        (&[("ads", false), ("tiers", true)], &["_fbp"]),
        (&[("ads", true), ("tiers", true), ("stats", true)], &[]),
    ] {
        let asked = request([("host", "localhost"), ("cookie", cookies)]);
        let set = Prefs::of(answers).set_cookie();
        let done = exchange(&layer(), asked, response([set]));
        let mut removed = done.removed();
        assert_eq!(done.removals().len(), expected.len(), "each once");
        removed.sort_unstable();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(removed, expected, "{answers:?}");
    }
}

#[test]
fn later_responses_expire_only_what_is_still_sent() {
    let layer = layer();
    assert_eq!(later(&layer, "session=1", &[]).removed(), [""; 0]);
    let done = later(
        &layer,
        "_ga_X=1; session=2; _fbp=3",
        &[("host", "localhost")],
    );
    assert_eq!(done.removals(), ["_ga_X; Path=/", "_fbp; Path=/"]);
    assert_eq!(done.cache_control(), ["private"]);
}

#[test]
fn later_removals_come_with_navigations() {
    for (mode, expires) in [
        (Some("navigate"), true),
        (None, true),
        (Some("cors"), false),
        (Some("no-cors"), false),
        (Some("websocket"), false),
        (Some(""), false),
    ] {
        let fields: Vec<_> = mode
            .map(|mode| ("sec-fetch-mode", mode))
            .into_iter()
            .collect();
        let done = later(&layer(), "_ga=1", &fields);
        assert_eq!(!done.removed().is_empty(), expires, "{mode:?}");
        assert_eq!(
            done.cookies(),
            [Prefs::refuse().pair()],
            "hidden all the same"
        );
    }
}

/// Scripts call `/api` and nobody navigates there, so cookies set there are removed there.
#[test]
fn cookies_of_other_paths_are_expired_on_any_request() {
    let layer = site([
        CookieDeclaration::new("root"),
        CookieDeclaration::new("api_id").path("/api"),
        CookieDeclaration::new("both_*").path("/").path("/api"),
        CookieDeclaration::new("domain")
            .path("/api")
            .domain("shop.example"),
        CookieDeclaration::new("__Host-x").path("/api"),
    ]);
    let cookies = "root=1; api_id=2; both_1=3; domain=4; __Host-x=5";
    let host = ("host", "www.shop.example");
    let removals = |mode| later(&layer, cookies, &[host, ("sec-fetch-mode", mode)]).removals();
    for mode in ["cors", "no-cors", "same-origin"] {
        let mut removals = removals(mode);
        removals.sort_unstable();
        assert_eq!(
            removals,
            [
                "api_id; Domain=shop.example; Path=/api",
                "api_id; Domain=www.shop.example; Path=/api",
                "api_id; Path=/api",
                "both_1; Domain=shop.example; Path=/api",
                "both_1; Domain=www.shop.example; Path=/api",
                "both_1; Path=/api",
                "domain; Domain=shop.example; Path=/api",
                "domain; Path=/api",
            ]
        );
    }
    assert_eq!(removals("navigate").len(), 3 + 3 + 6 + 2 + 1);
    // Only cookies that the browser still sends, only refused ones, and only if expiry is on.
    let fetch = ("sec-fetch-mode", "cors");
    assert_eq!(later(&layer, "root=1", &[fetch]).removals(), [""; 0]);
    let cookies = ("cookie", "api_id=2");
    let done = exchange(&layer, request([fetch, cookies]), response::<&str>([]));
    assert_eq!(done.set_cookies(), [""; 0]);
    let never = later(&layer.expire(Expire::Never), "api_id=2", &[fetch]);
    assert_eq!(never.set_cookies(), [""; 0]);
}

#[test]
fn a_refusal_by_a_script_expires_at_once() {
    let asked = request([("host", "localhost"), ("sec-fetch-mode", "cors")]);
    let done = exchange(&layer(), asked, response([Prefs::refuse().set_cookie()]));
    assert_eq!(done.removed(), ["_pk_ses", "_ga", "_fbp"]);
}

#[test]
fn undecided_expired_and_unreadable_visitors_lose_nothing() {
    let day = 86_400;
    for prefs in [
        "x=1".to_owned(),
        "cookies_preferences=garbage".to_owned(),
        Prefs::refuse().decided(NOW - 183 * day).pair(),
        Prefs::refuse().decided(NOW + 2 * day).pair(),
        Prefs::refuse().with("tiers", "false").pair(),
        format!("{}; cookies_preferences=", Prefs::refuse().pair()),
        Prefs::of(&[]).pair(),
    ] {
        let cookies = format!("{prefs}; _ga=1; _pk_ses=2");
        let done = exchange(
            &layer(),
            request([("cookie", &cookies)]),
            response::<&str>([]),
        );
        assert_eq!(done.set_cookies(), [""; 0], "{cookies}");
    }
}

#[test]
fn the_signal_expires_nothing() {
    let cookies = format!("{}; _ga=1; _pk_ses=2", Prefs::accept().pair());
    for expire in [Expire::OnRefusal, Expire::OnRefusalOrLapse] {
        let asked = request([("cookie", cookies.as_str()), ("sec-gpc", "1")]);
        let done = exchange(&layer().expire(expire), asked, response::<&str>([]));
        assert_eq!(done.set_cookies(), [""; 0]);
    }
}

#[test]
fn of_several_preferences_only_what_all_deny_is_expired() {
    let one = Prefs::of(&[("tiers", false), ("ads", false)]).pair();
    let two = Prefs::of(&[("tiers", false), ("ads", true)]).pair();
    let cookies = format!("{one}; {two}; _ga=1; _fbp=2");
    let done = exchange(
        &layer(),
        request([("cookie", cookies)]),
        response::<&str>([]),
    );
    assert_eq!(done.removed(), ["_ga"]);
    assert_eq!(done.cookies(), [format!("{one}; {two}")], "both are hidden");
}

#[test]
fn what_lapsed_is_expired_where_the_switch_says_so() {
    let day = 86_400;
    let cookies = "_ga=1; _fbp=2; _pk_ses=3";
    let removed = |expire, prefs: &[&Prefs]| {
        let pairs: Vec<_> = prefs.iter().map(|prefs| prefs.pair()).collect();
        let cookies = format!("{}; {cookies}", pairs.join("; "));
        let asked = request([("cookie", cookies)]);
        exchange(&layer().expire(expire), asked, response::<&str>([])).removed()
    };
    let old = Prefs::of(&[("tiers", true), ("stats", true)]).decided(NOW - 183 * day);
    assert_eq!(removed(Expire::OnRefusal, &[&old]), [""; 0]);
    assert_eq!(removed(Expire::OnRefusalOrLapse, &[&old]), ["_ga"]);
    let old = Prefs::of(&[("tiers", true), ("ads", false)]).decided(NOW - 183 * day);
    assert_eq!(removed(Expire::OnRefusalOrLapse, &[&old]), ["_ga", "_fbp"]);
    assert_eq!(removed(Expire::Never, &[&old]), [""; 0]);
    // A category that only one of two denies is neither refused nor lapsed.
    let other = Prefs::of(&[("tiers", true), ("ads", true)]).decided(NOW - 183 * day);
    assert_eq!(removed(Expire::OnRefusalOrLapse, &[&old, &other]), ["_ga"]);
    let refused = Prefs::refuse();
    assert_eq!(removed(Expire::OnRefusal, &[&refused]).len(), 3);
    assert_eq!(removed(Expire::Never, &[&refused]), [""; 0]);
}

#[test]
fn consent_lapses_when_its_category_changes() {
    let policy = CookiePolicy::builder()
        .revision(2)
        .category(
            Category::consent("tiers")
                .since(2)
                .cookie(CookieDeclaration::new("_ga")),
        )
        .category(Category::consent("ads").cookie(CookieDeclaration::new("_fbp")))
        .build()
        .unwrap();
    let layer = CookieConsentLayer::new(policy).with_clock(|| at(NOW));
    let cookies = format!("{}; _ga=1; _fbp=2", Prefs::accept().pair());
    for (expire, expected) in [
        (Expire::OnRefusal, &[][..]),
        (Expire::OnRefusalOrLapse, &["_ga"]),
    ] {
        let asked = request([("cookie", &cookies)]);
        let done = exchange(&layer.clone().expire(expire), asked, response::<&str>([]));
        assert_eq!(done.removed(), expected);
    }
}

/// Returns the bytes and number of the removals sent.
fn measure(done: &Exchange) -> (usize, usize) {
    let removals: Vec<_> = done
        .set_cookie_bytes()
        .into_iter()
        .filter(|field| is_strict_removal(field))
        .collect();
    (
        removals.len(),
        removals.iter().map(|field| field.len()).sum(),
    )
}

#[test]
fn removals_are_bounded_and_received_names_come_first() {
    let names = (0..40).map(|number| format!("c{number:02}"));
    let layer = site(names.chain(["p*".to_owned()]).map(CookieDeclaration::new));
    let done = refuse(&layer, "localhost", "p1=1; p2=2");
    assert_eq!(measure(&done).0, 32);
    assert_eq!(done.removed()[..3], ["p1", "p2", "c00"]);

    // The next responses remove the rest, as long as the browser sends them.
    let all: Vec<_> = (0..40).map(|number| format!("c{number:02}=1")).collect();
    let mut left = all;
    for expected in [32, 8, 0] {
        let done = later(&layer, &left.join("; "), &[("host", "localhost")]);
        let removed = done.removed();
        assert_eq!(removed.len(), expected);
        left.retain(|pair| !removed.iter().any(|name| pair.starts_with(name.as_str())));
    }
    assert!(left.is_empty());
}

/// A host deep below its registrable domain has many places for each cookie.
#[test]
fn a_refusal_spends_its_removals_on_the_nearest_places_first() {
    let names: Vec<_> = (0..62).map(|number| format!("c{number:02}")).collect();
    let host = "www.a.b.example.org";
    let done = refuse(&site(names.iter().map(CookieDeclaration::new)), host, "x=1");
    assert_eq!(done.removed(), names[..32]);
    assert!(
        done.removals()
            .iter()
            .all(|removal| !removal.contains("Domain"))
    );
    // Received cookies go first.
    let pattern = ["p*".to_owned()];
    let layer = site(names.iter().chain(&pattern).map(CookieDeclaration::new));
    let done = refuse(&layer, host, "p1=1; p2=2");
    assert_eq!(done.removed()[..3], ["p1", "p2", "c00"]);
    assert_eq!(done.removed().len(), 32);
    // Declared domains come before undeclared ones, which use the remaining room.
    let layer = site(names[..8].iter().enumerate().map(|(number, name)| {
        let cookie = CookieDeclaration::new(name);
        if number % 2 == 0 {
            cookie.domain("example.org")
        } else {
            cookie
        }
    }));
    let done = refuse(&layer, host, "x=1");
    assert_eq!(done.removals().len(), 8 + 4 + 4 * 4, "all of them");
    assert_eq!(
        done.removals()[..3],
        [
            "c00; Path=/",
            "c00; Domain=example.org; Path=/",
            "c01; Path=/"
        ],
    );
    let many = site(
        names
            .iter()
            .map(|name| CookieDeclaration::new(name).domain("example.org")),
    );
    let done = refuse(&many, host, "x=1");
    assert_eq!(done.removed(), names[..16]);
}

/// Wherever they were set: after a refusal and some pages, all are gone.
#[test]
fn no_refused_cookie_stays_for_ever() {
    let host = "www.a.b.example.org";
    let names: Vec<_> = (0..62).map(|number| format!("c{number:02}")).collect();
    let path = |number| if number % 4 == 0 { "/api" } else { "/" };
    let policy = (0..62).map(|number| CookieDeclaration::new(&*names[number]).path(path(number)));
    let now = Arc::new(AtomicU64::new(NOW));
    let clock = now.clone();
    let layer = site(policy).with_clock(move || at(clock.load(Relaxed)));
    let domains = [
        "",
        "; Domain=www.a.b.example.org",
        "; Domain=b.example.org",
        "; Domain=example.org",
    ];
    let mut jar: BTreeSet<String> = (0..62)
        .map(|number| {
            format!(
                "{}{}; Path={}",
                names[number],
                domains[number % 3 + number / 32],
                path(number)
            )
        })
        .collect();
    let forget = |jar: &mut BTreeSet<String>, done: &Exchange| {
        for removal in done.removals() {
            jar.remove(&removal);
        }
    };
    let sent = |jar: &BTreeSet<String>, below: bool| -> String {
        let sent = jar
            .iter()
            .filter(|cookie| below || cookie.ends_with("Path=/"));
        let names = sent.map(|cookie| cookie.split(';').next().unwrap());
        names.map(|name| format!("{name}=1; ")).collect()
    };
    let done = refuse(&layer, host, "x=1");
    forget(&mut jar, &done);
    for page in 0..40 {
        now.fetch_add(7, Relaxed);
        let (mode, below) = if page % 2 == 0 {
            ("navigate", false)
        } else {
            ("cors", true)
        };
        let fields = [("host", host), ("sec-fetch-mode", mode)];
        let done = later(&layer, &sent(&jar, below), &fields);
        forget(&mut jar, &done);
    }
    assert!(jar.is_empty(), "{jar:?}");
}

#[test]
fn a_response_carries_at_most_4_kib_of_removals() {
    let names = (0..20).map(|number| format!("{}{number:02}", "n".repeat(400)));
    let layer = site(names.map(CookieDeclaration::new));
    let (count, bytes) = measure(&refuse(&layer, "localhost", "x=1"));
    assert!(
        count == 8 && bytes > 3_600 && bytes <= 4_096,
        "{count} {bytes}"
    );
}

/// Otherwise, anyone who can set a cookie that matches a pattern could keep all others alive.
#[test]
fn a_name_too_long_to_be_expired_keeps_no_other_from_it() {
    let layer = site(["_ga", "_ga_*"].map(CookieDeclaration::new));
    let long = format!("_ga_{}=1", "x".repeat(4_090));
    let done = later(
        &layer,
        &format!("{long}; _ga_X=2; _ga=3"),
        &[("host", "localhost")],
    );
    assert_eq!(done.removed(), ["_ga_X", "_ga"]);
    let done = refuse(&layer, "localhost", &format!("{long}; _ga_X=2"));
    assert_eq!(done.removed(), ["_ga_X", "_ga"]);
}

#[test]
fn later_removals_are_left_out_where_caches_keep_them() {
    for (cache_control, expires) in [
        ("public", false),
        ("max-age=60, s-maxage=600", false),
        ("PUBLIC", false),
        ("public, no-store", true),
        ("private, s-maxage=1", true),
        ("max-age=60", false),
        ("no-cache", true),
    ] {
        let mut answer = response([Prefs::refuse().set_cookie()]);
        answer
            .headers_mut()
            .append(CACHE_CONTROL, value(cache_control));
        let done = exchange(&layer(), request::<&str>([]), answer);
        assert!(!done.removed().is_empty(), "a refusal: {cache_control}");

        let mut answer = response::<&str>([]);
        answer
            .headers_mut()
            .append(CACHE_CONTROL, value(cache_control));
        let cookies = format!("{}; _ga=1", Prefs::refuse().pair());
        let done = exchange(&layer(), request([("cookie", cookies)]), answer);
        assert_eq!(!done.removed().is_empty(), expires, "{cache_control}");
    }
}

#[test]
fn removals_come_after_what_the_service_sets() {
    let cookies = format!("{}; _ga=1", Prefs::refuse().pair());
    let asked = request([("host", "localhost"), ("cookie", &cookies)]);
    let done = exchange(&layer(), asked, response(["session=1", "_ga=2", "lang=3"]));
    let sent = done.set_cookies();
    assert_eq!(sent[..2], ["session=1", "lang=3"]);
    assert_eq!(done.removals(), ["_ga; Path=/"]);
}

/// Eleven cookies have a path that nobody declared, so their removals have no effect. All the
/// others must go nevertheless, after some number of pages.
#[test]
fn unreachable_cookies_do_not_block_other_removals() {
    let names: Vec<String> = (0..30).map(|number| format!("n{number:02}")).collect();
    let policy = CookiePolicy::new([Category::consent("ads").cookies(
        names
            .iter()
            .map(|name| CookieDeclaration::new(name.as_str())),
    )])
    .unwrap();
    let now = Arc::new(AtomicU64::new(NOW));
    let clock = now.clone();
    let layer = CookieConsentLayer::new(policy).with_clock(move || at(clock.load(Relaxed)));
    let prefs = Prefs::of(&[("ads", false)]).pair();
    let mut jar: BTreeSet<String> = names.iter().cloned().collect();
    for _ in 0..100 {
        now.fetch_add(7, Relaxed);
        let pairs: Vec<_> = jar.iter().map(|name| format!("{name}=1")).collect();
        let cookie = format!("{prefs}; {}", pairs.join("; "));
        let exchange = exchange(&layer, request([("cookie", cookie)]), Response::new(()));
        for name in exchange.removed() {
            if name[1..].parse::<u8>().unwrap() > 10 {
                jar.remove(&name);
            }
        }
    }
    assert_eq!(jar.len(), 11, "{jar:?}");
}

/// Whatever else is turned off, removals need to know what the request carried.
#[test]
fn refusal_expires_without_a_request_filter() {
    let layer = layer().filter_request(false).limit_exempt(false);
    let done = later(&layer, "_ga=1; _fbp=1", &[]);
    assert_eq!(done.removed(), ["_ga", "_fbp"]);
}

#[test]
fn a_response_to_which_nothing_is_done_says_nothing_to_caches() {
    // A name that matches a pattern is remembered, and so is the refusal, but there is nothing to
    // remove.
    let policy = CookiePolicy::new([
        Category::consent("tiers").cookie(CookieDeclaration::new("_ga_*")),
        Category::consent("ads").cookie(CookieDeclaration::new("_fbp")),
    ]);
    let layer = CookieConsentLayer::new(policy.unwrap()).with_clock(|| at(NOW));
    let some = Prefs::of(&[("tiers", true), ("ads", false)]).pair();
    let asked = request([("cookie", format!("{some}; _ga_X=1"))]);
    let done = exchange(&layer, asked, response::<&str>([]));
    assert_eq!(done.set_cookies(), [""; 0]);
    assert_eq!(done.cache_control(), [""; 0]);
    let asked = request([("cookie", format!("{some}; _ga_X=1; _fbp=1"))]);
    let done = exchange(&layer, asked, response::<&str>([]));
    assert_eq!(done.removed(), ["_fbp"]);
    assert_eq!(done.cache_control(), ["private"]);
}
