//! A new choice, compared with what was in force before it.

use serde::{Deserialize, Serialize};

#[cfg(feature = "records")]
use super::evaluate::current;
use super::{Choice, Judgement};
use crate::policy::{CategorySet, CookiePolicy};

/// An answer of a visitor for one category or service, or that there is none.
///
/// ```
/// use tower_cookie_consent::observe::AnswerState;
///
/// assert_eq!(serde_json::to_string(&AnswerState::NotAsked)?, r#""not_asked""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AnswerState {
    /// The visitor said yes.
    Granted,
    /// The visitor said no, or objected.
    Denied,
    /// The visitor has not answered.
    NotAsked,
}

/// The answers in force: those of a lapsed yes are not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InForce {
    pub(crate) granted: CategorySet,
    pub(crate) denied: CategorySet,
}

impl InForce {
    /// Returns what the judgement shows of it: of what needs no consent, only objections.
    pub(crate) fn shown_by(judgement: &Judgement, policy: &CookiePolicy) -> Self {
        Self {
            granted: judgement.allowed & policy.consenting(),
            denied: judgement.denied,
        }
    }

    pub(crate) fn of_choice(choice: &Choice) -> Self {
        Self {
            granted: choice.granted - choice.denied,
            denied: choice.denied,
        }
    }

    fn state(self, index: u8) -> AnswerState {
        if self.denied.contains(index) {
            AnswerState::Denied
        } else if self.granted.contains(index) {
            AnswerState::Granted
        } else {
            AnswerState::NotAsked
        }
    }
}

#[cfg(feature = "records")]
impl super::Consent {
    /// Returns the answers of the received choice that are in force.
    pub(crate) fn in_force(&self) -> InForce {
        let granted = self.choice.map_or(CategorySet::EMPTY, |choice| {
            choice.granted & current(&self.policy, &choice, self.judgement.standing)
        });
        InForce {
            granted: granted & self.judgement.allowed,
            denied: self.judgement.denied,
        }
    }
}

/// Returns each category and service that is not necessary, with its answer and the one before.
pub(crate) fn answers(
    policy: &CookiePolicy,
    now: InForce,
    before: InForce,
) -> impl Iterator<Item = (&str, AnswerState, AnswerState)> {
    policy.optional().iter().filter_map(move |index| {
        let id = policy.id_at(index)?;
        Some((id, now.state(index), before.state(index)))
    })
}
