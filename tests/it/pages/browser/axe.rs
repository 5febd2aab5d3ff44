//! axe-core reports nothing.

use std::{fs, sync::OnceLock};

use serde_json::{Value, json};

use super::{UNFOLD, visit};
use crate::support::{
    browser::{Browser, Kind, in_chromium_first, missing},
    npm::Package,
};

in_chromium_first!(axe_finds_nothing_on_any_page_in_any_state);

/// axe-core, downloaded once into `target/`; `None`, with a clear message, if it is not available.
#[derive(Clone, Copy)]
pub(crate) struct Axe(&'static str);

impl Axe {
    pub(crate) fn get() -> Option<Self> {
        static SOURCE: OnceLock<Result<String, String>> = OnceLock::new();
        let source = SOURCE.get_or_init(|| {
            let file = PACKAGE.unpacked()?.join("axe.min.js");
            fs::read_to_string(file).map_err(|error| error.to_string())
        });
        match source {
            Ok(source) => Some(Self(source)),
            Err(why) => {
                missing(&format!("axe-core could not be fetched with npm: {why}"));
                None
            }
        }
    }

    /// Returns its findings in this part of the page, given as an expression.
    pub(crate) fn findings(self, browser: &Browser, part: &str) -> Value {
        if browser.run("return !window.axe") == json!(true) {
            browser.run(self.0);
        }
        browser.run_to_the_end(&format!(
            "const done = arguments[arguments.length - 1]; \
             axe.run({part}, {{ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] }})\
             .then((r) => done(r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html + ' ' + n.failureSummary).join(' | '))))",
        ))
    }
}

const PACKAGE: Package = Package {
    name: "axe-core",
    version: "4.14.1",
    integrity: "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
};

impl Axe {
    /// Returns its findings in the page and in the documents of its `srcdoc` frames.
    pub(crate) fn findings_with_frames(self, browser: &Browser) -> Value {
        let source = Value::from(self.0);
        browser.run(&format!(
            "for (const frame of document.querySelectorAll('iframe[srcdoc]')) frame.contentWindow.eval({source})"
        ));
        self.findings(browser, "document")
    }
}

fn axe_finds_nothing_on_any_page_in_any_state(kind: Kind) {
    let (Some(axe), Some((browser, portal))) = (Axe::get(), visit(kind)) else {
        return;
    };
    for state in ["undecided", "accept", "refuse", "gpc"] {
        match state {
            "undecided" => {}
            "gpc" => browser.object_to_tracking(),
            decision => {
                browser.go(&portal.url("/cookies/preferences"));
                browser.follow(&format!("button[value={decision}]"));
            }
        }
        for scheme in ["light", "dark"] {
            browser.color_scheme(scheme);
            for path in [
                "/",
                "/cookies",
                "/cookies/preferences",
                "/cookies/none",
                "/cookies?lang=en",
            ] {
                browser.go(&portal.url(path));
                browser.run(UNFOLD);
                let dark = "return matchMedia('(prefers-color-scheme: dark)').matches";
                assert_eq!(browser.run(dark), scheme == "dark");
                for width in [320, 1280] {
                    browser.resize(width, 900);
                    let found = axe.findings(&browser, "document");
                    assert_eq!(found, json!([]), "{state} {scheme} {path} {width}");
                }
            }
        }
    }
}
