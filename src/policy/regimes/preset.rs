//! The presets: for each regime its law, that law's date and source, and what follows from it.

use std::sync::LazyLock;

use serde::Deserialize;

use super::regime::{Asking, SignalEffect};
use crate::policy::{Basis, Category, Retention};

/// The condition under which a category that the site declares as exempt is exempt in a regime, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::policy) enum ExemptWhere {
    /// Never: no law of the regime exempts it.
    Never,
    /// If its exemption names the law of the regime.
    Named,
    /// If its exemption is declared, whose conditions keep it outside of what needs consent.
    Declared,
    /// Always: the regime asks for no consent.
    Always,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct Preset {
    pub(in crate::policy) id: String,
    pub(in crate::policy) law: String,
    pub(in crate::policy) date: String,
    pub(in crate::policy) source: String,
    pub(in crate::policy) exempt: ExemptWhere,
    /// Categories may be opt-out.
    #[serde(default)]
    pub(in crate::policy) opt_out: bool,
    pub(in crate::policy) signals: SignalEffect,
    pub(in crate::policy) asks: Asking,
    #[serde(default)]
    pub(in crate::policy) choice_lifetime: Option<Retention>,
    #[serde(default)]
    pub(in crate::policy) reask_after_refusal: Option<Retention>,
    #[serde(default)]
    pub(in crate::policy) close_refuses: bool,
    #[serde(default)]
    pub(in crate::policy) opt_out_link: bool,
}

static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
    // A test reads it.
    serde_json::from_str(include_str!("presets.json")).unwrap_or_default()
});

impl Preset {
    pub(in crate::policy) fn all() -> &'static [Self] {
        &PRESETS
    }

    pub(in crate::policy) fn of(id: &str) -> Option<&'static Self> {
        Self::all().iter().find(|preset| preset.id == id)
    }

    /// Returns the basis of a category where the site does not override it: never a laxer one.
    pub(in crate::policy) fn basis_of(&self, category: &Category) -> Basis {
        match category.basis() {
            Basis::Exempt if !self.exempts(category) => Basis::Consent,
            Basis::OptOut if !self.opt_out => Basis::Consent,
            declared => declared,
        }
    }

    fn exempts(&self, category: &Category) -> bool {
        match self.exempt {
            ExemptWhere::Never => false,
            ExemptWhere::Named => self.is_named_by(category),
            ExemptWhere::Declared => category.get_exemption().is_some(),
            ExemptWhere::Always => true,
        }
    }

    /// Returns `true` if the category's exemption names the law of this preset.
    pub(in crate::policy) fn is_named_by(&self, category: &Category) -> bool {
        let exemption = category.get_exemption();
        exemption.is_some_and(|exemption| exemption.laws().any(|law| law == self.id))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_preset_has_its_law_date_and_source() {
        let ids: BTreeSet<_> = Preset::all().iter().map(|it| it.id.as_str()).collect();
        let expected = [
            "brazil",
            "ch",
            "de",
            "es",
            "eu",
            "fr",
            "it",
            "japan",
            "nl",
            "none",
            "quebec",
            "uk",
            "us-notice",
            "us-opt-out",
        ];
        assert!(ids.into_iter().eq(expected));
        for preset in Preset::all() {
            let is_date = preset.date.len() == 10 && preset.date.is_ascii();
            assert!(is_date && !preset.law.is_empty(), "{}", preset.id);
            assert!(preset.source.starts_with("https://"), "{}", preset.id);
        }
    }
}
