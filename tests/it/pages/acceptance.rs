//! Checks from the test suites of comparable tools that apply to the pages; those for the layer are
//! in `tests/it/acceptance.rs`, and those that need a browser in `tests/it/pages/browser` and
//! `tests/it/portal.rs`. ASP.NET Core `CookiePolicy` (A), django-cookie-consent (D), rack-policy
//! (R), FAZ Cookie Manager (F), autumn-web (U).

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, header::SET_COOKIE},
    middleware::{Next, from_fn},
};
use http::{Method, StatusCode};
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookieDeclaration, CookiePolicy, pages::Pages,
};

use super::{
    FORM, JSON, NOW, OWN, allowed, fetch, field, policy, post, post_with, preferences, request,
    send, set_cookies, site, site_with, state_after,
};

/// The answer to a choice where a layer around the pages sets cookies on every response, one before
/// what the pages set and one after it.
fn answer_with_cookies_of_the_site(cookie: &str, body: &str) -> super::Answer {
    let setting = from_fn(async |request: Request, next: Next| {
        let mut response = next.run(request).await;
        let fields = response.headers_mut();
        let own: Vec<_> = fields.get_all(SET_COOKIE).iter().cloned().collect();
        fields.insert(SET_COOKIE, HeaderValue::from_static("_ga=before"));
        for field in own {
            fields.append(SET_COOKIE, field);
        }
        fields.append(SET_COOKIE, HeaderValue::from_static("parcours=after"));
        fields.append(SET_COOKIE, HeaderValue::from_static("sessionid=kept"));
        response
    });
    let site = Router::new()
        .nest_service("/cookies", Pages::at("/cookies", policy()).unwrap())
        .layer(setting)
        .layer(CookieConsentLayer::new(policy()).with_clock(super::now));
    let headers = [FORM, OWN, ("cookie", cookie)];
    send(
        site,
        request(Method::POST, "/cookies/preferences", &headers, body),
    )
}

/// What an answer sets, its choice and removals left out.
fn cookies_of_the_site(answer: &super::Answer) -> Vec<String> {
    let mut fields = set_cookies(answer);
    fields
        .retain(|field| !field.starts_with("cookies_preferences=") && !field.contains("Max-Age=0"));
    fields
}

#[test]
fn a4_a_grant_covers_cookies_of_the_same_answer() {
    let answer = answer_with_cookies_of_the_site("a=b", "decision=accept");
    assert!(preferences(&answer).is_some());
    let sent = ["_ga=before", "parcours=after", "sessionid=kept"];
    assert_eq!(cookies_of_the_site(&answer), sent);
}

#[test]
fn a6_a_withdrawal_covers_the_whole_answer() {
    let accepted = preferences(&post("decision=accept")).unwrap();
    let answer = answer_with_cookies_of_the_site(&accepted, "decision=withdraw");
    assert_eq!(cookies_of_the_site(&answer), ["sessionid=kept"]);
    assert_eq!(allowed(&state_after(&answer)), ["base"]);
}

#[test]
fn a7_a_withdrawal_without_consent_is_a_refusal() {
    let answer = post("decision=withdraw&return_to=/a/b");
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let [withdrawn, refused] = [state_after(&answer), state_after(&post("decision=refuse"))];
    assert_eq!(withdrawn, refused);
    assert_eq!(withdrawn["needs_choice"], false);
}

/// The banner of a page that a visitor with these preferences gets.
fn banner_of(policy: &CookiePolicy, cookie: &str) -> Option<String> {
    let pages = Pages::at("/cookies", policy.clone()).unwrap();
    let page = send(
        site_with(pages, policy.clone()),
        request(Method::GET, "/", &[("cookie", cookie)], ""),
    );
    let (_, rest) = page
        .body()
        .split_once("<section class=\"tcc tcc-banner\"")?;
    Some(rest.split("</section>").next().unwrap().to_owned())
}

#[test]
fn d2_consent_to_an_older_version_or_none_is_asked_for_again() {
    let old = preferences(&post("decision=accept")).unwrap();
    let since = |since| {
        CookiePolicy::builder()
            .revision(2)
            .category(
                Category::consent("tiers")
                    .title("Third")
                    .description("Third parties.")
                    .since(since),
            )
            .build()
            .unwrap()
    };
    assert!(banner_of(&since(1), &old).is_none());
    assert!(banner_of(&since(2), &old).is_some());
    assert!(banner_of(&since(1), "cookies_preferences=").is_some());
}

#[test]
fn d3_only_new_categories_are_pending() {
    let old = preferences(&post("decision=accept")).unwrap();
    let category = |id: &str, since| {
        Category::consent(id)
            .title(id)
            .description("Something.")
            .since(since)
            .cookie(CookieDeclaration::new(format!("{id}-cookie")))
    };
    let policy = CookiePolicy::builder()
        .revision(2)
        .category(category("internes", 1))
        .category(category("tiers", 2))
        .build()
        .unwrap();
    assert!(banner_of(&policy, &old).is_some());
    let pages = Pages::at("/cookies", policy.clone()).unwrap();
    let headers = [("cookie", old.as_str())];
    let state = send(
        site_with(pages, policy),
        request(Method::GET, "/cookies/state", &headers, ""),
    );
    let state: serde_json::Value = serde_json::from_str(state.body()).unwrap();
    assert_eq!(state["pending"], serde_json::json!(["tiers"]));
    assert_eq!(allowed(&state), ["internes"]);
}

#[test]
fn d5_only_categories_that_need_consent_are_asked_about() {
    let base = || Category::necessary("base").title("Base");
    let consent = Category::consent("ads")
        .title("Ads")
        .description("Pays for it.");
    for (categories, asks) in [
        (vec![base()], false),
        (
            vec![base(), Category::exempt("stats").title("Statistics")],
            false,
        ),
        (vec![base(), consent], true),
    ] {
        let policy = CookiePolicy::new(categories).unwrap();
        assert_eq!(banner_of(&policy, "a=b").is_some(), asks);
    }
}

#[test]
fn r1_errors_and_redirects_of_the_pages_are_well_formed() {
    for (method, path, status) in [
        (Method::GET, "/cookies/nothing", StatusCode::NOT_FOUND),
        (Method::PUT, "/cookies", StatusCode::METHOD_NOT_ALLOWED),
        (Method::HEAD, "/cookies/nothing", StatusCode::NOT_FOUND),
        (
            Method::POST,
            "/cookies/preferences",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
    ] {
        let answer = send(site(), request(method.clone(), path, &[OWN], ""));
        assert_eq!(answer.status(), status, "{method} {path}");
        assert_eq!(field(&answer, "content-type"), "text/html; charset=utf-8");
        assert_eq!(answer.body().is_empty(), method == Method::HEAD);
        assert!(method == Method::HEAD || answer.body().trim_end().ends_with("</html>"));
    }
    let redirect = post("decision=refuse");
    assert_eq!(redirect.status(), StatusCode::SEE_OTHER);
    assert!(redirect.body().is_empty() && !field(&redirect, "location").is_empty());
}

#[test]
fn u4_the_banner_stays_away_until_the_choice_ends() {
    let refused = preferences(&post("decision=refuse")).unwrap();
    assert_eq!(banner_of(&policy(), &refused), None);
    let half_a_year_ago = NOW - 183 * 86_400;
    let expired = refused.replace(&NOW.to_string(), &half_a_year_ago.to_string());
    assert_ne!(expired, refused);
    assert!(banner_of(&policy(), &expired).is_some());
}

#[test]
fn changing_the_language_does_not_ask_again() {
    let french = post_with(
        &[FORM, OWN, ("accept-language", "fr")],
        "decision=refuse&lang=fr",
    );
    let cookie = preferences(&french).unwrap();
    for lang in ["fr", "en", "el"] {
        let cookie = format!("{cookie}; lang={lang}");
        assert_eq!(banner_of(&policy(), &cookie), None, "{lang}");
    }
}

#[test]
fn a_second_necessary_category_is_never_stored_as_refused() {
    let policy = CookiePolicy::new([
        Category::necessary("base"),
        Category::necessary("security"),
        Category::consent("ads")
            .title("Ads")
            .description("Pays for it."),
    ])
    .unwrap();
    let site = || {
        site_with(
            Pages::at("/cookies", policy.clone()).unwrap(),
            policy.clone(),
        )
    };
    for body in ["decision=refuse", "decision=withdraw", "decision=save"] {
        let answer = send(
            site(),
            request(Method::POST, "/cookies/preferences", &[FORM, OWN], body),
        );
        let cookie = preferences(&answer).unwrap();
        for id in ["base", "security"] {
            assert!(
                !cookie.contains(&format!("%22{id}%22%3Afalse")),
                "{body}: {cookie}"
            );
        }
        let state = send(
            site(),
            request(Method::GET, "/cookies/state", &[("cookie", &cookie)], ""),
        );
        let state: serde_json::Value = serde_json::from_str(state.body()).unwrap();
        assert_eq!(allowed(&state), ["base", "security"], "{body}");
    }
}

#[test]
fn d6_only_a_path_of_the_same_site_is_led_back_to() {
    for path in [
        "https://evil.example",
        "//evil.example",
        "/%5Cevil.example",
        "%5C%5Cevil.example",
        "javascript:alert(1)",
        "/a//b",
        "/a%0d%0aSet-Cookie:x=y",
        "%09//evil.example",
        "evil.example",
        "/a/../../..//evil.example",
        "/a%23b",
    ] {
        let answer = post(&format!("decision=refuse&return_to={path}"));
        assert_eq!(field(&answer, "location"), "./preferences#main", "{path}");
    }
    for (path, location) in [
        ("/", "../#main"),
        ("/a/b", "../a/b#main"),
        ("/a?b=https://c", "../a?b=https://c#main"),
    ] {
        let answer = post(&format!("decision=refuse&return_to={path}"));
        assert_eq!(field(&answer, "location"), location);
    }
}

#[test]
fn d7_json_gets_the_new_state_as_json_without_a_redirect() {
    let answer = post_with(
        &[JSON, OWN],
        r#"{"decision": "save", "categories": ["internes"]}"#,
    );
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(field(&answer, "content-type"), "application/json");
    let told: serde_json::Value = serde_json::from_str(answer.body()).unwrap();
    assert_eq!(told, state_after(&answer));
    assert_eq!(allowed(&told), ["base", "stats", "internes"]);
    // A form whose sender wants JSON, as the script does.
    let answer = post_with(
        &[FORM, OWN, ("accept", "application/json")],
        "decision=refuse",
    );
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(
        allowed(&serde_json::from_str(answer.body()).unwrap()),
        ["base"]
    );
}

#[test]
fn d1_the_choice_counts_on_the_answer_that_carries_it() {
    let accepted = preferences(&post("decision=accept")).unwrap();
    let cookie = format!("{accepted}; _ga=1; parcours=2; _pk_id.1=3");
    let answer = post_with(&[FORM, OWN, ("cookie", &cookie)], "decision=withdraw");
    let removed: Vec<_> = set_cookies(&answer);
    for name in ["_ga", "parcours", "_pk_id.1"] {
        let removal = format!("{name}=;");
        assert!(
            removed.iter().any(|field| field.starts_with(&removal)),
            "{name}: {removed:?}"
        );
    }
}

#[test]
fn a5_choosing_again_changes_only_the_date() {
    let mut policy = serde_json::to_value(policy()).unwrap();
    policy["preferences_cookie"]["keep"] = serde_json::json!(["matomo"]);
    let policy: CookiePolicy = serde_json::from_value(policy).unwrap();
    let site = || {
        site_with(
            Pages::at("/cookies", policy.clone()).unwrap(),
            policy.clone(),
        )
    };
    let old = "cookies_preferences=%7B%22base%22%3Atrue%2C%22stats%22%3Atrue%2C%22internes%22%3Atrue%2C%22tiers%22%3Afalse%2C%22timestamp%22%3A1789000000%2C%22revision%22%3A1%2C%22matomo%22%3A%22x%22%7D";
    let body = "decision=save&category=internes&objection=";
    let sent = |cookie: &str, body: &str| {
        let fields = [FORM, OWN, ("cookie", cookie)];
        let asked = request(Method::POST, "/cookies/preferences", &fields, body);
        preferences(&send(site(), asked)).unwrap()
    };
    let new = sent(old, body);
    let decode = |cookie: &str| -> serde_json::Value {
        let value = percent_encoding::percent_decode_str(cookie.split_once('=').unwrap().1);
        serde_json::from_str(&value.decode_utf8().unwrap()).unwrap()
    };
    let (mut before, mut after) = (decode(old), decode(&new));
    assert_eq!(after["matomo"], "x");
    assert_eq!(after["timestamp"], NOW);
    for value in [&mut before, &mut after] {
        value["timestamp"] = 0.into();
    }
    assert_eq!(before, after);
    // A refusal keeps nothing, and neither does a site that has not listed it.
    assert!(!sent(old, "decision=refuse").contains("matomo"));
    let answer = post_with(&[FORM, OWN, ("cookie", old)], body);
    assert!(!preferences(&answer).unwrap().contains("matomo"));
}

#[test]
fn r1_head_has_the_fields_of_get_and_nothing_to_read() {
    for path in [
        "/cookies",
        "/cookies/preferences",
        "/cookies/state",
        "/.well-known/gpc.json",
    ] {
        let get = fetch(path, &[]);
        let head = send(site(), request(Method::HEAD, path, &[], ""));
        assert_eq!(head.status(), StatusCode::OK, "{path}");
        assert_eq!(head.body(), "");
        assert_eq!(
            field(&head, "content-length"),
            get.body().len().to_string(),
            "{path}"
        );
        assert_eq!(field(&head, "content-type"), field(&get, "content-type"));
        assert_eq!(field(&head, "cache-control"), field(&get, "cache-control"));
    }
}

#[test]
fn f3_answers_about_a_visitor_are_not_cached() {
    for (path, kept) in [
        ("/cookies", "private, no-cache"),
        ("/cookies?format=json", "private, no-cache"),
        ("/cookies/preferences", "no-store"),
        ("/cookies/state", "no-store"),
        ("/cookies/nothing", "no-store"),
    ] {
        let answer = fetch(path, &[]);
        assert_eq!(field(&answer, "cache-control"), kept, "{path}");
        assert_eq!(
            field(&answer, "vary"),
            "Accept, Accept-Language, Cookie, Sec-GPC",
            "{path}"
        );
        assert_eq!(
            field(&answer, "x-content-type-options"),
            "nosniff",
            "{path}"
        );
    }
    let page = fetch("/", &[]);
    assert_eq!(field(&page, "cache-control"), "private");
    assert_eq!(field(&page, "vary"), "Cookie, Sec-GPC");
}
