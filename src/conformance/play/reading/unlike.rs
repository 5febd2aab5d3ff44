//! What the page that a visitor gets in another way lacks, or asks, in contrast to the usual one.

use std::collections::BTreeSet;

use http::StatusCode;

use super::known::PageSeen;
use crate::conformance::pages::PageRead;

impl PageSeen {
    /// Returns what is wrong with the other page, if a visitor who has accepted can withdraw on this one alone.
    pub(in crate::conformance::play) fn loses_withdrawal_on(&self, other: &Self) -> Option<String> {
        let (usual, page) = self.alike(other)?;
        let is_lost = usual.has_granted()
            && page.has_granted()
            && page.ways().is_empty()
            && !page.leads_where(usual)?;
        is_lost.then(|| {
            "the visitor has accepted, and nothing on it changes or withdraws that choice, which \
             the same page does otherwise"
                .to_owned()
        })
    }

    /// Returns what is wrong with the other page, if it alone asks a visitor who has answered everything.
    pub(in crate::conformance::play) fn asks_again_on(&self, other: &Self) -> Option<String> {
        let (usual, page) = self.alike(other)?;
        let seen = BTreeSet::new();
        let is_settled = usual.is_answered() && page.is_answered() && usual.asking(&seen).is_none();
        let asking = page.asking(&seen).filter(|_| is_settled)?;
        Some(format!(
            "the visitor has answered everything and nothing is new, and the page asks again ({:?}), which it does \
             not do otherwise",
            asking.text
        ))
    }

    /// Returns both pages, if they are shown alike and no cache gives the other one to everybody.
    fn alike<'a>(&'a self, other: &'a Self) -> Option<(&'a PageRead, &'a PageRead)> {
        let is_alike = self.status == StatusCode::OK
            && other.status == StatusCode::OK
            && self.is_whole == other.is_whole
            && !other.is_shared;
        let both = self.page.as_ref().zip(other.page.as_ref());
        both.filter(|_| is_alike)
    }
}
