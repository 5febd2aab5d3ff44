//! What a browser shows of the site.

use http::HeaderMap;
use url::Url;

use crate::conformance::{judge::AnswerJudgement, target::TargetAnswer};

/// The most redirects that are followed, as by browsers (Fetch standard, HTTP-redirect fetch).
pub(super) const MOST_REDIRECTS: usize = 20;

/// A style sheet of the site.
#[derive(Clone, Debug)]
pub(super) struct OwnSheet {
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// A response that a browser shows.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) answer: &'a TargetAnswer,
    pub(super) told: &'a AnswerJudgement,
    pub(super) url: &'a Url,
    pub(super) label: &'a str,
    /// The request has a safe method, and its query chooses nothing.
    pub(super) is_visit: bool,
}
