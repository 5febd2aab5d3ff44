//! The errors of hosts and of sources.

#[cfg(feature = "reload")]
use std::{fmt, path::Path};

/// A host that can't have a policy of its own in
/// [`HostPolicies`](crate::layer::HostPolicies). The message says what to write instead.
///
/// ```
/// use tower_cookie_consent::{Category, CookiePolicy, layer::HostPolicies};
///
/// let policy = CookiePolicy::new([Category::consent("ads")])?;
/// let error = HostPolicies::new(policy.clone()).host("example.org:8080", policy).unwrap_err();
/// assert!(error.to_string().contains("without a port"));
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid host {host:?}: {help}")]
pub struct InvalidHost {
    host: String,
    help: &'static str,
}

impl InvalidHost {
    pub(super) fn new(host: &str, help: &'static str) -> Self {
        Self {
            host: host.to_owned(),
            help,
        }
    }
}

/// Policies that can't be read from a file or a folder, from a
/// [`PolicySource`](crate::layer::PolicySource). The message has one line for each problem, which
/// begins with the file.
///
/// ```
/// use tower_cookie_consent::layer::PolicySource;
///
/// let error = PolicySource::file("no-such-policy.json").unwrap_err();
/// assert!(error.to_string().starts_with("no-such-policy.json: "));
/// assert_eq!(error.problems().len(), 1);
/// ```
#[cfg(feature = "reload")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicySourceError {
    problems: Vec<String>,
}

#[cfg(feature = "reload")]
impl PolicySourceError {
    pub(super) fn add(&mut self, path: &Path, problem: &str) {
        let lines = problem.lines();
        let of_file = lines.map(|line| format!("{}: {line}", path.display()));
        self.problems.extend(of_file);
    }

    #[cfg(feature = "watch")]
    pub(super) fn of(path: &Path, problem: &str) -> Self {
        let mut error = Self::default();
        error.add(path, problem);
        error
    }

    pub(super) fn is_none(&self) -> bool {
        self.problems.is_empty()
    }

    /// Returns the problems, each with its file.
    pub fn problems(&self) -> impl ExactSizeIterator<Item = &str> {
        self.problems.iter().map(String::as_str)
    }
}

#[cfg(feature = "reload")]
impl fmt::Display for PolicySourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problems.join("\n"))
    }
}

#[cfg(feature = "reload")]
impl std::error::Error for PolicySourceError {}
