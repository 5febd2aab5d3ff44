//! With scripts on: what the optional script adds, and that it needs no exception from a strict
//! security policy.

use serde_json::json;

use super::{NO_BANNER, PREFERENCES, SAID, STATISTICS, everything, jar, visit};
use crate::support::browser::{Kind, in_chromium_first, in_each_browser};

in_each_browser!(d7_accepting_keeps_typed_text_and_moves_the_focus,);
in_chromium_first!(
    held_scripts_start_after_consent_as_google_asks,
    nothing_on_the_pages_offends_their_security_policy,
    refusing_and_saving_a_part_keep_just_that,
    where_the_script_is_turned_down_the_form_says_why,
);

fn d7_accepting_keeps_typed_text_and_moves_the_focus(kind: Kind) {
    let Some((browser, portal)) = visit(kind) else {
        return;
    };
    assert_eq!(browser.cookies(), jar([STATISTICS]));
    browser.go(&portal.url("/connexion"));
    browser.write("#name", "Amélie");
    browser.run(
        "document.addEventListener('cookieconsent', (e) => { window.told = e.detail.status })",
    );
    browser.click("button[value=accept]");
    browser.until(NO_BANNER);
    browser.until(SAID);
    assert_eq!(
        browser.run("return document.getElementById('name').value"),
        "Amélie"
    );
    assert_eq!(browser.run("return document.activeElement.id"), "content");
    assert_eq!(
        browser.run("return [window.told, cookieConsent.allows('tiers')]"),
        json!(["decided", true])
    );
    assert_eq!(browser.cookies(), jar([PREFERENCES, STATISTICS]));
    // The next page sets what was accepted, and the footer withdraws it.
    browser.go(&portal.url("/"));
    assert_eq!(browser.cookies(), everything());
    browser.click("button[value=withdraw]");
    browser.until("document.querySelector('.tcc-withdraw')?.hidden && window.cookieConsent?.state?.categories[3].allowed === false");
    assert_eq!(browser.cookies(), jar([PREFERENCES]));
}

fn refusing_and_saving_a_part_keep_just_that(kind: Kind) {
    let Some((browser, portal)) = visit(kind) else {
        return;
    };
    browser.click("button[value=refuse]");
    browser.until(NO_BANNER);
    browser.until(SAID);
    assert_eq!(browser.cookies(), jar([PREFERENCES]));
    browser.go(&portal.url("/cookies/preferences"));
    browser.click("input[name=category][value=internes]");
    browser.follow("button[value=save]");
    browser.go(&portal.url("/"));
    assert_eq!(browser.cookies(), jar([PREFERENCES, "parcours"]));
}

fn where_the_script_is_turned_down_the_form_says_why(kind: Kind) {
    let Some((browser, _portal)) = visit(kind) else {
        return;
    };
    browser.run("document.querySelector('.tcc-banner input[name=texts]').value = 'old'");
    browser.follow("button[value=accept]");
    assert_eq!(browser.path(), "/cookies/preferences");
    assert!(!browser.text(".tcc-error").is_empty());
    assert_eq!(browser.cookies(), jar([STATISTICS]));
}

fn held_scripts_start_after_consent_as_google_asks(kind: Kind) {
    let Some((browser, _portal)) = visit(kind) else {
        return;
    };
    browser.run(
        "const held = document.createElement('script'); held.type = 'text/plain'; \
         held.dataset.consent = 'tiers'; held.nonce = 'n1'; held.src = '/icon.svg'; held.id = 'held'; \
         document.body.append(held)",
    );
    let told = "return (window.dataLayer || []).map((a) => [a[0], a[1], a[2].analytics_storage].join(' '))";
    assert_eq!(
        browser.run(told),
        json!(["consent default denied", "consent update denied"])
    );
    assert_eq!(
        browser.run("return document.getElementById('held').type"),
        "text/plain"
    );
    browser.click("button[value=accept]");
    browser.until("document.getElementById('held').type === ''");
    assert_eq!(
        browser.run("return document.getElementById('held').nonce"),
        "n1"
    );
    assert_eq!(
        browser.run(told),
        json!([
            "consent default denied",
            "consent update denied",
            "consent update granted"
        ])
    );
}

fn nothing_on_the_pages_offends_their_security_policy(kind: Kind) {
    let Some((browser, portal)) = visit(kind) else {
        return;
    };
    browser.before_scripts(
        "window.offences = []; document.addEventListener('securitypolicyviolation', \
         (e) => offences.push(e.violatedDirective + ' ' + e.blockedURI))",
    );
    for path in ["/", "/cookies", "/cookies/preferences"] {
        browser.go(&portal.url(path));
        browser.until("window.cookieConsent?.state");
        assert_eq!(browser.run("return window.offences"), json!([]), "{path}");
    }
}
