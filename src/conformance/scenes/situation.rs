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
            keeps: None,
        }
    }
}
