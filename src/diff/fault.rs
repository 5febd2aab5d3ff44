use serde::Serialize;

use super::place::Place;

/// The kinds of [`DiffFault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DiffFaultKind {
    /// Consent that was given to less would count for more, and nobody is asked about it.
    CountsForMore,
    /// Something that a visitor refused would be allowed.
    RefusalOverridden,
    /// Choices made under the old policy can't be read any more.
    ChoicesLost,
    /// A `since` was raised, but not above the revision of the choices made under the old policy.
    SinceTooLow,
    /// Consent that did not count any more would count again, since a `since` was lowered.
    ConsentRevived,
    /// The revision is lower than before.
    RevisionLowered,
    /// A warning: other words or recipients, whom only a reader can judge, and nobody is asked.
    MayCountForMore,
    /// A warning: visitors are asked again, and nothing that consent covers has changed.
    AskedWithoutNeed,
    /// A warning: the revision was raised, and nothing has changed.
    RevisionWithoutNeed,
    /// A warning: a category or service has another id, under which there are no answers.
    AnswersLost,
    /// A warning: another tool writes the preferences cookie, so nobody knows here whom it asks.
    NotPlayed,
}

/// Something in the newer edition that does not fit, with what to do about it.
///
/// `Display` writes it on one line. The wording may change between releases; match on
/// [`kind`](Self::kind).
///
/// ```
/// use tower_cookie_consent::{Category, CookiePolicy, diff::DiffFaultKind};
///
/// let edition = |revision| {
///     CookiePolicy::builder().revision(revision).category(Category::consent("ads")).build()
/// };
/// let diff = edition(3)?.diff(&edition(2)?);
/// let fault = &diff.faults()[0];
/// assert_eq!((fault.kind(), fault.place().as_str()), (DiffFaultKind::RevisionLowered, "the policy"));
/// assert!(fault.is_error() && fault.to_string().contains("use 3 or more"));
///
/// let diff = edition(2)?.diff(&edition(3)?);
/// assert_eq!(diff.faults()[0].kind(), DiffFaultKind::RevisionWithoutNeed);
/// assert!(!diff.faults()[0].is_error() && diff.is_ok(), "a warning");
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct DiffFault {
    #[serde(rename = "fault")]
    pub(super) kind: DiffFaultKind,
    #[serde(flatten)]
    pub(super) place: Place,
    pub(super) message: String,
}

impl DiffFault {
    pub(super) fn new(kind: DiffFaultKind, place: &Place, message: impl Into<String>) -> Self {
        Self {
            kind,
            place: place.clone(),
            message: message.into(),
        }
    }

    /// Returns the kind of fault.
    #[must_use]
    pub const fn kind(&self) -> DiffFaultKind {
        self.kind
    }

    /// Returns the part of the newer policy that it is about, such as `category "ads"`.
    #[must_use]
    pub fn place(&self) -> String {
        self.place.to_string()
    }

    /// Returns `true` if it is an error, and not a warning.
    #[must_use]
    pub const fn is_error(&self) -> bool {
        match self.kind {
            DiffFaultKind::CountsForMore
            | DiffFaultKind::RefusalOverridden
            | DiffFaultKind::ChoicesLost
            | DiffFaultKind::SinceTooLow
            | DiffFaultKind::ConsentRevived
            | DiffFaultKind::RevisionLowered => true,
            DiffFaultKind::MayCountForMore
            | DiffFaultKind::AskedWithoutNeed
            | DiffFaultKind::RevisionWithoutNeed
            | DiffFaultKind::AnswersLost
            | DiffFaultKind::NotPlayed => false,
        }
    }
}
