//! Checks from the test suites of comparable tools that apply to the layer: ASP.NET Core
//! `CookiePolicy` (A), django-cookie-consent (D), rack-policy (R), FAZ Cookie Manager (F),
//! `IABTechLab` trusted-server (T), autumn-web (U).

use std::collections::BTreeMap;

use http::{HeaderValue, Method, Request, Response, StatusCode, header::SET_COOKIE};
use tower::{Service, ServiceBuilder, service_fn};
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy,
    policy::Retention,
    preferences::{PreferencesCookie, SameSite, Status},
};
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};

use crate::support::{NOW, Prefs, at, exchange, exchange_with, layer, request, response};

/// Returns a handler's response that makes this choice and sets other cookies.
fn choosing(request: &Request<()>, accept: bool, others: &[&str]) -> Response<()> {
    let consent: &Consent = request.extensions().get().unwrap();
    let choice = if accept {
        consent.accept_all()
    } else {
        consent.refuse_all()
    };
    let mut response = response(others);
    response
        .headers_mut()
        .append(SET_COOKIE, consent.set_cookie(choice).header_value());
    response
}

#[test]
fn a1_only_necessary_cookies_are_sent_before_a_choice() {
    let set = ["session=1", "_pk_ses=2", "_ga=3", "_ga_X=4", "_fbp=5"];
    let done = exchange(&layer(), request::<&str>([]), response(set));
    assert_eq!(done.set_cookies(), ["session=1", "_pk_ses=2"]);
}

#[test]
fn a2_after_consent_the_cookies_of_its_category_are_sent() {
    let prefs = Prefs::of(&[("tiers", true), ("ads", false)]).pair();
    let set = ["_ga=1; Max-Age=60", "_fbp=2", "_ga_X=3"];
    let done = exchange(&layer(), request([("cookie", prefs)]), response(set));
    assert_eq!(done.set_cookies()[..2], ["_ga=1; Max-Age=60", "_ga_X=3"]);
    assert!(done.removed().iter().all(|name| name != "_ga"));
}

#[test]
fn a3_an_invalid_value_is_not_consent() {
    for value in [
        "",
        "yes",
        "true",
        "1",
        "{}",
        "[]",
        "%7B",
        "{\"tiers\":true}",
    ] {
        let cookie = format!("cookies_preferences={value}");
        let set = ["session=1", "_ga=2"];
        let done = exchange(&layer(), request([("cookie", cookie)]), response(set));
        assert_eq!(done.set_cookies(), ["session=1"], "{value}");
        assert_eq!(done.consent().status(), Status::Undecided, "{value}");
    }
}

#[test]
fn a4_a_grant_covers_cookies_of_the_same_response() {
    for grant_first in [true, false] {
        let done = exchange_with(&layer(), request::<&str>([]), |request| {
            let mut response = choosing(request, true, &[]);
            let grant = response.headers_mut().remove(SET_COOKIE).unwrap();
            let cookie = HeaderValue::from_static("_ga=1");
            let [one, other] = if grant_first {
                [grant, cookie]
            } else {
                [cookie, grant]
            };
            response.headers_mut().append(SET_COOKIE, one);
            response.headers_mut().append(SET_COOKIE, other);
            response
        });
        let sent = done.set_cookies();
        assert_eq!(sent.len(), 2);
        let position = sent.iter().position(|field| *field == "_ga=1");
        assert_eq!(position, Some(usize::from(grant_first)));
    }
}

#[test]
fn a5_granting_again_renews_the_date() {
    let prefs = Prefs::accept().decided(NOW - 100 * 86_400).pair();
    let done = exchange_with(&layer(), request([("cookie", prefs)]), |request| {
        choosing(request, true, &["_ga=1"])
    });
    let sent = done.set_cookies();
    assert_eq!(sent[0], "_ga=1");
    assert!(
        sent[1].contains(&format!("%22timestamp%22%3A{NOW}")),
        "{sent:?}"
    );
    assert_eq!(sent.len(), 2);
}

#[test]
fn a6_a_withdrawal_covers_the_whole_response() {
    let done = exchange_with(
        &layer(),
        request([("cookie", Prefs::accept().pair())]),
        |request| {
            let mut response = choosing(request, false, &["_ga=before", "session=1"]);
            response
                .headers_mut()
                .append(SET_COOKIE, HeaderValue::from_static("_ga=after"));
            response
        },
    );
    let kept: Vec<_> = done
        .set_cookies()
        .into_iter()
        .filter(|field| field.starts_with("_ga=b") || field.starts_with("_ga=a"))
        .collect();
    assert_eq!(kept, [""; 0]);
    assert_eq!(done.set_cookies()[0], "session=1");
    assert!(done.set_cookies()[1].contains("%22tiers%22%3Afalse"));
}

#[test]
fn a7_a_withdrawal_without_consent_is_a_refusal() {
    let mut jar = BTreeMap::new();
    visit(&layer(), &mut jar, |request| {
        choosing(request, false, &["session=1"])
    });
    assert_eq!(
        jar.keys().collect::<Vec<_>>(),
        ["cookies_preferences", "session"]
    );
    let consent = visit(&layer(), &mut jar, |_| response::<&str>([]));
    assert_eq!(consent.status(), Status::Decided);
    assert_eq!(
        consent.choice().unwrap().get(consent.policy(), "tiers"),
        Some(false)
    );
}

#[test]
fn a8_before_any_choice_a_removal_is_sent() {
    let removal = "_ga=; Path=/x; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
    for prefs in ["x=1".to_owned(), Prefs::refuse().pair()] {
        let done = exchange(&layer(), request([("cookie", prefs)]), response([removal]));
        assert_eq!(done.set_cookies(), [removal]);
    }
}

#[test]
fn a9_allowed_cookies_of_a_handler_are_sent() {
    let mut made = None;
    let done = exchange_with(&layer(), request::<&str>([]), |request| {
        let consent: &Consent = request.extensions().get().unwrap();
        let set = consent.set_cookie(consent.refuse_all()).header_value();
        made = Some(set.clone());
        let mut response = Response::new(());
        response.headers_mut().append(SET_COOKIE, set);
        response
    });
    assert_eq!(done.response.headers()[SET_COOKIE], made.unwrap());
}

#[test]
fn a10_an_unnamed_preferences_cookie_is_an_error() {
    let error = CookiePolicy::builder()
        .category(Category::consent("ads"))
        .preferences_cookie(PreferencesCookie::new(""))
        .build()
        .unwrap_err();
    assert_eq!(error.problems().len(), 1, "{error}");
}

#[test]
fn a11_a_pattern_covers_every_chunk_of_a_chunked_cookie() {
    let policy = CookiePolicy::new([
        Category::necessary("base").cookie(CookieDeclaration::new("auth*")),
        Category::consent("ads").cookie(CookieDeclaration::new("X*")),
    ])
    .unwrap();
    let set = ["auth=1", "authC1=2", "authC2=3", "X=1", "XC1=2", "XC2=3"];
    let done = exchange(
        &CookieConsentLayer::new(policy),
        request::<&str>([]),
        response(set),
    );
    assert_eq!(done.set_cookies(), set[..3]);
}

/// The cookie that a session layer writes by itself, with tower-sessions' default name or the
/// declared one.
#[tokio::test]
async fn a12_what_a_session_layer_writes_is_judged_too() {
    for (name, kept) in [("id", 0), ("session", 1)] {
        let mut service = ServiceBuilder::new()
            .layer(layer())
            .layer(SessionManagerLayer::new(MemoryStore::default()).with_name(name))
            .service(service_fn(async |request: Request<String>| {
                let session = request.extensions().get::<Session>().unwrap();
                session.insert("user", 7).await.unwrap();
                Ok::<_, std::convert::Infallible>(Response::new(String::new()))
            }));
        let response = service.call(Request::new(String::new())).await.unwrap();
        let sent = response.headers().get_all(SET_COOKIE).iter().count();
        assert_eq!(sent, kept, "{name}");
    }
}

#[test]
fn d1_declining_expires_cookies_at_once() {
    let cookies = format!("{}; _ga=1; _ga_X=2; session=3", Prefs::accept().pair());
    let done = exchange_with(&layer(), request([("cookie", cookies)]), |request| {
        choosing(request, false, &[])
    });
    assert_eq!(done.removed(), ["_ga_X", "_pk_ses", "_ga", "_fbp"]);
    for field in &done.set_cookies()[1..] {
        assert!(field.contains("; Max-Age=0") && field.contains("Expires=Thu, 01 Jan 1970"));
    }
}

fn revised(since: u32) -> CookieConsentLayer {
    let policy = CookiePolicy::builder()
        .revision(3)
        .category(Category::necessary("base").cookie(CookieDeclaration::new("session")))
        .category(
            Category::consent("tiers")
                .since(since)
                .cookie(CookieDeclaration::new("_ga")),
        )
        .category(Category::consent("ads").cookie(CookieDeclaration::new("_fbp")))
        .build();
    CookieConsentLayer::new(policy.unwrap()).with_clock(|| at(NOW))
}

#[test]
fn d2_only_consent_to_the_current_version_counts() {
    for (prefs, allowed) in [
        (Prefs::accept().with("revision", "3").pair(), true),
        // Another instance knows a newer one, and this one asks again.
        (Prefs::accept().with("revision", "4").pair(), false),
        (Prefs::accept().with("revision", "2").pair(), false),
        (Prefs::accept().pair(), false),
        ("cookies_preferences=".to_owned(), false),
    ] {
        let done = exchange(
            &revised(3),
            request([("cookie", &prefs)]),
            response(["_ga=1"]),
        );
        assert_eq!(done.set_cookies().len(), usize::from(allowed), "{prefs}");
        assert_eq!(done.consent().needs_choice(), !allowed, "{prefs}");
    }
}

#[test]
fn d3_only_a_changed_category_is_asked_again() {
    let prefs = Prefs::accept().with("revision", "2").pair();
    let done = exchange(
        &revised(3),
        request([("cookie", prefs)]),
        response(["_ga=1", "_fbp=2"]),
    );
    let pending: Vec<_> = done.consent().pending().map(Category::id).collect();
    assert_eq!(pending, ["tiers"]);
    assert_eq!(done.set_cookies(), ["_fbp=2"]);
}

#[test]
fn d4_arbitrary_text_is_neither_consent_nor_an_error() {
    let nested = "[".repeat(4_000);
    let object = "{\"a\":".repeat(800);
    for value in ["🍪", "%", "%7B%22", "null", "NaN", "\"\"", &nested, &object] {
        let cookie = format!("cookies_preferences={value}; session=1");
        let done = exchange(
            &layer(),
            request([("cookie", cookie)]),
            response(["_ga=1", "lang=2"]),
        );
        assert_eq!(done.set_cookies(), ["lang=2"], "{value}");
    }
}

#[test]
fn d5_only_categories_that_need_consent_are_asked_about() {
    let base = || Category::necessary("base");
    for (categories, asks) in [
        (vec![base()], false),
        (vec![base(), Category::exempt("stats")], false),
        (vec![base(), Category::consent("ads")], true),
    ] {
        let layer = CookieConsentLayer::new(CookiePolicy::new(categories).unwrap());
        let done = exchange(&layer, request::<&str>([]), response::<&str>([]));
        assert_eq!(done.consent().needs_choice(), asks);
    }
}

#[test]
fn d8_the_preferences_cookie_has_the_attributes_that_are_set() {
    let set = |cookie: PreferencesCookie| {
        let policy = CookiePolicy::builder()
            .category(Category::consent("ads"))
            .choice_lifetime(Retention::days(2))
            .preferences_cookie(cookie)
            .build()
            .unwrap();
        let consent = Consent::undecided(policy);
        let header = consent.set_cookie(consent.refuse_all()).header_value();
        let header = header.to_str().unwrap().to_owned();
        let mut parts: Vec<_> = header.split("; ").map(str::to_owned).collect();
        parts[1..].sort_unstable();
        assert!(
            parts
                .remove(0)
                .split_once('=')
                .unwrap()
                .1
                .starts_with("%7B%22ads%22%3Afalse")
        );
        parts.join("; ")
    };
    assert_eq!(
        set(PreferencesCookie::default()),
        "Max-Age=172800; Path=/; SameSite=Lax; Secure"
    );
    assert_eq!(
        set(PreferencesCookie::new("p")
            .domain(".Shop.Example")
            .http_only(true)
            .same_site(SameSite::None)),
        "Domain=shop.example; HttpOnly; Max-Age=172800; Path=/; SameSite=None; Secure"
    );
    assert_eq!(
        set(PreferencesCookie::new("p")
            .secure(false)
            .same_site(SameSite::Strict)),
        "Max-Age=172800; Path=/; SameSite=Strict"
    );
}

/// One page view of a browser that keeps what it is sent, by name alone.
fn visit(
    layer: &CookieConsentLayer,
    jar: &mut BTreeMap<String, String>,
    handler: impl FnOnce(&Request<()>) -> Response<()>,
) -> Consent {
    let pairs: Vec<_> = jar
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let cookies = Some(("cookie", pairs.join("; "))).filter(|_| !pairs.is_empty());
    let done = exchange_with(layer, request(cookies), handler);
    for field in done.set_cookies() {
        let (name, rest) = field.split_once('=').unwrap();
        if field.contains("Max-Age=0") {
            jar.remove(name);
        } else {
            let value = rest.split(';').next().unwrap();
            jar.insert(name.to_owned(), value.to_owned());
        }
    }
    done.consent().clone()
}

#[test]
fn d9_a_browser_gets_the_cookie_and_loses_it_again() {
    let (layer, mut jar) = (layer(), BTreeMap::new());
    let page = |_: &Request<()>| response(["session=1", "_ga=2", "_ga_X=3"]);
    let has = |jar: &BTreeMap<String, String>, name: &str| jar.contains_key(name);

    let consent = visit(&layer, &mut jar, page);
    assert!(consent.needs_choice() && has(&jar, "session") && !has(&jar, "_ga"));

    visit(&layer, &mut jar, |request| choosing(request, true, &[]));
    let consent = visit(&layer, &mut jar, page);
    assert!(!consent.needs_choice() && has(&jar, "_ga") && has(&jar, "_ga_X"));

    visit(&layer, &mut jar, |request| choosing(request, false, &[]));
    assert!(has(&jar, "session") && !has(&jar, "_ga") && !has(&jar, "_ga_X"));
    let consent = visit(&layer, &mut jar, page);
    assert!(!consent.needs_choice() && !consent.allows("tiers") && !has(&jar, "_ga"));
}

#[test]
fn r1_every_method_and_status_is_judged() {
    for method in [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS] {
        for status in [101, 200, 204, 206, 302, 304, 400, 404, 500, 503] {
            let mut asked = request::<&str>([]);
            *asked.method_mut() = method.clone();
            let mut answer = response(["_ga=1", "session=2", "id=3"]);
            *answer.status_mut() = StatusCode::from_u16(status).unwrap();
            answer
                .headers_mut()
                .append("x-kept", HeaderValue::from_static("1"));
            let done = exchange(&layer(), asked, answer);
            assert_eq!(done.set_cookies(), ["session=2"], "{method} {status}");
            assert_eq!(done.response.status(), status);
            assert_eq!(done.response.headers()["x-kept"], "1");
            assert_eq!(*done.request.method(), method);
        }
    }
}

#[test]
fn f2_nothing_undeclared_is_deleted() {
    let cookies = format!("{}; sso=1; _ga=2", Prefs::refuse().pair());
    let done = exchange_with(&layer(), request([("cookie", &cookies)]), |request| {
        choosing(request, false, &[])
    });
    assert!(!done.removed().contains(&"sso".to_owned()));
    let done = exchange(
        &layer(),
        request([("cookie", cookies)]),
        response::<&str>([]),
    );
    assert_eq!(done.removed(), ["_ga"]);
    assert!(done.cookies()[0].ends_with("; sso=1"));
}

#[test]
fn f3_what_was_changed_for_one_visitor_is_private() {
    let done = exchange(&layer(), request::<&str>([]), response(["_ga=1"]));
    assert_eq!(done.cache_control(), ["private"]);
    let done = exchange(&layer(), request::<&str>([]), response(["session=1"]));
    assert_eq!(done.cache_control(), [""; 0]);
}

#[test]
fn t1_unreadable_preferences_withhold_and_expire_nothing() {
    for value in [
        "garbage",
        "%7B%22tiers%22%3Afalse",
        "{\"tiers\":false}",
        "\u{e9}",
    ] {
        let cookies = format!("_ga=1; cookies_preferences={value}; _pk_ses=2; session=3");
        let set = ["_ga=4", "_pk_ses=5", "session=6"];
        let done = exchange(&layer(), request([("cookie", cookies)]), response(set));
        assert_eq!(done.set_cookies(), ["session=6"], "{value}");
        let seen = done.request.headers()["cookie"].as_bytes();
        let expected = format!("cookies_preferences={value}; session=3");
        assert_eq!(seen, expected.as_bytes());
    }
}

#[test]
fn u1_two_consent_cookies_grant_no_more_than_either() {
    let one = Prefs::of(&[("tiers", true), ("ads", false)]).pair();
    let two = Prefs::of(&[("tiers", true), ("ads", true), ("stats", false)]).pair();
    let set = ["_ga=1", "_fbp=2", "_pk_ses=3", "session=4"];
    for pair in [[&one, &two], [&two, &one]] {
        let together = pair.map(String::as_str).join("; ");
        let apart = request(pair.map(|pair| ("cookie", pair)));
        for asked in [request([("cookie", together)]), apart] {
            let done = exchange(&layer(), asked, response(set));
            assert_eq!(done.set_cookies(), ["_ga=1", "session=4"]);
        }
    }
}

#[test]
fn u2_a_pair_without_equals_hides_nothing_after_it() {
    let cookies = format!("stray; _ga=1; {}; session=2", Prefs::refuse().pair());
    let done = exchange(
        &layer(),
        request([("cookie", cookies)]),
        response::<&str>([]),
    );
    assert_eq!(
        done.cookies(),
        [format!("{}; session=2", Prefs::refuse().pair())]
    );
    assert_eq!(done.consent().status(), Status::Decided);
}

#[test]
fn u3_a_newer_policy_leaves_necessary_cookies_open() {
    let prefs = Prefs::accept().with("revision", "1").pair();
    let cookies = format!("session=1; _ga=2; {prefs}");
    let set = ["session=3", "_ga=4"];
    let done = exchange(&revised(2), request([("cookie", cookies)]), response(set));
    assert_eq!(done.set_cookies(), ["session=3"]);
    assert_eq!(done.cookies(), [format!("session=1; {prefs}")]);
}

#[test]
fn u4_after_a_refusal_the_visitor_is_not_asked_again() {
    let prefs = Prefs::refuse().pair();
    let done = exchange(&layer(), request([("cookie", prefs)]), response::<&str>([]));
    assert!(!done.consent().needs_choice());
    assert_eq!(done.consent().pending().count(), 0);
    assert_eq!(done.consent().status(), Status::Decided);
}
