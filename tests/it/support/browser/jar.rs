//! The browser's own cookie jar. `WebDriver`'s shows the cookies of one page only.

use std::{
    collections::BTreeSet,
    time::{SystemTime, UNIX_EPOCH},
};

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

    /// When the browser forgets this cookie, in seconds since 1970; `None` for the end of its
    /// session.
    pub(crate) fn expiry_of(&self, name: &str) -> Option<f64> {
        let jar = self.jar();
        let cookie = jar.iter().find(|cookie| cookie["name"] == name);
        let cookie = cookie.unwrap_or_else(|| panic!("no {name}"));
        let expiry = match &self.engine {
            Engine::Chromium => &cookie["expires"],
            Engine::Firefox(_) => &cookie["expiry"],
        };
        expiry.as_f64().filter(|expiry| *expiry > 0.0)
    }

    pub(crate) fn forget_cookies(&self) {
        match &self.engine {
            Engine::Chromium => self.devtools("Storage.clearCookies", json!({})),
            Engine::Firefox(firefox) => {
                self.wait(firefox.command("storage.deleteCookies", json!({})))
            }
        };
    }

    #[allow(clippy::print_stdout, reason = "shown where a test fails")]
    fn jar(&self) -> Vec<Value> {
        let answer = match &self.engine {
            Engine::Chromium => self.devtools("Storage.getCookies", json!({})),
            Engine::Firefox(firefox) => self.wait(firefox.command("storage.getCookies", json!({}))),
        };
        // Value and expiry show whether a cookie was set or is ending.
        println!("the browser's jar: {}", answer["cookies"]);
        let cookies = answer["cookies"].as_array().unwrap();
        let kept = cookies.iter().filter(|cookie| !is_ending(cookie));
        kept.cloned().collect()
    }
}

/// Returns `true` for a removal that Firefox still lists until the second is over in which it expires,
/// with an empty value and that second, rounded up, as its expiry. It is no longer sent.
fn is_ending(cookie: &Value) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let has_ended = |expiry: u64| expiry > 0 && expiry <= now.as_secs() + 1;
    cookie["value"]["value"] == "" && cookie["expiry"].as_u64().is_some_and(has_ended)
}
