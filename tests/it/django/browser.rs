//! The same visit in headless Chromium. What counts is the browser's own jar.

use std::collections::BTreeSet;

use super::{Does, Step, WALK, portal::Portal};
use crate::support::browser::{Browser, Kind};

#[test]
fn chromium_keeps_only_what_it_may_at_every_step() {
    let Some(portal) = Portal::start() else {
        return;
    };
    let Some(browser) = Browser::start(Kind::Chromium) else {
        return;
    };
    for (number, Step { does, keeps }) in WALK.iter().enumerate() {
        browser.go(&portal.proxy.url("/"));
        act(&browser, &portal, *does);
        let keeps: BTreeSet<_> = keeps.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(browser.cookies(), keeps, "step {number}: {does:?}");

        browser.go(&portal.proxy.url("/cookies/"));
        let seen: serde_json::Value = serde_json::from_str(&browser.text("body")).unwrap();
        assert_eq!(seen["names"], serde_json::json!(keeps), "step {number}");
        assert_eq!(browser.cookies(), keeps, "after step {number}: {does:?}");
        assert!(browser.is_http_only("recommandations") == keeps.contains("recommandations"));
    }
}

fn act(browser: &Browser, portal: &Portal, does: Does) {
    match does {
        Does::Open => {}
        Does::SignIn => {
            browser.go(&portal.proxy.url("/login/"));
            browser.write("[name=username]", "ada");
            browser.write("[name=password]", "for the tests");
            browser.follow("#login button");
        }
        Does::SwitchLanguage => browser.follow("#language [value=fr]"),
        Does::Comment => {
            browser.write("[name=text]", "Bonjour");
            browser.follow("#comment button");
        }
        Does::Answer(answer) => browser.follow(&format!("#choice [value={answer}]")),
        Does::SignOut => browser.follow("#logout button"),
    }
    match does {
        Does::Open | Does::SignOut => assert_eq!(browser.text("#user"), "nobody"),
        Does::SignIn | Does::Answer(_) => assert_eq!(browser.text("#user"), "ada"),
        Does::SwitchLanguage => assert_eq!(browser.text("html[lang=fr] #user"), "ada"),
        Does::Comment => assert_eq!(browser.text("#comments li"), "Bonjour"),
    }
}

#[test]
fn without_the_proxy_chromium_keeps_everything_at_once() {
    let Some(portal) = Portal::start() else {
        return;
    };
    let Some(browser) = Browser::start(Kind::Chromium) else {
        return;
    };
    browser.go(&portal.django.url("/"));
    let kept = browser.cookies();
    for name in ["_ga", "ab_group", "parcours", "recommandations"] {
        assert!(kept.contains(name), "{name}: {kept:?}");
    }
}
