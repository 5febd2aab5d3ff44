//! The error for an invalid policy.

use std::fmt;

use super::PolicyProblem;

/// The policy is invalid. Contains all its problems at once.
///
/// `Display` writes a line for each problem, with the offending value and the fix.
///
/// ```
/// use tower_cookie_consent::{Category, CookieDeclaration, CookiePolicy, policy::PolicyProblemKind};
///
/// let error = CookiePolicy::new([
///     Category::consent("ads").cookie(CookieDeclaration::new("*")),
///     Category::consent("ads").cookie(CookieDeclaration::new("a=b")),
/// ])
/// .unwrap_err();
/// assert_eq!(error.problems().len(), 3);
/// assert!(error.problems().iter().any(|problem| problem.kind() == PolicyProblemKind::Duplicate));
/// println!("{error}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError(Vec<PolicyProblem>);

impl PolicyError {
    /// Returns `None` if there are no problems.
    pub(in crate::policy) fn of(problems: Vec<PolicyProblem>) -> Option<Self> {
        (!problems.is_empty()).then_some(Self(problems))
    }

    /// Returns the problems, at least one, in the order of the policy.
    ///
    /// ```
    /// # use tower_cookie_consent::CookiePolicy;
    /// let error = CookiePolicy::new([]).unwrap_err();
    /// assert_eq!(error.problems()[0].place(), "the policy");
    /// ```
    #[must_use]
    pub fn problems(&self) -> &[PolicyProblem] {
        &self.0
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for PolicyError {}

#[cfg(test)]
mod tests {
    use super::{super::PolicyProblemKind, *};

    #[test]
    fn writes_a_line_for_each_problem() {
        let problems = ["first", "second"]
            .map(|place| PolicyProblem::new(PolicyProblemKind::Missing, place, "has no name"));
        let error = PolicyError::of(problems.to_vec()).unwrap();
        assert_eq!(error.to_string(), "first: has no name\nsecond: has no name");
        assert_eq!(PolicyError::of(Vec::new()), None);
    }
}
