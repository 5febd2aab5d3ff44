//! Headless browsers, driven over `WebDriver`: Chromium through chromedriver, Firefox through
//! geckodriver. A test's actions on a [`Browser`] are the same in both; what `WebDriver` does not
//! cover uses each browser's own protocol.

mod chromium;
mod command;
mod driver;
mod firefox;
mod jar;
mod page;

use std::net::SocketAddr;

use fantoccini::Client;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use self::{driver::Driver, firefox::Firefox};
use super::process::{program, skip};

/// Makes a test of each of these functions in each browser: `name::in_chromium`,
/// `name::in_firefox`.
macro_rules! in_each_browser {
    ($($test:ident),* $(,)?) => {$(
        mod $test {
            use crate::support::browser::Kind;

            #[test]
            fn in_chromium() {
                super::$test(Kind::Chromium);
            }

            #[test]
            fn in_firefox() {
                super::$test(Kind::Firefox);
            }
        }
    )*};
}
pub(crate) use in_each_browser;

/// The same where the second engine finds little that the first one does not, and takes minutes:
/// `ALL_BROWSERS=1`, as in `.ci/long`, runs the tests in Firefox too.
macro_rules! in_chromium_first {
    ($($test:ident),* $(,)?) => {$(
        mod $test {
            use crate::support::browser::{Kind, all_are_wanted};

            #[test]
            fn in_chromium() {
                super::$test(Kind::Chromium);
            }

            #[test]
            fn in_firefox() {
                if all_are_wanted() {
                    super::$test(Kind::Firefox);
                }
            }
        }
    )*};
}
pub(crate) use in_chromium_first;

/// Returns `true` if the tests that CI runs in Chromium alone shall run in Firefox too, or says that
/// they do not.
pub(crate) fn all_are_wanted() -> bool {
    let wanted = std::env::var_os("ALL_BROWSERS").is_some();
    if !wanted {
        eprintln!("LEFT OUT without ALL_BROWSERS=1: this test in Firefox");
    }
    wanted
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Chromium,
    Firefox,
}

impl Kind {
    /// Returns the condition, about a `box` that has the focus, that the browser shows it. Firefox does not scroll to
    /// what it shows more than half of, whatever `scroll-margin` says (measured with 153).
    pub(crate) const fn shows_focus(self) -> &'static str {
        match self {
            Self::Chromium => "box.top >= 6 && box.bottom <= innerHeight - 6",
            Self::Firefox => "box.top >= 6 && box.bottom - innerHeight < box.height / 2",
        }
    }
}

/// A browser with an empty profile. It ends when dropped, and its profile goes.
pub(crate) struct Browser {
    client: Client,
    runtime: Runtime,
    engine: Engine,
    /// Dropped after the session was closed, and after it its folder.
    _driver: Driver,
}

/// The parts beyond `WebDriver`.
enum Engine {
    Chromium,
    Firefox(Box<Firefox>),
}

impl Browser {
    /// Returns `None` if there is no such browser; with `REQUIRE_BROWSER=1` that is a failure.
    pub(crate) fn start(kind: Kind) -> Option<Self> {
        Self::start_with(kind, None)
    }

    /// The same, with every request for any host sent to this HTTP proxy, and any certificate good.
    pub(crate) fn start_behind(kind: Kind, proxy: SocketAddr) -> Option<Self> {
        Self::start_with(kind, Some(proxy))
    }

    fn start_with(kind: Kind, proxy: Option<SocketAddr>) -> Option<Self> {
        let (browser, driver) = match kind {
            Kind::Chromium => (
                program(&["chromium", "chromium-browser", "google-chrome", "chrome"]),
                program(&["chromedriver"]),
            ),
            Kind::Firefox => (
                program(&["firefox-esr", "firefox"]),
                program(&["geckodriver"]),
            ),
        };
        let (Some(browser), Some(driver)) = (browser, driver) else {
            missing(match kind {
                Kind::Chromium => "Chromium or chromedriver is not in PATH",
                Kind::Firefox => "Firefox or geckodriver is not in PATH",
            });
            return None;
        };
        Some(match kind {
            Kind::Chromium => Self::start_chromium(&browser, &driver, proxy),
            Kind::Firefox => Self::start_firefox(&browser, &driver, proxy),
        })
    }

    /// The same, with the scripts of pages switched off.
    pub(crate) fn start_without_scripts(kind: Kind) -> Option<Self> {
        let browser = Self::start(kind)?;
        browser.run_scripts(false);
        Some(browser)
    }

    /// Switches the scripts of pages on or off, from the next page on.
    pub(crate) fn run_scripts(&self, on: bool) {
        match &self.engine {
            Engine::Chromium => {
                let off = json!({ "value": !on });
                self.devtools("Emulation.setScriptExecutionDisabled", off);
            }
            Engine::Firefox(_) => self.set_in_firefox("allowJavascript", &on.to_string()),
        }
    }

    /// Resizes the window to this many CSS pixels, like a phone or a desktop.
    pub(crate) fn resize(&self, width: u32, height: u32) {
        self.zoom(width, height, 1);
    }

    /// The same, with several screen pixels per CSS pixel: a window of 1280 pixels at 400 % is 320
    /// CSS pixels wide.
    pub(crate) fn zoom(&self, width: u32, height: u32, factor: u32) {
        match &self.engine {
            Engine::Chromium => {
                let size = json!({
                    "width": width, "height": height, "deviceScaleFactor": factor, "mobile": false,
                });
                self.devtools("Emulation.setDeviceMetricsOverride", size);
            }
            Engine::Firefox(firefox) => {
                let size = json!({
                    "context": self.tab(),
                    "viewport": { "width": width, "height": height },
                    "devicePixelRatio": factor,
                });
                self.wait(firefox.command("browsingContext.setViewport", size));
            }
        }
    }

    /// Light or dark, from the next page on.
    pub(crate) fn color_scheme(&self, scheme: &str) {
        match &self.engine {
            Engine::Chromium => {
                let scheme = json!({ "name": "prefers-color-scheme", "value": scheme });
                self.devtools(
                    "Emulation.setEmulatedMedia",
                    json!({ "features": [scheme] }),
                );
            }
            Engine::Firefox(_) => {
                let number = u8::from(scheme == "light");
                self.run_in_firefox(&format!(
                    "Services.prefs.setIntPref('layout.css.prefers-color-scheme.content-override', {number})"
                ));
            }
        }
    }

    /// Shows the present page as on paper.
    pub(crate) fn print(&self) {
        match &self.engine {
            Engine::Chromium => {
                self.devtools("Emulation.setEmulatedMedia", json!({ "media": "print" }));
            }
            Engine::Firefox(_) => self.set_in_firefox("mediumOverride", "'print'"),
        }
    }

    /// Sends `Sec-GPC: 1` from now on. Firefox has a setting for that; for Chromium, extensions
    /// add the field.
    pub(crate) fn object_to_tracking(&self) {
        match &self.engine {
            Engine::Chromium => {
                self.devtools("Network.enable", json!({}));
                let fields = json!({ "headers": { "Sec-GPC": "1" } });
                self.devtools("Network.setExtraHTTPHeaders", fields);
            }
            Engine::Firefox(_) => {
                self.run_in_firefox(
                    "Services.prefs.setBoolPref('privacy.globalprivacycontrol.enabled', true)",
                );
            }
        }
    }

    /// Runs this on every page that is loaded from now on, before its own scripts.
    pub(crate) fn before_scripts(&self, script: &str) {
        match &self.engine {
            Engine::Chromium => {
                let source = json!({ "source": script });
                self.devtools("Page.addScriptToEvaluateOnNewDocument", source);
            }
            Engine::Firefox(firefox) => {
                let function = json!({ "functionDeclaration": format!("() => {{ {script} }}") });
                self.wait(firefox.command("script.addPreloadScript", function));
            }
        }
    }

    fn wait<T>(&self, what: impl Future<Output = T>) -> T {
        self.runtime.block_on(what)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Closes the browser; the driver itself stays, and is killed.
        drop(self.runtime.block_on(self.client.clone().close()));
    }
}

/// Says that the test is skipped, and why; with `REQUIRE_BROWSER=1` it fails instead.
pub(crate) fn missing(what: &str) {
    skip("REQUIRE_BROWSER", what);
}

fn object(pairs: Value) -> serde_json::Map<String, Value> {
    match pairs {
        Value::Object(object) => object,
        other => panic!("no object: {other}"),
    }
}
