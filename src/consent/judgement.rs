//! The result of an evaluation: what is allowed, and why the rest is not.

use crate::policy::{CategorySet, CookiePolicy};

/// The status of the choice for all categories at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Undecided,
    /// Undecided, and cross-site: the preferences may only be lacking.
    CrossSite,
    Unreadable,
    Decided,
    /// Decided, but a signal overrides every grant that was not made with it.
    Overridden,
    Expired,
}

impl Standing {
    pub(super) const fn is_in_force(self) -> bool {
        matches!(self, Self::Decided | Self::Overridden)
    }

    /// There is no choice, or none that can be read.
    pub(crate) const fn is_undecided(self) -> bool {
        matches!(self, Self::Undecided | Self::CrossSite | Self::Unreadable)
    }
}

/// The allowed categories, and why the others are not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub(crate) allowed: CategorySet,
    pub(crate) denied: CategorySet,
    pub(crate) standing: Standing,
}

impl Judgement {
    /// Returns what is denied, or may be: unreadable or possibly missing preferences may object to
    /// an exempt or opt-out category.
    pub(crate) fn perhaps_denied(self, policy: &CookiePolicy) -> CategorySet {
        match self.standing {
            Standing::Unreadable | Standing::CrossSite => self.denied | policy.objectable(),
            _ => self.denied,
        }
    }

    /// Restricts it to what `other` allows too.
    pub(crate) fn narrowed_by(self, other: Self) -> Self {
        Self {
            allowed: self.allowed & other.allowed,
            ..self
        }
    }
}
