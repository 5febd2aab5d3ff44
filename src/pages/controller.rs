//! What the cookie policy page says of the site's controller (GDPR, art. 13(1)).

use serde::Serialize;

use super::localized::LocalizedText;
use crate::policy::{Controller, CookiePolicy};

/// The controller of the site's data, in a [`View`](super::View).
///
/// ```
/// use tower_cookie_consent::pages::{ControllerView, View};
///
/// fn told(view: &View) -> Option<&ControllerView> {
///     view.controller.as_ref()
/// }
/// ```
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

impl ControllerView {
    pub(super) fn of(controller: &Controller, policy: &CookiePolicy, lang: &str) -> Option<Self> {
        let said = |text| LocalizedText::new(text, policy, lang);
        Some(Self {
            name: said(Some(controller.name()))?,
            address: said(controller.get_address()),
            contact: said(controller.get_contact()),
            dpo: said(controller.get_dpo()),
        })
    }
}
