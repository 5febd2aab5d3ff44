//! The reasons why a document ends before its end.

/// The reason why a document ends before its end. Nothing of the rest is sent.
///
/// ```
/// use tower_cookie_consent::documents::Stopped;
///
/// assert!(Stopped::Memory.to_string().contains("memory"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Stopped {
    /// A tag or an attribute of it is too long.
    #[error("the document needs more memory than it may have")]
    Memory,
    /// A parser without a tree can't say how browsers read the markup.
    #[error("the markup can be read in two ways")]
    Ambiguous,
    /// The content coding is wrong, or its stream is cut off.
    #[error("the content coding is not the one that the header names")]
    Coding,
    /// A byte order mark says UTF-16, or the document names such a charset.
    #[error("the document's charset is not compatible with ASCII")]
    Charset,
    /// Documents of which each replaces the one before (`multipart/x-mixed-replace`).
    #[error("the response is a series of documents")]
    Series,
}

/// The error with which a [`GateBody`](super::GateBody) ends.
///
/// ```
/// use tower_cookie_consent::documents::GateError;
///
/// fn is_ours<E>(error: &GateError<E>) -> bool {
///     matches!(error, GateError::Stopped(_))
/// }
/// # let _ = is_ours::<std::io::Error>;
/// ```
#[derive(Debug, thiserror::Error)]
pub enum GateError<E> {
    /// The error of the inner body.
    #[error(transparent)]
    Inner(E),
    /// The gate could not go on, and sends nothing that it has not judged.
    #[error("the document ends here: {0}")]
    Stopped(Stopped),
}
