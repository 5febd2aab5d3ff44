//! The cookie policy page: the policy's declarations in a given language, and as JSON.

use serde::Serialize;

use super::{
    category::CategoryText, controller::ControllerView, localized::LocalizedText, view::View,
};
use crate::{policy::CookiePolicy, wire::DAY};

/// The cookie policy page as JSON: the declarations, without anything about the visitor.
#[derive(Debug, Serialize)]
pub(super) struct Charter<'a> {
    language: &'a str,
    site: Option<&'a LocalizedText>,
    revision: u32,
    texts: &'a str,
    choice_lifetime_days: u64,
    preferences: &'a str,
    categories: Vec<&'a CategoryText>,
    controller: Option<&'a ControllerView>,
    records: Option<CharterRecords<'a>>,
}

/// The part about the records of choices.
#[derive(Debug, Serialize)]
struct CharterRecords<'a> {
    purpose: &'a str,
    basis: &'a str,
    retention: &'a str,
    rights: &'a str,
}

impl<'a> Charter<'a> {
    pub(super) fn new(view: &'a View, policy: &CookiePolicy) -> Self {
        Self {
            language: &view.lang,
            site: view.site.as_ref(),
            revision: view.revision,
            texts: &view.texts,
            choice_lifetime_days: policy.choice_lifetime().as_secs() / DAY,
            preferences: &view.links.preferences,
            categories: view
                .categories
                .iter()
                .map(|category| &category.text)
                .collect(),
            controller: view.controller.as_ref(),
            records: view.records.as_ref().map(|records| CharterRecords {
                purpose: &view.t.records_text,
                basis: &view.t.records_basis,
                retention: &records.kept,
                rights: &view.t.records_rights,
            }),
        }
    }
}
