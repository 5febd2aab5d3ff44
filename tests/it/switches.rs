//! Every switch of the layer, on and off.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use http::{Method, header::SET_COOKIE};
use tower::Layer;
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy, Expire, Undeclared,
    Verdict, Withheld, preferences::Status,
};

use crate::support::{NOW, Prefs, at, exchange, layer, policy, request, response};

const COOKIES: &str = "session=1; _ga=2; sso=3; id=4";
const SET: [&str; 4] = ["session=5", "_ga=6", "sso=7", "id=8"];

#[test]
fn undeclared_cookies_are_withheld_allowed_or_hidden() {
    for (undeclared, seen, sent) in [
        (None, "session=1; sso=3; id=4", &SET[..1]),
        (
            Some(Undeclared::Withhold),
            "session=1; sso=3; id=4",
            &SET[..1],
        ),
        (
            Some(Undeclared::Allow),
            "session=1; sso=3; id=4",
            &[SET[0], SET[2], SET[3]],
        ),
        (Some(Undeclared::Hide), "session=1", &SET[..1]),
    ] {
        let mut layer = layer();
        if let Some(undeclared) = undeclared {
            layer = layer.undeclared(undeclared);
        }
        let done = exchange(&layer, request([("cookie", COOKIES)]), response(SET));
        assert_eq!(done.cookies(), [seen], "{undeclared:?}");
        assert_eq!(done.set_cookies(), sent, "{undeclared:?}");
        let allows = undeclared == Some(Undeclared::Allow);
        assert_eq!(done.consent().allows_cookie("sso"), allows);
    }
}

#[test]
fn ambiguous_names_are_withheld_even_if_undeclared_pass() {
    let layer = layer().undeclared(Undeclared::Allow);
    let set = ["=_ga=1", "_ga", "x\t=1", "x\u{e9}=1", "x=1"];
    let done = exchange(
        &layer,
        request([("cookie", "stray; =1; x =2; x=3")]),
        response(set),
    );
    assert_eq!(done.set_cookies(), ["x=1"]);
    assert_eq!(done.cookies(), ["x=3"]);
    for name in ["", "a b", "x\u{e9}", "a=b", "a;b"] {
        let verdict = done.consent().verdict(name);
        assert_eq!(
            verdict,
            Verdict::Withheld(Withheld::Unclassifiable),
            "{name}"
        );
    }
}

/// The consent must not call allowed what the layer withholds as unclassifiable, even if a pattern
/// of an allowed category matches its beginning.
#[test]
fn a_handler_gets_the_layers_verdict() {
    let done = exchange(
        &layer(),
        request::<&str>([]),
        response(["_pk_id.\u{e9}=1", "_pk_id.1=2"]),
    );
    assert_eq!(done.set_cookies(), ["_pk_id.1=2"]);
    assert!(done.consent().allows_cookie("_pk_id.1"));
    for name in [
        "_pk_id.\u{e9}",
        "_pk_id. ",
        "_pk_id.,",
        "_pk_id.=x",
        "_pk_id.\t",
    ] {
        let verdict = done.consent().verdict(name);
        assert_eq!(
            verdict,
            Verdict::Withheld(Withheld::Unclassifiable),
            "{name}"
        );
    }
}

#[test]
fn filter_request_hides_cookies_or_leaves_them() {
    for (filter, seen) in [(true, "session=1; sso=3; id=4"), (false, COOKIES)] {
        let layer = layer().filter_request(filter);
        let done = exchange(&layer, request([("cookie", COOKIES)]), response(SET));
        assert_eq!(done.cookies(), [seen]);
        assert_eq!(
            done.set_cookies(),
            &SET[..1],
            "responses are filtered all the same"
        );
    }
}

#[test]
fn unhidden_cookies_are_still_expired_after_a_refusal() {
    let cookies = format!("{}; _ga_X=1; _fbp=2", Prefs::refuse().pair());
    let asked = request([("cookie", &cookies)]);
    let done = exchange(&layer().filter_request(false), asked, response::<&str>([]));
    assert_eq!(done.cookies(), [cookies]);
    assert_eq!(done.removed(), ["_ga_X", "_fbp"]);
}

#[test]
fn strict_values_hides_values_with_a_withheld_name() {
    for (cookie, strictly) in [
        ("session=1, _ga=2", false),
        ("session=1 _ga=2", false),
        ("session=1,_ga =2", false),
        ("session=a, _ga_X=2", false),
        ("sso=\"x\" _ga=2", false),
        ("session=_ga=2", true),
        ("session=1&_ga=2", true),
        ("session=1, lang=2", true),
        ("session=1, other=2", true),
        ("session=1, _ga", true),
        ("session=1;_pk_ses=a _pk_id.1=b", true),
    ] {
        for (strict, passes) in [(false, true), (true, strictly)] {
            let layer = layer().strict_values(strict);
            let done = exchange(&layer, request([("cookie", cookie)]), response::<&str>([]));
            let expected: &[&str] = if passes { &[cookie] } else { &[] };
            assert_eq!(done.cookies(), expected, "{strict}");
        }
    }
    let granted = format!("session=1, _ga=2; {}", Prefs::accept().pair());
    let done = exchange(
        &layer().strict_values(true),
        request([("cookie", &granted)]),
        response::<&str>([]),
    );
    assert_eq!(done.cookies(), [granted], "the name is not withheld");
}

#[test]
fn expire_removes_after_a_refusal_or_never() {
    let cookies = format!("{}; _ga=1", Prefs::refuse().pair());
    for (expire, removed) in [
        (Expire::OnRefusal, 1),
        (Expire::OnRefusalOrLapse, 1),
        (Expire::Never, 0),
    ] {
        let layer = layer().expire(expire);
        let asked = request([("cookie", &cookies)]);
        let done = exchange(&layer, asked, response::<&str>([]));
        assert_eq!(done.removed().len(), removed, "{expire:?}");
        assert_eq!(done.cookies(), [Prefs::refuse().pair()], "{expire:?}");

        let asked = request([("host", "localhost")]);
        let done = exchange(&layer, asked, response([Prefs::refuse().set_cookie()]));
        assert_eq!(done.removed().len(), 3 * removed, "{expire:?}");
    }
}

#[test]
fn expose_consent_puts_it_into_the_extensions_or_does_not() {
    for expose in [true, false] {
        let layer = layer().expose_consent(expose);
        let done = exchange(&layer, request([("cookie", COOKIES)]), response(SET));
        let consent: Option<&Consent> = done.request.extensions().get();
        assert_eq!(consent.is_some(), expose);
        assert_eq!(done.set_cookies(), &SET[..1], "enforced all the same");
        assert_eq!(done.cookies(), ["session=1; sso=3; id=4"]);
    }
}

#[test]
fn report_only_judges_and_changes_nothing() {
    let cookies = format!("_ga=1; stray; {}; _pk_ses=2", Prefs::refuse().pair());
    let set = [
        "_ga=1",
        "id=2",
        "=odd",
        "_pk_ses=3; Max-Age=99999999",
        "_fbp=; Max-Age=+0",
        &Prefs::refuse().set_cookie(),
    ];
    let layer = layer()
        .report_only(true)
        .undeclared(Undeclared::Hide)
        .strict_values(true);
    let asked = request([("cookie", &cookies)]);
    let (asked_headers, answer) = (asked.headers().clone(), response(set));
    let answer_headers = answer.headers().clone();
    let done = exchange(&layer, asked, answer);
    assert_eq!(*done.request.headers(), asked_headers);
    assert_eq!(*done.response.headers(), answer_headers);
    assert_eq!(done.consent().status(), Status::Decided);
    assert!(!done.consent().allows("tiers"));
    let enforced = exchange(
        &layer.report_only(false),
        request([("cookie", &cookies)]),
        response(set),
    );
    assert_ne!(*enforced.response.headers(), answer_headers);
}

#[test]
fn policy_for_chooses_by_what_the_request_says() {
    let tenant =
        CookiePolicy::new([Category::necessary("all").cookie(CookieDeclaration::new("_ga"))]);
    let tenant = tenant.unwrap();
    let layer = layer().policy_for(move |request| {
        let chosen = request.headers().get("host").is_some_and(|host| host == "tenant.example")
            && *request.method() == Method::GET
            && request.uri().path() == "/"
            && request.extensions().get::<u8>() == Some(&7)
            // Before anything is hidden.
            && request.headers()["cookie"].to_str().unwrap().contains("_ga");
        chosen.then(|| tenant.clone())
    });
    for (host, expected) in [
        ("tenant.example", "_ga=6"),
        ("www.shop.example", "session=5"),
    ] {
        let mut asked = request([("host", host), ("cookie", COOKIES)]);
        asked.extensions_mut().insert(7_u8);
        let done = exchange(&layer, asked, response(SET));
        assert_eq!(done.set_cookies(), [expected]);
        let categories = done.consent().policy().categories().len();
        assert_eq!(categories, if expected == "_ga=6" { 1 } else { 4 });
    }
}

#[test]
fn policy_for_reads_and_expires_by_the_chosen_policy() {
    let tenant = CookiePolicy::builder()
        .preferences_cookie(tower_cookie_consent::preferences::PreferencesCookie::new(
            "prefs",
        ))
        .category(Category::consent("tiers").cookie(CookieDeclaration::new("_t")))
        .build()
        .unwrap();
    let layer = layer().policy_for(move |_| tenant.clone());
    let cookies = format!("prefs={}; _t=1; _ga=2", Prefs::refuse().value());
    let set = "prefs={%22tiers%22:false,%22timestamp%22:1795000000}; Path=/";
    let asked = request([("host", "localhost"), ("cookie", &cookies)]);
    let done = exchange(
        &layer,
        asked,
        response(["_t=3", "_ga=4", "cookies_preferences=x", set]),
    );
    assert_eq!(done.set_cookies()[0], set);
    assert_eq!(done.removals(), ["_t; Path=/"]);
    let asked = request([("host", "localhost"), ("cookie", &cookies)]);
    let done = exchange(&layer, asked, response::<&str>([]));
    assert_eq!(done.removals(), ["_t; Path=/"]);
    assert_eq!(
        done.cookies(),
        [format!("prefs={}; _ga=2", Prefs::refuse().value())]
    );
}

#[test]
fn the_clock_decides_the_age_of_a_choice() {
    let now = Arc::new(AtomicU64::new(NOW));
    let clock = Arc::clone(&now);
    let layer =
        CookieConsentLayer::new(policy()).with_clock(move || at(clock.load(Ordering::Relaxed)));
    let decided = NOW - 3_600;
    for (seconds, status) in [
        (0, Status::Decided),
        (182 * 86_400, Status::Decided),
        (182 * 86_400 + 1, Status::Expired),
    ] {
        now.store(decided + seconds, Ordering::Relaxed);
        let done = exchange(
            &layer,
            request([("cookie", Prefs::accept().pair())]),
            response(SET),
        );
        assert_eq!(done.consent().status(), status, "{seconds}");
        let count = if status == Status::Decided { 2 } else { 1 };
        assert_eq!(done.set_cookies().len(), count, "{seconds}");
        assert_eq!(done.consent().needs_choice(), status == Status::Expired);
        assert_eq!(done.consent().judged_at(), at(decided + seconds));
    }
    now.store(0, Ordering::Relaxed);
    let done = exchange(
        &layer,
        request([("cookie", Prefs::accept().pair())]),
        response(SET),
    );
    assert_eq!(
        done.consent().status(),
        Status::Undecided,
        "from the future"
    );
}

#[test]
fn a_clock_before_1970_grants_nothing() {
    let before = UNIX_EPOCH.checked_sub(Duration::from_secs(1)).unwrap();
    let layer = CookieConsentLayer::new(policy()).with_clock(move || before);
    let done = exchange(
        &layer,
        request([("cookie", Prefs::accept().pair())]),
        response(SET),
    );
    assert_eq!(done.set_cookies(), &SET[..1]);
}

#[test]
fn a_switch_of_a_clone_does_not_reach_the_original() {
    let original = layer();
    let clone = original.clone().undeclared(Undeclared::Allow);
    for (layer, sent) in [(&original, 1), (&clone, 3)] {
        let done = exchange(layer, request::<&str>([]), response(SET));
        assert_eq!(done.set_cookies().len(), sent);
    }
}

#[test]
fn the_inner_service_is_at_hand() {
    let mut service = CookieConsentLayer::new(policy()).layer("inner");
    assert_eq!(*service.get_ref(), "inner");
    *service.get_mut() = "other";
    assert_eq!(service.clone().into_inner(), "other");
    let debug = format!("{service:?}");
    assert!(debug.contains("report_only: false"), "{debug}");
}

#[test]
fn two_layers_around_each_other_do_what_one_does() {
    let cookies = format!("{}; _ga=1; session=2", Prefs::refuse().pair());
    let set = ["_ga=1", "session=2", "_pk_ses=3", "_fbp=; Max-Age=+0"];
    let one = exchange(&layer(), request([("cookie", &cookies)]), response(set));
    let fields: Vec<_> = one.set_cookie_bytes();
    let two = exchange(
        &layer().expire(Expire::Never),
        request([("cookie", &cookies)]),
        response(fields),
    );
    assert_eq!(two.set_cookies(), one.set_cookies());
    assert!(two.response.headers().get_all(SET_COOKIE).iter().count() > 2);
}
