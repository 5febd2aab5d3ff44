//! One request of the plan, and where it leads.

use bytes::Bytes;
use http::{
    HeaderMap, Uri,
    header::{CONTENT_TYPE, LOCATION},
    request::Parts,
};
use url::Url;

use crate::conformance::{
    forms::SiteForm,
    intent::{Intent, Known},
    links::same_site,
    pages::Meaning,
    planned::PlannedRequest,
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
    /// The form that makes the request, once a visitor has its page.
    pub(super) form: Option<SiteForm>,
    /// The control of a page that makes the request, if the visitor gets it.
    pub(super) control: Option<PageControl>,
}

/// A control that was found on a page.
#[derive(Clone, Debug)]
pub(super) struct PageControl {
    /// The path of the page, with its query.
    pub(super) page: String,
    pub(super) text: String,
    pub(super) meaning: Option<Meaning>,
}

impl Step {
    /// Creates the step of a request of the plan.
    pub(super) fn planned(planned: PlannedRequest, label: String) -> Self {
        let mut form = planned.form;
        if let Some(form) = &mut form {
            // Below the path of the site.
            form.page = path_and_query(&planned.parts.uri);
        }
        Self {
            parts: planned.parts,
            body: planned.body,
            depth: 0,
            label,
            intent: planned.intent,
            form,
            control: None,
        }
    }

    /// Creates a visit without a label.
    pub(super) fn visit(parts: Parts, depth: usize) -> Self {
        Self {
            parts,
            body: Bytes::new(),
            depth,
            label: String::new(),
            intent: None,
            form: None,
            control: None,
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
    // Of a list, browsers may take any.
    let is_html = |member: &[u8]| {
        let essence = member.trim_ascii_start().get(..9);
        essence.is_some_and(|essence| essence.eq_ignore_ascii_case(b"text/html"))
    };
    let mut types = headers.get_all(CONTENT_TYPE).into_iter();
    types.any(|types| types.as_bytes().split(|byte| *byte == b',').any(is_html))
}

pub(super) fn redirected(answer: &TargetAnswer, from: &Url) -> Option<String> {
    let target = answer.headers().get(LOCATION)?.to_str().ok()?;
    let redirects = answer.status().is_redirection();
    redirects.then(|| same_site(from, target)).flatten()
}
