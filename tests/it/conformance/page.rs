//! The report as a page, in browsers.

use std::{env, fs};

use axum::response::Html;
use serde_json::json;

use super::*;
use crate::{
    pages::browser::axe::Axe,
    support::{
        browser::{Browser, Kind, in_chromium_first},
        server,
    },
};

in_chromium_first!(
    axe_finds_nothing_in_a_report_and_nothing_is_cut_off,
    a_report_runs_no_script,
);

/// A report with findings, one on markup, an excuse, failures and notes; and an empty one.
fn reports() -> [(&'static str, Report); 3] {
    let frame = "<iframe src=https://www.films.example/embed/1></iframe>";
    let logo = [
        ("cache-control", "public, max-age=3600"),
        ("set-cookie", "_ga=1"),
    ];
    let app = site()
        .route("/film", get(async move || Html(frame)))
        .route("/logo", get(async move || logo));
    let kit = kit().visit(["/film", "/logo", "without-a-slash"]);
    let broken = check(kit, app);
    assert!(broken.findings().any(|finding| finding.element.is_some()));
    let logo = [("cache-control", "public, max-age=3600")];
    let app = site()
        .route("/logo", get(async move || logo))
        .layer(CookieConsentLayer::new(policy()));
    let excused = check(self::kit().visit(["/logo"]), app);
    assert!(!excused.excused().is_empty());
    let failed = check(
        self::kit().host("<script>window.ran = 1</script> \u{202e}"),
        correct(),
    );
    [("broken", broken), ("excused", excused), ("failed", failed)]
}

fn serve(reports: [(&'static str, Report); 3]) -> String {
    let mut router = Router::new();
    for (name, report) in reports {
        let page = report.to_html();
        router = router.route(&format!("/{name}"), get(async move || Html(page)));
    }
    format!("http://{}", server::serve(router))
}

fn axe_finds_nothing_in_a_report_and_nothing_is_cut_off(kind: Kind) {
    let (Some(axe), Some(browser)) = (Axe::get(), Browser::start(kind)) else {
        return;
    };
    let site = serve(reports());
    for scheme in ["light", "dark"] {
        browser.color_scheme(scheme);
        for width in [320, 1280] {
            browser.resize(width, 900);
            for page in ["broken", "excused", "failed"] {
                let what = format!("{page} {scheme} {width}");
                browser.go(&format!("{site}/{page}"));
                assert_eq!(axe.findings(&browser, "document"), json!([]), "{what}");
                crate::pages::browser::layout::nothing_is_cut_off(&browser, &what);
                let color = "return getComputedStyle(document.body).backgroundColor";
                let is_dark = browser.run(color) == "rgb(17, 19, 27)";
                assert_eq!(is_dark, scheme == "dark", "{what}");
                if let Ok(folder) = env::var("SHOTS") {
                    browser.resize(width, 3_000);
                    let file = format!("{folder}/report-{page}-{scheme}-{width}.png");
                    fs::write(file, browser.screenshot()).unwrap();
                    browser.resize(width, 900);
                }
            }
        }
    }
}

fn a_report_runs_no_script(kind: Kind) {
    let Some(browser) = Browser::start(kind) else {
        return;
    };
    let reports = reports();
    let failure = reports[2].1.failures()[0].clone();
    assert!(failure.contains("<script>"), "{failure}");
    let site = serve(reports);
    browser.go(&format!("{site}/failed"));
    let shown = browser.run("return document.querySelector('#failures ~ ul li').textContent");
    assert_eq!(shown, failure);
    assert_eq!(
        browser.run("return document.scripts.length + (window.ran ?? 0)"),
        0
    );
    // Even markup that was put into it later runs nothing.
    browser.run("document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.ran = 1' }))");
    assert_eq!(browser.run("return window.ran ?? 0"), 0);
}
