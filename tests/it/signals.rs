//! `Sec-GPC`, and `Sec-Fetch-*` on requests that lack their preferences.

use http::Method;
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy, Expire, Gpc, Verdict,
    Withheld,
    preferences::{PreferencesCookie, SameSite, Status},
};

use crate::support::{
    Exchange, NOW, Prefs, at, exchange, exchange_with, layer, request, response, value,
};

const SET: [&str; 4] = ["session=1", "_pk_ses=2", "_ga=3", "_fbp=4"];

fn asked(prefs: Option<&Prefs>, fields: &[(&'static str, &str)]) -> Exchange {
    let cookie = prefs.map(|prefs| ("cookie", prefs.pair()));
    let fields = fields.iter().map(|&(name, field)| (name, field.to_owned()));
    exchange(&layer(), request(fields.chain(cookie)), response(SET))
}

#[test]
fn the_signal_withholds_consent_given_without_it() {
    for (gpc, expected) in [
        (None, &SET[..2]),
        (Some("false"), &SET[..2]),
        (Some("true"), &SET[..]),
    ] {
        let mut prefs = Prefs::accept();
        if let Some(gpc) = gpc {
            prefs = prefs.with("gpc", gpc);
        }
        let done = asked(Some(&prefs), &[("sec-gpc", "1")]);
        assert_eq!(done.set_cookies(), expected, "{gpc:?}");
        assert_eq!(done.consent().status(), Status::Decided);
        assert!(done.consent().gpc() && !done.consent().needs_choice());
        assert_eq!(done.request.headers()["sec-gpc"], "1", "never removed");
    }
}

#[test]
fn the_signal_is_there_only_where_a_field_is_exactly_1() {
    for (fields, counts) in [
        (&["1"][..], true),
        (&["0", "1"], true),
        (&["1", "0"], true),
        (&["0"], false),
        (&[""], false),
        (&["1, 1"], false),
        (&["1;x"], false),
        (&["\"1\""], false),
        (&["?1"], false),
        (&["01"], false),
        (&["true"], false),
    ] {
        let fields: Vec<_> = fields.iter().map(|field| ("sec-gpc", *field)).collect();
        let done = asked(Some(&Prefs::accept()), &fields);
        assert_eq!(done.consent().gpc(), counts, "{fields:?}");
        assert_eq!(
            done.set_cookies().len(),
            if counts { 2 } else { 4 },
            "{fields:?}"
        );
    }
}

#[test]
fn the_signal_grants_nothing_and_refusals_stay() {
    let prefs = Prefs::refuse().with("gpc", "true");
    for fields in [&[("sec-gpc", "1")][..], &[]] {
        let done = asked(Some(&prefs), fields);
        assert_eq!(done.set_cookies()[0], "session=1");
        assert!(!done.set_cookies().contains(&"_pk_ses=2"));
    }
    let done = asked(None, &[("sec-gpc", "1")]);
    assert_eq!(done.set_cookies(), &SET[..2]);
    assert!(done.consent().needs_choice(), "consent can still be given");
}

#[test]
fn consent_given_with_the_signal_counts_without_it() {
    let done = asked(Some(&Prefs::accept().with("gpc", "true")), &[]);
    assert_eq!(done.set_cookies(), SET);
}

#[test]
fn exempt_categories_follow_the_signal_only_where_they_say_so() {
    let policy = CookiePolicy::new([
        Category::necessary("base").cookie(CookieDeclaration::new("session")),
        Category::exempt("audience")
            .gpc(true)
            .cookie(CookieDeclaration::new("_aud")),
        Category::exempt("stats").cookie(CookieDeclaration::new("_pk_ses")),
    ]);
    let layer = CookieConsentLayer::new(policy.unwrap()).with_clock(|| at(NOW));
    let set = ["session=1", "_aud=2", "_pk_ses=3"];
    let without = ["session=1", "_pk_ses=3"];
    let agreed = Prefs::of(&[("audience", true)]);
    for (prefs, signal, expected) in [
        (None, false, &set[..]),
        (None, true, &without),
        (Some(agreed.clone()), true, &without),
        (Some(agreed.clone().with("gpc", "true")), true, &set),
        (Some(agreed), false, &set),
    ] {
        let cookie = prefs.map(|prefs| ("cookie", prefs.pair()));
        let signal = signal.then(|| ("sec-gpc", "1".to_owned()));
        let asked = request(cookie.into_iter().chain(signal));
        let done = exchange(&layer, asked, response(set));
        assert_eq!(done.set_cookies(), expected);
        let verdict = done.consent().verdict("_aud");
        assert_eq!(verdict.is_allowed(), expected == set);
        if !verdict.is_allowed() {
            assert_eq!(verdict, Verdict::Withheld(Withheld::Signal));
        }
    }
}

#[test]
fn an_ignored_signal_is_recorded_with_the_choice() {
    let fields = [
        ("cookie", Prefs::accept().pair()),
        ("sec-gpc", "1".to_owned()),
    ];
    let done = exchange(&layer().gpc(Gpc::Ignore), request(fields), response(SET));
    assert_eq!(done.set_cookies(), SET);
    assert!(done.consent().gpc());
    assert!(done.consent().accept_all().gpc() && done.consent().refuse_all().gpc());
}

#[test]
fn consent_is_not_renewed_under_a_signal_that_withholds_it() {
    let done = asked(Some(&Prefs::accept()), &[("sec-gpc", "1")]);
    let consent = done.consent();
    let choice = consent.choose([("ads", true)]).unwrap();
    let answers: Vec<_> = choice
        .answers(consent.policy())
        .map(|(c, yes)| (c.id(), yes))
        .collect();
    assert_eq!(answers, [("base", true), ("ads", true)]);
    assert!(choice.gpc());
}

#[test]
fn what_was_agreed_to_under_the_signal_is_kept_under_it() {
    let prefs = Prefs::of(&[("tiers", true), ("stats", false)]).with("gpc", "true");
    let done = asked(Some(&prefs), &[("sec-gpc", "1")]);
    let consent = done.consent();
    let choice = consent.choose([("ads", false)]).unwrap();
    let get = |id| choice.get(consent.policy(), id);
    assert_eq!(
        [get("tiers"), get("stats"), get("ads")],
        [Some(true), Some(false), Some(false)]
    );
    assert!(choice.gpc());
}

#[test]
fn an_ignored_signal_is_not_recorded_with_an_older_yes() {
    let fields = [
        ("cookie", Prefs::of(&[("tiers", true)]).pair()),
        ("sec-gpc", "1".to_owned()),
    ];
    let done = exchange(
        &layer().gpc(Gpc::Ignore),
        request(fields),
        response::<&str>([]),
    );
    let choice = done.consent().choose([("ads", true)]).unwrap();
    assert!(!choice.gpc(), "the site may honour it again");
    // A refusal alone does not renew an old acceptance.
    let choice = done.consent().choose([("tiers", false)]).unwrap();
    assert!(choice.gpc());
}

const CROSS_SITE: (&str, &str) = ("sec-fetch-site", "cross-site");

#[test]
fn cross_site_requests_get_no_exempt_cookies() {
    let done = asked(None, &[CROSS_SITE]);
    assert_eq!(done.set_cookies(), ["session=1"]);
    let verdict = done.consent().verdict("_pk_ses");
    assert_eq!(verdict, Verdict::Withheld(Withheld::CrossSite));
    assert_eq!(done.consent().status(), Status::Undecided);

    let done = asked(Some(&Prefs::of(&[])), &[CROSS_SITE]);
    assert_eq!(
        done.set_cookies(),
        &SET[..2],
        "preferences came, with no objection"
    );
    let done = asked(Some(&Prefs::accept()), &[CROSS_SITE]);
    assert_eq!(done.set_cookies(), SET);
    for site in ["same-origin", "same-site", "none", "Cross-Site"] {
        let done = asked(None, &[("sec-fetch-site", site)]);
        assert_eq!(done.set_cookies(), &SET[..2], "{site}");
    }
}

/// A landing from a search engine: browsers send `Lax` cookies, so their absence is conclusive.
#[test]
fn a_landing_from_another_site_is_undecided() {
    let navigate = ("sec-fetch-mode", "navigate");
    let document = ("sec-fetch-dest", "document");
    let iframe = ("sec-fetch-dest", "iframe");
    let user = ("sec-fetch-user", "?1");
    let site = |same_site| {
        let policy = CookiePolicy::builder()
            .preferences_cookie(PreferencesCookie::default().same_site(same_site))
            .category(Category::exempt("stats").cookie(CookieDeclaration::new("_pk_ses")))
            .build()
            .unwrap();
        CookieConsentLayer::new(policy).with_clock(|| at(NOW))
    };
    let judged = |layer: &CookieConsentLayer, method: &Method, fields: &[(&'static str, &str)]| {
        let mut asked = request(fields.iter().copied());
        *asked.method_mut() = method.clone();
        let done = exchange(layer, asked, response(["_pk_ses=1"]));
        done.set_cookies() == ["_pk_ses=1"]
    };
    for (method, fields, undecided) in [
        (Method::GET, &[CROSS_SITE, navigate, document][..], true),
        (Method::GET, &[CROSS_SITE, navigate, document, user], true),
        (Method::GET, &[CROSS_SITE, navigate, iframe], false),
        (
            Method::GET,
            &[CROSS_SITE, ("sec-fetch-mode", "no-cors"), document],
            false,
        ),
        (Method::GET, &[CROSS_SITE, document], false),
        (Method::GET, &[CROSS_SITE], false),
        (Method::POST, &[CROSS_SITE, navigate, document, user], false),
        (Method::HEAD, &[CROSS_SITE, navigate, document], false),
        // Fetched in advance from another site, it comes without cookies.
        (
            Method::GET,
            &[
                CROSS_SITE,
                navigate,
                document,
                ("sec-purpose", "prefetch;prerender"),
            ],
            false,
        ),
        (
            Method::GET,
            &[CROSS_SITE, navigate, document, ("purpose", "prefetch")],
            false,
        ),
    ] {
        for (same_site, sent) in [
            (SameSite::Lax, undecided),
            (SameSite::None, undecided),
            (SameSite::Strict, false),
        ] {
            let late = site(same_site)
                .filter_request(false)
                .limit_exempt(false)
                .expire(Expire::Never)
                .expose_consent(false);
            for layer in [site(same_site), late] {
                let found = judged(&layer, &method, fields);
                assert_eq!(found, sent, "{method} {fields:?} {same_site:?}");
            }
        }
    }
}

/// Old browsers, and all over plain HTTP, send no `Sec-Fetch-Site`; with all but plain links and
/// images an `Origin`.
#[test]
fn an_origin_of_another_site_counts_as_one() {
    let host = ("host", "shop.example:8080");
    for (fields, own) in [
        (&[host][..], true),
        (&[host, ("origin", "https://shop.example")], true),
        (&[host, ("origin", "http://SHOP.example:8080")], true),
        (&[host, ("origin", "https://evil.example")], false),
        (
            &[host, ("origin", "https://shop.example.evil.example")],
            false,
        ),
        (&[host, ("origin", "null")], false),
        (&[host, ("origin", "")], false),
        // Nobody knows what lies above both.
        (&[host, ("origin", "https://www.shop.example")], false),
        (&[("origin", "https://shop.example")], false),
        // The browser knows better.
        (
            &[
                host,
                ("origin", "https://www.shop.example"),
                ("sec-fetch-site", "same-site"),
            ],
            true,
        ),
        (
            &[host, ("origin", "https://shop.example"), CROSS_SITE],
            false,
        ),
    ] {
        for method in [Method::GET, Method::POST] {
            let mut asked = request(fields.iter().copied());
            *asked.method_mut() = method.clone();
            let done = exchange(&layer(), asked, response(SET));
            let expected = if own { &SET[..2] } else { &SET[..1] };
            assert_eq!(done.set_cookies(), expected, "{method} {fields:?}");
        }
    }
    // With preferences it says nothing about them.
    let accepted = Prefs::accept().pair();
    let asked = request([
        ("host", "shop.example"),
        ("origin", "https://evil.example"),
        ("cookie", &accepted),
    ]);
    assert_eq!(exchange(&layer(), asked, response(SET)).set_cookies(), SET);
    // In HTTP/2 the host is in the target.
    let mut asked = request([("origin", "https://shop.example")]);
    *asked.uri_mut() = "https://shop.example/".parse().unwrap();
    let done = exchange(&layer(), asked, response(SET));
    assert_eq!(done.set_cookies(), &SET[..2]);
}

#[test]
fn cross_site_requests_are_asked_only_as_pages() {
    let navigate = ("sec-fetch-mode", "navigate");
    for (method, fields, asks) in [
        (
            Method::GET,
            &[CROSS_SITE, navigate, ("sec-fetch-dest", "document")][..],
            true,
        ),
        (Method::GET, &[CROSS_SITE, navigate], true),
        (
            Method::POST,
            &[CROSS_SITE, navigate, ("sec-fetch-dest", "document")],
            false,
        ),
        (
            Method::HEAD,
            &[CROSS_SITE, navigate, ("sec-fetch-dest", "document")],
            false,
        ),
        (
            Method::GET,
            &[CROSS_SITE, navigate, ("sec-fetch-dest", "iframe")],
            false,
        ),
        (
            Method::GET,
            &[CROSS_SITE, ("sec-fetch-mode", "no-cors")],
            false,
        ),
        (Method::GET, &[CROSS_SITE], false),
        (Method::POST, &[("sec-fetch-site", "same-origin")], true),
        (Method::POST, &[], true),
    ] {
        let mut asked = request(fields.iter().copied());
        *asked.method_mut() = method.clone();
        let done = exchange(&layer(), asked, response::<&str>([]));
        assert_eq!(done.consent().needs_choice(), asks, "{method} {fields:?}");
        assert_eq!(done.consent().pending().count(), 2, "pending all the same");
    }
    let done = asked(Some(&Prefs::of(&[])), &[CROSS_SITE]);
    assert!(
        done.consent().needs_choice(),
        "preferences came, and do not answer all"
    );
}

#[test]
fn a_choice_that_a_cross_site_response_makes_counts_at_once() {
    let mut cross_site = request([CROSS_SITE]);
    *cross_site.method_mut() = Method::POST;
    let done = exchange_with(&layer(), cross_site, |request| {
        let consent: &Consent = request.extensions().get().unwrap();
        let mut response = response(SET);
        let set = consent.set_cookie(consent.accept_all()).header_value();
        response
            .headers_mut()
            .append("set-cookie", value(set.as_bytes()));
        response
    });
    assert_eq!(done.set_cookies()[..4], SET);
}

/// Without a look at the request's cookies, too, which then are only read for the response.
#[test]
fn late_judgements_use_the_signals_of_the_request() {
    let late = layer()
        .filter_request(false)
        .limit_exempt(false)
        .expire(Expire::Never)
        .expose_consent(false);
    for (fields, expected) in [
        (&[][..], &SET[..2]),
        (&[("sec-fetch-site", "cross-site")], &SET[..1]),
        (&[("sec-fetch-site", "same-site")], &SET[..2]),
        (&[("cookie", "x=1"), ("sec-gpc", "1")], &SET[..2]),
    ] {
        let done = exchange(&late, request(fields.iter().copied()), response(SET));
        assert_eq!(done.set_cookies(), expected, "{fields:?}");
    }
    let accepted = Prefs::accept().pair();
    for (gpc, expected) in [("0", &SET[..]), ("1", &SET[..2])] {
        let asked = request([("cookie", accepted.as_str()), ("sec-gpc", gpc)]);
        let done = exchange(&late, asked, response(SET));
        assert_eq!(done.set_cookies(), expected, "{gpc}");
    }
}

#[test]
fn an_ignored_signal_leaves_the_responses_choice_alone() {
    for (gpc, passes) in [(Gpc::Ignore, true), (Gpc::Honour, false)] {
        let asked = request([("sec-gpc", "1")]);
        let done = exchange_with(&layer().gpc(gpc), asked, |request| {
            let consent: &Consent = request.extensions().get().unwrap();
            let without = consent.accept_all().with_gpc(false);
            let set = consent.set_cookie(without).header_value();
            response([set.as_bytes(), b"_ga=1"])
        });
        assert_eq!(done.set_cookies().contains(&"_ga=1"), passes, "{gpc:?}");
    }
}
