//! What a visitor's consent allows, for what is judged after the service has the request.

use super::{Signals, consent::Consent, evaluate::evaluate};
use crate::{
    policy::{CategorySet, CookiePolicy},
    preferences::{PreferencesValues, read},
    wire,
};

/// The part of a [`Consent`] that judges what documents load. It costs one reference count, where a
/// clone of the whole copies what only pages need.
#[derive(Clone)]
pub(crate) struct Grants {
    policy: CookiePolicy,
    allowed: CategorySet,
    signals: Signals,
    now: u64,
}

impl Grants {
    #[inline]
    pub(crate) fn of(consent: &Consent) -> Self {
        Self {
            policy: consent.policy.clone(),
            allowed: consent.judgement.allowed,
            signals: consent.asked.signals,
            now: consent.asked.now,
        }
    }

    pub(crate) const fn policy(&self) -> &CookiePolicy {
        &self.policy
    }

    /// Returns the time at which the request was judged, in seconds since 1970.
    pub(crate) const fn now(&self) -> u64 {
        self.now
    }

    pub(crate) const fn allowed(&self) -> CategorySet {
        self.allowed
    }

    /// Returns what is allowed both now and by the choice that a response with these `Set-Cookie`
    /// headers makes, and `true` if there is such a choice.
    #[allow(
        single_use_lifetimes,
        reason = "an anonymous one is unstable in this place"
    )]
    pub(crate) fn beside<'f>(
        &self,
        set_cookies: impl Iterator<Item = &'f [u8]>,
    ) -> (CategorySet, bool) {
        let mut values = PreferencesValues::default();
        for field in set_cookies {
            if let Ok(name) = wire::name(field) {
                values.offer(&self.policy, name, wire::value(field));
            }
        }
        if values.is_empty() {
            return (self.allowed, false);
        }
        let reading = read(&self.policy, &values, self.now);
        let after = evaluate(&self.policy, &reading, self.now, self.signals);
        (self.allowed & after.judgement.allowed, true)
    }
}
