//! The script removes what a refusal is about from the browser's storage.

use axum::{Router, extract::State, response::Html, routing::get};
use serde_json::json;
use tower_cookie_consent::{
    Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy,
    pages::Pages,
    policy::{Service, TrackerKind},
};

use super::{NO_BANNER, serve};
use crate::support::browser::{Browser, Kind, in_chromium_first};

in_chromium_first!(a_refusal_removes_declared_storage_and_nothing_else);

fn policy() -> CookiePolicy {
    let entry = |name: &str| CookieDeclaration::new(name).kind(TrackerKind::Storage);
    let films = Service::new("films").cookie(entry("films"));
    CookiePolicy::new([
        Category::necessary("base")
            .title("Necessary")
            .cookies(["cart", "ads-consent"].map(entry)),
        Category::exempt("stats")
            .title("Statistics")
            .cookie(entry("visits")),
        Category::consent("ads")
            .title("Ads")
            .description("Pays.")
            .cookie(entry("ads-*"))
            .service(films),
    ])
    .unwrap()
}

fn site() -> Router {
    let pages = Pages::at("/cookies", policy()).unwrap();
    let page = async |State(pages): State<Pages>, consent: Consent| {
        let head = pages.head(&consent, "en").unwrap();
        let banner = pages.banner(&consent, "en").unwrap();
        let footer = pages.footer(&consent, "en").unwrap();
        Html(format!(
            "<!doctype html><html lang=en><title>Page</title>{head}{banner}\
             <main id=main tabindex=-1></main>{footer}"
        ))
    };
    Router::new()
        .route("/", get(page))
        .with_state(pages.clone())
        .nest_service("/cookies", pages)
        .layer(CookieConsentLayer::new(policy()))
}

const KEYS: [&str; 7] = [
    "ads-1",
    "ads-consent",
    "ads_2",
    "cart",
    "films",
    "other",
    "visits",
];

fn a_refusal_removes_declared_storage_and_nothing_else(kind: Kind) {
    let Some(browser) = Browser::start(kind) else {
        return;
    };
    let site = serve(site());
    let fill = format!(
        "for (const area of [localStorage, sessionStorage]) for (const key of {}) area.setItem(key, key)",
        json!(KEYS)
    );
    let kept = || {
        browser.run("return [localStorage, sessionStorage].map((area) => Object.keys(area).sort())")
    };
    let visit = || {
        browser.go(&format!("{site}/"));
        browser.until("window.cookieConsent?.state");
    };
    visit();
    browser.run(&fill);
    visit();
    assert_eq!(kept(), json!([KEYS, KEYS]), "silence deletes nothing");

    // An objection, before a choice.
    browser.click(".tcc-object button");
    browser.until("!localStorage.getItem('visits') && !sessionStorage.getItem('visits')");
    browser.until("document.querySelector('.tcc-object')?.hidden && window.cookieConsent?.state");
    let rest: Vec<_> = KEYS.into_iter().filter(|key| *key != "visits").collect();
    assert_eq!(kept(), json!([rest, rest]));
    assert_eq!(browser.run(&format!("return {NO_BANNER}")), json!(false));

    browser.click("button[value=accept]");
    browser.until(NO_BANNER);
    browser.run(&fill);
    visit();
    assert_eq!(kept(), json!([KEYS, KEYS]));

    browser.click("button[value=withdraw]");
    browser.until("!localStorage.getItem('films') && !sessionStorage.getItem('films')");
    browser.until("document.querySelector('.tcc-withdraw')?.hidden && window.cookieConsent?.state");
    let rest = ["ads-consent", "ads_2", "cart", "other"];
    assert_eq!(kept(), json!([rest, rest]));

    // What a script writes again is removed with the next page.
    browser.run(&fill);
    visit();
    assert_eq!(kept(), json!([rest, rest]));
}
