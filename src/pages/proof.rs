//! What the cookie policy page says of the records of choices (GDPR, art. 13).

use serde::Serialize;

#[cfg(feature = "records")]
use super::texts::{Words, duration, fill};
#[cfg(feature = "records")]
use crate::consent::Consent;

/// The facts about the records of choices, in a [`View`](super::View), with the texts
/// `records_…`.
///
/// ```
/// use tower_cookie_consent::pages::{ReceiptView, View};
///
/// fn receipt(view: &View) -> Option<&ReceiptView> {
///     view.records.as_ref()?.receipt.as_ref()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RecordsView {
    /// For how long records are kept, in a sentence.
    pub kept: String,
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

#[cfg(feature = "records")]
impl RecordsView {
    /// Returns `None` where nothing is recorded.
    pub(super) fn of(consent: &Consent, lang: &str, t: &Words) -> Option<Self> {
        let recording = consent.recording()?;
        let after = duration(recording.terms.kept_after_grants, lang, t);
        let refused = duration(recording.terms.refusals_kept, lang, t);
        Some(Self {
            kept: fill(&t.records_kept, &[("after", &after), ("refused", &refused)]),
            receipt: None,
            forgotten: false,
        })
    }
}
