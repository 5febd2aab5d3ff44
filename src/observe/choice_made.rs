use std::fmt;

use crate::{
    consent::{Judgement, Standing},
    policy::CookiePolicy,
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
/// use tower_cookie_consent::observe::Event;
///
/// # let policy = CookiePolicy::new([Category::consent("ads")])?;
/// let (records, _store) = mpsc::channel();
/// let layer = CookieConsentLayer::new(policy).observe(move |event: &Event<'_>| {
///     if let Some(made) = event.choice_made() {
///         let answers = made.choice().answers(made.policy());
///         let answers: Vec<_> = answers.map(|(category, yes)| (category.id().to_owned(), yes)).collect();
///         let withdrawn = made.was_decided() && made.was_allowed("ads");
///         let _ = records.send((made.choice().unix_seconds(), answers, withdrawn, made.was_denied("ads")));
///     }
/// });
/// # let _ = layer;
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Copy)]
pub struct ChoiceMade<'a> {
    pub(super) choice: &'a Choice,
    pub(super) before: &'a Judgement,
    pub(super) policy: &'a CookiePolicy,
}

impl<'a> ChoiceMade<'a> {
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
