//! A choice made by a response: it counts at once, and only widens if browsers store it.

use http::header::DATE;
use tower_cookie_consent::{
    Category, Choice, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy, Expire,
    preferences::{DecodeError, Decoded, PreferencesCodec, PreferencesCookie, SameSite},
};

use crate::support::{NOW, Prefs, at, exchange, exchange_with, layer, request, response, value};

fn site(preferences: PreferencesCookie) -> CookieConsentLayer {
    let policy = CookiePolicy::builder()
        .preferences_cookie(preferences)
        .category(Category::exempt("stats").cookie(CookieDeclaration::new("_pk_ses")))
        .category(Category::consent("tiers").cookie(CookieDeclaration::new("_ga")))
        .build()
        .unwrap();
    CookieConsentLayer::new(policy).with_clock(|| at(NOW))
}

/// Whether a cookie of a category leaves beside these, for a visitor who came with `cookies`.
fn leaves(layer: &CookieConsentLayer, cookies: &str, set: &[&str], cookie: &str) -> bool {
    let set = set.iter().copied().chain([cookie]);
    let done = exchange(layer, request([("cookie", cookies)]), response(set));
    done.set_cookie_bytes().contains(&cookie.as_bytes())
}

fn widens(layer: &CookieConsentLayer, set: &[&str]) -> bool {
    leaves(layer, "x=1", set, "_ga=1")
}

fn accepting(name: &str, attributes: &str) -> String {
    let prefs = Prefs::of(&[("stats", true), ("tiers", true)]);
    format!("{name}={}{attributes}", prefs.value().replace('"', "%22"))
}

#[test]
fn a_grant_that_browsers_keep_counts_at_once() {
    let host_only = site(PreferencesCookie::default());
    for (attributes, counts) in [
        ("; Path=/", true),
        (
            "; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=86400",
            true,
        ),
        ("; Path=/; Max-Age=86399", false),
        ("; Path=/; Max-Age=60", false),
        ("; Path=/; Max-Age=1", false),
        ("; Path=/; Max-Age=15724800; Max-Age=1", false),
        ("; Path=/; Expires=Tue, 24 Nov 2026 12:00:00 GMT", true),
        ("; Path=/; Expires=Tue, 24 Nov 2026 11:59:59 GMT", false),
        ("; Path=/; Expires=Mon, 23 Nov 2026 12:00:01 GMT", false),
        (
            "; Path=/; Expires=Fri, 01 Jan 2038 00:00:00 GMT; Max-Age=1",
            false,
        ),
        ("; PATH=/; expires=Fri, 01 Jan 2038 00:00:00 GMT", true),
        ("; Path=/; SameSite=Strict; Priority=High", true),
        ("; Path=/; Secure; SameSite=None", true),
        ("", false),
        ("; Path=/shop", false),
        ("; Path=/; Path=/", false),
        ("; Path=", false),
        ("; Path=/; Domain=shop.example", false),
        ("; Path=/; Domain=www.shop.example", false),
        ("; Path=/; Secure; Partitioned", false),
        ("; Path=/; SameSite=None", false),
        ("; Path=/; Max-Age=0", false),
        ("; Path=/; Max-Age=-1", false),
        ("; Path=/; Max-Age=\"60\"", false),
        ("; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT", false),
        ("; Path=/; Expires=Sun, 22 Nov 2026 00:00:00 GMT", false),
        // Some browser may read any time in them (`odd_dates.jsonl`).
        ("; Path=/; Expires=01/01/1990 00:00:00", false),
        ("; Path=/; Expires=01/01/2037 00:00:00", false),
        ("; Path=/; Expires=12/31/37", false),
        ("; Path=/; Expires=Fri, 01 Jan 2038 00:00:00 +0000", false),
        ("; Path=/; Max-Age=9999999; Expires=01/01/2037", false),
        ("; Path=/; Expires=01/01/1990; Max-Age=9999999", true),
        ("; Path=/; Expires=tomorrow", true),
        ("; Path=/; Secure=1", false),
        ("; Path=/; x=\u{e9}", false),
    ] {
        let set = accepting("cookies_preferences", attributes);
        assert_eq!(widens(&host_only, &[&set]), counts, "{attributes}");
    }
}

#[test]
fn a_raw_value_with_quotes_does_not_widen() {
    // Safari lets a quoted string hide a `;`.
    assert!(!widens(&layer(), &[&Prefs::accept().set_cookie()]));
}

#[test]
fn a_grant_under_another_name_or_in_an_odd_header_is_none() {
    let site = site(PreferencesCookie::default());
    for name in [
        "Cookies_Preferences",
        "\tcookies_preferences",
        "cookies_preferences\t",
        "cookies%5Fpreferences",
    ] {
        assert!(!widens(&site, &[&accepting(name, "; Path=/")]), "{name}");
    }
    assert!(widens(
        &site,
        &[&accepting(" cookies_preferences ", "; Path=/")]
    ));
}

#[test]
fn a_grant_in_a_value_that_browsers_cut_off_does_not_widen() {
    let site = site(PreferencesCookie::default().keep(["pad"]));
    let padded = |length: usize| {
        let value = Prefs::of(&[("stats", true), ("tiers", true)])
            .with("pad", "\"~\"")
            .value()
            .replace('"', "%22");
        let free = length - (value.len() - 1) - "cookies_preferences".len();
        format!(
            "cookies_preferences={}; Path=/",
            value.replace('~', &"x".repeat(free))
        )
    };
    assert!(widens(&site, &[&padded(4_096)]));
    assert!(!widens(&site, &[&padded(4_097)]));
}

#[test]
fn a_domain_must_match_the_header_and_the_host() {
    let shared = || site(PreferencesCookie::default().domain("shop.example"));
    let set = |domain: &str| accepting("cookies_preferences", &format!("; Path=/{domain}"));
    for (domain, counts) in [
        ("; Domain=shop.example", true),
        ("; Domain=.Shop.Example", true),
        ("", false),
        ("; Domain=www.shop.example", false),
        ("; Domain=example", false),
    ] {
        assert_eq!(widens(&shared(), &[&set(domain)]), counts, "{domain}");
    }
    let ours = set("; Domain=shop.example");
    for (host, counts) in [
        ("shop.example", true),
        ("www.shop.example:8443", true),
        ("other.example", false),
        ("127.0.0.1", false),
        ("[::1]:3000", false),
        ("localhost:3000", false),
    ] {
        for layer in [shared(), shared().expire(Expire::Never)] {
            let asked = request([("host", host)]);
            let done = exchange(&layer, asked, response([ours.as_str(), "_ga=1"]));
            assert_eq!(done.set_cookies().contains(&"_ga=1"), counts, "{host}");
        }
    }
}

#[test]
fn a_grant_that_breaks_its_prefix_does_not_widen() {
    for (cookie, name) in [
        (PreferencesCookie::new("__Host-p"), "__Host-p"),
        (PreferencesCookie::new("__Secure-p"), "__Secure-p"),
        (PreferencesCookie::new("p").same_site(SameSite::None), "p"),
    ] {
        let site = site(cookie);
        assert!(
            widens(
                &site,
                &[&accepting(name, "; Path=/; Secure; SameSite=None")]
            ),
            "{name}"
        );
        assert!(
            !widens(&site, &[&accepting(name, "; Path=/; SameSite=None")]),
            "{name}"
        );
    }
}

/// As measured: Chromium and Firefox store neither without `HttpOnly`.
#[test]
fn a_grant_under_an_http_prefix_widens_with_http_only_alone() {
    for name in ["__Http-p", "__Host-Http-p"] {
        let site = site(PreferencesCookie::new(name).http_only(true));
        assert!(
            widens(&site, &[&accepting(name, "; Path=/; Secure; HttpOnly")]),
            "{name}"
        );
        assert!(
            !widens(&site, &[&accepting(name, "; Path=/; Secure")]),
            "{name}"
        );
        assert!(
            !widens(&site, &[&accepting(name, "; Path=/; HttpOnly")]),
            "{name}"
        );
    }
}

#[test]
fn a_grant_past_by_the_responses_date_does_not_widen() {
    let site = site(PreferencesCookie::default());
    let set = accepting(
        "cookies_preferences",
        "; Path=/; Expires=Fri, 01 Jan 2027 00:00:00 GMT",
    );
    for (date, counts) in [
        ("Mon, 23 Nov 2026 12:00:00 GMT", true),
        ("Sat, 01 Jan 2028 00:00:00 GMT", false),
    ] {
        let mut answer = response([set.as_str(), "_ga=1"]);
        answer.headers_mut().append(DATE, value(date));
        let done = exchange(&site, request::<&str>([]), answer);
        assert_eq!(done.set_cookies().contains(&"_ga=1"), counts, "{date}");
    }
}

#[test]
fn a_refusal_counts_at_once_wherever_browsers_keep_it() {
    let accepted = Prefs::accept().pair();
    for attributes in [
        "; Path=/",
        "",
        "; Path=/admin",
        "; Path=/; Domain=shop.example",
        "; Path=/; Domain=elsewhere.example",
        "; Path=/; SameSite=None",
        "; Path=/; Partitioned",
        "; Path=\"",
    ] {
        let set = format!(
            "{}{attributes}",
            Prefs::refuse().set_cookie().split(';').next().unwrap()
        );
        assert!(
            !leaves(&layer(), &accepted, &[&set], "_ga=1"),
            "{attributes}"
        );
        assert!(
            !leaves(&layer(), &accepted, &[&set], "_pk_ses=1"),
            "{attributes}"
        );
        assert!(
            leaves(&layer(), &accepted, &[&set], "session=1"),
            "{attributes}"
        );
    }
}

/// Some browser stores a header that others treat as a removal.
#[test]
fn a_refusal_in_what_only_some_browsers_remove_counts_too() {
    let accepted = Prefs::accept().pair();
    let value = Prefs::refuse().value().replace('"', "%22");
    let set = format!(
        "cookies_preferences={value}; Path=/; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
    );
    assert!(!leaves(&layer(), &accepted, &[&set], "_pk_ses=1"));
    assert!(!leaves(&layer(), &accepted, &[&set], "_ga=1"));
}

#[test]
fn several_choices_in_one_response_widen_nothing() {
    let accept = accepting("cookies_preferences", "; Path=/");
    let refuse = format!("{}; Path=/", Prefs::refuse().pair());
    let layer = layer();
    for set in [[&accept, &refuse], [&refuse, &accept], [&accept, &accept]] {
        let set = set.map(String::as_str);
        assert!(!widens(&layer, &set), "{set:?}");
    }
    let accepted = Prefs::accept().pair();
    assert!(leaves(&layer, &accepted, &[&accept, &accept], "_ga=1"));
    assert!(!leaves(&layer, &accepted, &[&accept, &refuse], "_ga=1"));
    assert!(!leaves(&layer, &accepted, &[&refuse, &accept], "_ga=1"));

    // A category that only one of them denies is not expired.
    let asked = request([("cookie", accepted)]);
    let done = exchange(&layer, asked, response([&accept, &refuse]));
    assert_eq!(done.removals(), [""; 0]);
}

#[test]
fn a_grant_beside_several_preferences_does_not_widen() {
    let accept = accepting("cookies_preferences", "; Path=/");
    let several = format!("{}; {}", Prefs::refuse().pair(), Prefs::refuse().pair());
    assert!(!leaves(&layer(), &several, &[&accept], "_ga=1"));
    assert!(!leaves(&layer(), &several, &[&accept], "_pk_ses=1"));
    let one = Prefs::refuse().pair();
    assert!(
        leaves(&layer(), &one, &[&accept], "_ga=1"),
        "one is overwritten"
    );
}

#[test]
fn a_refusal_beside_several_preferences_still_expires() {
    let several = format!("{}; {}", Prefs::accept().pair(), Prefs::accept().pair());
    let set = Prefs::refuse().set_cookie();
    let done = exchange(&layer(), request([("cookie", several)]), response([set]));
    assert_eq!(done.removed(), ["_pk_ses", "_ga", "_fbp"]);
}

#[test]
fn removing_the_preferences_means_undecided() {
    let removal = "cookies_preferences=; Path=/; Max-Age=0";
    for prefs in [Prefs::accept(), Prefs::refuse()] {
        let cookies = format!("{}; _ga=1; _pk_ses=2", prefs.pair());
        let asked = request([("cookie", &cookies)]);
        let done = exchange(&layer(), asked, response([removal, "_ga=3", "session=4"]));
        assert_eq!(done.set_cookies(), [removal, "session=4"]);
    }
    // An objection stays in force until the end of this response.
    assert!(!leaves(
        &layer(),
        &Prefs::refuse().pair(),
        &[removal],
        "_pk_ses=1"
    ));
    assert!(leaves(
        &layer(),
        &Prefs::accept().pair(),
        &[removal],
        "_pk_ses=1"
    ));
}

/// Python's `http.cookies` writes these, and so do Django and Flask.
#[test]
fn a_removal_with_a_quoted_value_expires_nothing_either() {
    let removal =
        "cookies_preferences=\"\"; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/";
    for prefs in [Prefs::accept(), Prefs::refuse()] {
        let cookies = format!("{}; _ga=1; _pk_ses=2", prefs.pair());
        let done = exchange(
            &layer(),
            request([("cookie", cookies)]),
            response([removal, "_ga=3", "session=4"]),
        );
        assert_eq!(done.set_cookies(), [removal, "session=4"]);
    }
}

#[test]
fn a_grant_beside_a_removal_grants_nothing() {
    let (accept, accepted) = (
        accepting("cookies_preferences", "; Path=/"),
        Prefs::accept().pair(),
    );
    let removal = "cookies_preferences=; Path=/; Max-Age=0".to_owned();
    let disputed = accepting("cookies_preferences", "; Path=/; Max-Age=+0");
    for set in [
        vec![&accept, &removal],
        vec![&removal, &accept],
        vec![&accept, &disputed],
        vec![&disputed],
    ] {
        let set: Vec<_> = set.into_iter().map(String::as_str).collect();
        assert!(!leaves(&layer(), &accepted, &set, "_ga=1"), "{set:?}");
        assert!(!widens(&layer(), &set), "{set:?}");
    }
}

#[test]
fn unreadable_preferences_in_a_response_withhold_the_rest() {
    let accepted = Prefs::accept().pair();
    for value in ["garbage", "", "{\"tiers\":true}"] {
        let set = format!("cookies_preferences={value}; Path=/");
        for cookie in ["_ga=1", "_pk_ses=1"] {
            assert!(!leaves(&layer(), &accepted, &[&set], cookie), "{value}");
        }
        assert!(leaves(&layer(), &accepted, &[&set], "session=1"));
        let done = exchange(&layer(), request([("cookie", &accepted)]), response([set]));
        assert_eq!(done.removals(), [""; 0], "{value}");
    }
}

#[test]
fn an_old_choice_or_revision_does_not_widen() {
    let old = Prefs::of(&[("tiers", true)])
        .decided(NOW - 183 * 86_400)
        .value()
        .replace('"', "%22");
    let set = format!("cookies_preferences={old}; Path=/");
    assert!(!widens(&site(PreferencesCookie::default()), &[&set]));

    let policy = CookiePolicy::builder()
        .revision(2)
        .since(2)
        .category(Category::consent("tiers").cookie(CookieDeclaration::new("_ga")))
        .build();
    let layer = CookieConsentLayer::new(policy.unwrap()).with_clock(|| at(NOW));
    let older = Prefs::of(&[("tiers", true)]).value().replace('"', "%22");
    let older = format!("cookies_preferences={older}; Path=/");
    assert!(!widens(&layer, &[&older]));
    assert!(widens(&layer, &[&older.replace('}', ",%22revision%22:2}")]));
}

#[test]
fn consent_given_with_the_signal_widens_under_it() {
    for (gpc, counts) in [("true", true), ("false", false)] {
        let value = Prefs::accept().with("gpc", gpc).value().replace('"', "%22");
        let set = format!("cookies_preferences={value}; Path=/");
        let asked = request([("sec-gpc", "1")]);
        let done = exchange(&layer(), asked, response([set.as_str(), "_ga=1"]));
        assert_eq!(done.set_cookies().contains(&"_ga=1"), counts);
    }
}

/// Browsers ignore a Lax cookie on a cross-site subresource (RFC 6265bis §5.7), so a choice there
/// is not stored, whereas a `SameSite=None` cookie next to it is.
#[test]
fn a_cross_site_subresource_widens_nothing() {
    for fields in [
        [("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")],
        [("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")],
        [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")],
    ] {
        let request = request([("sec-fetch-site", "cross-site")].into_iter().chain(fields));
        let third_party = "_ga=1; SameSite=None; Secure";
        let exchange = exchange_with(&layer(), request, |request| {
            let consent: &Consent = request.extensions().get().unwrap();
            let set = consent.set_cookie(consent.accept_all()).header_value();
            response([set.as_bytes(), third_party.as_bytes()])
        });
        assert!(!exchange.set_cookies().contains(&third_party), "{fields:?}");
    }
}

/// If preferences were received, the browser lets this frame have cookies, as long as they are
/// `SameSite=None`. This must count whether they are read with the request or, with everything that
/// concerns the request turned off, later.
#[test]
fn a_choice_in_a_frame_widens_where_it_is_kept() {
    let early = site(PreferencesCookie::default())
        .filter_request(false)
        .limit_exempt(false)
        .expire(Expire::Never);
    let late = early.clone().expose_consent(false);
    let (refused, none) = (Prefs::refuse().pair(), "x=1".to_owned());
    for (cookie, attributes, counts) in [
        (&refused, "; Path=/; SameSite=None; Secure", true),
        (&refused, "; Path=/; SameSite=Lax; Secure", false),
        (&refused, "; Path=/", false),
        (&none, "; Path=/; SameSite=None; Secure", false),
    ] {
        let set = accepting("cookies_preferences", attributes);
        for layer in [&early, &late] {
            let request = request([
                ("cookie", cookie.as_str()),
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "iframe"),
            ]);
            let done = exchange(layer, request, response([set.as_str(), "_ga=1"]));
            let leaves = done.set_cookies().contains(&"_ga=1");
            assert_eq!(leaves, counts, "{cookie} {attributes}");
        }
    }
}

/// Browsers count `Expires` from the response's own date.
#[test]
fn a_grant_lasts_a_day_by_the_date_of_the_response_too() {
    let site = site(PreferencesCookie::default());
    let set = accepting(
        "cookies_preferences",
        "; Path=/; Expires=Wed, 25 Nov 2026 00:00:00 GMT",
    );
    for (date, counts) in [
        ("Mon, 23 Nov 2026 12:00:00 GMT", true),
        ("Tue, 24 Nov 2026 00:00:00 GMT", true),
        ("Tue, 24 Nov 2026 00:00:01 GMT", false),
        ("yesterday", false),
    ] {
        let mut answer = response([set.as_str(), "_ga=1"]);
        answer.headers_mut().append(DATE, value(date));
        let done = exchange(&site, request::<&str>([]), answer);
        assert_eq!(done.set_cookies().contains(&"_ga=1"), counts, "{date}");
    }
}

/// A refusal counts however short-lived it is.
#[test]
fn a_refusal_of_a_second_narrows_all_the_same() {
    let set = format!("{}; Path=/; Max-Age=1", Prefs::refuse().pair());
    assert!(!leaves(&layer(), &Prefs::accept().pair(), &[&set], "_ga=1"));
}

/// `yes@…` or `no@…` in one cookie, and objections in another, which outlives it.
#[derive(Debug)]
struct TwoCookies;

impl PreferencesCodec for TwoCookies {
    fn names(&self, _: &str) -> Vec<String> {
        vec!["choice".to_owned(), "objections".to_owned()]
    }

    fn decode(
        &self,
        policy: &CookiePolicy,
        values: &[Option<&[u8]>],
        _: std::time::SystemTime,
    ) -> Result<Decoded, DecodeError> {
        let mut choice = Choice::new(at(NOW));
        for category in policy.categories() {
            if values[1] == Some(category.id().as_bytes()) {
                choice.answer(policy, category.id(), false).ok();
            }
            if values[0].is_some() {
                choice
                    .answer(policy, category.id(), values[0] == Some(b"yes"))
                    .ok();
            }
        }
        Ok(choice.into())
    }

    fn encode(&self, _: &CookiePolicy, _: &Choice, _: Option<&[u8]>) -> Option<String> {
        Some("yes".to_owned())
    }
}

#[test]
fn a_refusal_in_another_cookie_outlives_a_new_grant() {
    let policy = CookiePolicy::builder()
        .preferences_cookie(PreferencesCookie::new("choice").codec(TwoCookies))
        .category(Category::consent("ads").cookie(CookieDeclaration::new("_fbp")))
        .build()
        .unwrap();
    let layer = CookieConsentLayer::new(policy).with_clock(|| at(NOW));
    let set = ["choice=yes; Path=/; Secure; SameSite=Lax", "_fbp=1"];
    let first = exchange(
        &layer,
        request([("cookie", "objections=ads")]),
        response(set),
    );
    let later = request([("cookie", "choice=yes; objections=ads; _fbp=1")]);
    let later = exchange(&layer, later, response(["_fbp=1"]));
    assert!(
        later
            .set_cookies()
            .iter()
            .all(|field| !field.starts_with("_fbp=1"))
    );
    assert!(
        first
            .set_cookies()
            .iter()
            .all(|field| !field.starts_with("_fbp=1")),
        "{:?}",
        first.set_cookies()
    );
}

/// Nor if the request's cookies are not read: then only its host matters.
#[test]
fn a_domain_is_checked_on_unfiltered_requests_too() {
    let layer = site(PreferencesCookie::default().domain("shop.example"))
        .filter_request(false)
        .limit_exempt(false)
        .expire(Expire::Never)
        .expose_consent(false);
    let set = accepting("cookies_preferences", "; Path=/; Domain=shop.example");
    assert!(widens(&layer, &[&set]));
}
