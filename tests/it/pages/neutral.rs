//! A site that sets nothing: names and texts of nobody in particular, in every language.

use std::collections::BTreeSet;

use axum::{Router, body::Body};
use futures_executor::block_on;
use http::{Request, header::COOKIE};
use http_body_util::BodyExt;
use tower::ServiceExt;
use tower_cookie_consent::{
    Category, CookieConsentLayer, CookieDeclaration, CookiePolicy, pages::Pages, policy::Reason,
};

const LANGUAGES: [&str; 24] = [
    "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr", "hu", "it", "lt", "lv",
    "mt", "nl", "pl", "pt", "ro", "sk", "sl", "sv",
];

/// Words of the portal that the first policy was written for.
const PORTAL: [&str; 8] = [
    "opendatasoft",
    "django",
    "portail",
    "portal",
    "département",
    "cnil",
    "territoire",
    "data.",
];

fn site() -> Router {
    let own = CookieDeclaration::new("cookies_preferences").reason(Reason::Preferences);
    let base = Category::necessary("base").cookie(own);
    let ads = Category::consent("ads").title("-").description("-");
    let policy = CookiePolicy::new([base, ads]).unwrap();
    Router::new()
        .layer(Pages::at("/cookies", policy.clone()).unwrap())
        .layer(CookieConsentLayer::new(policy))
}

fn get(path: &str, cookies: &str) -> String {
    let request = Request::get(path).header(COOKIE, cookies);
    block_on(async {
        let response = site().oneshot(request.body(Body::empty()).unwrap()).await;
        let (head, body) = response.unwrap().into_parts();
        assert_eq!(head.status, 200, "{path}");
        let body = body.collect().await.unwrap().to_bytes();
        format!("{:?}\n{}", head.headers, str::from_utf8(&body).unwrap())
    })
}

fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = page.split_once(start).unwrap();
    rest.split_once(end).unwrap().0
}

#[test]
fn pages_of_a_site_that_sets_nothing_are_neutral() {
    let mut titles = BTreeSet::new();
    let mut purposes = BTreeSet::new();
    for language in LANGUAGES {
        for page in ["/cookies", "/cookies/preferences"] {
            let page = get(&format!("{page}?lang={language}"), "");
            let lower = page.to_lowercase();
            for word in PORTAL {
                assert!(!lower.contains(word), "{language}: {word}");
            }
            assert!(page.contains(&format!("<html lang=\"{language}\"")));
        }
        let charter = get(&format!("/cookies?lang={language}"), "");
        // No name of a site, and no separator before one.
        let title = between(&charter, "<title>", "</title>").to_owned();
        assert!(!title.contains('·'), "{title}");
        titles.insert(title);
        let markdown = get(&format!("/cookies?lang={language}&format=md"), "");
        let row = markdown.lines().find(|line| line.contains("_preferences"));
        purposes.insert(row.unwrap().to_owned());
    }
    // Words of one language each: none of them falls back to another.
    assert_eq!(purposes.len(), LANGUAGES.len(), "{purposes:?}");
    assert!(
        titles.len() > 15 && titles.contains("Cookie policy"),
        "{titles:?}"
    );
}

#[test]
fn english_pages_describe_the_preferences_cookie() {
    let charter = get("/cookies", "");
    for text in [
        "Cookie policy",
        "cookies_preferences",
        "Remembers your cookie choice",
    ] {
        assert!(charter.contains(text), "{text}");
    }
    assert!(get("/cookies/preferences", "").contains("Your cookie choices"));
}

#[test]
fn the_language_cookie_has_a_neutral_name() {
    assert!(get("/cookies", "lang=de").contains("<html lang=\"de\""));
    assert!(get("/cookies", "django_language=de").contains("<html lang=\"en\""));
}
