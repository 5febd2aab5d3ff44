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
    pub(in crate::records) const fn new(message: String) -> Self {
        Self { message }
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
