//! Requests that make a choice, or should.

use super::step::Step;
use crate::conformance::intent::Known;

/// A request of the plan that makes a choice.
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
