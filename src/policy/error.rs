//! What comes of a policy that cannot be.

use std::fmt;

use super::PolicyProblem;

/// A policy that cannot be: every problem of it in one go.
///
/// `Display` writes a line for each problem, with the offending value and the mend.
///
/// ```
/// use tower_cookie_consent::{Category, CookieDeclaration, CookiePolicy, PolicyProblem};
///
/// let error = CookiePolicy::new([
///     Category::consent("ads").cookie(CookieDeclaration::new("*")),
///     Category::consent("ads").cookie(CookieDeclaration::new("a=b")),
/// ])
/// .unwrap_err();
/// assert_eq!(error.problems().len(), 3);
/// let duplicate = |problem: &PolicyProblem| matches!(problem, PolicyProblem::DuplicateId { .. });
/// assert!(error.problems().iter().any(duplicate));
/// println!("{error}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError(Vec<PolicyProblem>);

impl PolicyError {
    /// `None` where there is no problem.
    pub(super) fn of(problems: Vec<PolicyProblem>) -> Option<Self> {
        (!problems.is_empty()).then_some(Self(problems))
    }

    /// The problems, in the order in which the policy declares what they are about; at least one.
    /// See [the example](Self).
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
    use super::*;

    #[test]
    fn writes_a_line_for_each_problem() {
        let error = PolicyError::of(vec![
            PolicyProblem::NoCategory,
            PolicyProblem::NameCharacter {
                category: "a".into(),
                name: "b\nc".into(),
                character: '\n',
            },
            PolicyProblem::IdCharacter {
                category: "é".into(),
                character: 'é',
            },
        ])
        .unwrap();
        let text = error.to_string();
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(
            text.contains(r#"cookie "b\nc" of category "a": '\n' (U+000A) cannot"#),
            "{text}"
        );
        assert!(text.contains("'é' (U+00E9)"), "{text}");
        assert_eq!(PolicyError::of(Vec::new()), None);
    }
}
