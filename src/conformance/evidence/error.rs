//! The error of a pack that can't be made.

/// The error of a pack that can't be made, signed or written, with the fix. It contains no cookie value.
///
/// ```
/// use tower_cookie_consent::{
///     Category, CookiePolicy, conformance::{Evidence, EvidenceError}, records::Instant,
/// };
///
/// let policy = CookiePolicy::new([Category::necessary("base")])?;
/// let pack = Evidence::new(policy, Instant::from_unix_seconds(1_795_435_200))
///     .file("../notes.txt", "Notes.", "…")
///     .build();
/// let error: EvidenceError = pack.unwrap_err();
/// assert!(error.to_string().starts_with("invalid path \"../notes.txt\": "));
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EvidenceError(String);

impl EvidenceError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}
