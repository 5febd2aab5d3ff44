//! The browser's own cookie jar. `WebDriver`'s shows the cookies of one page only.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Browser, Engine};

impl Browser {
    /// The names of all cookies that the browser has, of every site and path, `HttpOnly` or not.
    pub(crate) fn cookies(&self) -> BTreeSet<String> {
        let name = |cookie: &Value| cookie["name"].as_str().unwrap().to_owned();
        self.jar().iter().map(name).collect()
    }

    pub(crate) fn is_http_only(&self, name: &str) -> bool {
        self.jar()
            .iter()
            .any(|cookie| cookie["name"] == name && cookie["httpOnly"] == true)
    }

    pub(crate) fn forget_cookies(&self) {
        match &self.engine {
            Engine::Chromium => self.devtools("Storage.clearCookies", json!({})),
            Engine::Firefox(firefox) => {
                self.wait(firefox.command("storage.deleteCookies", json!({})))
            }
        };
    }

    fn jar(&self) -> Vec<Value> {
        let answer = match &self.engine {
            Engine::Chromium => self.devtools("Storage.getCookies", json!({})),
            Engine::Firefox(firefox) => self.wait(firefox.command("storage.getCookies", json!({}))),
        };
        answer["cookies"].as_array().unwrap().clone()
    }
}
