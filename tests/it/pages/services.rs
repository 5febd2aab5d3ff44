//! Services on the pages: shown below their category, and answered one by one.

use axum::Router;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tower_cookie_consent::{
    Category, CookieDeclaration, CookiePolicy,
    pages::Pages,
    policy::{Service, TrackerKind},
};

use super::{FORM, JSON, OWN, field, preferences, request, send, site_with};

fn policy() -> CookiePolicy {
    let films = Service::new("films")
        .title("Films")
        .provider("Films Ltd")
        .controller("Films Holding")
        .purposes(["playing films"])
        .countries(["IE", "US"])
        .privacy_url("https://films.example/privacy")
        .origins(["https://www.films.example"])
        .cookie(CookieDeclaration::new("viewer").third_party("films.example"));
    let media = Category::consent("media")
        .title("Media")
        .description("Shows what others host.")
        .services([films, Service::new("maps").title("Maps")]);
    let stats = Category::exempt("stats")
        .title("Statistics")
        .service(Service::new("matomo").title("Matomo"));
    let base = Category::necessary("base")
        .title("Necessary")
        .service(Service::new("login").title("Login"));
    CookiePolicy::new([base, stats, media]).unwrap()
}

fn site() -> Router {
    site_with(Pages::at("/cookies", policy()).unwrap(), policy())
}

fn post(headers: &[(&str, &str)], body: &str) -> super::Answer {
    send(
        site(),
        request(Method::POST, "/cookies/preferences", headers, body),
    )
}

fn state(cookie: &str) -> Value {
    let headers = [("cookie", cookie)];
    let answer = send(site(), request(Method::GET, "/cookies/state", &headers, ""));
    serde_json::from_str(answer.body()).unwrap()
}

/// The 24 languages of the pages.
const LANGUAGES: [&str; 24] = [
    "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr", "hu", "it", "lt", "lv",
    "mt", "nl", "pl", "pt", "ro", "sk", "sl", "sv",
];

/// The facts of a service, as pages show them.
const FACTS: [&str; 6] = [
    "Films Ltd",
    "Films Holding",
    "playing films",
    "IE, US",
    "https://films.example/privacy",
    "https://www.films.example",
];

#[test]
fn the_charter_shows_services_in_every_language() {
    let fetched = |path: &str| send(site(), request(Method::GET, path, &[], "")).into_body();
    let mut labels = std::collections::BTreeSet::new();
    for lang in LANGUAGES {
        for format in ["", "&format=md"] {
            let text = fetched(&format!("/cookies?lang={lang}{format}")).replace("&#x2f;", "/");
            for fact in FACTS {
                assert!(text.contains(fact), "{lang}{format}: {fact}");
            }
            if format.is_empty() {
                let (_, rest) = text.split_once("<dd>IE, US").unwrap();
                let (_, rest) = rest.split_once("<dt>").unwrap();
                labels.insert(rest.split_once("</dt>").unwrap().0.to_owned());
                assert!(text.contains(&format!("<html lang=\"{lang}\"")), "{lang}");
            }
        }
        let json = fetched(&format!("/cookies?lang={lang}&format=json"));
        let charter: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(charter["language"], lang);
        let films = &charter["categories"][2]["services"][0];
        assert_eq!(films["controller"]["text"], "Films Holding");
        assert_eq!(films["purposes"][0]["text"], "playing films");
        assert_eq!(films["countries"], json!(["IE", "US"]));
        assert_eq!(films["origins"], json!(["https://www.films.example"]));
    }
    assert!(labels.len() > 20, "{labels:?}");
}

/// The ids of what is allowed, services included.
fn allowed(state: &Value) -> Vec<String> {
    let categories = state["categories"].as_array().unwrap();
    let all = categories.iter().flat_map(|category| {
        let services = category["services"].as_array().unwrap();
        [category].into_iter().chain(services)
    });
    let allowed = all.filter(|unit| unit["allowed"] == true);
    allowed
        .map(|unit| unit["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Sends a form after each other, each with the cookie that the one before has set.
fn after(forms: &[&str]) -> Value {
    let mut cookie = String::new();
    for form in forms {
        let answer = post(&[FORM, OWN, ("cookie", &cookie)], form);
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{form}");
        cookie = preferences(&answer).unwrap();
    }
    state(&cookie)
}

#[test]
fn one_service_is_allowed_alone() {
    let state = after(&["decision=allow&service=films"]);
    assert_eq!(
        allowed(&state),
        ["base", "login", "stats", "matomo", "films"]
    );
    assert_eq!(state["pending"], json!(["media"]));
    let denied = after(&["decision=accept", "decision=deny&service=films"]);
    assert_eq!(
        allowed(&denied),
        ["base", "login", "stats", "matomo", "media", "maps"]
    );
}

#[test]
fn accepting_and_refusing_end_answers_for_services() {
    let accepted = after(&["decision=deny&service=films", "decision=accept"]);
    assert_eq!(allowed(&accepted).len(), 7);
    let refused = after(&["decision=allow&service=films", "decision=refuse"]);
    assert_eq!(allowed(&refused), ["base", "login"]);
}

#[test]
fn saving_denies_services_that_were_shown_unticked() {
    let shown = "decision=save&services=shown&category=media&service=maps&objection=";
    let state = after(&[shown]);
    assert_eq!(allowed(&state), ["base", "login", "stats", "media", "maps"]);
    // A form that does not show services keeps their answers.
    let state = after(&[shown, "decision=save&objection="]);
    assert_eq!(allowed(&state), ["base", "login", "stats", "maps"]);
}

#[test]
fn choices_as_json_name_services() {
    let body = r#"{"decision": "save", "categories": ["media"], "services": ["films", "matomo"]}"#;
    let answer = post(&[JSON, OWN], body);
    assert_eq!(answer.status(), StatusCode::OK);
    let state: Value = serde_json::from_str(answer.body()).unwrap();
    let expected = ["base", "login", "stats", "matomo", "media", "films"];
    assert_eq!(allowed(&state), expected);
    let answer = post(&[JSON, OWN], r#"{"decision": "allow", "service": "films"}"#);
    let state: Value = serde_json::from_str(answer.body()).unwrap();
    assert!(allowed(&state).contains(&"films".to_owned()));
}

#[test]
fn an_objection_ends_the_yes_of_an_exempt_service() {
    let own_yes = "decision=save&services=shown&service=matomo&service=films&objection=";
    let state = after(&[own_yes, "decision=object"]);
    assert_eq!(allowed(&state), ["base", "login", "films"]);
    let consented = Category::consent("media")
        .title("Media")
        .description("Of others.");
    let policy = CookiePolicy::new([consented]).unwrap();
    let site = site_with(Pages::at("/cookies", policy.clone()).unwrap(), policy);
    let path = "/cookies/preferences";
    let answer = send(
        site,
        request(Method::POST, path, &[FORM, OWN], "decision=object"),
    );
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[test]
fn storage_follows_the_answers() {
    let entry = |name: &str| CookieDeclaration::new(name).kind(TrackerKind::Storage);
    let films = Service::new("films").cookie(entry("films.path"));
    let media = Category::consent("media")
        .title("Media")
        .description("Of others.")
        .cookie(entry("media-*"))
        .service(films);
    let stats = Category::exempt("stats").title("S").cookie(entry("_st"));
    let base = Category::necessary("base").title("B").cookie(entry("cart"));
    let policy = CookiePolicy::new([base, stats, media]).unwrap();
    let site = || {
        site_with(
            Pages::at("/cookies", policy.clone()).unwrap(),
            policy.clone(),
        )
    };
    let after = |body: &str| {
        let path = "/cookies/preferences";
        let headers = [FORM, OWN, ("accept", "application/json")];
        let answer = send(site(), request(Method::POST, path, &headers, body));
        let state: Value = serde_json::from_str(answer.body()).unwrap();
        state["storage"].clone()
    };
    let kept = json!({"refused": [], "kept": ["cart", "_st", "media-*", "films.path"]});
    assert_eq!(after("decision=accept"), kept);
    let refused = json!({"refused": ["_st", "media-*", "films.path"], "kept": ["cart"]});
    assert_eq!(after("decision=refuse"), refused);
    let objected = json!({"refused": ["_st"], "kept": ["cart", "media-*", "films.path"]});
    assert_eq!(after("decision=object"), objected);
    let one = json!({"refused": ["films.path"], "kept": ["cart", "_st", "media-*"]});
    assert_eq!(after("decision=deny&service=films"), one);
    let undecided = send(site(), request(Method::GET, "/cookies/state", &[], ""));
    let state: Value = serde_json::from_str(undecided.body()).unwrap();
    assert_eq!(state["storage"], kept, "silence deletes nothing");
}

#[test]
fn invalid_answers_for_services_change_nothing() {
    for body in [
        "decision=allow",
        "decision=deny",
        "decision=allow&service=media",
        "decision=allow&service=unknown",
        "decision=allow&service=films&service=maps",
        "decision=deny&service=login",
        "decision=save&services=shown&service=unknown",
        "decision=save&services=shown&service=media",
    ] {
        let answer = post(&[FORM, OWN], body);
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(preferences(&answer), None, "{body}");
    }
    let stale = post(&[FORM, OWN], "decision=allow&service=films&revision=7");
    assert_eq!(stale.status(), StatusCode::CONFLICT);
    // A request that may be another site's only refuses.
    let silent = post(&[FORM], "decision=allow&service=films");
    assert_eq!(silent.status(), StatusCode::FORBIDDEN);
    let silent = post(&[FORM], "decision=deny&service=films");
    assert_eq!(silent.status(), StatusCode::SEE_OTHER);
}

#[test]
fn the_visitor_returns_to_the_element() {
    for (anchor, location) in [
        ("film-1", "../a/b#film-1"),
        ("", "../a/b#main"),
        ("x%22y", "../a/b#main"),
        ("a%0d%0ab", "../a/b#main"),
    ] {
        let body = format!("decision=allow&service=films&return_to=/a/b&anchor={anchor}");
        let answer = post(&[FORM, OWN], &body);
        assert_eq!(field(&answer, "location"), location, "{anchor}");
    }
}

#[test]
fn pages_show_services_with_their_facts() {
    let page = |path: &str, accept: &str| {
        let headers = [("accept", accept)];
        send(site(), request(Method::GET, path, &headers, "")).into_body()
    };
    for (path, accept) in [
        ("/cookies", "text/html"),
        ("/cookies?format=md", "text/markdown"),
        ("/cookies/preferences", "text/html"),
    ] {
        let text = page(path, accept).replace("&#x2f;", "/");
        for fact in FACTS.into_iter().chain(["viewer", "films.example"]) {
            assert!(text.contains(fact), "{path}: {fact}");
        }
    }
    let charter: Value = serde_json::from_str(&page("/cookies", "application/json")).unwrap();
    let films = &charter["categories"][2]["services"][0];
    assert_eq!(films["provider"]["text"], "Films Ltd");
    assert_eq!(films["cookies"][0]["third_party"], "films.example");
    let form = page("/cookies/preferences", "text/html");
    assert_eq!(form.matches("name=\"services\" value=\"shown\"").count(), 2);
    assert!(form.contains("name=\"service\" value=\"films\">"));
    assert!(form.contains("name=\"service\" value=\"matomo\" checked>"));
    assert!(!form.contains("value=\"login\""));
}
