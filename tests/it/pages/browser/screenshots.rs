//! The pictures of the docs.

use std::{env, fs};

use serde_json::json;

use super::visit;
use crate::support::{browser::Kind, process::of_crate};

/// Writes the screenshots of the docs: `WRITE_SCREENSHOTS=1 cargo test writes_the_screenshots`.
#[test]
fn writes_the_screenshots_of_the_docs_when_asked_to() {
    if env::var_os("WRITE_SCREENSHOTS").is_none() {
        return;
    }
    let Some((browser, portal)) = visit(Kind::Chromium) else {
        return;
    };
    browser.devtools("Emulation.setScrollbarsHidden", json!({ "hidden": true }));
    let folder = of_crate("docs/screenshots");
    fs::create_dir_all(&folder).unwrap();
    for scheme in ["light", "dark"] {
        browser.color_scheme(scheme);
        for (device, width, height) in [("phone", 390, 844), ("desktop", 1280, 900)] {
            browser.resize(width, height);
            for (name, path) in [
                ("banner", "/"),
                ("charter", "/cookies?lang=fr#tcc-of-necessaires"),
                ("form", "/cookies/preferences?lang=fr"),
            ] {
                browser.go(&portal.url(path));
                let file = folder.join(format!("{name}-{device}-{scheme}.png"));
                fs::write(file, browser.screenshot()).unwrap();
            }
        }
    }
}
