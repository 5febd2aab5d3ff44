//! The receipt on the form of the portal, in real browsers.

use serde_json::json;

use crate::{
    pages::browser::axe::Axe,
    support::{
        browser::{Browser, Kind, in_chromium_first},
        server::Server,
    },
};

in_chromium_first!(
    a_visitor_reads_a_receipt_and_has_it_forgotten,
    axe_finds_nothing_beside_a_receipt,
);

const FORM: &str = "form[action^=receipt]";

/// What is wider than the window.
const WIDE: &str = "const wide = document.documentElement.clientWidth; \
     return [...document.querySelectorAll('body *')].filter((e) => e.checkVisibility() \
       && e.getBoundingClientRect().right > wide + 1 && !e.closest('.tcc-skip, .tcc-hidden'))\
     .map((e) => e.outerHTML.slice(0, 200))";

fn portal() -> Server {
    Server::start("portal")
}

fn accept(browser: &Browser, portal: &Server) {
    browser.go(&portal.url("/cookies/preferences?lang=en"));
    assert_eq!(
        browser.run(&format!("return !document.querySelector('{FORM}')")),
        true
    );
    browser.follow(".tcc-form button[value=accept]");
    assert!(browser.cookies().contains("consent_receipt"));
}

fn a_visitor_reads_a_receipt_and_has_it_forgotten(kind: Kind) {
    // The receipt needs no script.
    let Some(browser) = Browser::start_without_scripts(kind) else {
        return;
    };
    let portal = portal();
    browser.go(&portal.url("/cookies/preferences?lang=en"));
    browser.follow(".tcc-form button[value=accept]");
    assert!(browser.is_http_only("consent_receipt"));
    let section = browser.text("section[aria-labelledby=tcc-receipt]");
    assert!(section.contains("Your receipt"), "{section}");
    browser.follow("section[aria-labelledby=tcc-receipt] a");
    assert!(
        browser.path().starts_with("/cookies/receipt"),
        "{}",
        browser.path()
    );
    browser.back();
    browser.follow(&format!("{FORM} button"));
    assert!(browser.path().starts_with("/cookies/preferences"));
    let said = browser.text("p.tcc-card[role=status]");
    assert_eq!(said, "Your receipt has been forgotten.");
    let left = browser.cookies();
    assert!(!left.contains("consent_receipt"), "{left:?}");
    assert!(
        left.contains("cookies_preferences"),
        "the choice stays: {left:?}"
    );
}

fn axe_finds_nothing_beside_a_receipt(kind: Kind) {
    let (Some(axe), Some(browser)) = (Axe::get(), Browser::start(kind)) else {
        return;
    };
    let portal = portal();
    accept(&browser, &portal);
    for forgotten in [false, true] {
        if forgotten {
            browser.follow(&format!("{FORM} button"));
        }
        for scheme in ["light", "dark"] {
            browser.color_scheme(scheme);
            for (width, height) in [(320, 800), (1280, 900)] {
                browser.resize(width, height);
                let what = format!("forgotten {forgotten} {scheme} {width}");
                assert_eq!(axe.findings(&browser, "document"), json!([]), "{what}");
                assert_eq!(browser.run(WIDE), json!([]), "{what}");
            }
        }
    }
}
