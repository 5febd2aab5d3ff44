//! Commands that a driver knows beside those of `WebDriver`.

use fantoccini::wd::WebDriverCompatibleCommand;
use serde_json::Value;

/// A `POST` to this path of the session.
#[derive(Debug)]
pub(super) struct Command(pub(super) &'static str, pub(super) Value);

impl WebDriverCompatibleCommand for Command {
    fn endpoint(
        &self,
        base_url: &url::Url,
        session_id: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        let session = session_id.unwrap_or_default();
        base_url.join(&format!("session/{session}/{}", self.0))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.1.to_string()))
    }
}
