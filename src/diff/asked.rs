use serde::Serialize;

use crate::consent::AnswerState;

/// The reasons why visitors are [asked again](AskedAgain).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AskCause {
    /// The new policy does not read the cookie with their choice.
    ChoiceLost,
    /// The policy's revision is lower than that of their choice.
    RevisionLowered,
    /// The category is new.
    CategoryAdded,
    /// The category did not need consent.
    Basis,
    /// Their choice is older than the category's `since`.
    Since,
    /// Their choice is older than the `since` of a service in the category.
    ServiceSince,
    /// Consent counts for a shorter time.
    LifetimeShortened,
    /// Pages may ask earlier after a refusal.
    ReaskShortened,
}

impl AskCause {
    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::ChoiceLost => "the new policy does not read the cookie with their choice",
            Self::RevisionLowered => "the revision is lower than that of their choice",
            Self::CategoryAdded => "the category is new",
            Self::Basis => "the category did not need consent",
            Self::Since => "their choice is older than its `since`",
            Self::ServiceSince => "their choice is older than the `since` of a service",
            Self::LifetimeShortened => "a choice counts for a shorter time",
            Self::ReaskShortened => "pages may ask earlier after a refusal",
        }
    }
}

/// Visitors with a choice that the old policy was content with, whom the new one asks about a category.
///
/// It is found by playing choices against both policies with the layer's own evaluation, without signals
/// such as `Sec-GPC`. Choices older than the old policy keeps them are gone. In a regime that leaves visitors
/// alone after an opt-out, those are not asked.
///
/// ```
/// use tower_cookie_consent::{
///     Category, CookiePolicy, diff::AskCause, observe::AnswerState, policy::Service,
/// };
///
/// let media = || Category::consent("media").service(Service::new("films"));
/// let old = CookiePolicy::new([media()])?;
/// let maps = Service::new("maps").since(2);
/// let new = CookiePolicy::builder().revision(2).category(media().service(maps)).build()?;
/// let diff = old.diff(&new);
/// let asked = &diff.asked_again()[0];
/// assert_eq!((asked.category(), asked.cause()), ("media", AskCause::ServiceSince));
/// // A refusal of the category covers the new service.
/// assert_eq!(asked.answers(), [AnswerState::Granted]);
/// assert!(!asked.is_everybody() && asked.service().is_none());
/// assert!(asked.revisions().is_none() && asked.older_than_days().is_none());
/// assert_eq!(asked.regimes().count(), 0, "wherever they are");
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AskedAgain {
    pub(super) category: String,
    pub(super) cause: AskCause,
    pub(super) everybody: bool,
    pub(super) answers: Vec<AnswerState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) service: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) revisions: Option<(u32, u32)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) older_than_days: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) regimes: Vec<Option<String>>,
}

impl AskedAgain {
    /// Returns the id of the category that pages ask about.
    #[must_use]
    pub fn category(&self) -> &str {
        &self.category
    }

    /// Returns the reason.
    #[must_use]
    pub const fn cause(&self) -> AskCause {
        self.cause
    }

    /// Returns `true` if it is everybody who has made a choice, within the other conditions.
    #[must_use]
    pub const fn is_everybody(&self) -> bool {
        self.everybody
    }

    /// Returns the answers for the category with which visitors are asked.
    #[must_use]
    pub fn answers(&self) -> &[AnswerState] {
        &self.answers
    }

    /// Returns the service that they must not have refused.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.service.as_deref()
    }

    /// Returns the first and the last revision of their choices. `None` is all that the old policy had.
    #[must_use]
    pub const fn revisions(&self) -> Option<(u32, u32)> {
        self.revisions
    }

    /// Returns the age in days that their choice has to be over.
    #[must_use]
    pub const fn older_than_days(&self) -> Option<u64> {
        self.older_than_days
    }

    /// Returns the ids of the regimes in which they are, with `None` for visitors in no regime. It is
    /// empty if they are asked in all of them.
    pub fn regimes(&self) -> impl ExactSizeIterator<Item = Option<&str>> {
        self.regimes.iter().map(Option::as_deref)
    }
}
