//! `…/receipt`: what the visitor decided last, signed; and having it forgotten.

use std::sync::Arc;

use http::{
    HeaderMap, HeaderValue, Response, StatusCode,
    header::{CONTENT_DISPOSITION, LINK, LOCATION},
    request::Parts,
};

use super::{
    accept::Format,
    answer::{Keep, PagesBody, answer, with},
    cross_site::{Sender, sender},
    proof::ReceiptView,
    service::{Visit, queried},
    view::View,
};
use crate::consent::{IfRecorded, Receipt, RecordReader, Rejected, Unavailable};

/// The notice of the form after the receipt was forgotten.
pub(super) const FORGOTTEN: &str = "forgotten";

impl Visit<'_> {
    pub(super) fn reader(&self) -> Option<Arc<dyn RecordReader>> {
        self.consent.recording()?.terms.reader.clone()
    }

    /// Returns the id of the visitor's receipt: from the cookie, or where there is none, from the link.
    fn receipt_id(&self, parts: &Parts) -> Option<String> {
        let recording = self.consent.recording()?;
        match recording.terms.reader.as_ref()?.has_links() {
            true => queried(parts, "r"),
            false => recording.receipt.clone(),
        }
    }

    /// Returns the path of the pages as the browser sees it.
    fn pages_at(&self) -> &str {
        let path = self.here.strip_suffix("/receipt");
        path.unwrap_or_else(|| self.pages.mount(self.consent.policy()))
    }

    /// Responds with the signed receipt. Without one, and with one that nothing is found for, the response is
    /// the same.
    pub(super) async fn receipt(&mut self, parts: &Parts) -> Response<PagesBody> {
        let found = match (self.reader(), self.receipt_id(parts)) {
            (Some(reader), Some(id)) => reader.receipt(&id, self.pages_at()).await,
            _ => Ok(None),
        };
        match found {
            Ok(Some(receipt)) => {
                let found = answer(StatusCode::OK, "application/ld+json", Keep::Nobody, receipt);
                let name = HeaderValue::from_static("inline; filename=\"consent-receipt.jsonld\"");
                with(found, CONTENT_DISPOSITION, name)
            }
            Ok(None) => self.not_found(),
            Err(why) => unavailable(why),
        }
    }

    /// Erases what links the visitor's records, and removes the cookie.
    pub(super) async fn forget_receipt(&mut self, parts: &Parts) -> Response<PagesBody> {
        let forgets = |reader: &Arc<dyn RecordReader>| reader.has_receipts() && !reader.has_links();
        let Some(reader) = self.reader().filter(forgets) else {
            return self.not_found();
        };
        let as_json = Format::accepted(&parts.headers) == Format::Json;
        if sender(&self.pages.0.csrf, parts).await != Sender::Own {
            return self.reject(Rejected::CrossSite, as_json);
        }
        let Some(id) = self.receipt_id(parts) else {
            return self.not_found();
        };
        let removal = match reader.forget(&id, self.consent.policy()).await {
            Ok(removal) => removal,
            Err(why) => return unavailable(why),
        };
        let status = match as_json {
            true => StatusCode::NO_CONTENT,
            false => StatusCode::SEE_OTHER,
        };
        let mut response = answer(status, "text/plain; charset=utf-8", Keep::Nobody, "");
        if !as_json {
            let location = self.link_with_notice("./preferences", FORGOTTEN);
            let location = HeaderValue::try_from(location);
            let location = location.unwrap_or(HeaderValue::from_static("./preferences"));
            response.headers_mut().insert(LOCATION, location);
        }
        if let Some(removal) = removal {
            response.extensions_mut().insert(Receipt(removal));
        }
        response
    }

    /// Adds the visitor's receipt to the data of the form.
    pub(super) fn add_receipt(&self, view: &mut View) {
        let reader = self.reader().filter(|reader| reader.has_receipts());
        let (Some(reader), Some(records)) = (reader, &mut view.records) else {
            return;
        };
        let receipt = self.consent.recording().and_then(|it| it.receipt.as_ref());
        let base = &self.place.base;
        records.receipt = match reader.has_links() {
            true => self.linked_id().map(|id| ReceiptView {
                link: format!("{base}receipt?r={id}"),
                can_forget: false,
            }),
            false => receipt.map(|_| ReceiptView {
                link: format!("{base}receipt{}", self.query),
                can_forget: true,
            }),
        };
        records.forgotten = self.notice.as_deref() == Some(FORGOTTEN);
    }

    /// Returns the id of the receipt that the form links.
    pub(super) fn linked_id(&self) -> Option<&str> {
        self.linked.as_deref().filter(|id| is_id(id))
    }

    /// Returns what links the receipt of a recorded choice, where there is no cookie.
    pub(super) fn if_recorded(&self) -> Option<IfRecorded> {
        let reader = self.reader()?;
        (reader.has_receipts() && reader.has_links()).then(|| IfRecorded(Arc::new(link_receipt)))
    }
}

/// Returns `true` for what is written as the id of a receipt is.
fn is_id(text: &str) -> bool {
    text.len() == 36
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'))
}

/// Links the receipt with this id in a response to a choice, and on the form if that is where it leads.
fn link_receipt(id: &str, headers: &mut HeaderMap) {
    let link = format!("<receipt?r={id}>; rel=\"describedby\"; type=\"application/ld+json\"");
    if let Ok(link) = HeaderValue::try_from(link) {
        let _ = headers.try_append(LINK, link);
    }
    let location = headers.get(LOCATION).and_then(|it| it.to_str().ok());
    let Some(location) = location.filter(|it| it.starts_with("./preferences")) else {
        return;
    };
    let (path, anchor) = match location.split_once('#') {
        Some((path, anchor)) => (path, format!("#{anchor}")),
        None => (location, String::new()),
    };
    let joint = if path.contains('?') { '&' } else { '?' };
    if let Ok(location) = HeaderValue::try_from(format!("{path}{joint}r={id}{anchor}")) {
        headers.insert(LOCATION, location);
    }
}

/// Responds that the records can't be read now, which has nothing of the visitor.
pub(super) fn unavailable(Unavailable: Unavailable) -> Response<PagesBody> {
    answer(
        StatusCode::SERVICE_UNAVAILABLE,
        "text/plain; charset=utf-8",
        Keep::Nobody,
        "the records can't be read now: try again later",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_way_back_to_the_form_is_changed() {
        for (location, expected) in [
            ("./preferences#main", "./preferences?r=ID#main"),
            ("./preferences?lang=de", "./preferences?lang=de&r=ID"),
            ("../films#main", "../films#main"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(LOCATION, HeaderValue::from_static(location));
            link_receipt("ID", &mut headers);
            assert_eq!(headers[LOCATION], expected);
            assert!(
                headers[LINK]
                    .to_str()
                    .unwrap()
                    .starts_with("<receipt?r=ID>;")
            );
        }
    }
}
