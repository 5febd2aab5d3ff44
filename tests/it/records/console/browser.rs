//! The console in real browsers.

use serde_json::json;

use super::Site;
use crate::{
    pages::browser::axe::Axe,
    support::browser::{Browser, Kind, in_chromium_first},
};

in_chromium_first!(
    axe_finds_nothing_and_nothing_is_cut_off,
    tab_reaches_every_control_in_order_and_is_seen,
    search_works_from_the_keyboard_without_scripts,
);

const UNFOLD: &str = "document.querySelectorAll('details').forEach((d) => { d.open = true })";

/// What is wider than the window, or cut off.
const CUT_OFF: &str = "const wide = document.documentElement.clientWidth, found = []; \
     if (document.documentElement.scrollWidth > wide) found.push('the page'); \
     for (const e of document.querySelectorAll('body *')) { \
       if (!e.checkVisibility() || e.closest('.spoken, thead, svg')) continue; \
       const box = e.getBoundingClientRect(), hides = getComputedStyle(e).overflowX !== 'visible'; \
       if (box.left < -1 || box.right > wide + 1 || hides && e.scrollWidth > e.clientWidth + 1) \
         found.push(e.outerHTML.slice(0, 200)); \
     } return found";

const SMALL: &str = "return [...document.querySelectorAll('.button, input, summary, .periods a')]\
     .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 43.5).map((e) => e.outerHTML)";

fn shoot(browser: &Browser, name: &str) {
    if let Ok(folder) = std::env::var("SHOTS") {
        std::fs::write(format!("{folder}/{name}.png"), browser.screenshot()).unwrap();
    }
}

fn axe_finds_nothing_and_nothing_is_cut_off(kind: Kind) {
    let (Some(axe), Some(browser)) = (Axe::get(), Browser::start(kind)) else {
        return;
    };
    let site = Site::new();
    let down = Site::new();
    down.sql("DROP TABLE counters");
    let empty = Site::with(&[("form", "en", ["granted", "not_asked"], 1)], 1);
    for scheme in ["light", "dark"] {
        browser.color_scheme(scheme);
        for (width, height) in [(320, 800), (360, 740), (1280, 900)] {
            browser.resize(width, height);
            for page in ["overview", "history", "error", "empty", "down"] {
                let url = match page {
                    "empty" => &empty.url,
                    "down" => &down.url,
                    _ => &site.url,
                };
                browser.go(url);
                if page == "history" || page == "error" {
                    let receipt = match page {
                        "history" => site.ids[0].to_string(),
                        _ => "what?".to_owned(),
                    };
                    browser.write("#receipt", &receipt);
                    browser.follow("form[action$=search] button");
                }
                shoot(&browser, &format!("{kind:?}-{page}-{scheme}-{width}"));
                browser.run(UNFOLD);
                let what = format!("{page} {scheme} {width}");
                assert_eq!(axe.findings(&browser, "document"), json!([]), "{what}");
                assert_eq!(browser.run(CUT_OFF), json!([]), "{what}");
                assert_eq!(browser.run(SMALL), json!([]), "{what}");
                let styled = "return getComputedStyle(document.body).margin";
                assert_eq!(
                    browser.run(styled),
                    "0px",
                    "{what}: the stylesheet is allowed"
                );
            }
        }
    }
}

/// From the first link to the last button, folded and unfolded, with an outline inside the window as far as the browser scrolls.
fn tab_reaches_every_control_in_order_and_is_seen(kind: Kind) {
    let Some(browser) = Browser::start(kind) else {
        return;
    };
    let site = Site::new();
    let in_sight = kind.shows_focus();
    for (width, height) in [(360, 740), (1280, 600)] {
        browser.resize(width, height);
        browser.go(&site.url);
        let controls = "[...document.querySelectorAll('a[href], button, input, summary')]\
             .filter((e) => e.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }))";
        let count = browser.run(&format!("return {controls}.length"));
        assert_eq!(
            count,
            json!(7),
            "three periods, the table, the field and two buttons"
        );
        for number in 0..7 {
            browser.press_tab();
            let wrong = browser.run(&format!(
                "const focused = document.activeElement, due = {controls}[{number}]; \
                 const style = getComputedStyle(focused), box = focused.getBoundingClientRect(); \
                 return [ \
                   focused !== due && 'the focus is on ' + focused.outerHTML.slice(0, 120), \
                   !(style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2) && 'no outline', \
                   !({in_sight}) && 'the outline is cut off', \
                 ].filter(Boolean)"
            ));
            assert_eq!(wrong, json!([]), "{width}, after {} times Tab", number + 1);
        }
        // The table behind the charts unfolds with Enter, and shows each day.
        browser.go(&site.url);
        for _ in 0..4 {
            browser.press_tab();
        }
        browser.press(fantoccini::key::Key::Enter);
        browser.until("document.querySelector('details').open");
        let days = "return document.querySelectorAll('details tbody tr').length";
        assert_eq!(browser.run(days), json!(30));
    }
}

fn search_works_from_the_keyboard_without_scripts(kind: Kind) {
    let Some(browser) = Browser::start_without_scripts(kind) else {
        return;
    };
    let site = Site::new();
    browser.resize(360, 740);
    browser.go(&site.url);
    browser.write("#receipt", &site.ids[0].to_string());
    browser.follow("form[action$=search] button");
    assert!(browser.path().ends_with("/search"));
    assert_eq!(browser.text("h1"), "Records of one visitor");
    // The receipt is in no address, and so in no history and no log of a proxy.
    browser.follow("main a.button");
    assert!(browser.path().ends_with(super::PATH));
    assert_eq!(
        site.looks(),
        ["dpo overview true", "dpo search true", "dpo overview true"]
    );
}
