//! Visitors with choices made under the old policy, judged by the new one as the layer would.

use crate::{
    consent::{Consent, Signals, evaluate},
    policy::{Category, CookiePolicy},
    preferences::{Choice, PreferencesValues, Terms, encoded_value, read},
};

/// The time of all choices. Only their age matters.
pub(super) const DECIDED_AT: u64 = 1_790_000_000;

/// Both policies in one regime, or in none.
pub(super) struct Context {
    pub(super) regime: Option<String>,
    pub(super) old: CookiePolicy,
    pub(super) new: CookiePolicy,
}

/// Returns the policies in no regime, and in each that one of them has.
pub(super) fn contexts(old: &CookiePolicy, new: &CookiePolicy) -> Vec<Context> {
    let mut regimes: Vec<_> = old.regimes().chain(new.regimes()).collect();
    regimes.sort_unstable();
    regimes.dedup();
    let in_regime = |policy: &CookiePolicy, id| policy.in_regime(id).unwrap_or(policy.clone());
    let in_regimes = regimes.into_iter().map(|id| Context {
        regime: Some(id.to_owned()),
        old: in_regime(old, id),
        new: in_regime(new, id),
    });
    let in_none = Context {
        regime: None,
        old: old.clone(),
        new: new.clone(),
    };
    std::iter::once(in_none).chain(in_regimes).collect()
}

impl Context {
    /// Returns the choice of a visitor who accepted everything the old policy asked about.
    pub(super) fn accepting(&self) -> Choice {
        dated(Consent::undecided(self.old.clone()).accept_all())
    }

    /// Returns the choice of a visitor who also accepted each service by itself.
    pub(super) fn accepting_services(&self) -> Choice {
        let mut choice = self.accepting();
        choice.granted = choice.granted | self.old.services();
        choice
    }

    /// Returns the choice of a visitor who accepted everything but one category or service, if it can be
    /// refused.
    pub(super) fn accepting_all_but(&self, id: &str) -> Option<Choice> {
        let mut choice = self.accepting();
        choice.answer(&self.old, id, false).ok()?;
        Some(choice)
    }

    /// Returns the `Cookie` header of a visitor with this choice. `None` if the old policy only reads its
    /// preferences cookie.
    pub(super) fn cookie(&self, choice: &Choice) -> Option<String> {
        let value = encoded_value(&self.old, choice, None).ok()?;
        Some(format!("{}={value}", self.old.cookie_name()))
    }

    /// Returns the consent of a visitor with this choice under the old policy and under the new one, when
    /// the choice is `age` seconds old.
    pub(super) fn judged(&self, choice: &Choice, age: u64) -> Option<Judged> {
        let cookie = self.cookie(choice)?;
        let now = DECIDED_AT.saturating_add(age);
        Some(Judged {
            old: judged(&self.old, &cookie, now),
            new: judged(&self.new, &cookie, now),
        })
    }

    /// Returns `true` if choices can be played: both policies write the choice themselves.
    pub(super) fn can_be_played(&self) -> bool {
        !self.old.is_read_only() && !self.new.is_read_only()
    }
}

/// The consent of one visitor under both policies.
pub(super) struct Judged {
    pub(super) old: Consent,
    pub(super) new: Consent,
}

/// Judges a request with this `Cookie` header, as the layer does, without signals.
fn judged(policy: &CookiePolicy, cookie: &str, now: u64) -> Consent {
    let values = PreferencesValues::of_request(policy, std::iter::once(cookie.as_bytes()));
    let reading = read(policy, &values, now);
    let evaluation = evaluate(policy, &reading, now, Signals::NONE);
    let asked = crate::consent::Asked::by_layer(now, Signals::NONE, None);
    Consent::new(policy.clone(), reading.choice, evaluation.judgement, asked)
}

/// Returns `true` if pages ask about this category.
pub(super) fn asks(consent: &Consent, category: &str) -> bool {
    consent.needs_choice() && consent.pending().map(Category::id).any(|id| id == category)
}

fn dated(choice: Choice) -> Choice {
    Choice {
        decided_at: DECIDED_AT,
        ..choice
    }
}
