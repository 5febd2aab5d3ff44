//! What the kit reads of a page, as the crate's own fuzz targets use it.

use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use url::Url;

use super::{
    Report,
    pages::PageRead,
    recorder::{Occasion, Recorder},
    third_parties::{Document, Page},
};
use crate::Consent;

/// Reads a page of a visitor. Returns the report, and `true` if something is wrong in a page that the kit would
/// not read, since it sees no question there.
#[must_use]
pub fn read_page(text: &str, url: &Url, consent: &Consent) -> (Report, bool) {
    let mut headers = HeaderMap::new();
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    headers.insert(CONTENT_TYPE, html);
    let page = Page {
        url,
        headers: &headers,
        body: text.as_bytes(),
    };
    let seen = Occasion {
        request: "GET /",
        situation: "before a choice",
    };
    let mut recorder = Recorder::default();
    Document::read(&page, consent).judge(seen, &mut recorder);
    let is_fine = PageRead::new(text, url, consent).judge(seen, &mut recorder);
    (recorder.report(), !is_fine && !PageRead::may_ask(text))
}
