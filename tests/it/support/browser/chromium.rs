//! The parts that are specific to Chromium: its start, and the `DevTools` protocol.

use std::{net::SocketAddr, path::Path};

use serde_json::{Value, json};

use super::{Browser, Engine, command::Command, driver::Driver, object};
use crate::support::{process::Folder, server::runtime};

impl Browser {
    pub(super) fn start_chromium(browser: &Path, driver: &Path, proxy: Option<SocketAddr>) -> Self {
        let folder = Folder::new("chromium");
        let mut arguments = vec![
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-quic".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            "--short-reporting-delay".to_owned(),
            "--window-size=1280,1000".to_owned(),
            format!("--user-data-dir={}", folder.0.display()),
        ];
        if let Some(proxy) = proxy {
            arguments.push(format!("--proxy-server=http://{proxy}"));
            // Loopback addresses too.
            arguments.push("--proxy-bypass-list=<-loopback>".to_owned());
            arguments.push("--ignore-certificate-errors".to_owned());
            // `http:` stays `http:`.
            arguments.push("--disable-features=HttpsUpgrades".to_owned());
        }
        let options = json!({ "binary": browser, "args": arguments });
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
