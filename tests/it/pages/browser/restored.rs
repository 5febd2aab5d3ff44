//! Pages restored from the back/forward cache or prerendered: they were rendered before the choice,
//! and check again.

use std::{
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use axum::{
    extract::Request,
    middleware::{Next, from_fn},
    response::Html,
    routing::get,
};
use http::header::CONTENT_TYPE;
use tower_cookie_consent::{Consent, pages::Pages};

use super::{
    super::{policy, site_with},
    NO_BANNER,
    held::Page,
    serve, visit,
};
use crate::support::{
    browser::{Browser, Kind, in_each_browser},
    process::PATIENCE,
};

in_each_browser!(
    after_going_back_the_banner_is_gone_and_the_state_is_right,
    a_page_from_the_back_forward_cache_asks_again,
    a_restored_page_is_loaded_again_after_a_withdrawal,
    no_page_is_restored_where_services_may_run,
);

/// Marks the current document, and records whether it comes back unchanged: the browser decides
/// whether to keep a page.
const MARK: &str = "window.kept = true; \
    addEventListener('pageshow', (e) => { sessionStorage.persisted = e.persisted })";

fn after_going_back_the_banner_is_gone_and_the_state_is_right(kind: Kind) {
    let Some((browser, portal)) = visit(kind) else {
        return;
    };
    browser.go(&portal.url("/cookies/preferences"));
    browser.follow("button[value=accept]");
    browser.back();
    browser.back();
    assert_eq!(browser.path(), "/");
    browser.until("window.cookieConsent?.allows('tiers')");
    browser.until(NO_BANNER);
}

fn a_page_from_the_back_forward_cache_asks_again(kind: Kind) {
    let Some((browser, portal)) = visit(kind) else {
        return;
    };
    browser.run(MARK);
    browser.go(&portal.url("/cookies/preferences"));
    browser.follow("button[value=accept]");
    browser.back();
    browser.back();
    browser.until("location.pathname === '/' && sessionStorage.persisted");
    assert_eq!(browser.run("return sessionStorage.persisted"), "true");
    browser.until("window.cookieConsent?.allows('tiers')");
    browser.until(NO_BANNER);
    // The same document all the time.
    assert_eq!(browser.run("return window.kept"), true);
}

/// Accepts, marks this page, withdraws, and goes back to it.
fn withdraw_and_go_back(browser: &Browser, page: &str) {
    let origin = browser.run("return location.origin");
    let url = |path: &str| format!("{}{path}", origin.as_str().unwrap());
    // On the form: Firefox does not keep a page that sent the choice itself.
    browser.go(&url("/cookies/preferences"));
    browser.follow("button[value=accept]");
    browser.go(&url(page));
    browser.until("window.cookieConsent?.allows('tiers')");
    browser.run(MARK);
    browser.go(&url("/cookies/preferences"));
    browser.follow("button[value=withdraw]");
    browser.back();
    browser.back();
    // Everything that ran on the kept document is gone with it.
    browser.until(&format!(
        "location.pathname === '{page}' && !window.kept && window.cookieConsent?.state"
    ));
    assert_eq!(browser.run("return cookieConsent.allows('tiers')"), false);
}

fn a_restored_page_is_loaded_again_after_a_withdrawal(kind: Kind) {
    let Some(browser) = Page::default().visit(kind) else {
        return;
    };
    withdraw_and_go_back(&browser, "/page");
    assert_eq!(browser.run("return sessionStorage.persisted"), "true");
}

/// Where the policy has services, the response that withdraws consent clears the cache.
fn no_page_is_restored_where_services_may_run(kind: Kind) {
    let Some((browser, _portal)) = visit(kind) else {
        return;
    };
    withdraw_and_go_back(&browser, "/");
    let persisted = browser.run("return sessionStorage.persisted ?? null");
    assert_eq!(persisted, serde_json::Value::Null);
}

/// Requested paths, each with its `Sec-Purpose`.
type Asked = Arc<Mutex<Vec<(String, String)>>>;

/// A site whose page `/next` fetches `/loaded` once the script of the pages has run there.
fn recording_site(asked: Asked) -> String {
    let pages = Pages::at("/cookies", policy()).unwrap();
    let next = {
        let pages = pages.clone();
        async move |consent: Consent| {
            let head = pages.head(&consent, "en").unwrap();
            let banner = pages.banner(&consent, "en").unwrap();
            Html(format!(
                "<!doctype html><html lang=en><head>{head}<script src=/loaded.js defer></script>\
                 </head><body>{banner}<main id=main tabindex=-1></main></body></html>"
            ))
        }
    };
    let loaded = ([(CONTENT_TYPE, "text/javascript")], "fetch('/loaded')");
    let record = from_fn(move |request: Request, next: Next| {
        let purpose = request.headers().get("sec-purpose");
        let purpose = purpose.map_or("", |purpose| purpose.to_str().unwrap());
        let path = request.uri().path().to_owned();
        asked.lock().unwrap().push((path, purpose.to_owned()));
        next.run(request)
    });
    let consent = tower_cookie_consent::CookieConsentLayer::new(policy());
    let site = axum::Router::new()
        .route("/next", get(next))
        .route("/loaded.js", get(loaded))
        .route("/loaded", get(""))
        .layer(consent)
        .merge(site_with(pages, policy()));
    serve(site.layer(record))
}

/// Only Chromium prerenders.
#[test]
fn a_prerendered_page_asks_when_it_is_shown_and_not_before() {
    let Some(browser) = Browser::start(Kind::Chromium) else {
        return;
    };
    let asked = Asked::default();
    let site = recording_site(asked.clone());
    browser.go(&format!("{site}/"));
    browser.until("window.cookieConsent?.state");
    browser.run(
        "const link = document.createElement('a'); link.href = '/next'; link.id = 'next'; \
         link.textContent = 'next'; document.querySelector('main').append(link); \
         const rules = document.createElement('script'); rules.type = 'speculationrules'; \
         rules.textContent = '{\"prerender\": [{\"urls\": [\"/next\"], \"eagerness\": \"immediate\"}]}'; \
         document.head.append(rules)",
    );
    let deadline = Instant::now() + PATIENCE;
    let is_loaded = || {
        asked
            .lock()
            .unwrap()
            .iter()
            .any(|(path, _)| path == "/loaded")
    };
    while !is_loaded() {
        assert!(Instant::now() < deadline, "no prerendering: {asked:?}");
        thread::sleep(Duration::from_millis(20));
    }
    let states = || {
        let asked = asked.lock().unwrap();
        asked
            .iter()
            .filter(|(path, _)| path == "/cookies/state")
            .count()
    };
    assert!(
        asked
            .lock()
            .unwrap()
            .contains(&("/next".to_owned(), "prefetch;prerender".to_owned())),
        "{asked:?}"
    );
    assert_eq!(states(), 1, "only the page that is shown asks: {asked:?}");
    // Here the visitor chooses; there the banner was rendered before.
    browser.click("button[value=accept]");
    browser.until(NO_BANNER);
    browser.click("#next");
    browser.until("location.pathname === '/next' && window.cookieConsent?.allows('tiers')");
    browser.until(NO_BANNER);
    let activated = "return performance.getEntriesByType('navigation')[0].activationStart > 0";
    assert_eq!(browser.run(activated), true, "{asked:?}");
    assert_eq!(states(), 2, "{asked:?}");
}
