//! One warning about a valid policy.

use std::fmt;

use serde::Serialize;

use crate::policy::check::{place_of, place_of_cookie, place_of_service};

/// A warning about a valid policy, from [`CookiePolicy::lint`]: the place, the fault, the reason,
/// and the fix.
///
/// `Display` writes all of it on one line. The wording may change between releases; match on
/// [`kind`](Self::kind). It is engineering guidance, not legal advice.
///
/// ```
/// use tower_cookie_consent::{Category, CookiePolicy, policy::LintWarningKind};
///
/// let policy = CookiePolicy::new([Category::consent("ads")])?;
/// let warning = &policy.lint()[0];
/// assert_eq!(warning.kind(), LintWarningKind::NoTitle);
/// assert_eq!(warning.place(), r#"category "ads""#);
/// assert!(warning.to_string().contains("add a title"));
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
///
/// [`CookiePolicy::lint`]: crate::CookiePolicy::lint
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LintWarning {
    #[serde(rename = "warning")]
    pub(super) kind: LintWarningKind,
    /// Empty for the policy as a whole.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) category: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) service: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cookie: Option<String>,
    pub(super) message: String,
}

/// The kinds of [`LintWarning`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LintWarningKind {
    /// A necessary cookie has no reason.
    NoReason,
    /// A tracker is declared under a basis that does not ask visitors: a known one, or one by its own purpose or provider.
    Tracker,
    /// No browser is known to store this header: its name may be misspelt.
    UnknownHeader,
    /// A category is named after the origin of its cookies, not their purpose.
    OriginCategory,
    /// The revision was raised, and nothing has it as its `since`, so that nobody is asked again.
    RevisionWithoutSince,
    /// Browsers accept no cookie for this domain: it is a public suffix (known with the feature
    /// `documents`), or has one label, as `localhost` has.
    PublicSuffix,
    /// A category has no title.
    NoTitle,
    /// A declaration has no purpose.
    NoPurpose,
    /// A declaration has no provider.
    NoProvider,
    /// A declaration has no retention.
    NoRetention,
    /// A cookie is shared by the hosts of a domain, but the choice counts for one host only.
    HostOnlyChoice,
    /// A cookie is kept for longer than 13 months.
    LongRetention,
    /// A consent category has cookies of other sites, but no service that loads them.
    ThirdPartyWithoutService,
    /// Two services load from one origin.
    SharedOrigin,
    /// A pattern of origins also covers those of another service.
    WideOrigin,
    /// The catalogue knows a service for another purpose than that of its category.
    ServiceCategory,
    /// A category is exempt without declaring under which conditions, and regimes need to know them.
    NoExemption,
    /// A text lacks languages that other texts of the policy have.
    MissingTranslation,
    /// A text is empty, or has nothing that is shown.
    EmptyText,
    /// A title, a description or a purpose is only the id.
    IdAsText,
    /// Two categories have the same title or description, or a description only repeats the title.
    RepeatedText,
    /// A text is still to be written, such as `TODO`.
    PlaceholderText,
    /// An address that pages link to is not safe: another scheme than `https`, a user name, invisible characters, a
    /// host that visitors can't reach or that looks like another.
    UnsafeLink,
    /// A title joins several purposes.
    SeveralPurposes,
    /// A title calls necessary what visitors may do without, or such a purpose is that of a necessary category.
    NecessaryLabel,
    /// A text presses visitors to agree.
    Pressure,
    /// A purpose says another time than the retention, or the retention is 0 days.
    RetentionMismatch,
    /// A category has well-known cookies for advertising and for statistics.
    MixedCookies,
}

impl LintWarning {
    /// Returns the kind of warning.
    #[must_use]
    pub fn kind(&self) -> LintWarningKind {
        self.kind
    }

    /// Returns the part of the policy that it is about, such as `category "ads"`.
    #[must_use]
    pub fn place(&self) -> String {
        if self.category.is_empty() {
            return "the policy".to_owned();
        }
        match (&self.service, &self.cookie) {
            (Some(service), _) => place_of_service(&self.category, service),
            (None, Some(cookie)) => place_of_cookie(&self.category, cookie),
            (None, None) => place_of(&self.category),
        }
    }
}

impl fmt::Display for LintWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), self.message)
    }
}
