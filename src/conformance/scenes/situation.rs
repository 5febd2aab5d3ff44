//! One situation of the visitor.

use std::borrow::Cow;

use crate::{conformance::Requirement, policy::CategorySet};

/// A site may count visits before it sets something.
const ROUNDS: usize = 3;

/// One visitor: the browser's state at the start, and what every request says.
#[derive(Debug)]
pub(in crate::conformance) struct Situation {
    pub(in crate::conformance) situation: Cow<'static, str>,
    pub(in crate::conformance) start: Start,
    /// The values of the preferences cookie: the first goes into the jar, others are sent in
    /// addition.
    pub(in crate::conformance) preferences: Vec<String>,
    /// Pairs of the `Cookie` header beside the jar, as they are sent.
    pub(in crate::conformance) beside: Vec<String>,
    pub(in crate::conformance) gpc: Option<&'static str>,
    /// The number of times that every request is made: later ones send what the first ones' responses set.
    pub(in crate::conformance) rounds: usize,
    /// The first rounds, in which nothing is planted: a site may set only what is missing.
    pub(in crate::conformance) bare: usize,
    /// Everything that was set after acceptance must be set here, too.
    pub(in crate::conformance) keeps: Option<KeptConsent>,
}

/// The content of the jar at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::conformance) enum Start {
    Empty,
    /// A cookie of every declared name that needs permission.
    Planted,
    /// The cookies that the site set after acceptance.
    Accepted,
    /// None, and what a response chooses stays.
    Lasting,
}

/// The consent in force in a scene.
#[derive(Debug)]
pub(in crate::conformance) struct KeptConsent {
    pub(in crate::conformance) requirement: Requirement,
    pub(in crate::conformance) categories: CategorySet,
    pub(in crate::conformance) why: &'static str,
}

impl Situation {
    pub(in crate::conformance) fn new(
        situation: impl Into<Cow<'static, str>>,
        start: Start,
        preferences: Vec<String>,
    ) -> Self {
        Self {
            situation: situation.into(),
            start,
            preferences,
            beside: Vec::new(),
            gpc: None,
            rounds: ROUNDS,
            bare: 0,
            keeps: None,
        }
    }

    /// Makes the requests without planted cookies at first.
    pub(in crate::conformance) fn bare_at_first(self) -> Self {
        Self { bare: 1, ..self }
    }

    /// Makes each request once without planted cookies, and once with them.
    pub(in crate::conformance) fn once_each(self) -> Self {
        Self {
            bare: 1,
            rounds: 2,
            ..self
        }
    }

    /// Returns `true` for one of many situations in which the first requests of the plan are enough.
    pub(in crate::conformance) fn is_short(&self) -> bool {
        self.start == Start::Planted && self.rounds < ROUNDS
    }
}
