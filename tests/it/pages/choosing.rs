//! The handling of submitted choices.

use http::{Method, StatusCode};
use tower_cookie_consent::{Category, CookiePolicy, pages::Pages, preferences::PreferencesCookie};

use super::{
    FORM, JSON, OWN, allowed, fetch, field, policy, policy_of, post, post_with, preferences,
    request, send, set_cookies, site_with, state_after, state_with,
};

#[test]
fn accepting_allows_everything_and_leads_back() {
    let answer = post("decision=accept&return_to=/a/b?c=d");
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(field(&answer, "location"), "../a/b?c=d#main");
    assert_eq!(field(&answer, "cache-control"), "no-store");
    assert_eq!(
        allowed(&state_after(&answer)),
        ["base", "stats", "internes", "tiers"]
    );
}

#[test]
fn refusing_and_withdrawing_deny_everything_optional() {
    for decision in ["refuse", "withdraw"] {
        let answer = post(&format!("decision={decision}"));
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let state = state_after(&answer);
        assert_eq!(allowed(&state), ["base"]);
        for category in &state["categories"].as_array().unwrap()[1..] {
            assert_eq!(category["answer"], false, "{category}");
        }
        for field in set_cookies(&answer) {
            let removal = field.starts_with("cookies_preferences=;");
            assert!(!removal, "{field}");
        }
    }
}

#[test]
fn an_objection_leaves_the_other_answers() {
    let answer = post("decision=object");
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let state = state_after(&answer);
    assert_eq!(allowed(&state), ["base"]);
    assert_eq!(state["needs_choice"], true, "the banner still asks");
    // A yes is neither lost nor renewed.
    let accepted = preferences(&post("decision=accept")).unwrap();
    let old = accepted.replace("1790000000", "1789999000");
    assert_ne!(old, accepted);
    let cookie = preferences(&post_with(
        &[FORM, OWN, ("cookie", &old)],
        "decision=object",
    ));
    let cookie = cookie.unwrap();
    assert!(cookie.contains("1789999000"), "{cookie}");
    assert_eq!(allowed(&state_with(&cookie)), ["base", "internes", "tiers"]);
    // It only takes away, so it needs no proof of its origin.
    let silent = post_with(&[FORM], "decision=object");
    assert_eq!(silent.status(), StatusCode::SEE_OTHER);
}

#[test]
fn saving_refuses_unticked_categories() {
    for (body, expected) in [
        ("decision=save", &["base", "stats"][..]),
        (
            "decision=save&category=internes",
            &["base", "stats", "internes"],
        ),
        (
            "decision=save&objection=&category=tiers",
            &["base", "stats", "tiers"],
        ),
        (
            "decision=save&objection=&objection=stats&category=tiers",
            &["base", "tiers"],
        ),
        (
            "decision=save&category=base&category=internes&category=internes",
            &["base", "stats", "internes"],
        ),
    ] {
        let state = state_after(&post(body));
        assert_eq!(allowed(&state), expected, "{body}");
        assert_eq!(state["pending"], serde_json::json!([]), "{body}");
    }
}

#[test]
fn an_objection_stays_unless_the_form_lifts_it() {
    let objected = preferences(&post("decision=save&objection=&objection=stats")).unwrap();
    let cookie = ("cookie", objected.as_str());
    let kept = post_with(
        &[JSON, OWN, cookie],
        r#"{"decision":"save","categories":["tiers"]}"#,
    );
    assert_eq!(allowed(&state_after(&kept)), ["base", "tiers"]);
    let lifted = r#"{"decision":"save","categories":["tiers"],"objections":[]}"#;
    let lifted = post_with(&[JSON, OWN, cookie], lifted);
    assert_eq!(allowed(&state_after(&lifted)), ["base", "stats", "tiers"]);
}

/// A clock that is two days behind reads a date in the future, and a script may write none.
#[test]
fn an_objection_outlives_a_save_over_an_unreadable_date() {
    let ahead = crate::support::NOW + 2 * 86_400;
    for value in [
        format!(r#"{{"stats":false,"tiers":false,"timestamp":{ahead}}}"#),
        format!(r#"{{"stats":false,"timestamp":{ahead}000}}"#),
        r#"{"stats":false}"#.to_owned(),
        r#"{"stats":false,"timestamp":"yesterday"}"#.to_owned(),
        r#"{"stats":false,"timestamp":1,"timestamp":2}"#.to_owned(),
        "garbage".to_owned(),
        String::new(),
    ] {
        let cookie = format!("cookies_preferences={value}");
        let came = ("cookie", cookie.as_str());
        for (fields, body) in [
            (
                [JSON, OWN, came],
                r#"{"decision":"save","categories":["tiers"]}"#,
            ),
            (
                [JSON, OWN, came],
                r#"{"decision":"save","categories":["base", "tiers"]}"#,
            ),
            ([FORM, OWN, came], "decision=save&category=tiers"),
        ] {
            let answer = post_with(&fields, body);
            let state = state_after(&answer);
            assert_eq!(allowed(&state), ["base", "tiers"], "{value} {body}");
            assert_eq!(state["status"], "decided", "{value} {body}");
        }
        // Listing it accepts it, and a refusal refuses everything.
        let named = r#"{"decision":"save","categories":["stats"]}"#;
        let answer = post_with(&[JSON, OWN, came], named);
        assert_eq!(allowed(&state_after(&answer)), ["base", "stats"], "{value}");
        let answer = post_with(&[JSON, OWN, came], r#"{"decision":"refuse"}"#);
        assert_eq!(allowed(&state_after(&answer)), ["base"], "{value}");
    }
}

#[test]
fn accepting_outdated_texts_is_a_conflict() {
    let old = policy_of(1, "Widgets of other sites");
    let texts = old.text_fingerprint("en");
    for (new, body) in [
        (
            policy_of(2, "Widgets of other sites"),
            format!("revision=1&texts={texts}&lang=en"),
        ),
        (
            policy_of(1, "Another title"),
            format!("revision=1&texts={texts}&lang=en"),
        ),
        (
            policy_of(1, "Widgets of other sites"),
            "revision=x".to_owned(),
        ),
    ] {
        let site = || site_with(Pages::at("/cookies", new.clone()).unwrap(), new.clone());
        for decision in ["accept", "save"] {
            let body = format!("decision={decision}&category=tiers&return_to=/a/b&{body}");
            let answer = send(
                site(),
                request(Method::POST, "/cookies/preferences", &[FORM, OWN], &body),
            );
            assert_eq!(answer.status(), StatusCode::CONFLICT);
            assert_eq!(preferences(&answer), None);
            let page = answer.body();
            assert!(page.contains("role=\"alert\"") && page.contains("value=\"save\""));
            if !body.contains("revision=x") {
                assert!(
                    page.contains(r#"name="return_to" value="&#x2f;a&#x2f;b""#),
                    "{page}"
                );
            }
        }
        // A refusal does not depend on texts.
        let body = format!("decision=refuse&{body}");
        let answer = send(
            site(),
            request(Method::POST, "/cookies/preferences", &[FORM, OWN], &body),
        );
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    }
    let current = format!("decision=accept&revision=1&texts={texts}&lang=en");
    assert_eq!(post(&current).status(), StatusCode::SEE_OTHER);
}

#[test]
fn what_the_form_sends_back_is_what_it_showed() {
    for lang in ["en", "fr", "el"] {
        let page = fetch(&format!("/cookies/preferences?lang={lang}"), &[]).into_body();
        let hidden = |name: &str| {
            let (_, rest) = page
                .split_once(&format!("name=\"{name}\" value=\""))
                .unwrap();
            rest.split('"').next().unwrap().to_owned()
        };
        assert_eq!(hidden("lang"), lang);
        let body = format!(
            "decision=accept&lang={lang}&revision={}&texts={}",
            hidden("revision"),
            hidden("texts")
        );
        let path = format!("/cookies/preferences?lang={lang}");
        let answer = send(
            super::site(),
            request(Method::POST, &path, &[FORM, OWN], &body),
        );
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert_eq!(
            field(&answer, "location"),
            format!("./preferences?lang={lang}#main")
        );
    }
}

#[test]
fn invalid_choices_change_nothing_and_say_why() {
    let large = format!("decision=accept&x={}", "a".repeat(16 * 1024));
    for (headers, body, status, told) in [
        (
            &[FORM, OWN][..],
            large.as_str(),
            StatusCode::PAYLOAD_TOO_LARGE,
            "too large",
        ),
        (
            &[OWN],
            "decision=accept",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unknown type",
        ),
        (
            &[("content-type", "text/plain"), OWN],
            "decision=accept",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unknown type",
        ),
        (
            &[("content-type", "multipart/form-data; boundary=x"), OWN],
            "",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unknown type",
        ),
        (
            &[FORM, OWN],
            "",
            StatusCode::UNPROCESSABLE_ENTITY,
            "decision is unknown",
        ),
        (
            &[FORM, OWN],
            "decision=<b>maybe",
            StatusCode::UNPROCESSABLE_ENTITY,
            "decision is unknown",
        ),
        (
            &[FORM, OWN],
            "decision=refuse&decision=accept",
            StatusCode::UNPROCESSABLE_ENTITY,
            "decision is unknown",
        ),
        (
            &[FORM, OWN],
            "decision=save&category=<b>ads",
            StatusCode::UNPROCESSABLE_ENTITY,
            "category is unknown",
        ),
        (
            &[FORM, OWN],
            "decision=save&objection=internes",
            StatusCode::UNPROCESSABLE_ENTITY,
            "category is unknown",
        ),
        (
            &[JSON, OWN],
            r#"{"decision":"save"}"#,
            StatusCode::UNPROCESSABLE_ENTITY,
            "category is unknown",
        ),
        (
            &[JSON, OWN],
            r#"{"decision":1}"#,
            StatusCode::BAD_REQUEST,
            "could not be read",
        ),
        (
            &[JSON, OWN],
            r#"{"decision":"save","categoris":[]}"#,
            StatusCode::BAD_REQUEST,
            "could not be read",
        ),
        (
            &[JSON, OWN],
            "{",
            StatusCode::BAD_REQUEST,
            "could not be read",
        ),
    ] {
        let answer = post_with(headers, body);
        assert_eq!(answer.status(), status, "{body}");
        assert_eq!(preferences(&answer), None, "{body}");
        assert!(answer.body().contains(told), "{told}: {}", answer.body());
        assert!(!answer.body().contains("<b>maybe") && !answer.body().contains("<b>ads"));
        assert_eq!(field(&answer, "cache-control"), "no-store");
    }
    let french = post_with(&[FORM, OWN, ("accept-language", "fr")], "decision=maybe");
    assert!(
        french.body().contains("lang=\"fr\"") && !french.body().contains("decision is unknown")
    );
    let exact = format!("decision=refuse&x={}", "a".repeat(16 * 1024 - 18));
    assert_eq!(exact.len(), 16 * 1024);
    assert_eq!(post(&exact).status(), StatusCode::SEE_OTHER);
}

#[test]
fn nothing_of_the_request_is_reflected_unescaped() {
    let mark = "%3Cscript%3Ealert(1)%3C/script%3E";
    for path in [
        format!("/cookies?lang={mark}&format={mark}"),
        format!("/cookies/preferences?return_to=/{mark}"),
        format!("/cookies/preferences?return_to=/a%22%3E{mark}"),
        format!("/cookies/{mark}"),
        format!("/?{mark}"),
        "/a/b?\"><script>alert(1)</script>"
            .replace('"', "%22")
            .replace('<', "%3C")
            .replace('>', "%3E"),
    ] {
        let headers = [
            ("accept-language", "<script>alert(1)</script>"),
            ("cookie", "lang=<script>"),
        ];
        let answer = fetch(&path, &headers);
        assert!(!answer.body().contains("<script>"), "{path}");
    }
}

#[test]
fn get_never_changes_anything() {
    for path in [
        "/cookies/preferences?decision=accept",
        "/cookies?decision=refuse",
        "/cookies/state?decision=accept",
    ] {
        let answer = fetch(path, &[]);
        assert_eq!(set_cookies(&answer), [""; 0], "{path}");
    }
}

#[test]
fn preferences_of_parent_domains_are_removed_on_saving() {
    let own = preferences(&post("decision=accept")).unwrap();
    let both = format!("{own}; cookies_preferences=broken");
    assert_eq!(allowed(&state_with(&both)), ["base"]);
    let answer = post_with(&[FORM, OWN, ("cookie", &both)], "decision=accept");
    let removals: Vec<_> = set_cookies(&answer)
        .into_iter()
        .filter(|field| field.starts_with("cookies_preferences=;"))
        .collect();
    assert_eq!(removals.len(), 2, "{removals:?}");
    for (removal, domain) in removals.iter().zip(["portal.example.org", "example.org"]) {
        assert!(
            removal.contains(&format!("Domain={domain}")) && removal.contains("Max-Age=0"),
            "{removal}"
        );
    }
    assert!(preferences(&answer).is_some());
    let alone = post_with(&[FORM, OWN, ("cookie", &own)], "decision=accept");
    assert_eq!(set_cookies(&alone).len(), 1);
    assert_eq!(policy().preferences_cookie().get_domain(), None);
}

/// Chromium and Firefox accept neither a cookie with such a name nor its removal without
/// `HttpOnly`.
#[test]
fn preferences_of_parents_are_removed_by_their_prefix() {
    let policy = CookiePolicy::builder()
        .preferences_cookie(PreferencesCookie::new("__Http-choice").http_only(true))
        .category(
            Category::consent("ads")
                .title("Ads")
                .description("Pay for it."),
        )
        .build()
        .unwrap();
    let site = site_with(Pages::at("/cookies", policy.clone()).unwrap(), policy);
    let both = ("cookie", "__Http-choice=a; __Http-choice=b");
    let asked = request(
        Method::POST,
        "/cookies/preferences",
        &[FORM, OWN, both],
        "decision=refuse",
    );
    let set = set_cookies(&send(site, asked));
    assert_eq!(set.len(), 3, "{set:?}");
    for field in set {
        assert!(
            field.contains("; Secure") && field.contains("; HttpOnly"),
            "{field}"
        );
    }
}

proptest::proptest! {
    #[test]
    fn no_body_makes_it_panic_and_none_grants_without_saying_so(
        body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
        json in proptest::prelude::any::<bool>(),
    ) {
        let text = String::from_utf8_lossy(&body).into_owned();
        let answer = post_with(&[if json { JSON } else { FORM }, OWN], &text);
        assert!(answer.status().is_client_error(), "{text}: {}", answer.status());
        assert_eq!(preferences(&answer), None);
    }
}
