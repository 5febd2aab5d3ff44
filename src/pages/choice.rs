//! A submitted choice: a form or JSON that is read, checked and turned into a [`Choice`].

use http::{HeaderMap, header::CONTENT_TYPE};
use serde::Deserialize;

use crate::{
    consent::{Choice, Consent, Rejected},
    policy::Basis,
};

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
    categories: Option<Vec<String>>,
    #[serde(default)]
    objections: Option<Vec<String>>,
    #[serde(default)]
    pub(super) return_to: Option<String>,
    #[serde(default)]
    revision: Option<u32>,
    #[serde(default)]
    texts: Option<String>,
    #[serde(default)]
    lang: Option<String>,
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
                "return_to" => sent.return_to = Some(value),
                // An invalid revision was never shown.
                "revision" => sent.revision = Some(value.parse().unwrap_or(u32::MAX)),
                "texts" => sent.texts = Some(value),
                "lang" => sent.lang = Some(value),
                _ => {}
            }
        }
        Ok(sent)
    }

    /// Returns `true` if the choice takes consent away and grants none.
    pub(super) fn only_refuses(&self) -> bool {
        matches!(&*self.decision, "refuse" | "withdraw")
    }

    /// Returns the intended choice.
    pub(super) fn choice(&self, consent: &Consent) -> Result<Choice, Rejected> {
        match &*self.decision {
            "refuse" | "withdraw" => Ok(consent.refuse_all()),
            "accept" if self.is_current(consent) => Ok(consent.accept_all()),
            "save" if self.is_current(consent) => self.saved(consent),
            "accept" | "save" => Err(Rejected::Stale),
            _ => Err(Rejected::Decision),
        }
    }

    /// Returns `true` if the texts shown to the visitor, as far as specified, are those of the
    /// current policy.
    fn is_current(&self, consent: &Consent) -> bool {
        let policy = consent.policy();
        let lang = self.lang.as_deref().unwrap_or(policy.default_language());
        let shown = |texts: &String| *texts == policy.text_fingerprint(lang).to_string();
        self.revision
            .is_none_or(|revision| revision == policy.revision())
            && self.texts.as_ref().is_none_or(shown)
    }

    /// Covers all categories: those not listed are refused, and those without an objection are
    /// allowed.
    fn saved(&self, consent: &Consent) -> Result<Choice, Rejected> {
        let policy = consent.policy();
        let named = self.categories.as_ref().ok_or(Rejected::Category)?;
        let objections = self.objections.as_deref().unwrap_or_default();
        let basis = |id: &String| policy.category(id).map(crate::Category::basis);
        let known = named.iter().all(|id| basis(id).is_some());
        let objectable = objections
            .iter()
            .all(|id| matches!(basis(id), Some(Basis::Exempt | Basis::OptOut)));
        if !known || !objectable {
            return Err(Rejected::Category);
        }
        let answers = policy.categories().filter_map(|category| {
            let id = category.id();
            let granted = named.iter().any(|named| named == id);
            let objected = objections.iter().any(|named| named == id);
            match category.basis() {
                Basis::Necessary => None,
                Basis::Consent => Some((id, granted)),
                Basis::Exempt | Basis::OptOut if objected => Some((id, false)),
                Basis::Exempt | Basis::OptOut => {
                    (granted || self.objections.is_some()).then_some((id, true))
                }
            }
        });
        consent.choose(answers).map_err(|_| Rejected::Category)
    }
}
