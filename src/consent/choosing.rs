//! The choices that a visitor can make over the one in force.

use super::{
    Consent, beside::of_earlier_domains, evaluate::evaluate, judgement::Standing,
    services::carried_over, set_choice::SetChoice, signals::Signals,
};
use crate::{
    consent::evaluate::unchanged_since,
    preferences::{CategorySet, Choice, ChoiceError, Reading, RegimeNumber, Terms},
};

impl Consent {
    /// Creates a choice that grants every category, made now under the policy's revision. Earlier
    /// answers for services end with it. It counts once it is set with
    /// [`set_cookie`](Self::set_cookie) and sent.
    #[must_use]
    pub fn accept_all(&self) -> Choice {
        let mut choice = self.new_choice();
        let all = self.policy.necessary() | self.policy.optional();
        choice.granted = all - self.policy.services();
        choice.whole = true;
        choice
    }

    /// Creates a choice that denies every category that is not necessary, including exempt ones,
    /// made now under the policy's revision. Earlier answers for services end with it.
    #[must_use]
    pub fn refuse_all(&self) -> Choice {
        let mut choice = self.new_choice();
        choice.granted = self.policy.necessary() - self.policy.services();
        choice.denied = self.policy.optional() - self.policy.services();
        choice.whole = true;
        choice
    }

    /// Creates a choice with these answers for categories and services, made now. Those that are not
    /// mentioned keep a grant that is in force, and a denial whatever its age; others stay pending.
    /// If the received preferences can't be read, or may only be lacking (cross-site), the visitor
    /// may have objected, so the exempt categories that are not mentioned are denied.
    ///
    /// Without an answer for a category that needs consent, such as an answer for a service, an objection, or one
    /// taken back, earlier consent is not renewed: the date of the received choice is kept where it has any.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, Consent, CookiePolicy};
    /// # let policy = CookiePolicy::new([Category::consent("internes"), Category::consent("tiers")])?;
    /// # let consent = Consent::undecided(policy);
    /// let choice = consent.choose([("internes", true), ("tiers", false)])?;
    /// assert_eq!(choice.get(consent.policy(), "tiers"), Some(false));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ChoiceError`] for an id that the policy does not have, and for the denial of a necessary
    /// category.
    pub fn choose<Id: AsRef<str>>(
        &self,
        answers: impl IntoIterator<Item = (Id, bool)>,
    ) -> Result<Choice, ChoiceError> {
        let mut named = self.new_choice();
        for (id, granted) in answers {
            named.answer(&self.policy, id.as_ref(), granted)?;
        }
        let answered = named.answered();
        let optional = self.policy.optional();
        let in_force = self.choice.unwrap_or(Choice::at(self.asked.now));
        // A grant that a signal withholds now is not renewed under that signal.
        let kept = match self.judgement.standing {
            Standing::Decided => {
                unchanged_since(&self.policy, in_force.granted, in_force.revision) - answered
            }
            _ => CategorySet::EMPTY,
        };
        let kept = match self.policy.services().is_empty() {
            true => kept,
            false => carried_over(&self.policy, &in_force, kept, answered),
        };
        named.denied = named.denied | (self.denied() - answered);
        let always = self.policy.necessary() - self.policy.services();
        named.granted = (always | named.granted | kept) - named.denied;
        let keeps_grants = !(kept & optional).is_empty();
        let kept_without_signal = keeps_grants && !in_force.gpc;
        // What needs no consent does not grow old.
        let consenting = self.policy.consenting();
        let keeps_consent = !(kept & consenting).is_empty();
        let is_asked_anew = !(answered & (consenting - self.policy.services())).is_empty();
        if keeps_consent && !is_asked_anew {
            named.decided_at = named.decided_at.min(in_force.decided_at);
        }
        named.gpc = self.asked.signals.has(Signals::GPC) && !kept_without_signal;
        Ok(named)
    }

    /// Returns the response headers that set the preferences cookie to `choice`. Members of the
    /// received value that are listed in
    /// [`PreferencesCookie::keep`](crate::preferences::PreferencesCookie::keep) are kept. The
    /// cookie lives until the choice expires, counted from when it was made; with an objection, which does not end
    /// with it, for a [choice's lifetime](crate::CookiePolicy::choice_lifetime) from now, and in a regime for 400 days.
    /// Denials that `choice` does not mention are written too, as in [`choose`](Self::choose).
    ///
    /// With it go removals of what would stand beside it: preferences cookies of the same name for other
    /// domains, and those of [`PreferencesCookie::also_read`](crate::preferences::PreferencesCookie::also_read).
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, Consent, CookiePolicy};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// # let consent = Consent::undecided(policy);
    /// let set_cookie = consent.set_cookie(consent.accept_all()).header_value();
    /// assert!(set_cookie.to_str()?.starts_with("cookies_preferences="));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_cookie(&self, choice: Choice) -> SetChoice {
        let beside = self.asked.beside.as_deref();
        let previous = beside.and_then(|beside| beside.previous.as_deref());
        let choice = self.with_denials(choice);
        let set = SetChoice::new(&self.policy, &choice, previous, self.asked.now);
        let received = self.choice.is_some() || self.judgement.standing == Standing::Unreadable;
        let set = match received {
            true => set.removing(of_earlier_domains(&self.policy)),
            false => set,
        };
        match beside {
            Some(beside) => set.removing(beside.removals(&self.policy)),
            None => set,
        }
    }

    /// Returns the consent that `choice` results in once it is set
    /// ([`set_cookie`](Self::set_cookie)), as of now: for a response that shows the state after the
    /// choice that it carries.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, Consent, CookiePolicy};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// # let consent = Consent::undecided(policy);
    /// assert!(!consent.allows("ads"));
    /// assert!(consent.with_choice(consent.accept_all()).allows("ads"));
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    #[must_use]
    pub fn with_choice(&self, choice: Choice) -> Self {
        let choice = self.with_denials(choice).counted(&self.policy);
        let reading = Reading {
            choice: Some(choice),
            denied_by_all: self.policy.denied_by(&choice),
            ..Reading::NONE
        };
        let evaluation = evaluate(&self.policy, &reading, self.asked.now, self.asked.signals);
        Self {
            judgement: evaluation.judgement,
            choice: Some(choice),
            ..self.clone()
        }
    }

    /// Returns what is denied, or may be: an unreadable objection stays in force.
    pub(super) fn denied(&self) -> CategorySet {
        let said = self
            .choice
            .map_or(CategorySet::EMPTY, |choice| choice.denied);
        self.judgement.perhaps_denied(&self.policy) | said
    }

    /// Adds the denials that the choice does not mention: a denial outlives a choice about
    /// something else.
    fn with_denials(&self, choice: Choice) -> Choice {
        let ended = match choice.whole {
            true => self.policy.services(),
            false => CategorySet::EMPTY,
        };
        let unanswered = self.denied() - choice.answered() - ended;
        let granted = match self.policy.is_for_minors() {
            true => choice.granted & self.policy.necessary(),
            false => choice.granted,
        };
        Choice {
            granted,
            denied: choice.denied | unanswered,
            regime: match choice.regime {
                RegimeNumber::OWN | RegimeNumber::UNKNOWN => self.policy.own_regime(),
                known => known,
            },
            ..choice
        }
    }

    fn new_choice(&self) -> Choice {
        let choice = Choice::at(self.asked.now)
            .with_revision(self.policy.revision())
            .with_gpc(self.asked.signals.has(Signals::GPC));
        Choice {
            regime: self.policy.own_regime(),
            ..choice
        }
    }
}
