//! What a policy knows of its regimes: their numbers in a choice, and whose yes counts.

use std::sync::Arc;

use crate::preferences::{CategorySet, RegimeNumber};

/// The regimes of a policy, or the one that a policy is in.
#[derive(Clone, Default)]
pub(in crate::policy) struct RegimeTable {
    /// The ids, by number: the first has the number 1.
    ids: Arc<[Box<str>]>,
    /// The number of the regime that this policy is in.
    own: RegimeNumber,
    /// For each number, the categories that need consent here and did not there: consent from there does not
    /// count.
    laxer: Box<[CategorySet]>,
    /// The categories that are opt-out in some regime.
    opt_out_somewhere: CategorySet,
}

impl RegimeTable {
    /// Creates the table of a policy that is in the regime with the number `own`. `all` are the categories
    /// that need consent, by the number of the regime.
    pub(super) fn new(
        ids: Arc<[Box<str>]>,
        own: RegimeNumber,
        all: &[CategorySet],
        opt_out_somewhere: CategorySet,
    ) -> Self {
        let consenting = all.get(usize::from(own.0)).copied();
        let consenting = consenting.unwrap_or(CategorySet::EMPTY);
        Self {
            ids,
            own,
            laxer: all.iter().map(|there| consenting - *there).collect(),
            opt_out_somewhere,
        }
    }

    pub(in crate::policy) const fn opt_out_somewhere(&self) -> CategorySet {
        self.opt_out_somewhere
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.ids.iter().map(|id| &**id)
    }

    #[inline]
    pub(in crate::policy) const fn own(&self) -> RegimeNumber {
        self.own
    }

    /// Returns the index of the regime with this id.
    pub(super) fn position(&self, id: &str) -> Option<usize> {
        self.ids.iter().position(|known| **known == *id)
    }

    /// Returns the number of the regime with this id.
    pub(in crate::policy) fn number(&self, id: &[u8]) -> RegimeNumber {
        let at = self.ids.iter().position(|known| known.as_bytes() == id);
        at.map_or(RegimeNumber::UNKNOWN, RegimeNumber::nth)
    }

    pub(in crate::policy) fn id(&self, number: RegimeNumber) -> Option<&str> {
        Some(self.ids.get(number.index()?)?)
    }

    /// Returns the number of the regime with the longest id.
    pub(in crate::policy) fn longest(&self) -> RegimeNumber {
        let longest = self.ids.iter().enumerate().max_by_key(|(_, id)| id.len());
        longest.map_or(RegimeNumber::OWN, |(at, _)| RegimeNumber::nth(at))
    }

    /// Returns the categories for which consent from that regime does not count here.
    #[inline]
    pub(in crate::policy) fn laxer(
        &self,
        regime: RegimeNumber,
        consenting: CategorySet,
    ) -> CategorySet {
        match self.laxer.get(usize::from(regime.0)) {
            Some(laxer) => *laxer,
            None if regime == self.own && regime != RegimeNumber::MINOR => CategorySet::EMPTY,
            None => consenting,
        }
    }
}
