//! A submitted choice: a form or JSON that is read, checked and turned into a [`Choice`].

use http::{HeaderMap, header::CONTENT_TYPE};
use serde::Deserialize;

#[cfg(feature = "records")]
use super::evidence::ShownText;
use super::{
    objections::{objected, opted},
    settings::Pages,
};
#[cfg(feature = "records")]
use crate::consent::sent_nonce;
use crate::consent::{Choice, Consent, Rejected, Shown, Surface};

/// The formats in which a choice is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Form,
    Json,
}

impl Encoding {
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let field = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        match &*field.split(';').next()?.trim().to_ascii_lowercase() {
            "application/x-www-form-urlencoded" => Some(Self::Form),
            "application/json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// A choice as submitted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sent {
    #[serde(default)]
    decision: String,
    #[serde(default)]
    pub(super) categories: Option<Vec<String>>,
    #[serde(default)]
    pub(super) objections: Option<Vec<String>>,
    /// The allowed services, where the form shows them.
    #[serde(default)]
    pub(super) services: Option<Vec<String>>,
    /// The only service that the decision is about.
    #[serde(default)]
    service: Option<String>,
    #[serde(default)]
    pub(super) return_to: Option<String>,
    /// The element to return to.
    #[serde(default)]
    pub(super) anchor: Option<String>,
    #[serde(default)]
    revision: Option<u32>,
    #[serde(default)]
    texts: Option<String>,
    #[serde(default)]
    lang: Option<String>,
    /// The form that the visitor was shown.
    #[serde(default)]
    surface: Option<String>,
    /// The nonce of that form.
    #[serde(default)]
    #[cfg_attr(
        not(feature = "records"),
        allow(dead_code, reason = "only records need it")
    )]
    nonce: Option<String>,
}

impl Sent {
    pub(super) fn read(encoding: Encoding, body: &[u8]) -> Result<Self, Rejected> {
        match encoding {
            Encoding::Json => serde_json::from_slice(body).map_err(|_| Rejected::Body),
            Encoding::Form => Self::from_form(body),
        }
    }

    /// Unknown fields are ignored: a site's template may have its own.
    fn from_form(body: &[u8]) -> Result<Self, Rejected> {
        let mut sent = Self {
            categories: Some(Vec::new()),
            ..Self::default()
        };
        let mut decided = false;
        let mut services = Vec::new();
        let mut shows_services = false;
        for (name, value) in form_urlencoded::parse(body) {
            let value = value.into_owned();
            match &*name {
                // Two decisions are ambiguous.
                "decision" if decided => return Err(Rejected::Decision),
                "decision" => (decided, sent.decision) = (true, value),
                "category" => sent.categories.get_or_insert_default().push(value),
                // The empty value says that the list is present.
                "objection" => {
                    let objections = sent.objections.get_or_insert_default();
                    objections.extend(Some(value).filter(|value| !value.is_empty()));
                }
                "service" => services.push(value),
                "services" => shows_services |= value == "shown",
                "anchor" => sent.anchor = Some(value),
                "return_to" => sent.return_to = Some(value),
                // An invalid revision was never shown.
                "revision" => sent.revision = Some(value.parse().unwrap_or(u32::MAX)),
                "texts" => sent.texts = Some(value),
                "lang" => sent.lang = Some(value),
                "surface" => sent.surface = Some(value),
                "nonce" => sent.nonce = Some(value),
                _ => {}
            }
        }
        // One decision is about one service.
        if let ("allow" | "deny", [_]) = (&*sent.decision, &services[..]) {
            sent.service = services.pop();
        } else if shows_services {
            sent.services = Some(services);
        }
        Ok(sent)
    }

    /// Returns `true` if the choice takes consent away and grants none.
    pub(super) fn only_refuses(&self) -> bool {
        matches!(
            &*self.decision,
            "refuse" | "withdraw" | "deny" | "object" | "opt_out" | "noted"
        )
    }

    /// Returns `true` if the choice was made on the opt-out page, which then shows what became of it.
    pub(super) fn is_of_opt_out_page(&self) -> bool {
        matches!(&*self.decision, "opt_out" | "opt_in")
    }

    /// Returns the choice, and `true` if it allows again what the visitor opted out of, which takes a
    /// separate confirmation (11 CCR §7028(a)): that part of it is left out.
    pub(super) fn choice(&self, consent: &Consent) -> Result<(Choice, bool), Rejected> {
        let choice = self.intended(consent)?;
        match &*self.decision {
            "opt_in" => Ok((choice, false)),
            _ => Ok(consent.holding_opt_outs(choice)),
        }
    }

    /// Returns the intended choice.
    fn intended(&self, consent: &Consent) -> Result<Choice, Rejected> {
        match &*self.decision {
            "refuse" | "withdraw" => Ok(consent.refuse_all()),
            "accept" if self.is_current(consent) => Ok(consent.accept_all()),
            "save" if self.is_current(consent) => self.saved(consent),
            "object" => objected(consent),
            "opt_out" => opted(consent, false),
            "opt_in" if self.is_current(consent) => opted(consent, true),
            "noted" if consent.needs_notice() => none_of_it(consent),
            "deny" => self.of_service(consent, false),
            "allow" if self.is_current(consent) => self.of_service(consent, true),
            "accept" | "save" | "allow" | "opt_in" => Err(Rejected::Stale),
            _ => Err(Rejected::Decision),
        }
    }

    /// Returns what the visitor was shown, as far as the form says: with its document if its texts are
    /// those of today.
    pub(super) fn shown(&self, pages: &Pages, consent: &Consent) -> Shown {
        let surface = match self.surface.as_deref() {
            Some("banner") => Surface::Banner,
            Some("form") => Surface::Form,
            Some("opt_out") => Surface::OptOut,
            Some("footer") => Surface::Footer,
            Some("placeholder") => Surface::Placeholder,
            _ if self.texts.is_some() => Surface::Form,
            _ => return self.noted(Shown::on(Surface::Json)),
        };
        let policy = consent.policy();
        let Some(language) = pages.language_sent(policy, self.lang.as_deref()) else {
            return self.noted(Shown::on(surface));
        };
        let shown = self.noted(Shown::on(surface).language(&language));
        #[cfg(feature = "records")]
        if self.texts == Some(policy.form_texts(&language))
            && self.is_current(consent)
            && let Some(text) = ShownText::of(surface, self.decision == "opt_in")
            && let Some(document) = pages.shown(text, consent, &language)
        {
            return shown.document(document);
        }
        shown
    }

    /// Adds the form's nonce, if it has one.
    #[cfg_attr(
        not(feature = "records"),
        allow(clippy::unused_self, reason = "only records need it")
    )]
    fn noted(&self, shown: Shown) -> Shown {
        #[cfg(feature = "records")]
        if let Some(nonce) = self.nonce.as_deref().and_then(sent_nonce) {
            return shown.nonce(&nonce);
        }
        shown
    }

    /// Returns `true` if the texts shown to the visitor, as far as specified, are those of the
    /// current policy.
    fn is_current(&self, consent: &Consent) -> bool {
        let policy = consent.policy();
        let lang = self.lang.as_deref().unwrap_or(policy.default_language());
        // The public fingerprint says it too, for clients that have no form. Documents need the other.
        let shown = |texts: &String| {
            *texts == policy.form_texts(lang) || *texts == policy.text_fingerprint(lang).to_string()
        };
        self.revision
            .is_none_or(|revision| revision == policy.revision())
            && self.texts.as_ref().is_none_or(shown)
    }

    /// Answers for one service.
    fn of_service(&self, consent: &Consent, granted: bool) -> Result<Choice, Rejected> {
        let service = self.service.as_deref().ok_or(Rejected::Category)?;
        if consent.policy().service(service).is_none() {
            return Err(Rejected::Category);
        }
        let choice = consent.choose([(service, granted)]);
        choice.map_err(|_| Rejected::Category)
    }
}

/// Takes note of a notice: nothing is answered.
fn none_of_it(consent: &Consent) -> Result<Choice, Rejected> {
    let choice = consent.choose(std::iter::empty::<(&str, bool)>());
    choice.map_err(|_| Rejected::Decision)
}
