//! The declarations of a site, before they are checked.

use std::collections::BTreeMap;

use super::{
    Category, Controller, PreferencesCookie, Retention, Text,
    json::object,
    regimes::{AppliedRegime, Regime},
};

object! {
    /// The declarations of a site, before they are checked.
    pub(super) struct Declared: "a policy" {
        keys {
            revision: u32 = 1,
            since: u32 = 1,
            default_language: String = "en".to_owned(),
            choice_lifetime: Retention = Retention::months(6),
            #[serde(skip_serializing_if = "Option::is_none")]
            reask_after_refusal: Option<Retention> = None,
            preferences_cookie: PreferencesCookie = PreferencesCookie::default(),
            #[serde(skip_serializing_if = "Option::is_none")]
            controller: Option<Controller> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            site: Option<Text> = None,
            #[serde(skip_serializing_if = "Option::is_none")]
            pages_at: Option<String> = None,
            #[serde(skip_serializing_if = "BTreeMap::is_empty")]
            regimes: BTreeMap<String, Regime> = BTreeMap::new(),
            #[serde(skip_serializing_if = "Option::is_none")]
            regime: Option<AppliedRegime> = None,
            categories: Vec<Category> = Vec::new(),
        }
        others {
            /// It is a policy in one of its regimes, or the document of one.
            is_document: bool = false,
        }
    }
}
