//! The consequences of the visitor's regime for a consent: refusals that are not asked about again,
//! opt-outs, and the signals that are remembered.

use super::{Consent, judgement::Standing, signals::Signals};
use crate::{
    consent::evaluate::{current, unchanged_since},
    policy::{
        CategorySet, CookiePolicy,
        regimes::{Asking, SignalEffect},
    },
    preferences::Choice,
    wire::DAY,
};

/// The age from which such a choice is sent again, so that it does not end with the cookie, unless half of a choice's
/// lifetime is shorter.
const SENT_AGAIN_FROM: u64 = 30 * DAY;

/// The state of the visitor's right to opt out, in a regime that has it.
///
/// ```
/// use tower_cookie_consent::{
///     Basis, Category, Consent, CookiePolicy, regimes::{OptOutStatus, Regime},
/// };
///
/// let policy = CookiePolicy::builder()
///     .category(Category::consent("ads"))
///     .regime("us-opt-out", Regime::preset("us-opt-out").basis("ads", Basis::OptOut))
///     .build()?;
/// let visitor = Consent::undecided(policy.in_regime("us-opt-out").expect("declared above"));
/// assert_eq!(visitor.opt_out_status(), OptOutStatus::Open);
/// let opted_out = visitor.with_choice(visitor.choose([("ads", false)])?);
/// assert_eq!(opted_out.opt_out_status(), OptOutStatus::OptedOut);
/// assert_eq!(Consent::undecided(policy).opt_out_status(), OptOutStatus::NotOffered);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OptOutStatus {
    /// The regime has no opt-out, or the policy has nothing to opt out of.
    NotOffered,
    /// The visitor has not opted out, or not of everything that they can opt out of.
    Open,
    /// The visitor has opted out of all of it on a page of the site.
    OptedOut,
    /// The browser's signal opts the visitor out, or did so earlier.
    Honoured,
    /// The browser sends the signal, and the visitor consented while it did: that consent counts.
    Overruled,
}

impl Consent {
    /// Returns the state of the visitor's right to opt out, whatever way it was used, for pages that say
    /// so (11 CCR §7025(c)(6), §7026(g)). [`OptOutStatus`] has the example.
    #[must_use]
    pub fn opt_out_status(&self) -> OptOutStatus {
        if !self.offers_opt_out() {
            return OptOutStatus::NotOffered;
        }
        let sold = self.policy.opt_out_somewhere();
        if sold.is_empty() {
            return OptOutStatus::Open;
        }
        let offered = match self.policy.sold() {
            here if here.is_empty() => sold,
            here => here,
        };
        let choice = self.choice.unwrap_or(Choice::at(self.asked.now));
        // Of several things, one can be opted out of while others are still shared.
        let runs = !(self.judgement.allowed & offered).is_empty();
        if self.asked.signals.has(Signals::GPC_HONOURED) {
            return match runs {
                true => OptOutStatus::Overruled,
                false => OptOutStatus::Honoured,
            };
        }
        let denies = !(choice.denied & sold).is_empty();
        match (denies && !runs, choice.gpc) {
            (false, _) => OptOutStatus::Open,
            (true, true) => OptOutStatus::Honoured,
            (true, false) => OptOutStatus::OptedOut,
        }
    }

    /// Returns `true` if each page has to link to the opt-out page: where something is opt-out, and where
    /// the law wants the link of a site whose data are sold elsewhere, or sensitive.
    fn offers_opt_out(&self) -> bool {
        let Some(regime) = self.regime() else {
            return false;
        };
        let concerns =
            || !self.policy.opt_out_somewhere().is_empty() || self.policy.has_sensitive();
        !self.policy.opt_out().is_empty() || (regime.opt_out_link() && concerns())
    }

    /// Returns `true` if pages show a notice instead of a question: the regime only informs, something
    /// that the visitor can refuse is allowed, and they have not answered.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, Consent, CookiePolicy, regimes::Regime};
    /// let policy = CookiePolicy::builder()
    ///     .category(Category::exempt("statistics"))
    ///     .regime("japan", Regime::preset("japan"))
    ///     .build()?;
    /// let visitor = Consent::undecided(policy.in_regime("japan").expect("declared above"));
    /// assert!(visitor.needs_notice() && !visitor.needs_choice());
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    #[must_use]
    pub fn needs_notice(&self) -> bool {
        let informs = self.regime().is_some_and(|it| it.asks() == Asking::Notice);
        let runs = !(self.judgement.allowed & self.policy.optional()).is_empty();
        let unanswered = matches!(
            self.judgement.standing,
            Standing::Undecided | Standing::Expired
        );
        informs && runs && unanswered && !self.needs_choice()
    }

    /// Returns `true` if the visitor may not be asked for now: they opted out less than the regime's period
    /// for asking again ago, or their browser does with this request (Civ. Code §1798.135(c)(4)).
    pub(super) fn is_left_alone(&self) -> bool {
        if self.policy.is_for_minors() {
            return true;
        }
        let Some(regime) = self.regime() else {
            return false;
        };
        if regime.asks() == Asking::Nothing {
            return true;
        }
        let remembers = regime.signals() == SignalEffect::Remember;
        let signalled = remembers && self.asked.signals.has(Signals::GPC_HONOURED);
        signalled || self.choice.is_some_and(|it| self.opted_out_lately(it))
    }

    fn opted_out_lately(&self, choice: Choice) -> bool {
        // An opt-out beside consent has the date of the consent, which counted at that time.
        let older = match (choice.granted & self.policy.consenting()).is_empty() {
            true => 0,
            false => self.policy.choice_lifetime().as_secs(),
        };
        let later = choice.decided_at.saturating_add(older);
        let choice = Choice {
            decided_at: later.min(self.asked.now),
            ..choice
        };
        self.refused_lately(choice, self.policy.sold())
    }

    fn refused_lately(&self, choice: Choice, categories: CategorySet) -> bool {
        let age = self.asked.now.saturating_sub(choice.decided_at);
        !(choice.denied & categories).is_empty()
            && age <= self.policy.reask_after_refusal().as_secs()
    }

    /// Returns what is not asked about: the `answered`, but of refusals only those of late, and those
    /// whatever became of the rest of the choice.
    pub(super) fn with_refusals(&self, choice: Choice, answered: CategorySet) -> CategorySet {
        let refused = match self.judgement.standing {
            Standing::Decided | Standing::Overridden | Standing::Expired => {
                unchanged_since(&self.policy, choice.denied, choice.revision)
            }
            _ => choice.denied & answered,
        };
        match self.refused_lately(choice, CategorySet::EVERYTHING) {
            true => answered | refused,
            false => answered - refused,
        }
    }

    /// Returns the choice that a response has to store because of the request's signal, if it is one that
    /// the regime remembers: the refusal of every opt-out category, but for consent that was given with the
    /// signal on.
    pub(crate) fn signalled_choice(&self) -> Option<Choice> {
        let remembers = self.regime()?.signals() == SignalEffect::Remember;
        let honoured = self.asked.signals.has(Signals::GPC_HONOURED);
        let is_readable = !matches!(
            self.judgement.standing,
            Standing::Unreadable | Standing::CrossSite
        );
        if !remembers || !honoured || !is_readable || self.policy.is_read_only() {
            return None;
        }
        let stored = self.choice.unwrap_or(Choice::at(self.asked.now));
        let in_force = current(&self.policy, &stored, self.judgement.standing);
        let upheld = match stored.gpc {
            true => stored.granted & in_force,
            false => CategorySet::EMPTY,
        };
        let (sold, services) = (self.policy.sold(), self.policy.services());
        // A service's own answer would win over that for its category.
        let asked = (sold - services) | (sold & services & stored.granted);
        let open = asked - stored.denied - upheld;
        if open.is_empty() {
            return None;
        }
        let ids = open.iter().filter_map(|index| self.policy.id_at(index));
        let choice = self.choose(ids.map(|id| (id, false))).ok()?;
        // The signal is about what is sold or shared: other consent is back without it, with its old date.
        let kept = (stored.granted & in_force & self.policy.consenting()) - sold;
        let kept = kept - choice.granted;
        let keeps = !((choice.granted | kept) & self.policy.consenting()).is_empty();
        // Other consent lasts no longer for it.
        let decided_at = match keeps {
            true => stored.decided_at.min(choice.decided_at),
            false => choice.decided_at,
        };
        let choice = Choice {
            decided_at,
            ..choice
        };
        if kept.is_empty() {
            return Some(choice);
        }
        Some(Choice {
            granted: choice.granted | kept,
            revision: stored.revision.min(choice.revision),
            gpc: false,
            ..choice
        })
    }

    /// Returns the choice without what the visitor opted out of and it would allow again, and `true` if that
    /// is anything.
    #[cfg(feature = "pages")]
    pub(crate) fn holding_opt_outs(&self, choice: Choice) -> (Choice, bool) {
        if self.regime().is_none() {
            return (choice, false);
        }
        let opted_out = self.policy.opt_out() - self.judgement.allowed;
        // An answer for all ends those for services, and so their opt-outs, without a word about them.
        let ended = match choice.whole {
            true => self.denied() & self.policy.services(),
            false => CategorySet::EMPTY,
        };
        let comes_back = ended & self.with_choice(choice).judgement.allowed;
        let held = (choice.granted | comes_back) & opted_out;
        let kept = Choice {
            granted: choice.granted - opted_out,
            denied: choice.denied | held,
            ..choice
        };
        (kept, !held.is_empty())
    }

    /// Returns `true` if the choice is to be sent again, with its old date: it holds an objection or an
    /// opt-out, which does not end with the cookie.
    pub(crate) fn is_sent_again(&self) -> bool {
        let Some(choice) = self.choice.filter(|_| self.regime().is_some()) else {
            return false;
        };
        let is_readable = matches!(
            self.judgement.standing,
            Standing::Decided | Standing::Overridden | Standing::Expired
        );
        is_readable
            && !self.policy.is_read_only()
            && is_old_objection(&self.policy, &choice, self.asked.now)
    }
}

/// Returns `true` if the choice holds an objection or an opt-out, and is so old that it is to be sent again.
#[inline]
pub(crate) fn is_old_objection(policy: &CookiePolicy, choice: &Choice, now: u64) -> bool {
    let age = now.saturating_sub(choice.decided_at);
    let is_old = || age >= SENT_AGAIN_FROM.min(policy.choice_lifetime().as_secs() / 2);
    holds_objection(policy, choice) && is_old()
}

/// Returns `true` if the choice denies what is allowed without consent, here or in another regime.
#[inline]
pub(crate) fn holds_objection(policy: &CookiePolicy, choice: &Choice) -> bool {
    !(choice.denied & policy.objectable_somewhere()).is_empty()
}
