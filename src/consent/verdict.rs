use std::fmt;

use crate::preferences::Fault;

/// The decision about one cookie under one consent.
///
/// ```
/// use tower_cookie_consent::{Category, Consent, CookieDeclaration, CookiePolicy, Verdict, Withheld};
///
/// let policy = CookiePolicy::new([
///     Category::necessary("base").cookie(CookieDeclaration::new("sessionid")),
///     Category::consent("ads").cookie(CookieDeclaration::new("_ga")),
/// ])?;
/// let consent = Consent::undecided(policy);
/// assert!(consent.verdict("sessionid").is_allowed());
/// assert_eq!(consent.verdict("_ga"), Verdict::Withheld(Withheld::Undecided));
/// assert_eq!(Withheld::Undecided.as_str(), "the visitor has not chosen yet");
/// assert_eq!(consent.verdict("id"), Verdict::Withheld(Withheld::Undeclared));
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The cookie passes, byte for byte.
    Allowed,
    /// The cookie is stripped from the response and hidden from the service, for this reason.
    Withheld(Withheld),
}

impl Verdict {
    /// Returns `true` if the cookie passes.
    #[must_use]
    pub const fn is_allowed(self) -> bool {
        matches!(self, Self::Allowed)
    }
}

/// The reason why a cookie is withheld.
///
/// ```
/// use tower_cookie_consent::Withheld;
///
/// assert_eq!(Withheld::Undecided.as_str(), "the visitor has not chosen yet");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Withheld {
    /// No category of the policy declares the name.
    Undeclared,
    /// Browsers read the name differently.
    Unclassifiable,
    /// The visitor has not chosen yet.
    Undecided,
    /// The visitor denied the category, or objected to an exempt one.
    Denied,
    /// The visitor's choice is older than the policy's choice lifetime.
    Expired,
    /// The choice does not cover the category, or was made before the category changed.
    Pending,
    /// The request's preferences can't be read. For a preferences cookie set by a response: its codec
    /// can't read the value, which could be anything.
    Unreadable,
    /// A preferences cookie set by a response contains members that the policy does not
    /// [keep](crate::preferences::PreferencesCookie::keep) and that could identify the visitor.
    UnknownMembers,
    /// The browser sends `Sec-GPC: 1` or another [`Signal`](crate::layer::Signal), and consent was not given
    /// with it.
    Signal,
    /// The request comes from another site without preferences, perhaps only because of `SameSite`.
    /// Does not apply to top-level GET navigations.
    CrossSite,
    /// The request already carries this exempt cookie or another of its pattern, or would not carry it:
    /// a later visit must not prolong it.
    Prolonging,
    /// The exempt cookie would live longer than 13 months, and its lifetime can't be shortened in a way
    /// that all browsers understand.
    TooLong,
    /// Shared caches may store the response and would give the cookie to visitors who have not
    /// consented (see
    /// [`withhold_from_shared_caches`](crate::CookieConsentLayer::withhold_from_shared_caches)).
    SharedCache,
    /// The preferences cookie set by a response grants something, and no record of it is durable. Where
    /// records are kept, such a choice does not leave the service.
    Unrecorded,
}

impl Withheld {
    /// Returns the reason as a short clause for logs and explanations.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Undeclared => "the policy does not declare it",
            Self::Unclassifiable => "browsers read its name differently",
            Self::Undecided => "the visitor has not chosen yet",
            Self::Denied => "the visitor denied its category",
            Self::Expired => "the visitor's choice is too old",
            Self::Pending => "the visitor's choice does not cover its category as it is now",
            Self::Unreadable => "the preferences cookie can't be read",
            Self::UnknownMembers => "it contains members that the policy does not keep",
            Self::Signal => {
                "the browser sends Sec-GPC or another refusal, and consent was not given with it"
            }
            Self::CrossSite => "the request is cross-site and has no preferences",
            Self::Prolonging => "a later visit must not prolong an exempt cookie",
            Self::TooLong => "an exempt cookie may live for at most 13 months",
            Self::SharedCache => "shared caches may store the response",
            Self::Unrecorded => "no record of the grant is durable",
        }
    }
}

impl From<Fault> for Withheld {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unreadable => Self::Unreadable,
            Fault::UnknownMembers => Self::UnknownMembers,
        }
    }
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
