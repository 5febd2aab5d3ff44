//! The choice of an account as a store has it, for whoever decides how long that is.

use super::answers::Answers;
use crate::policy::CookiePolicy;

/// What a stored choice says under a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::records) struct StoredChoice {
    pub(in crate::records) decided_at: u64,
    /// When anything was answered or removed, at the latest.
    pub(in crate::records) answered_at: u64,
    pub(in crate::records) grants: bool,
    pub(in crate::records) denies: bool,
    /// It denies what is allowed without consent, which stays in force.
    pub(in crate::records) objects: bool,
}

impl StoredChoice {
    /// Reads the text of a store. `None` if it means nothing under this policy.
    pub(in crate::records) fn read(policy: &CookiePolicy, text: &str, now: u64) -> Option<Self> {
        let answers = Answers::read(policy, text, now)?;
        let choice = &answers.choice;
        Some(Self {
            decided_at: choice.decided_at,
            answered_at: answers.latest_time(),
            grants: !(choice.granted & policy.optional()).is_empty(),
            denies: !(choice.denied & policy.optional()).is_empty(),
            objects: !(choice.denied & policy.objectable_somewhere()).is_empty(),
        })
    }
}
