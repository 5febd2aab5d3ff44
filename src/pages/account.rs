use serde::Serialize;

use super::localized::LocalizedText;
#[cfg(feature = "records")]
use crate::consent::Consent;

/// The account of a visitor who is logged in, whose choice follows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct AccountView {
    /// The account and this device had different answers for these, at the login with this page, and the later one
    /// counts.
    by_latest: Vec<LocalizedText>,
    /// Likewise, and the answer of the account counts.
    by_account: Vec<LocalizedText>,
    /// With this page, the browser's signal opts the account out.
    signalled: bool,
}

#[cfg(feature = "records")]
impl AccountView {
    /// Returns `None` for visitors whose choice is the device's.
    pub(super) fn of(consent: &Consent, lang: &str) -> Option<Self> {
        let note = consent.recording()?.account.as_deref()?;
        let policy = consent.policy();
        let title = |index| {
            let id = policy.id_at(index)?;
            let category = policy.category(id).and_then(|it| it.get_title());
            let title = category.or_else(|| policy.service(id)?.get_title());
            LocalizedText::new(title, policy, lang)
        };
        Some(Self {
            by_latest: note.by_latest.iter().filter_map(title).collect(),
            by_account: note.by_account.iter().filter_map(title).collect(),
            signalled: consent.signalled_choice().is_some(),
        })
    }
}
