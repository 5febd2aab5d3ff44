//! One problem of a policy.

use std::fmt;

/// One problem of a policy: the place, the offending value, and the fix.
///
/// `Display` writes all of it on one line. The wording may change between releases; match on
/// [`kind`](Self::kind).
///
/// ```
/// use tower_cookie_consent::{Category, CookieDeclaration, CookiePolicy, policy::PolicyProblemKind};
///
/// let ads = Category::consent("ads").cookie(CookieDeclaration::new("a=b"));
/// let error = CookiePolicy::new([ads]).unwrap_err();
/// let problem = &error.problems()[0];
/// assert_eq!(problem.kind(), PolicyProblemKind::InvalidName);
/// assert_eq!(problem.place(), r#"cookie "a=b" of category "ads""#);
/// assert!(problem.to_string().contains("'=' (U+003D)"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyProblem {
    kind: PolicyProblemKind,
    place: String,
    message: String,
}

/// The kinds of [`PolicyProblem`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PolicyProblemKind {
    /// A key of the JSON is not one of the policy's.
    UnknownKey,
    /// Something required is absent or empty: a category, an id, a basis, a name.
    Missing,
    /// An id, a name or a language is declared twice.
    Duplicate,
    /// There are too many of something, or it is too long.
    TooLarge,
    /// A category's id has a character that is not allowed, or is reserved.
    InvalidId,
    /// No cookie can have this name, or the pattern declares too much.
    InvalidName,
    /// A value is out of range or malformed: a language, a lifetime, a domain, a path.
    InvalidValue,
    /// Two settings contradict each other.
    Conflict,
}

impl PolicyProblem {
    pub(in crate::policy) fn new(
        kind: PolicyProblemKind,
        place: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        let (place, message) = (place.into(), message.into());
        Self {
            kind,
            place,
            message,
        }
    }

    /// Returns the kind of problem.
    #[must_use]
    pub fn kind(&self) -> PolicyProblemKind {
        self.kind
    }

    /// Returns the part of the policy that has the problem, such as `category "ads"`.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }
}

impl fmt::Display for PolicyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// A character as itself if it is printable, and otherwise as its number.
pub(super) struct Shown(pub(super) char);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} (U+{:04X})", self.0, u32::from(self.0))
    }
}
