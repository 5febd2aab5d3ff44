//! Requests that make a choice, or should.

use super::step::Step;
use crate::conformance::intent::Known;

/// The requests that make a choice and are played once more.
pub(super) const MOST_MAKERS: usize = 6;

/// A request of the plan, or a control of a page, that makes a choice.
#[derive(Clone)]
pub(super) struct Maker {
    pub(super) step: Step,
    pub(super) accepts: bool,
}

/// A response that stores no choice, to a request that should have made one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unstored {
    pub(super) label: String,
    pub(super) path: String,
    pub(super) situation: String,
    pub(super) known: Known,
    pub(super) status: u16,
}

/// The requests that took consent away.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Withdrawals {
    pub(super) seen: usize,
    /// Those whose responses make the browser forget the pages that it keeps.
    pub(super) clearing: usize,
    /// Some response stores an objection to what is exempt, which the visitor did not have.
    pub(super) objects: bool,
}
