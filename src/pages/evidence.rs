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
    account::AccountView, fragments::banner_template, objections::opted, render::render,
    service::Visit, settings::Pages, state::State,
};
use crate::{
    consent::{Consent, IfNotRecorded, Rejected, Surface},
    digest::Document,
};

/// A text with buttons for a choice, as the documents have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShownText {
    Banner,
    Form,
    /// The opt-out page of a visitor who has not opted out.
    OptOut,
    /// The same page where it asks whether to allow again what the visitor opted out of.
    OptIn,
    /// The footer of a visitor who has allowed everything, with all of its buttons.
    Footer,
}

impl ShownText {
    #[cfg(feature = "evidence")]
    pub(crate) const ALL: [Self; 5] = [
        Self::Banner,
        Self::Form,
        Self::OptOut,
        Self::OptIn,
        Self::Footer,
    ];

    /// Returns the text of a surface. Placeholders have none of their own.
    pub(super) const fn of(surface: Surface, allows_again: bool) -> Option<Self> {
        match surface {
            Surface::Banner => Some(Self::Banner),
            Surface::Form => Some(Self::Form),
            Surface::OptOut if allows_again => Some(Self::OptIn),
            Surface::OptOut => Some(Self::OptOut),
            Surface::Footer => Some(Self::Footer),
            _ => None,
        }
    }
}

impl Pages {
    /// Returns the document with this text in this language, without what differs from visitor to visitor.
    /// `None` if nobody is shown it.
    pub(super) fn shown(
        &self,
        text: ShownText,
        consent: &Consent,
        language: &str,
    ) -> Option<Document> {
        let undecided = Consent::undecided(consent.policy().clone());
        let (template, visitor) = match text {
            ShownText::Banner => (banner_template(&undecided), undecided),
            ShownText::Form => ("preferences.html", undecided),
            ShownText::OptOut => ("opt_out.html", undecided),
            ShownText::OptIn => {
                let opted_out = opted(&undecided, false).ok()?;
                ("opt_out.html", undecided.with_choice(opted_out))
            }
            ShownText::Footer => {
                let accepted = undecided.accept_all();
                ("footer.html", undecided.with_choice(accepted))
            }
        };
        let mut view = self.view(&visitor, language);
        view.confirms = text == ShownText::OptIn;
        view.choice.forget_dates(&view.t);
        let mut opt_out = view.regime.as_mut().and_then(|it| it.opt_out.as_mut());
        if let Some(opt_out) = &mut opt_out {
            opt_out.date = None;
        }
        let offers_opt_out = opt_out.is_some();
        if matches!(text, ShownText::OptOut | ShownText::OptIn) && !offers_opt_out {
            return None;
        }
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
        let mut location = self.link_with_notice("./preferences", "not_recorded");
        if let Some(path) = &self.return_to {
            let path: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
            location = format!("{location}&return_to={path}");
        }
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
                (_, false) => StatusCode::SEE_OTHER,
                (Rejected::TooMany, true) => StatusCode::TOO_MANY_REQUESTS,
                (_, true) => StatusCode::SERVICE_UNAVAILABLE,
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
