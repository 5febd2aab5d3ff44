//! What records need of the pages: the documents that visitors were shown, and the answer to a choice
//! that could not be recorded.

use std::sync::Arc;

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{CONTENT_TYPE, LOCATION},
};
use serde::Serialize;

use super::{
    account::AccountView, fragments::banner_template, render::render, service::Visit,
    settings::Pages, state::State,
};
use crate::{
    consent::{Consent, IfNotRecorded, Rejected, Surface},
    digest::Document,
};

impl Pages {
    /// Returns the document with the texts of the banner or the form in this language, as a visitor
    /// without a choice is shown them. Placeholders have none of their own.
    pub(super) fn shown_on(
        &self,
        surface: Surface,
        consent: &Consent,
        language: &str,
    ) -> Option<Document> {
        let undecided = Consent::undecided(consent.policy().clone());
        let template = match surface {
            Surface::Banner => banner_template(&undecided),
            Surface::Form => "preferences.html",
            _ => return None,
        };
        let mut view = self.view(&undecided, language);
        // How far the choice reaches.
        let has_account = AccountView::of(consent, language).is_some();
        view.account = has_account.then(AccountView::default);
        let text = render(&self.0.templates, template, &view).ok()?;
        Some(Document::new("text/html; charset=utf-8", text))
    }
}

#[derive(Serialize)]
struct Unrecorded<'a> {
    error: &'static str,
    message: &'a str,
    state: State,
}

impl Visit<'_> {
    /// Returns the answer if the grant can't be recorded: for a form 303 back to the form, which says it,
    /// and for JSON 503 or 429.
    pub(super) fn if_not_recorded(&self, as_json: bool) -> IfNotRecorded {
        let words = self.words();
        let joint = if self.query.is_empty() { '?' } else { '&' };
        let location = format!("./preferences{}{joint}notice=not_recorded", self.query);
        let location =
            HeaderValue::try_from(location).unwrap_or(HeaderValue::from_static("./preferences"));
        IfNotRecorded(Arc::new(move |why, after| {
            let message = &words.error_not_recorded;
            let mut response = match as_json {
                true => as_json_of(why, message, after),
                false => Response::new(Bytes::from(message.clone())),
            };
            let html = HeaderValue::from_static("text/plain; charset=utf-8");
            *response.status_mut() = match (why, as_json) {
                (Rejected::TooMany, _) => StatusCode::TOO_MANY_REQUESTS,
                (_, true) => StatusCode::SERVICE_UNAVAILABLE,
                (_, false) => StatusCode::SEE_OTHER,
            };
            if !as_json {
                response.headers_mut().insert(CONTENT_TYPE, html);
                response.headers_mut().insert(LOCATION, location.clone());
            }
            response
        }))
    }
}

fn as_json_of(why: Rejected, message: &str, after: &Consent) -> Response<Bytes> {
    let content = serde_json::to_vec(&Unrecorded {
        error: why.as_str(),
        message,
        state: State::of(after),
    });
    let mut response = Response::new(Bytes::from(content.unwrap_or_default()));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
