//! Mistakes of the site that would otherwise fail in silence, collected until a layer reports them.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

/// The number of different mistakes that are collected for one policy.
const MOST: usize = 32;

/// A mistake in the way in which a site uses the crate, in an
/// [`EventKind::Mistake`](crate::observe::EventKind::Mistake). The event's `Display` output names the
/// fix.
///
/// ```
/// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy, observe::Event};
/// use tower_cookie_consent::observe::{EventKind, Mistake};
///
/// # let policy = CookiePolicy::new([Category::consent("ads")])?;
/// let layer = CookieConsentLayer::new(policy).observe(|event: &Event<'_>| match event.kind() {
///     // As soon as a test or a developer meets one:
///     EventKind::Mistake(Mistake::UnknownId) => panic!("{event}"),
///     EventKind::Mistake(mistake) => eprintln!("{}: {event}", mistake.as_str()),
///     _ => {}
/// });
/// # let _ = layer;
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mistake {
    /// The choice that a response sets has a `Domain` that its host is not within: no browser stores it.
    ChoiceDomain,
    /// The choice has `Secure`, and the page was loaded over plain HTTP from a host that is not
    /// local: no browser stores it.
    ChoiceNotSecure,
    /// The choice has more than 4,096 bytes of name and value: no browser stores it.
    ChoiceTooLarge,
    /// Two layers with the same policy are around one service: everything is judged twice.
    TwoLayers,
    /// The `RecordLayer` has other records than [`CookieConsentLayer`](crate::CookieConsentLayer): nothing that it
    /// records grants anything.
    OtherRecords,
    /// [`Consent::allows`](crate::Consent::allows) was asked about an id that the policy does not have.
    /// The event's name is that id.
    UnknownId,
    /// The pages were requested at another path than `Pages::at` names. The event's name is the path
    /// that they have.
    PagesElsewhere,
    /// Visitors read the cookie policy page, and nothing below its path has arrived. The event's name is
    /// the path.
    PagesNotNested,
}

impl Mistake {
    /// Returns the mistake in a word or two.
    ///
    /// ```
    /// assert_eq!(tower_cookie_consent::observe::Mistake::UnknownId.as_str(), "unknown_id");
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ChoiceDomain => "choice_domain",
            Self::ChoiceNotSecure => "choice_not_secure",
            Self::ChoiceTooLarge => "choice_too_large",
            Self::TwoLayers => "two_layers",
            Self::OtherRecords => "other_records",
            Self::UnknownId => "unknown_id",
            Self::PagesElsewhere => "pages_elsewhere",
            Self::PagesNotNested => "pages_not_nested",
        }
    }

    /// Returns the consequence and the fix. `name` is that of the event.
    pub(crate) fn sentence(self, name: &str) -> String {
        match self {
            Self::ChoiceDomain => {
                "no browser keeps the choice, since its Domain does not fit the host \
                 of the request: set `domain` of the preferences cookie to the host or one of its \
                 parents, or leave it out"
                    .to_owned()
            }
            Self::ChoiceNotSecure => {
                "no browser keeps the choice, since it has Secure and the page came \
                 over plain HTTP from a host that is not local: serve the site over HTTPS, or set \
                 `secure` of the preferences cookie to false for development"
                    .to_owned()
            }
            Self::ChoiceTooLarge => {
                "no browser keeps the choice, since it has more than 4,096 bytes: keep \
                 fewer members (PreferencesCookie::keep), or declare fewer or shorter ids"
                    .to_owned()
            }
            Self::TwoLayers => {
                "two layers with the same policy are around one service, so that everything \
                 is judged and reported twice: remove one of them"
                    .to_owned()
            }
            Self::OtherRecords => {
                "no choice grants anything, since RecordLayer records it in other records than those that \
                 CookieConsentLayer asks for: give the same ones, or a clone, to RecordLayer::new and \
                 CookieConsentLayer::records"
                    .to_owned()
            }
            Self::UnknownId => format!(
                "Consent::allows was asked about \"{name}\", which the policy does not have, and \
                 returned false: use the id of a category or service"
            ),
            Self::PagesElsewhere => format!(
                "the pages were requested at another path than \"{name}\", so that the links of banner and \
                 footer lead nowhere: give Pages::at the path at which the layer sees them"
            ),
            Self::PagesNotNested => format!(
                "visitors read the page at \"{name}\", and no style sheet and no form below it was ever \
                 requested: mount the pages with nest_service (axum's route_service serves one path \
                 alone), or route \"{name}/\" to them too"
            ),
        }
    }
}

/// The mistakes that handlers and pages made under one policy. A lock is taken only where there is a
/// mistake.
#[derive(Debug, Default)]
pub(crate) struct Mistakes {
    /// Some have not been reported yet.
    any: AtomicBool,
    noted: Mutex<Noted>,
}

#[derive(Debug, Default)]
struct Noted {
    all: Vec<(Mistake, String)>,
    reported: usize,
}

impl Mistakes {
    /// Notes a mistake for the next response, once.
    #[cold]
    #[inline(never)]
    pub(crate) fn note(&self, mistake: Mistake, name: &str) {
        // Another request may just be noting one; this one comes up again.
        let Ok(mut noted) = self.noted.try_lock() else {
            return;
        };
        let is_known = |(known, of): &(Mistake, String)| *known == mistake && of == name;
        if noted.all.len() < MOST && !noted.all.iter().any(is_known) {
            noted.all.push((mistake, name.to_owned()));
            self.any.store(true, Ordering::Release);
        }
    }

    #[inline]
    pub(crate) fn are_any(&self) -> bool {
        self.any.load(Ordering::Relaxed)
    }

    /// Returns those that were not returned yet.
    #[cold]
    pub(crate) fn take(&self) -> Vec<(Mistake, String)> {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        self.any.store(false, Ordering::Relaxed);
        let start = noted.reported;
        noted.reported = noted.all.len();
        noted.all.get(start..).unwrap_or_default().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mistake_is_returned_once_and_only_so_many_are() {
        let mistakes = Mistakes::default();
        assert!(!mistakes.are_any());
        for _ in 0..3 {
            mistakes.note(Mistake::UnknownId, "adds");
        }
        assert!(mistakes.are_any());
        assert_eq!(mistakes.take(), [(Mistake::UnknownId, "adds".to_owned())]);
        mistakes.note(Mistake::UnknownId, "adds");
        assert!(!mistakes.are_any() && mistakes.take().is_empty());
        for number in 0..100 {
            mistakes.note(Mistake::UnknownId, &number.to_string());
        }
        assert_eq!(mistakes.take().len(), MOST - 1);
    }
}
