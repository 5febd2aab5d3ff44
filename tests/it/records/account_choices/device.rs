//! A browser of a visitor of the site.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    http::{Request, Response, StatusCode},
};
use tower::ServiceExt;

use super::site::Site;

/// A browser, with its cookies.
pub(super) struct Device {
    pub(super) site: Site,
    pub(super) account: Option<&'static str>,
    pub(super) gpc: bool,
    /// The `Sec-Fetch-Mode` of its requests.
    pub(super) mode: &'static str,
    pub(super) jar: BTreeMap<String, String>,
}

impl Device {
    pub(super) fn of(site: &Site) -> Self {
        Self {
            site: site.clone(),
            account: None,
            gpc: false,
            mode: "navigate",
            jar: BTreeMap::new(),
        }
    }

    pub(super) async fn send(&mut self, method: &str, path: &str, body: &str) -> Response<Body> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "shop.example")
            .header("sec-fetch-site", "same-origin")
            .header("sec-fetch-mode", self.mode)
            .header("content-type", "application/x-www-form-urlencoded");
        if let Some(account) = self.account {
            request = request.header("x-account", account);
        }
        if self.gpc {
            request = request.header("sec-gpc", "1");
        }
        if !self.jar.is_empty() {
            let pairs = self
                .jar
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            let pairs: Vec<_> = pairs.collect();
            request = request.header("cookie", pairs.join("; "));
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = self.site.app.clone().oneshot(request).await.unwrap();
        if self.account.is_some() {
            self.site.settle().await;
        }
        for field in response.headers().get_all("set-cookie") {
            let field = field.to_str().unwrap();
            let (pair, attributes) = field.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }

    /// Opens the page. Returns what it says.
    pub(super) async fn open(&mut self) -> String {
        self.read("/").await
    }

    pub(super) async fn read(&mut self, path: &str) -> String {
        let response = self.send("GET", path, "").await;
        assert_eq!(response.status(), StatusCode::OK);
        let body = axum::body::to_bytes(response.into_body(), 1 << 20)
            .await
            .unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    }

    /// Answers with the form: allows these, and denies the rest.
    pub(super) async fn allow(&mut self, ids: &[&str]) {
        let chosen = ids.iter().map(|id| format!("&category={id}"));
        let body = format!("decision=save{}", chosen.collect::<String>());
        let response = self.send("POST", "/cookies/preferences", &body).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
    }

    /// Sends a choice as a script of a page does, without leaving the page.
    pub(super) async fn fetch(&mut self, body: &str) {
        self.mode = "same-origin";
        let response = self.send("POST", "/cookies/preferences", body).await;
        self.mode = "navigate";
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
    }

    /// Returns everything that is allowed, by a page.
    pub(super) async fn allowed(&mut self) -> String {
        self.read("/allowed").await
    }

    /// Returns it without asking the store.
    pub(super) async fn allowed_to_scripts(&mut self) -> String {
        self.mode = "same-origin";
        let allowed = self.allowed().await;
        self.mode = "navigate";
        allowed
    }

    pub(super) async fn log_in(&mut self, name: &'static str) -> String {
        self.account = Some(name);
        self.open().await
    }

    pub(super) async fn log_out(&mut self) {
        self.send("POST", "/logout", "").await;
        self.account = None;
    }

    pub(super) fn own(&self) -> Option<&String> {
        self.jar.get("cookies_preferences")
    }

    pub(super) fn of_account(&self) -> Option<&String> {
        self.jar.get("__Host-account_choice")
    }
}
