//! The conditions for exempt statistics: at most 13 months, not prolonged, and subject to
//! objections.

use http::{
    Method,
    header::{DATE, SET_COOKIE},
};
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookieDeclaration, CookiePolicy, Expire, policy::Retention,
};

use crate::support::{Exchange, NOW, Prefs, at, exchange, layer, request, response, value};

const DAY: u64 = 86_400;
const YEAR_2038: &str = "Expires=Fri, 01 Jan 2038 00:00:00 GMT";
const LONGEST: &str = "; Max-Age=34128000";

fn set(cookies: &str, field: &str) -> Exchange {
    exchange(&layer(), request([("cookie", cookies)]), response([field]))
}

#[test]
fn a_lifetime_over_13_months_is_cut_by_an_attribute_at_the_end() {
    let unset = Some("");
    for (field, expected) in [
        ("_pk_id.1=a; Max-Age=34128000", unset),
        ("_pk_id.1=a; Max-Age=34128001", Some(LONGEST)),
        ("_pk_id.1=a; Max-Age=34128001;", Some(LONGEST)),
        (
            "_pk_id.1=a; max-age=63072000; Path=/; HttpOnly",
            Some(LONGEST),
        ),
        ("_pk_id.1=a; Expires=Fri, 01 Jan 2027 00:00:00 GMT", unset),
        ("_pk_id.1=a; Expires=Wed, 23 Dec 2027 12:00:00 GMT", unset),
        (
            "_pk_id.1=a; Expires=Thu, 23 Dec 2027 12:00:01 GMT",
            Some(LONGEST),
        ),
        (&format!("_pk_id.1=a; {YEAR_2038}"), Some(LONGEST)),
        (&format!("_pk_id.1=a; {YEAR_2038}; Max-Age=60"), unset),
        (
            &format!("_pk_id.1=a; Max-Age=60; {YEAR_2038}"),
            Some(LONGEST),
        ),
        ("_pk_id.1=a; Max-Age=99999999999999999999999", Some(LONGEST)),
        ("_pk_id.1=a; Expires=1 Jan 2040", Some(LONGEST)),
        ("_pk_id.1=a; Expires=01/01/2037 00:00:00", Some(LONGEST)),
        (
            "_pk_id.1=a; Expires=Fri, 01 Jan 2027 00:00:00 -0000",
            Some("; Max-Age=3326400"),
        ),
        // Its meaning is unclear.
        ("_pk_id.1=a; Expires=12/31/37", Some("; Max-Age=86400")),
        (
            "_pk_id.1=a; Expires=01/01/1990 00:00:00",
            Some("; Max-Age=0"),
        ),
        ("_pk_id.1=a; Expires=tomorrow", unset),
        ("_pk_id.1=a", unset),
        // It can't be shortened in a way that all browsers understand.
        ("_pk_id.1=\"a; Max-Age=63072000", None),
        ("_pk_id.1=a\u{e9}; Max-Age=63072000", None),
    ] {
        let done = set("x=1", field);
        let sent: Vec<_> = done.set_cookie_bytes();
        let expected: Vec<_> = expected
            .map(|tail| format!("{field}{tail}"))
            .into_iter()
            .collect();
        let expected: Vec<_> = expected.iter().map(String::as_bytes).collect();
        assert_eq!(sent, expected, "{field}");
    }
}

#[test]
fn a_date_behind_the_clock_counts_for_the_lifetime() {
    // 12 months by the clock, 16 by the response's own date.
    let field = "_pk_id.1=a; Expires=Tue, 23 Nov 2027 00:00:00 GMT";
    for (date, clamped) in [
        ("Mon, 23 Nov 2026 12:00:00 GMT", false),
        ("Thu, 23 Jul 2026 12:00:00 GMT", true),
    ] {
        let mut answer = response([field]);
        answer.headers_mut().append(DATE, value(date));
        let done = exchange(&layer(), request::<&str>([]), answer);
        assert_eq!(
            done.set_cookies()[0].contains("; Max-Age="),
            clamped,
            "{date}"
        );
    }
}

#[test]
fn a_later_visit_does_not_prolong_what_it_carries() {
    let carried = "session=1; _pk_id.1=a; _pk_ses=b";
    for (field, passes) in [
        ("_pk_id.1=a; Max-Age=33868800", false),
        ("_pk_id.1=a; Max-Age=86401", false),
        ("_pk_id.1=a; Max-Age=99999999999", false),
        (&format!("_pk_ses=a; {YEAR_2038}"), false),
        ("_pk_id.1=a; Max-Age=86400", true),
        ("_pk_id.1=a", true),
        ("_pk_id.1=a; Max-Age=0", true),
        ("_pk_id.1=a; Expires=Thu, 01 Jan 1970 00:00:00 GMT", true),
        // Another name of the pattern of a carried cookie would prolong that one.
        ("_pk_id.2=a; Max-Age=33868800", false),
        ("_pk_id.1x=a; Max-Age=33868800", false),
        ("_pk_id.=a; Max-Age=86401", false),
        ("_pk_id.2=a; Max-Age=86400", true),
        ("_pk_id.2=a", true),
        ("_pk_id.2=a; Max-Age=0", true),
    ] {
        let done = set(carried, field);
        assert_eq!(done.set_cookies() == [field], passes, "{field}");
        assert_eq!(done.set_cookies().len(), usize::from(passes), "{field}");
    }
    for cookies in ["x=1", "_pk_ses=b", "_pk_i=a", "_PK_id.1=a"] {
        let first = ["_pk_id.1=a; Max-Age=33868800", "_pk_id.2=a; Max-Age=60"];
        let done = exchange(&layer(), request([("cookie", cookies)]), response(first));
        assert_eq!(done.set_cookies(), first, "the first visit sets them");
    }
}

/// Firefox reads dates in them and keeps the cookie for 400 days (`odd_dates.jsonl`).
#[test]
fn odd_dates_do_not_prolong_exempt_cookies() {
    for date in [
        "01/01/2037 00:00:00",
        "12/31/37",
        "01-01-2037 00:00:00",
        "Thu, 01-01-37 00:00:00 GMT",
        "Thu, 01 Jan 2037 00:00:00 +0000",
    ] {
        for attributes in ["; Path=/", "; Max-Age=5; HttpOnly"] {
            let field = format!("_pk_id.1=4711{attributes}; Expires={date}");
            assert_eq!(
                set("_pk_id.1=4711", &field).set_cookies(),
                [""; 0],
                "{field}"
            );
            let decided = format!("{field}; Max-Age=60");
            let done = set("_pk_id.1=4711", &decided);
            assert_eq!(done.set_cookies(), [decided], "{date}");
        }
    }
    // When the service itself removes it, every browser recognises the removal.
    let done = set("_pk_id.1=4711", "_pk_id.1=; Expires=01/01/1990 00:00:00");
    assert_eq!(
        done.set_cookies(),
        ["_pk_id.1=; Expires=01/01/1990 00:00:00; Max-Age=0"]
    );
}

/// If the request would not have carried a cookie, nobody knows that it is new.
#[test]
fn a_path_that_the_request_does_not_match_prolongs_nothing() {
    for (target, attributes, passes) in [
        ("/", "", true),
        ("/", "; Path=/", true),
        ("/", "; Path=/stats", false),
        ("/", "; Path=/; Path=/stats", false),
        ("/stats", "; Path=/stats", true),
        ("/stats/x?y=/", "; Path=/stats", true),
        ("/statss", "; Path=/stats", false),
        ("/x?/stats", "; Path=/stats", false),
        ("https://shop.example/stats/x", "; Path=/stats", true),
        ("https://shop.example", "; Path=/stats", false),
        ("/", "; Path=/; Domain=shop.example", true),
    ] {
        let long = format!("_pk_id.1=4711; Max-Age=33868800{attributes}");
        let day = format!("_pk_id.1=4711; Max-Age=86400{attributes}");
        for (field, passes) in [(long, passes), (day, true)] {
            let mut asked = request([("cookie", "x=1")]);
            *asked.uri_mut() = target.parse().unwrap();
            let done = exchange(&layer(), asked, response([&field]));
            assert_eq!(done.set_cookies() == [&field], passes, "{target} {field}");
            assert_eq!(done.set_cookies().len(), usize::from(passes), "{field}");
        }
    }
}

/// A cookie that requests from other sites do not carry is set at each landing, and so prolonged.
#[test]
fn a_landing_from_another_site_prolongs_nothing() {
    let landing = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
    ];
    let prefs = Prefs::of(&[("stats", true)]).pair();
    for (method, attributes, passes) in [
        (Method::GET, "", true),
        (Method::GET, "; SameSite=Lax", true),
        (Method::GET, "; SameSite=Strict", false),
        (Method::GET, "; SameSite=None; Secure", true),
        (Method::POST, "", false),
        (Method::POST, "; SameSite=Lax", false),
        (Method::POST, "; SameSite=None; Secure", true),
    ] {
        let field = format!("_pk_id.1=4711; Path=/; Max-Age=33868800{attributes}");
        let mut asked = request(landing);
        asked.headers_mut().insert("cookie", value(&prefs));
        *asked.method_mut() = method.clone();
        let done = exchange(&layer(), asked, response([&field]));
        assert_eq!(done.set_cookies() == [&field], passes, "{method} {field}");
    }
}

#[test]
fn cookies_of_other_categories_are_not_limited() {
    let cookies = format!("session=1; _ga=2; {}", Prefs::accept().pair());
    let fields = ["session=1; Max-Age=99999999", "_ga=2; Max-Age=99999999"];
    let done = exchange(&layer(), request([("cookie", cookies)]), response(fields));
    assert_eq!(done.set_cookies(), fields);
}

#[test]
fn exempt_cookies_are_limited_even_after_acceptance() {
    let done = set(&Prefs::accept().pair(), "_pk_id.1=a; Max-Age=63072000");
    assert!(done.set_cookies()[0].ends_with(LONGEST));
}

#[test]
fn the_switch_leaves_exempt_cookies_as_they_are() {
    let layer = layer().limit_exempt(false);
    let fields = [
        "_pk_id.1=a; Max-Age=63072000",
        "_pk_ses=b; Max-Age=63072000",
    ];
    let done = exchange(&layer, request([("cookie", "_pk_ses=1")]), response(fields));
    assert_eq!(done.set_cookies(), fields);
    assert_eq!(done.cache_control(), [""; 0]);
}

#[test]
fn an_objection_withholds_hides_and_expires_exempt_cookies() {
    let cookies = format!(
        "{}; _pk_ses=1; _pk_id.1=2",
        Prefs::of(&[("stats", false)]).pair()
    );
    let asked = request([("host", "localhost"), ("cookie", &cookies)]);
    let done = exchange(&layer(), asked, response(["_pk_ses=3", "session=4"]));
    assert_eq!(done.set_cookies()[0], "session=4");
    assert_eq!(done.removals(), ["_pk_ses; Path=/", "_pk_id.1; Path=/"]);
    assert_eq!(done.cookies(), [Prefs::of(&[("stats", false)]).pair()]);
}

#[test]
fn an_objection_outlives_its_choice_and_policy() {
    let policy = CookiePolicy::builder()
        .revision(9)
        .since(9)
        .category(Category::exempt("stats").cookie(CookieDeclaration::new("_pk_ses")))
        .build()
        .unwrap();
    let layer = CookieConsentLayer::new(policy).with_clock(|| at(NOW));
    for age in [0, 182, 183, 400, 10_000] {
        let prefs = Prefs::of(&[("stats", false)])
            .decided(NOW - age * 86_400)
            .pair();
        let done = exchange(
            &layer,
            request([("cookie", prefs)]),
            response(["_pk_ses=1"]),
        );
        assert_eq!(done.set_cookies(), [""; 0], "{age}");
    }
}

fn counting(lifetime: Retention) -> CookiePolicy {
    let builder = CookiePolicy::builder().choice_lifetime(lifetime);
    let builder = builder
        .category(Category::exempt("stats"))
        .category(Category::consent("ads"));
    builder.build().unwrap()
}

#[test]
fn an_objection_does_not_end_with_the_choice_before() {
    let layer = CookieConsentLayer::new(counting(Retention::months(6))).with_clock(|| at(NOW));
    for (age, answer, days) in [
        (0, ("stats", false), 182),
        (181, ("stats", false), 182),
        (182, ("stats", false), 182),
        (181, ("stats", true), 1),
    ] {
        let prefs = Prefs::of(&[("ads", true), ("stats", true)]).decided(NOW - age * DAY);
        let done = exchange(
            &layer,
            request([("cookie", prefs.pair())]),
            response::<&str>([]),
        );
        let choice = done.consent().choose([answer]).unwrap();
        let set = done.consent().set_cookie(choice).header_value();
        let set = set.to_str().unwrap();
        let date = format!("%22timestamp%22%3A{}", NOW - age * DAY);
        assert!(set.contains(&date), "{age}: consent is not renewed: {set}");
        let lives = format!("; Max-Age={}", days * DAY);
        assert!(set.contains(&lives), "{age}: {set}");
    }
}

/// Chromium and Firefox count `Expires` from a `Date` that they can read, well-formed or not.
#[test]
fn exempt_cookies_are_clamped_whatever_the_date() {
    for dates in [
        &["Mon, 01 Jan 1990 00:00:00"][..],
        &[
            "Mon, 01 Jan 1990 00:00:00 GMT",
            "Mon, 01 Jan 1990 00:00:01 GMT",
        ],
        &["Mon, 01 Jan 1990 00:00:00 GMT"],
    ] {
        let mut response = response(["_pk_ses=1; Expires=Fri, 01 Jan 2027 00:00:00 GMT"]);
        for date in dates {
            response.headers_mut().append("date", value(date));
        }
        let exchange = exchange(&layer(), request([("accept", "*/*")]), response);
        let kept = exchange.response.headers().get(SET_COOKIE);
        assert!(
            kept.is_none_or(|kept| kept.to_str().unwrap().contains("; Max-Age=")),
            "{dates:?}: {kept:?}"
        );
    }
}

/// The request's cookies have to be known, whatever else it carries and whatever is turned on.
#[test]
fn a_cookie_of_a_plain_name_alone_is_not_prolonged() {
    let later = "_pk_ses=2; Max-Age=864000";
    for layer in [
        layer(),
        layer().filter_request(false),
        layer().expire(Expire::Never),
        layer().filter_request(false).expire(Expire::Never),
    ] {
        for (cookies, passes) in [("_pk_ses=1", false), ("_pk_sess=1", true), ("", true)] {
            let asked = request([("cookie", cookies)]);
            let done = exchange(&layer, asked, response([later]));
            assert_eq!(done.set_cookies() == [later], passes, "{cookies} {layer:?}");
        }
    }
}
