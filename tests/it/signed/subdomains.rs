//! One choice for `www.` and `shop.` of a domain, in browsers and over TLS, beside a third host that makes
//! up consent.

use axum::{
    Router,
    response::{Html, IntoResponse},
    routing::get,
};
use http::header::SET_COOKIE;
use serde_json::json;
use tower_cookie_consent::{
    Category, Choice, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy,
    pages::{Pages, mark_private},
    preferences::PreferencesCookie,
};

use super::KEY;
use crate::support::{
    browser::{Browser, Kind, in_chromium_first, in_each_browser},
    hosts::Hosts,
    server::serve,
};

in_each_browser!(
    hosts_of_a_domain_share_a_signed_choice,
    a_host_without_the_key_makes_up_no_consent,
);
in_chromium_first!(
    hosts_of_a_domain_share_a_choice,
    a_host_without_the_key_can_refuse_for_the_visitor,
);

const WWW: &str = "https://www.example.test/";
const SHOP: &str = "https://shop.example.test/";
const OTHER: &str = "https://other.example.test/";

fn cookie() -> PreferencesCookie {
    PreferencesCookie::default().domain("example.test")
}

fn policy(cookie: PreferencesCookie) -> CookiePolicy {
    let ads = Category::consent("ads")
        .title("Advertising")
        .description("Pays for it.");
    CookiePolicy::builder()
        .preferences_cookie(cookie)
        .category(ads.cookie(CookieDeclaration::new("_ga").domain("example.test")))
        .build()
        .unwrap()
}

/// A host with the banner on its page, which sets a cookie that needs consent.
fn site(cookie: PreferencesCookie) -> Router {
    let policy = policy(cookie);
    let pages = Pages::at("/cookies", policy.clone()).unwrap();
    let page = {
        let pages = pages.clone();
        async move |consent: Consent| {
            let head = pages.head(&consent, "en").unwrap();
            let banner = pages.banner(&consent, "en").unwrap();
            let footer = pages.footer(&consent, "en").unwrap();
            let mut response = Html(format!(
                "<!doctype html><html lang=en><head><title>Shop</title>{head}</head><body>{banner}\
                 <main id=main tabindex=-1>Shop</main>{footer}</body></html>"
            ))
            .into_response();
            mark_private(response.headers_mut());
            let set = "_ga=1; Domain=example.test; Path=/; Secure";
            response
                .headers_mut()
                .append(SET_COOKIE, set.parse().unwrap());
            response
        }
    };
    Router::new()
        .route("/", get(page))
        .nest_service("/cookies", pages)
        .layer(CookieConsentLayer::new(policy))
}

/// A host of the domain that stores a choice in the site's own form, but without its key.
fn other(choose: fn(&Consent) -> Choice) -> Router {
    let consent = Consent::undecided(policy(cookie()));
    let set = consent.set_cookie(choose(&consent)).header_value();
    Router::new().route("/", get(async move || ([(SET_COOKIE, set)], "Other")))
}

/// Starts the hosts, and a browser that finds them.
fn start(
    kind: Kind,
    cookie: impl Fn() -> PreferencesCookie,
    choose: fn(&Consent) -> Choice,
) -> Option<(Browser, Hosts)> {
    let hosts = Hosts::start_with_tls()?;
    hosts.pass("www.example.test", serve(site(cookie())));
    hosts.pass("shop.example.test", serve(site(cookie())));
    hosts.pass("other.example.test", serve(other(choose)));
    let browser = Browser::start_behind(kind, hosts.address)?;
    Some((browser, hosts))
}

/// Visits a page, and returns what it makes of the visitor: the status, what is allowed, and if it asks.
fn visit(browser: &Browser, url: &str) -> serde_json::Value {
    browser.go(url);
    browser.until("window.cookieConsent?.state");
    browser.run(
        "return [cookieConsent.state.status, cookieConsent.allows('ads'), \
         !!document.querySelector('.tcc-banner')]",
    )
}

fn has_ads(browser: &Browser) -> bool {
    browser.cookies().contains("_ga")
}

fn share(kind: Kind, cookie: impl Fn() -> PreferencesCookie) {
    let Some((browser, _hosts)) = start(kind, cookie, Consent::accept_all) else {
        return;
    };
    let undecided = json!(["undecided", false, true]);
    assert_eq!(visit(&browser, WWW), undecided);
    assert_eq!(visit(&browser, SHOP), undecided);
    browser.click("button[value=accept]");
    browser.until("window.cookieConsent.allows('ads')");
    assert!(!has_ads(&browser), "the page has not been loaded since");
    assert_eq!(visit(&browser, WWW), json!(["decided", true, false]));
    assert!(has_ads(&browser));
    browser.click("button[value=withdraw]");
    browser.until("window.cookieConsent?.state && !window.cookieConsent.allows('ads')");
    assert!(!has_ads(&browser), "expired for both");
    assert_eq!(visit(&browser, SHOP), json!(["decided", false, false]));
    assert!(!has_ads(&browser));
}

fn hosts_of_a_domain_share_a_choice(kind: Kind) {
    share(kind, cookie);
}

fn hosts_of_a_domain_share_a_signed_choice(kind: Kind) {
    share(kind, || cookie().signed(KEY));
}

fn a_host_without_the_key_makes_up_no_consent(kind: Kind) {
    // Without a signature it does, which shows that browsers store what it sets.
    let Some((browser, hosts)) = start(kind, cookie, Consent::accept_all) else {
        return;
    };
    browser.go(OTHER);
    assert_eq!(visit(&browser, WWW), json!(["decided", true, false]));
    assert!(has_ads(&browser));

    browser.forget_cookies();
    hosts.pass("www.example.test", serve(site(cookie().signed(KEY))));
    hosts.pass("shop.example.test", serve(site(cookie().signed(KEY))));
    browser.go(OTHER);
    for url in [WWW, SHOP] {
        assert_eq!(
            visit(&browser, url),
            json!(["undecided", false, true]),
            "{url}"
        );
        assert!(!has_ads(&browser), "{url}");
    }
    // What the visitor chooses replaces it, and what is made up afterwards counts no more than before.
    browser.click("button[value=accept]");
    browser.until("window.cookieConsent.allows('ads')");
    assert_eq!(visit(&browser, WWW), json!(["decided", true, false]));
    browser.click("button[value=withdraw]");
    browser.until("window.cookieConsent?.state && !window.cookieConsent.allows('ads')");
    browser.go(OTHER);
    let seen = visit(&browser, SHOP);
    assert_eq!(seen[1], false, "{seen}");
    assert!(!has_ads(&browser));
}

/// Taking consent away needs no key: a refusal counts, whoever wrote it.
fn a_host_without_the_key_can_refuse_for_the_visitor(kind: Kind) {
    let signed = || cookie().signed(KEY);
    let Some((browser, _hosts)) = start(kind, signed, Consent::refuse_all) else {
        return;
    };
    visit(&browser, WWW);
    browser.click("button[value=accept]");
    browser.until("window.cookieConsent.allows('ads')");
    browser.go(OTHER);
    let seen = visit(&browser, WWW);
    assert_eq!(seen[1], false, "{seen}");
    assert!(!has_ads(&browser));
}
