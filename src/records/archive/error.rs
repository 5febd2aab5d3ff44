use std::io;

use super::KeyError;
use crate::records::StoreError;

/// The error of an [`Archive`](super::Archive), as a sentence that names the fix where there is one.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ArchiveError {
    message: String,
}

impl ArchiveError {
    /// Creates the error of a [`Witness`](super::Witness) of the site's own, with nothing of a record.
    ///
    /// ```
    /// use tower_cookie_consent::records::ArchiveError;
    ///
    /// let error = ArchiveError::new("the timestamping authority does not answer");
    /// assert_eq!(error.to_string(), "the timestamping authority does not answer");
    /// ```
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }
}

impl From<StoreError> for ArchiveError {
    fn from(error: StoreError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<KeyError> for ArchiveError {
    fn from(error: KeyError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<io::Error> for ArchiveError {
    fn from(error: io::Error) -> Self {
        Self::new(format!("can't write: {error}"))
    }
}
