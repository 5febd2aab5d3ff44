//! The inventory of the portal as a page, with third parties that the gate and the browser itself have met.

use std::{env, fs};

use serde_json::json;

use super::{Browser, Kind, Server, axe::Axe, layout::nothing_is_cut_off, visit};
use crate::support::browser::in_chromium_first;

in_chromium_first!(
    axe_finds_nothing_in_the_inventory,
    the_filter_works_from_the_keyboard_without_scripts,
);

/// Shows the inventory once the browser's report is in it.
fn seen(browser: &Browser, portal: &Server) {
    browser.go(&portal.url("/territoire"));
    browser.run("new Image().src = 'https://tracker.example/1.png'");
    let seen = "document.body.textContent.includes('https://tracker.example')";
    let reload = "window.again ??= setTimeout(() => location.reload(), 200)";
    browser.go(&portal.url("/debug/cookies"));
    browser.until(&format!("({seen}) || !({reload})"));
}

fn axe_finds_nothing_in_the_inventory(kind: Kind) {
    let (Some(axe), Some((browser, portal))) = (Axe::get(), visit(kind)) else {
        return;
    };
    seen(&browser, &portal);
    assert_eq!(browser.text("h2"), "Third parties");
    for (page, query) in [
        ("all", ""),
        ("undeclared", "?show=undeclared"),
        ("none", "?name=nobody"),
    ] {
        browser.go(&portal.url(&format!("/debug/cookies{query}")));
        for scheme in ["light", "dark"] {
            browser.color_scheme(scheme);
            for width in [320, 1280] {
                browser.resize(width, 900);
                let what = format!("{page} {scheme} {width}");
                assert_eq!(axe.findings(&browser, "document"), json!([]), "{what}");
                nothing_is_cut_off(&browser, &what);
                let small = browser.run(
                    "return [...document.querySelectorAll('input, select, button, a, textarea')]\
                     .filter((e) => e.getBoundingClientRect().height < 43.5).map((e) => e.outerHTML)",
                );
                assert_eq!(small, json!([]), "{what}");
                if let Ok(folder) = env::var("SHOTS") {
                    browser.resize(width, 3_000);
                    let name = format!("{folder}/inventory-{kind:?}-{page}-{scheme}-{width}.png");
                    fs::write(name, browser.screenshot()).unwrap();
                }
            }
        }
    }
}

/// Each row by its name.
fn rows(browser: &Browser) -> Vec<String> {
    let names = browser
        .run("return [...document.querySelectorAll('tbody th code')].map((e) => e.textContent)");
    serde_json::from_value(names).unwrap()
}

fn the_filter_works_from_the_keyboard_without_scripts(kind: Kind) {
    let Some((browser, portal)) = visit(kind) else {
        return;
    };
    seen(&browser, &portal);
    assert_eq!(browser.run("return document.scripts.length"), 0);
    browser.run_scripts(false);
    browser.go(&portal.url("/debug/cookies"));
    let all = rows(&browser);
    assert!(all.contains(&"_ga".to_owned()) && all.len() > 5, "{all:?}");

    browser.write("#tcc-name", "AB_T");
    browser.follow(".tcc-filter button");
    assert_eq!(rows(&browser), ["ab_test"]);
    assert_eq!(
        browser.text("caption"),
        format!("1 of {} names", all.len() - 3)
    );

    // What was chosen stays chosen; a letter picks the entry that begins with it.
    browser.write("#tcc-show", "withheld");
    browser.follow(".tcc-filter button");
    assert_eq!(rows(&browser), ["ab_test"]);
    let shown = "return [document.querySelector('#tcc-name').value, document.querySelector('#tcc-show').value]";
    assert_eq!(browser.run(shown), json!(["AB_T", "withheld"]));

    // The draft has all that is lacking, and can be selected as a whole.
    let draft = browser.run("return document.querySelector('#tcc-cookie-draft').value");
    let draft: serde_json::Value = serde_json::from_str(draft.as_str().unwrap()).unwrap();
    let drafted: Vec<_> = draft
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["name"])
        .collect();
    assert_eq!(drafted, ["ab_test"]);

    browser.follow(".tcc-choose");
    assert_eq!(rows(&browser), all);
}
