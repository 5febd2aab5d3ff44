//! The texts of one language, and how they differ from regime to regime.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    error::PagesError,
    texts::{self, Texts, Words},
};
use crate::policy::regimes::AppliedRegime;

/// The texts of a language: those of most regimes, and those of regimes with a wording of their own.
#[derive(Clone, Debug)]
pub(super) struct Wordings {
    words: Arc<Words>,
    /// What the site replaces in all regimes.
    own: Texts,
    /// What the site replaces in one, by its id.
    own_in: BTreeMap<String, Texts>,
    /// By the id of a regime in which the site replaces texts, or `""`, and then by that of a preset with a
    /// wording of its own, or `""`.
    in_regimes: BTreeMap<String, BTreeMap<String, Arc<Words>>>,
}

impl Wordings {
    pub(super) fn new(tag: &str, words: Words) -> Result<Self, PagesError> {
        let wordings = Self {
            words: Arc::new(words),
            own: Texts::new(),
            own_in: BTreeMap::new(),
            in_regimes: BTreeMap::new(),
        };
        wordings.resolved(tag)
    }

    /// Returns the texts of most regimes.
    pub(super) fn words(&self) -> &Arc<Words> {
        &self.words
    }

    /// Returns the texts of a regime: those of its id, or else those of its preset.
    pub(super) fn words_in(&self, regime: Option<&AppliedRegime>) -> &Arc<Words> {
        let found = regime.and_then(|regime| {
            let (id, preset) = (regime.id(), regime.preset());
            let by_id = self.in_regimes.get(id).filter(|_| id != preset);
            let by_preset = by_id.or_else(|| self.in_regimes.get(""))?;
            by_preset.get(preset).or_else(|| by_preset.get(""))
        });
        found.unwrap_or(&self.words)
    }

    /// Replaces texts in all regimes, those with a wording of their own included.
    pub(super) fn replace(mut self, tag: &str, new: Texts) -> Result<Self, PagesError> {
        self.words = Arc::new(texts::merged(tag, &self.words, &new)?);
        self.own.extend(new);
        self.resolved(tag)
    }

    /// Replaces texts in one regime, and in those that it is the preset of.
    pub(super) fn replace_in(
        mut self,
        regime: &str,
        tag: &str,
        new: Texts,
    ) -> Result<Self, PagesError> {
        self.own_in
            .entry(regime.to_owned())
            .or_default()
            .extend(new);
        self.resolved(tag)
    }

    /// Merges all texts anew: the site's go before the crate's, and those of a regime before those of its
    /// preset.
    fn resolved(mut self, tag: &str) -> Result<Self, PagesError> {
        let built_in = texts::in_regimes(tag)?;
        let of_preset = |preset: &str| {
            let layers = [
                built_in.get(preset),
                Some(&self.own),
                self.own_in.get(preset),
            ];
            let mut words = (*self.words).clone();
            for texts in layers.into_iter().flatten() {
                words = texts::merged(tag, &words, texts)?;
            }
            Ok(Arc::new(words))
        };
        let own = self.own_in.keys().map(String::as_str);
        let presets: BTreeSet<&str> = built_in.keys().copied().chain(own).collect();
        let presets: BTreeMap<_, _> = presets
            .into_iter()
            .map(|preset| Ok((preset.to_owned(), of_preset(preset)?)))
            .collect::<Result<_, PagesError>>()?;
        let mut all = BTreeMap::new();
        for (id, texts) in &self.own_in {
            let others = presets.iter().filter(|(preset, _)| *preset != id);
            let others = others.map(|(preset, words)| (preset.as_str(), words));
            let of_id = others
                .chain([("", &self.words)])
                .map(|(preset, words)| {
                    let words = texts::merged(tag, words, texts)?;
                    Ok((preset.to_owned(), Arc::new(words)))
                })
                .collect::<Result<BTreeMap<_, _>, PagesError>>()?;
            all.insert(id.clone(), of_id);
        }
        all.insert(String::new(), presets);
        self.in_regimes = all;
        Ok(self)
    }
}
