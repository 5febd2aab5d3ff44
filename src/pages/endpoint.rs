//! `POST …/preferences`: stores the choice.

use http::{HeaderValue, Response, StatusCode, header::LOCATION, request::Parts};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Serialize;

use super::{
    accept::Format,
    answer::{Keep, PagesBody, answer, json, with},
    choice::{Encoding, Sent},
    cross_site::{Sender, sender},
    links::relative,
    return_to::{is_anchor, is_path_of_this_site},
    service::{SAVED, Visit},
    state::State,
    view::is_just_made,
};
use crate::consent::{Choice, Rejected, Surface};

/// The longest accepted body, in bytes: a choice with 120 categories takes a fifth of it.
const LONGEST_BODY: usize = 16 * 1024;

/// The id of the footer's notice, which the stylesheet shows to those who are led to it.
const FOOTER_NOTICE: &str = "tcc-saved";

#[derive(Serialize)]
struct Refusal<'a> {
    error: &'static str,
    message: &'a str,
    state: State,
}

impl Visit<'_> {
    /// Stores the choice, or says why not.
    pub(super) async fn take_choice<B>(mut self, parts: &Parts, body: B) -> Response<PagesBody>
    where
        B: Body,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let encoding = Encoding::of(&parts.headers);
        let as_json =
            encoding == Some(Encoding::Json) || Format::accepted(&parts.headers) == Format::Json;
        let sender = sender(&self.pages.0.csrf, parts).await;
        let taken = match (sender, encoding) {
            (Sender::Foreign, _) => Err(Rejected::CrossSite),
            (_, None) => Err(Rejected::ContentType),
            (_, Some(encoding)) => self.read(sender, encoding, body).await,
        };
        match taken {
            Ok((choice, confirms)) => {
                self.confirms = confirms;
                self.set(choice, as_json)
            }
            Err(why) => self.reject(why, as_json),
        }
    }

    async fn read<B>(
        &mut self,
        sender: Sender,
        encoding: Encoding,
        body: B,
    ) -> Result<(Choice, bool), Rejected>
    where
        B: Body,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let collected = Limited::new(body, LONGEST_BODY).collect().await;
        let collected = collected.map_err(|error| match error.is::<LengthLimitError>() {
            true => Rejected::TooLarge,
            false => Rejected::Body,
        })?;
        let sent = Sent::read(encoding, &collected.to_bytes())?;
        self.return_to = sent
            .return_to
            .clone()
            .filter(|path| is_path_of_this_site(path));
        self.anchor = sent.anchor.clone().filter(|anchor| is_anchor(anchor));
        if sender == Sender::Silent && !sent.only_refuses() {
            return Err(Rejected::CrossSite);
        }
        let choice = sent.choice(&self.consent)?;
        self.on_opt_out_page = sent.is_of_opt_out_page();
        self.shown = sent.shown(self.pages, &self.consent);
        Ok(choice)
    }

    fn set(&self, choice: Choice, as_json: bool) -> Response<PagesBody> {
        let after = self.consent.with_choice(choice);
        let mut response = if as_json {
            let mut state = State::of(&after);
            state.confirm = self.confirms.then_some("opt-out?confirm");
            json(StatusCode::OK, Keep::Nobody, &state)
        } else {
            let location = HeaderValue::try_from(self.next_page(is_just_made(&after)));
            let location = location.unwrap_or(HeaderValue::from_static("./preferences"));
            let see_other = answer(
                StatusCode::SEE_OTHER,
                "text/plain; charset=utf-8",
                Keep::Nobody,
                "",
            );
            with(see_other, LOCATION, location)
        };
        // For a policy that only reads, there is no endpoint.
        let set = self.consent.set_cookie(choice).shown(self.shown.clone());
        set.apply_to(&mut response).ok();
        #[cfg(feature = "records")]
        response
            .extensions_mut()
            .insert(self.if_not_recorded(as_json));
        #[cfg(feature = "records")]
        if let Some(link) = self.if_recorded() {
            response.extensions_mut().insert(link);
        }
        response
    }

    /// Returns the address of the page after the choice. Pages see by its date that it was just made, unless it
    /// keeps the date of earlier consent: then the address says so.
    fn next_page(&self, shows_date: bool) -> String {
        let own = |page: &str| match shows_date {
            true => format!("{page}{}", self.query),
            false => self.link_with_notice(page, SAVED),
        };
        let is_of_footer = self.shown.surface() == Surface::Footer;
        let main = match &self.return_to {
            Some(_) if !shows_date && is_of_footer => FOOTER_NOTICE,
            _ => &self.pages.0.main,
        };
        let page = match &self.return_to {
            _ if self.confirms => self.link_to_opt_in(),
            _ if self.on_opt_out_page => own("./opt-out"),
            Some(path) => relative(&self.here, path),
            None => own("./preferences"),
        };
        format!("{page}#{}", self.anchor.as_deref().unwrap_or(main))
    }

    /// Returns the link to the question whether to allow again.
    fn link_to_opt_in(&self) -> String {
        match self.query.is_empty() {
            true => "./opt-out?confirm".to_owned(),
            false => format!("./opt-out{}&confirm", self.query),
        }
    }

    /// Rejects the choice and keeps the current one.
    pub(super) fn reject(&mut self, why: Rejected, as_json: bool) -> Response<PagesBody> {
        let mut response = self.rejection(why, as_json);
        // For the layer, which reports it to the log and the observers.
        response.extensions_mut().insert(why);
        response
    }

    fn rejection(&mut self, why: Rejected, as_json: bool) -> Response<PagesBody> {
        let t = &self.words();
        let (status, message) = match why {
            Rejected::Body => (StatusCode::BAD_REQUEST, &t.error_body),
            Rejected::CrossSite => (StatusCode::FORBIDDEN, &t.error_cross_site),
            Rejected::Stale => (StatusCode::CONFLICT, &t.error_stale),
            Rejected::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, &t.error_large),
            Rejected::ContentType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, &t.error_type),
            Rejected::Decision => (StatusCode::UNPROCESSABLE_ENTITY, &t.error_decision),
            Rejected::Category => (StatusCode::UNPROCESSABLE_ENTITY, &t.error_category),
            Rejected::NotRecorded => (StatusCode::SERVICE_UNAVAILABLE, &t.error_not_recorded),
            Rejected::TooMany => (StatusCode::TOO_MANY_REQUESTS, &t.error_not_recorded),
        };
        if as_json {
            let refusal = Refusal {
                error: why.as_str(),
                message,
                state: State::of(&self.consent),
            };
            return json(status, Keep::Nobody, &refusal);
        }
        // With the form, so that the visitor can still make the choice.
        self.page(
            "preferences.html",
            status,
            Keep::Nobody,
            Some(message.clone()),
        )
    }
}
