//! One request of a plan.

use bytes::Bytes;
use http::{Method, Request, Uri, request::Parts};

use super::{
    forms::SiteForm,
    intent::{Intent, Known},
};

/// One request of the plan.
#[derive(Clone)]
pub(super) struct PlannedRequest {
    pub(super) parts: Parts,
    pub(super) body: Bytes,
    pub(super) intent: Option<(Intent, Known)>,
    /// The form that makes the request, whose page is the path of `parts`.
    pub(super) form: Option<SiteForm>,
}

/// Creates a GET request as in a browser navigation.
pub(super) fn get(path: &str) -> Option<Parts> {
    let uri = path
        .strip_prefix('/')
        .and_then(|_| path.parse::<Uri>().ok())?;
    let request = Request::builder()
        .method(Method::GET)
        .uri(uri)
        .header(
            "accept",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        )
        .header("sec-fetch-site", "none")
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-dest", "document")
        .header("sec-fetch-user", "?1")
        .header("upgrade-insecure-requests", "1")
        .body(())
        .ok()?;
    Some(request.into_parts().0)
}
