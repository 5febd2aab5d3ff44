use std::fmt;

/// What becomes of one cookie under one consent.
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
/// assert_eq!(Withheld::Undecided.as_str(), "the visitor has made no choice yet");
/// assert_eq!(consent.verdict("id"), Verdict::Withheld(Withheld::Undeclared));
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It passes, byte for byte.
    Allowed,
    /// It is stripped from the response and hidden from the service, for this reason.
    Withheld(Withheld),
}

impl Verdict {
    /// Whether the cookie passes. See [the example](Self).
    #[must_use]
    pub const fn is_allowed(self) -> bool {
        matches!(self, Self::Allowed)
    }
}

/// Why a cookie is withheld. See [the example](Verdict).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Withheld {
    /// No category of the policy declares the name.
    Undeclared,
    /// The name can't be read in a way that all browsers agree on.
    Unclassifiable,
    /// The visitor has made no choice yet.
    Undecided,
    /// The visitor denied the category, or objected to an exempt one.
    Denied,
    /// The visitor's choice is older than the policy's choice lifetime.
    Expired,
    /// The choice does not answer the category, or answered it before it changed.
    Pending,
    /// The preferences that came in can't be read. Of a preferences cookie that a response sets: its
    /// codec can't read the value, which may be anything.
    Unreadable,
    /// A preferences cookie that a response sets holds something beside the choice that the policy
    /// does not [keep](crate::preferences::PreferencesCookie::keep), which may identify the visitor.
    UnknownMembers,
    /// The browser sends `Sec-GPC: 1`, and no yes was given with it.
    Signal,
    /// A request from another site without preferences, which may only lack them (`SameSite`): all but
    /// navigations of the whole page by GET.
    CrossSite,
    /// An exempt cookie that the request carries already, if by another name of its pattern, or would
    /// not carry: a later visit does not prolong it.
    Prolonging,
    /// An exempt cookie that would live longer than 13 months, in a header whose lifetime can't be
    /// cut in a way that all browsers agree on.
    TooLong,
    /// Shared caches may keep the response, and would give the cookie to visitors who have not
    /// consented (see
    /// [`withhold_from_shared_caches`](crate::CookieConsentLayer::withhold_from_shared_caches)).
    SharedCache,
}

impl Withheld {
    /// The reason as a short clause, for logs and explanations. See [the example](Verdict).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Undeclared => "the policy does not declare it",
            Self::Unclassifiable => "browsers read its name in different ways",
            Self::Undecided => "the visitor has made no choice yet",
            Self::Denied => "the visitor denied its category",
            Self::Expired => "the visitor's choice is too old",
            Self::Pending => "the visitor's choice does not cover its category as it is now",
            Self::Unreadable => "the preferences cookie can't be read",
            Self::UnknownMembers => {
                "it holds members beside the choice that the policy does not keep"
            }
            Self::Signal => "the browser sends Sec-GPC and no yes was given with it",
            Self::CrossSite => "a cross-site request came without preferences",
            Self::Prolonging => "an exempt cookie is not prolonged by a later visit",
            Self::TooLong => "an exempt cookie may live 13 months at most",
            Self::SharedCache => "shared caches may keep the response",
        }
    }
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
