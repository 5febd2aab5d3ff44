use std::fmt;

use http::Extensions;

#[cfg(feature = "records")]
use crate::digest::Digest;
use crate::{
    consent::{AnswerState, InForce, Judgement, Shown, Standing, Surface, answers},
    policy::{CookiePolicy, regimes::AppliedRegime},
    preferences::Choice,
};

/// A new choice that a response carries to the browser, what was in force before it, and the
/// policy: all that a store of choices needs, from an
/// [`EventKind::ChoiceMade`](super::EventKind::ChoiceMade).
///
/// The choice comes from the `Set-Cookie` of the response, whoever wrote it: a handler, the pages, or
/// a proxied service. The layer reports it once for each such response, also with report-only, since
/// the browser receives it all the same. A choice that the layer withholds, because it can't be read,
/// is not reported.
///
/// ```
/// use std::sync::mpsc;
/// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy};
/// use tower_cookie_consent::observe::AnswerState;
///
/// # let policy = CookiePolicy::new([Category::consent("ads")])?;
/// let (records, _store) = mpsc::channel();
/// let layer = CookieConsentLayer::new(policy).on_choice(move |made| {
///     let ended = |(_, now, before)| (now, before) == (AnswerState::Denied, AnswerState::Granted);
///     let withdraws = made.was_decided() && made.answers().any(ended);
///     let returns = made.was_denied("ads") && !made.was_allowed("ads");
///     let regime = made.regime().map(|regime| regime.id().to_owned());
///     let place = (regime, made.surface(), made.language().map(str::to_owned));
///     let _ = records.send((made.choice().unix_seconds(), made.policy().revision(), place, withdraws || returns));
/// });
/// # let _ = layer;
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Copy)]
pub struct ChoiceMade<'a> {
    pub(super) choice: &'a Choice,
    pub(super) before: &'a Judgement,
    pub(super) policy: &'a CookiePolicy,
    pub(super) extensions: &'a Extensions,
    pub(super) request: Option<&'a Extensions>,
}

impl<'a> ChoiceMade<'a> {
    pub(crate) const fn new(
        choice: &'a Choice,
        before: &'a Judgement,
        policy: &'a CookiePolicy,
        extensions: &'a Extensions,
    ) -> Self {
        Self {
            choice,
            before,
            policy,
            extensions,
            request: None,
        }
    }

    pub(crate) const fn with_request(mut self, kept: Option<&'a Extensions>) -> Self {
        self.request = kept;
        self
    }

    /// Returns the id of each category and service that is not necessary, with its answer now and
    /// before: what was in force, so a lapsed yes is [`AnswerState::NotAsked`]. A service that was
    /// allowed with its category was granted; what needs no consent was denied or not asked.
    pub fn answers(&self) -> impl Iterator<Item = (&'a str, AnswerState, AnswerState)> + use<'a> {
        let before = InForce::shown_by(self.before, self.policy);
        answers(self.policy, InForce::of_choice(self.choice), before)
    }

    /// Returns the place of the choice: [`Surface::Handler`] if nobody said.
    #[must_use]
    pub fn surface(&self) -> Surface {
        self.shown().map_or(Surface::Handler, Shown::surface)
    }

    /// Returns the language of the texts that the visitor was shown, if anybody said.
    #[must_use]
    pub fn language(&self) -> Option<&'a str> {
        self.shown()?.get_language()
    }

    /// Returns the SHA-256 of the document that the visitor was shown, if anybody said (feature
    /// `records`).
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// let layer = CookieConsentLayer::new(policy)
    ///     .on_choice(|made| println!("shown: {:?}", made.document()));
    /// # let _ = layer;
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    #[cfg(feature = "records")]
    #[must_use]
    pub fn document(&self) -> Option<Digest> {
        Some(self.shown()?.get_document()?.digest())
    }

    /// Returns the response's extensions, in which handlers can leave what a hook needs.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy};
    /// #[derive(Clone)]
    /// struct Account(u64);
    ///
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// let layer = CookieConsentLayer::new(policy).on_choice(|made| {
    ///     if let Some(Account(number)) = made.extensions().get() {
    ///         println!("account {number} has chosen");
    ///     }
    /// });
    /// # let _ = layer;
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    #[must_use]
    pub const fn extensions(&self) -> &'a Extensions {
        self.extensions
    }

    /// Returns what the site kept of the request's extensions with
    /// [`keep_for_choices`](crate::CookieConsentLayer::keep_for_choices), which has an example.
    #[must_use]
    pub const fn request_extensions(&self) -> Option<&'a Extensions> {
        self.request
    }

    fn shown(&self) -> Option<&'a Shown> {
        self.extensions.get()
    }

    /// Returns the new choice, as it was written.
    #[must_use]
    pub const fn choice(&self) -> &'a Choice {
        self.choice
    }

    /// Returns the policy that the choice was judged under.
    #[must_use]
    pub const fn policy(&self) -> &'a CookiePolicy {
        self.policy
    }

    /// Returns the regime that the visitor falls under, if the layer knows one.
    #[must_use]
    pub fn regime(&self) -> Option<&'a AppliedRegime> {
        self.policy.regime()
    }

    /// Returns `true` if the category `id` was allowed before. `false` for an unknown id.
    #[must_use]
    pub fn was_allowed(&self, id: &str) -> bool {
        let index = self.policy.index_of(id.as_bytes());
        index.is_some_and(|index| self.before.allowed.contains(index))
    }

    /// Returns `true` if the visitor had denied the category `id` before. `false` for an unknown id.
    #[must_use]
    pub fn was_denied(&self, id: &str) -> bool {
        let index = self.policy.index_of(id.as_bytes());
        index.is_some_and(|index| self.before.denied.contains(index))
    }

    /// Returns `true` if the choice opts the visitor out of something that is opt-out in their regime, and
    /// that they had not opted out of before: on a page, with a handler, or by their browser's signal.
    /// [`on_opt_out`](crate::CookieConsentLayer::on_opt_out) has the example.
    #[must_use]
    pub fn opts_out(&self) -> bool {
        let denied = self.choice.denied - self.before.denied;
        !(denied & self.policy.opt_out()).is_empty()
    }

    /// Returns `true` if a choice was in force before: this one changes it.
    #[must_use]
    pub const fn was_decided(&self) -> bool {
        matches!(
            self.before.standing,
            Standing::Decided | Standing::Overridden
        )
    }
}

/// Without the policy, which is long.
impl fmt::Debug for ChoiceMade<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChoiceMade")
            .field("choice", &self.choice)
            .field("was_decided", &self.was_decided())
            .finish_non_exhaustive()
    }
}
