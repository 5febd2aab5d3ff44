//! One request of the plan, and where it leads.

use bytes::Bytes;
use http::{
    HeaderMap, Uri,
    header::{CONTENT_TYPE, LOCATION},
    request::Parts,
};
use url::Url;

use crate::conformance::{
    intent::{Intent, Known},
    links::same_site,
    target::TargetAnswer,
};

#[derive(Clone)]
pub(super) struct Step {
    pub(super) parts: Parts,
    pub(super) body: Bytes,
    pub(super) depth: usize,
    pub(super) label: String,
    /// The intent of the visitor.
    pub(super) intent: Option<(Intent, Known)>,
}

impl Step {
    /// Creates a visit without a label.
    pub(super) fn visit(parts: Parts, depth: usize) -> Self {
        Self {
            parts,
            body: Bytes::new(),
            depth,
            label: String::new(),
            intent: None,
        }
    }
}

/// Returns the address of a path on the site.
pub(super) fn at(site: &Url, uri: &Uri) -> Url {
    let mut url = site.clone();
    // Not joined, because a path may begin with `//`.
    url.set_path(uri.path());
    url.set_query(uri.query());
    url
}

pub(super) fn path_and_query(uri: &Uri) -> String {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    path.to_owned()
}

pub(super) fn is_html(headers: &HeaderMap) -> bool {
    let html = headers.get(CONTENT_TYPE);
    html.is_some_and(|html| html.as_bytes().starts_with(b"text/html"))
}

pub(super) fn redirected(answer: &TargetAnswer, from: &Url) -> Option<String> {
    let target = answer.headers().get(LOCATION)?.to_str().ok()?;
    let redirects = answer.status().is_redirection();
    redirects.then(|| same_site(from, target)).flatten()
}
