//! axe-core reports nothing.

use std::{fs, path::Path, process::Command, sync::OnceLock};

use serde_json::{Value, json};

use super::{UNFOLD, visit};
use crate::support::browser::{Browser, Kind, in_each_browser, missing};

in_each_browser!(axe_finds_nothing_on_any_page_in_any_state);

/// axe-core, downloaded once into `target/`; `None`, with a clear message, if it is not available.
#[derive(Clone, Copy)]
pub(crate) struct Axe(&'static str);

impl Axe {
    pub(crate) fn get() -> Option<Self> {
        static SOURCE: OnceLock<Option<String>> = OnceLock::new();
        let source = SOURCE.get_or_init(fetch).as_deref().map(Self);
        if source.is_none() {
            missing("axe-core could not be fetched with npm");
        }
        source
    }

    /// Returns its findings in this part of the page, given as an expression.
    pub(crate) fn findings(self, browser: &Browser, part: &str) -> Value {
        browser.run(self.0);
        browser.run_to_the_end(&format!(
            "const done = arguments[arguments.length - 1]; \
             axe.run({part}, {{ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] }})\
             .then((r) => done(r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html + ' ' + n.failureSummary).join(' | '))))",
        ))
    }
}

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

fn fetch() -> Option<String> {
    const VERSION: &str = "4.14.1";
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("axe-core-{VERSION}"));
    let file = folder.join("package/axe.min.js");
    if !file.exists() {
        fs::create_dir_all(&folder).ok()?;
        let package = format!("axe-core@{VERSION}");
        let run = |program: &str, arguments: &[&str]| {
            let status = Command::new(program)
                .args(arguments)
                .current_dir(&folder)
                .output();
            status
                .is_ok_and(|output| output.status.success())
                .then_some(())
        };
        run("npm", &["pack", "--silent", &package])?;
        run("tar", &["-xzf", &format!("axe-core-{VERSION}.tgz")])?;
    }
    fs::read_to_string(file).ok()
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
