//! The index in browsers.

use serde_json::json;
use tower_cookie_consent::{
    conformance::{CapturedVisits, Evidence},
    pages::Pages,
};

use super::{date, policy, written};
use crate::{
    pages::browser::{axe::Axe, layout::nothing_is_cut_off},
    support::browser::{Browser, Kind, in_chromium_first},
};

in_chromium_first!(axe_finds_nothing_in_the_index);

fn axe_finds_nothing_in_the_index(kind: Kind) {
    let (Some(axe), Some(browser)) = (Axe::get(), Browser::start(kind)) else {
        return;
    };
    let evidence = Evidence::new(policy(), date())
        .site("www.a-very-long-name-of-a-site-that-has-to-be-broken-somewhere.example.org")
        .pages(Pages::at("/cookies", policy()).unwrap())
        .captures("kit", "the test program itself", &CapturedVisits::new());
    let (pack, folder) = written(evidence);
    let index = folder.0.join("index.html");
    for scheme in ["light", "dark"] {
        browser.color_scheme(scheme);
        browser.go(&format!("file://{}", index.display()));
        let dark = "return matchMedia('(prefers-color-scheme: dark)').matches";
        assert_eq!(browser.run(dark), scheme == "dark");
        for width in [390, 1280] {
            browser.resize(width, 900);
            let what = format!("{scheme} {width}");
            nothing_is_cut_off(&browser, &what);
            assert_eq!(axe.findings(&browser, "document"), json!([]), "{what}");
        }
    }
    let links = browser.attributes("main a", "href");
    let files = pack
        .files()
        .map(|(path, _)| path)
        .filter(|path| *path != "index.html");
    assert_eq!(
        links.iter().map(String::as_str).collect::<Vec<_>>(),
        files.collect::<Vec<_>>()
    );
    // Each leads to a page that is there.
    browser.follow("a[href='pages/policy/de/form.html']");
    assert!(browser.path().ends_with("pages/policy/de/form.html"));
    let styled = "return getComputedStyle(document.querySelector('.tcc-button')).borderRadius";
    assert_ne!(browser.run(styled), "0px");
}
