//! Choosing: without scripts, by keyboard, in two tabs, under the browser's signal.

use super::{NO_BANNER, PREFERENCES, STATISTICS, everything, jar, visit};
use crate::support::{
    browser::{Browser, Kind, in_chromium_first, in_each_browser},
    server::Server,
};

in_each_browser!(
    d7_without_scripts_the_choice_leads_back_and_is_announced,
    d9_the_page_and_the_jar_show_each_state,
    the_keyboard_alone_accepts_refuses_and_saves,
    a_choice_in_one_tab_counts_in_the_other,
    gpc_is_shown_and_withholds_earlier_grants,
);
in_chromium_first!(u4_the_banner_stays_away_on_any_page_and_language,);

fn d7_without_scripts_the_choice_leads_back_and_is_announced(kind: Kind) {
    let Some(browser) = Browser::start_without_scripts(kind) else {
        return;
    };
    let portal = Server::start("portal");
    browser.go(&portal.url("/connexion"));
    let script = "return document.scripts.length + ' ' + typeof window.cookieConsent";
    assert_eq!(browser.run(script), "1 undefined");
    assert_eq!(browser.cookies(), jar([STATISTICS]));
    browser.follow("button[value=accept]");
    assert_eq!(browser.path(), "/connexion");
    assert!(!browser.text(".tcc-notice").is_empty());
    assert_eq!(browser.run("return document.activeElement.id"), "content");
    assert_eq!(browser.cookies(), everything());
    browser.follow("button[value=withdraw]");
    assert_eq!(browser.cookies(), jar([PREFERENCES]));
    // The form confirms choices made on an error page.
    browser.forget_cookies();
    browser.go(&portal.url("/introuvable"));
    browser.follow("button[value=refuse]");
    assert_eq!(browser.path(), "/cookies/preferences");
    assert!(!browser.text(".tcc-notice").is_empty());
}

fn d9_the_page_and_the_jar_show_each_state(kind: Kind) {
    let Some(browser) = Browser::start_without_scripts(kind) else {
        return;
    };
    let portal = Server::start("portal");
    let shown = || {
        browser.go(&portal.url("/cookies/preferences?lang=en"));
        let badges = "return [...document.querySelectorAll('fieldset .tcc-badge')].map((b) => b.textContent).join()";
        let states = browser.run(badges).as_str().unwrap().to_owned();
        let sentence = browser.text(".tcc-present p");
        let withdraws = browser.run("return !!document.querySelector('button[value=withdraw]')");
        browser.go(&portal.url("/"));
        (
            states,
            sentence.contains("You made your choice on"),
            withdraws == true,
        )
    };
    let all = "Always on,Allowed,Allowed,Allowed";
    let none = "Always on,Not allowed,Not allowed,Not allowed";
    let undecided = "Always on,Allowed,Not allowed,Not allowed".to_owned();
    assert_eq!(shown(), (undecided, false, false));
    assert_eq!(browser.cookies(), jar([STATISTICS]));
    browser.follow("button[value=accept]");
    assert_eq!(shown(), (all.to_owned(), true, true));
    assert_eq!(browser.cookies(), everything());
    browser.go(&portal.url("/cookies/preferences"));
    browser.follow("button[value=refuse]");
    assert_eq!(browser.cookies(), jar([PREFERENCES]));
    assert_eq!(shown(), (none.to_owned(), true, false));
    assert_eq!(browser.cookies(), jar([PREFERENCES]));
}

fn u4_the_banner_stays_away_on_any_page_and_language(kind: Kind) {
    let Some(browser) = Browser::start_without_scripts(kind) else {
        return;
    };
    let portal = Server::start("portal");
    browser.go(&portal.url("/"));
    browser.follow("button[value=refuse]");
    let asked = format!("return !({NO_BANNER})");
    for path in ["/", "/connexion", "/introuvable", "/redirection"] {
        browser.go(&portal.url(path));
        assert_eq!(browser.run(&asked), false, "{path}");
    }
    browser.follow("button[name=language]");
    assert_eq!(browser.run("return document.documentElement.lang"), "en");
    assert_eq!(browser.run(&asked), false);
}

fn the_keyboard_alone_accepts_refuses_and_saves(kind: Kind) {
    let Some(browser) = Browser::start_without_scripts(kind) else {
        return;
    };
    let portal = Server::start("portal");
    for decision in ["accept", "refuse", "save"] {
        browser.forget_cookies();
        browser.go(&portal.url("/cookies/preferences"));
        browser.tab_to_and_press(decision);
        browser.go(&portal.url("/"));
        let expected = match decision {
            "accept" => everything(),
            "refuse" => jar([PREFERENCES]),
            _ => jar([PREFERENCES, STATISTICS]),
        };
        assert_eq!(browser.cookies(), expected, "{decision}");
    }
    // Enter in a box saves what is ticked.
    browser.forget_cookies();
    browser.go(&portal.url("/cookies/preferences"));
    browser.click("input[value=internes]");
    browser.tab_to_and_press("internes");
    browser.go(&portal.url("/"));
    let expected = jar([PREFERENCES, STATISTICS, "parcours"]);
    assert_eq!(browser.cookies(), expected);
}

fn a_choice_in_one_tab_counts_in_the_other(kind: Kind) {
    let Some((browser, portal)) = visit(kind) else {
        return;
    };
    let first = browser.open_tab();
    browser.go(&portal.url("/"));
    browser.click("button[value=refuse]");
    browser.until(NO_BANNER);
    assert_eq!(browser.cookies(), jar([PREFERENCES]));
    browser.switch_to(first);
    // The banner is still there, and the visitor may accept after all.
    browser.click("button[value=accept]");
    browser.until(NO_BANNER);
    browser.go(&portal.url("/"));
    assert_eq!(browser.cookies(), everything());
}

fn gpc_is_shown_and_withholds_earlier_grants(kind: Kind) {
    let Some((browser, portal)) = visit(kind) else {
        return;
    };
    browser.click("button[value=accept]");
    browser.until(NO_BANNER);
    browser.object_to_tracking();
    browser.go(&portal.url("/cookies/preferences"));
    assert!(browser.text(".tcc-note").contains("Global Privacy Control"));
    assert_eq!(
        browser.run("return document.querySelectorAll('input[name=category]:checked').length"),
        0
    );
    browser.go(&portal.url("/"));
    assert_eq!(browser.cookies(), jar([PREFERENCES, STATISTICS]));
    // Consent given in spite of the signal counts.
    browser.go(&portal.url("/cookies/preferences"));
    browser.follow("button[value=accept]");
    browser.go(&portal.url("/"));
    assert_eq!(browser.cookies(), everything());
}
