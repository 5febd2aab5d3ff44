//! The parts that are specific to Chromium: its start, and the `DevTools` protocol.

use std::path::Path;

use serde_json::{Value, json};

use super::{
    Browser, Engine,
    command::Command,
    driver::{Driver, Folder},
    object,
};
use crate::support::server::runtime;

impl Browser {
    pub(super) fn start_chromium(browser: &Path, driver: &Path) -> Self {
        let folder = Folder::new("chromium");
        let options = json!({
            "binary": browser,
            "args": [
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--window-size=1280,1000",
                format!("--user-data-dir={}", folder.0.display()),
            ],
        });
        let driver = Driver::start(driver, &["--port=0"], "successfully on port ", folder);
        let runtime = runtime();
        let capabilities = object(json!({ "goog:chromeOptions": options }));
        Self {
            client: runtime.block_on(driver.connect(capabilities)),
            runtime,
            engine: Engine::Chromium,
            _driver: driver,
        }
    }

    /// Sends a command of Chromium's own protocol. It fails in another browser.
    pub(crate) fn devtools(&self, command: &str, params: Value) -> Value {
        let mut body = json!({ "cmd": command });
        body["params"] = params;
        let command = Command("goog/cdp/execute", body);
        self.wait(self.client.issue_cmd(command)).unwrap()
    }
}
