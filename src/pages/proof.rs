//! What the cookie policy page says of the records of choices (GDPR, art. 13).

use serde::Serialize;

use super::localized::LocalizedText;
#[cfg(feature = "records")]
use super::texts::{Words, duration, fill};
#[cfg(feature = "records")]
use crate::{
    consent::Consent,
    policy::{Controller, CookiePolicy},
};

/// The facts about the records of choices, in a [`View`](super::View), with the texts
/// `records_…`.
///
/// ```
/// use tower_cookie_consent::pages::{ControllerView, RecordsView, View};
///
/// fn told(view: &View) -> Option<(&RecordsView, Option<&ControllerView>)> {
///     let records = view.records.as_ref()?;
///     Some((records, records.controller.as_ref()))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RecordsView {
    /// For how long records are kept, in a sentence.
    pub kept: String,
    /// The controller of the site's data, if the policy names one.
    pub controller: Option<ControllerView>,
    /// The visitor's receipt, on the form.
    pub receipt: Option<ReceiptView>,
    /// The visitor has just had the receipt forgotten.
    pub forgotten: bool,
}

/// The receipt of a visitor, in a [`View`](super::View): see [`RecordsView`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReceiptView {
    /// The link to it, and the address that a form has it forgotten at.
    pub link: String,
    /// It can be forgotten: the visitor has it as a cookie.
    pub can_forget: bool,
}

/// The controller of the site's data, in a [`View`](super::View).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ControllerView {
    /// The name.
    pub name: LocalizedText,
    /// The postal address.
    pub address: Option<LocalizedText>,
    /// The contact of the controller, such as an e-mail address.
    pub contact: Option<LocalizedText>,
    /// The contact of the data protection officer.
    pub dpo: Option<LocalizedText>,
}

#[cfg(feature = "records")]
impl RecordsView {
    /// Returns `None` where nothing is recorded.
    pub(super) fn of(consent: &Consent, lang: &str, t: &Words) -> Option<Self> {
        let recording = consent.recording()?;
        let after = duration(recording.terms.kept_after_grants, lang, t);
        let refused = duration(recording.terms.refusals_kept, lang, t);
        let policy = consent.policy();
        let controller = policy.controller();
        Some(Self {
            kept: fill(&t.records_kept, &[("after", &after), ("refused", &refused)]),
            controller: controller.and_then(|it| ControllerView::of(it, policy, lang)),
            receipt: None,
            forgotten: false,
        })
    }
}

#[cfg(feature = "records")]
impl ControllerView {
    fn of(controller: &Controller, policy: &CookiePolicy, lang: &str) -> Option<Self> {
        let said = |text| LocalizedText::new(text, policy, lang);
        Some(Self {
            name: said(Some(controller.name()))?,
            address: said(controller.get_address()),
            contact: said(controller.get_contact()),
            dpo: said(controller.get_dpo()),
        })
    }
}
