//! What visitors read at addresses without a page: plain text, or nothing.

use http::{Method, Response, StatusCode, header::CONTENT_TYPE};

use crate::{
    CookiePolicy,
    conformance::{
        pages::Content,
        play::step::{Step, is_html},
        target::TargetAnswer,
        third_parties,
    },
    policy::CategorySet,
};

/// Words in the addresses of data and of parts of pages, which may be for something that needs consent.
const DATA: [&str; 28] = [
    "ad",
    "ads",
    "analytics",
    "api",
    "beacon",
    "chat",
    "collect",
    "count",
    "counter",
    "data",
    "embed",
    "event",
    "events",
    "film",
    "fragment",
    "fragments",
    "hit",
    "log",
    "map",
    "maps",
    "metrics",
    "partial",
    "partials",
    "ping",
    "pixel",
    "stats",
    "track",
    "video",
];

/// The characters of a text that are read.
const MOST_READ: usize = 20_000;

/// Returns `true` for a response whose body is a page, or a text.
pub(super) fn wants_text(response: &Response<()>) -> bool {
    third_parties::wants_body(response) || is_text(response.headers())
}

fn is_text(headers: &http::HeaderMap) -> bool {
    let media = headers
        .get(CONTENT_TYPE)
        .map(|media| media.as_bytes().trim_ascii_start());
    let start = media.and_then(|media| media.get(..10));
    start.is_some_and(|start| start.eq_ignore_ascii_case(b"text/plain"))
}

/// Returns the text of a response to a visit, which is empty if there is none; `None` for files and what is not read.
pub(super) fn plain(step: &Step, answer: &TargetAnswer) -> Option<Content> {
    let headers = answer.headers();
    if step.parts.method != Method::GET || third_parties::coding(headers).is_some() {
        return None;
    }
    if answer.status() == StatusCode::NO_CONTENT {
        return Some(Content::of(""));
    }
    let body = answer.body().as_deref()?;
    let is_empty = body.is_empty() && (is_html(headers) || !headers.contains_key(CONTENT_TYPE));
    if !is_text(headers) && !is_empty {
        return None;
    }
    let text: String = third_parties::decoded(headers, body)
        .chars()
        .take(MOST_READ)
        .collect();
    Some(Content::of(&text))
}

/// Returns `true` for a text with the id of something that needs consent.
pub(super) fn names_part(text: &Content, policy: &CookiePolicy) -> bool {
    ids(policy).iter().any(|id| text.has_word(id))
}

fn ids(policy: &CookiePolicy) -> Vec<String> {
    let ids = (0..CategorySet::CAPACITY).filter_map(|number| policy.id_at(number));
    let ids = ids.filter(|id| !id.is_empty());
    ids.map(str::to_ascii_lowercase).collect()
}

/// Returns `true` for the address of data, or one with the id of something that needs consent.
pub(super) fn is_of_data(path: &str, policy: &CookiePolicy) -> bool {
    let path = path.to_ascii_lowercase();
    let mut words = path.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| DATA.contains(&word)) || ids(policy).iter().any(|id| path.contains(id))
}
