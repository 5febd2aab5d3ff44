//! A category as a page shows it to a visitor: its texts, and the effect of the choice.

use serde::Serialize;

use super::{category::CategoryText, localized::LocalizedText};
use crate::consent::Consent;

/// A category and the effect of the visitor's choice on it, in a [`View`](super::View).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CategoryView {
    /// Its texts.
    #[serde(flatten)]
    pub text: CategoryText,
    /// Its cookies are allowed now.
    pub allowed: bool,
    /// The visitor's answer, whether or not it is in force.
    pub answer: Option<bool>,
    /// The effect of the choice on each of its services, in the same order.
    pub choices: Vec<ServiceView>,
}

/// A service and the effect of the visitor's choice on it, in a [`View`](super::View).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ServiceView {
    /// The service's id.
    pub id: String,
    /// Its title, or the id without one.
    pub title: LocalizedText,
    /// It is allowed now.
    pub allowed: bool,
    /// The visitor's own answer for it, whether or not it is in force.
    pub answer: Option<bool>,
}

pub(super) fn category_view(text: CategoryText, consent: &Consent) -> CategoryView {
    let answer = |id: &str| {
        let choice = consent.choice()?;
        choice.get(consent.policy(), id)
    };
    let services = text.services.iter().map(|service| ServiceView {
        id: service.id.clone(),
        title: service.title.clone(),
        allowed: consent.allows(&service.id),
        answer: answer(&service.id),
    });
    CategoryView {
        allowed: consent.allows(&text.id),
        answer: answer(&text.id),
        choices: services.collect(),
        text,
    }
}
