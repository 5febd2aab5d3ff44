//! The pages as visitors of several regimes see them: layout, axe, pictures, and the way through an opt-out
//! with the keyboard alone.

use std::{fs, path::Path};

use serde_json::json;
use tower_cookie_consent::{
    Basis, CookiePolicy,
    pages::Pages,
    policy::Retention,
    regimes::{Exemption, Regime},
};

use super::{
    super::{policy, site_with},
    UNFOLD,
    axe::Axe,
    layout::nothing_is_cut_off,
    serve,
};
use crate::support::browser::{Browser, Kind, in_chromium_first};

in_chromium_first!(
    an_opt_out_and_its_way_back_need_the_keyboard_alone,
    pages_of_each_regime_fit_and_are_accessible,
);

const OPTED_OUT: &str = "Opt-out request honored";

fn in_regime(id: &str) -> CookiePolicy {
    let laws = ["fr", "it", "uk"];
    let exemption = Exemption::new(laws, "Counts visits", "Portal Ltd", Retention::months(25));
    let informed = Regime::preset("japan").basis("internes", Basis::OptOut);
    let informed = informed.basis("tiers", Basis::OptOut);
    let states = Regime::preset("us-opt-out").basis("tiers", Basis::OptOut);
    let all = policy();
    let categories = all
        .categories()
        .cloned()
        .map(|category| match category.id() {
            "stats" => category.exemption(exemption.clone()),
            _ => category,
        });
    let policy = CookiePolicy::builder()
        .categories(categories)
        .regime("us-opt-out", states)
        .regime("japan", informed)
        .build()
        .unwrap();
    policy.in_regime(id).unwrap()
}

fn site_in(id: &str) -> String {
    let policy = in_regime(id);
    let pages = Pages::at("/cookies", policy.clone()).unwrap();
    let pages = pages.language_cookie("django_language");
    serve(site_with(pages.site("Portal"), policy))
}

fn an_opt_out_and_its_way_back_need_the_keyboard_alone(kind: Kind) {
    let Some(browser) = Browser::start_without_scripts(kind) else {
        return;
    };
    let site = site_in("us-opt-out");
    browser.go(&format!("{site}/"));
    assert!(!browser.text("body").contains(OPTED_OUT));
    browser.follow(".tcc-privacy-choices");
    assert_eq!(browser.path(), "/cookies/opt-out");
    browser.tab_to_and_press("opt_out");
    assert!(
        browser.text("main").contains(OPTED_OUT),
        "{}",
        browser.text("main")
    );
    browser.go(&format!("{site}/"));
    assert!(browser.text("footer").contains(OPTED_OUT));

    // Accepting everything is not enough to undo it.
    browser.go(&format!("{site}/cookies/preferences"));
    browser.tab_to_and_press("accept");
    assert!(
        browser.text("h2").contains("Allow again?"),
        "{}",
        browser.text("main")
    );
    browser.go(&format!("{site}/"));
    assert!(browser.text("footer").contains(OPTED_OUT));
    browser.go(&format!("{site}/cookies/opt-out?confirm"));
    browser.tab_to_and_press("opt_in");
    browser.go(&format!("{site}/"));
    assert!(!browser.text("footer").contains(OPTED_OUT));
}

fn pages_of_each_regime_fit_and_are_accessible(kind: Kind) {
    let (Some(axe), Some(browser)) = (Axe::get(), Browser::start(kind)) else {
        return;
    };
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("regimes");
    fs::create_dir_all(&pictures).unwrap();
    for (regime, language, asks) in [
        ("fr", "en", ".tcc-banner [value=accept]"),
        ("it", "en", ".tcc-close[value=refuse]"),
        ("japan", "en", ".tcc-banner [value=noted]"),
        ("strictest", "en", ".tcc-close[value=refuse]"),
        ("us-opt-out", "en", ".tcc-banner [value=accept]"),
        // Whose wordings are longer than those of the language.
        ("us-opt-out", "es", ".tcc-banner [value=accept]"),
        ("quebec", "fr", ".tcc-banner [value=accept]"),
        ("uk", "en", ".tcc-banner [value=accept]"),
    ] {
        let site = site_in(regime);
        browser.forget_cookies();
        browser.go(&format!("{site}/"));
        browser.run(&format!(
            "document.cookie = 'django_language={language}; path=/'"
        ));
        browser.go(&format!("{site}/"));
        let spoken = browser.run("return document.querySelector('.tcc-banner').lang");
        assert_eq!(spoken, language, "{regime}");
        let shown = format!("return !!document.querySelector('{asks}')");
        assert_eq!(browser.run(&shown), true, "{regime}");
        let has_opt_out = matches!(regime, "strictest" | "us-opt-out" | "japan");
        let opt_out = has_opt_out.then_some("/cookies/opt-out");
        for path in ["/", "/cookies", "/cookies/preferences"]
            .into_iter()
            .chain(opt_out)
        {
            for (device, width) in [("phone", 320), ("desktop", 1280)] {
                browser.resize(width, 900);
                browser.go(&format!("{site}{path}"));
                browser.run(UNFOLD);
                let what = format!("{regime} {language} {path} {width}");
                nothing_is_cut_off(&browser, &what);
                // The test's own page is light in any case.
                let (part, schemes) = match path {
                    "/" => ("[...document.querySelectorAll('.tcc')]", &["light"][..]),
                    _ => ("document", &["dark", "light"][..]),
                };
                for scheme in schemes {
                    browser.color_scheme(scheme);
                    assert_eq!(axe.findings(&browser, part), json!([]), "{what} {scheme}");
                }
                let name = format!("home{path}").replace('/', "-");
                let picture = browser.screenshot();
                assert!(picture.len() > 1_000, "{what}");
                fs::write(
                    pictures.join(format!("{regime}-{language}-{name}-{device}.png")),
                    picture,
                )
                .unwrap();
            }
        }
    }
}
