//! A consent as it is kept for the response, where nearly always nobody asks for it.

use std::sync::Arc;

use super::{
    beside::Beside,
    consent::{Asked, Consent},
    judgement::Judgement,
    rules::Switches,
    signals::Signals,
};
use crate::{policy::CookiePolicy, preferences::Choice};

/// The parts of a [`Consent`] that judge a new choice: reference counts and numbers, and less than half as
/// long as the whole, which has what only pages need.
#[derive(Clone)]
pub(crate) struct Snapshot {
    policy: CookiePolicy,
    judgement: Judgement,
    choice: Option<Choice>,
    beside: Option<Arc<Beside>>,
    now: u64,
    signals: Signals,
    switches: Switches,
}

impl Snapshot {
    #[inline]
    pub(crate) fn of(consent: &Consent) -> Self {
        Self {
            policy: consent.policy.clone(),
            judgement: consent.judgement,
            choice: consent.choice,
            beside: consent.asked.beside.clone(),
            now: consent.asked.now,
            signals: consent.asked.signals,
            switches: consent.asked.switches,
        }
    }

    #[inline]
    pub(crate) const fn policy(&self) -> &CookiePolicy {
        &self.policy
    }

    /// Returns the time at which the request was judged, in seconds since 1970.
    pub(crate) const fn now(&self) -> u64 {
        self.now
    }

    /// Returns the consent, without what pages need.
    pub(crate) fn into_consent(self) -> Consent {
        let asked = Asked {
            switches: self.switches,
            ..Asked::by_layer(self.now, self.signals, self.beside)
        };
        Consent::new(self.policy, self.choice, self.judgement, asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Category, CookieDeclaration};

    #[test]
    fn a_consent_judges_as_before() {
        let ads = Category::consent("ads").cookie(CookieDeclaration::new("_ga"));
        let policy = CookiePolicy::new([ads, Category::consent("films")]).unwrap();
        let undecided = Consent::undecided(policy);
        let chosen = undecided.choose([("ads", true), ("films", false)]).unwrap();
        let consent = undecided.with_choice(chosen);
        let after = Snapshot::of(&consent).into_consent();
        assert_eq!(format!("{after:?}"), format!("{consent:?}"));
        assert_eq!(after.verdict("_ga"), consent.verdict("_ga"));
        assert_eq!(after.choice(), consent.choice());
        assert_eq!(after.judged_at(), consent.judged_at());
    }
}
