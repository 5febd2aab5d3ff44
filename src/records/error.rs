use std::pin::Pin;

/// The error of a [`RecordStore`](super::RecordStore), as a sentence that names the fix where there is
/// one. It contains nothing of a record.
///
/// ```
/// use tower_cookie_consent::records::StoreError;
///
/// let error = StoreError::permanent("the schema is newer than this crate: update it");
/// assert!(!error.is_temporary());
/// assert!(StoreError::temporary("the connection was closed").is_temporary());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StoreError {
    message: String,
    is_temporary: bool,
    is_full: bool,
    is_broken: bool,
}

impl StoreError {
    /// Creates the error of a store that may be back in a moment: it is asked again.
    #[must_use]
    pub fn temporary(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_temporary: true,
            is_full: false,
            is_broken: false,
        }
    }

    /// Creates the error of a store that needs somebody to act.
    #[must_use]
    pub fn permanent(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_temporary: false,
            is_full: false,
            is_broken: false,
        }
    }

    /// The error of a store that needs somebody to act, whatever entries it is given.
    #[allow(dead_code, reason = "for the stores of this crate")]
    pub(crate) fn broken(message: impl Into<String>) -> Self {
        Self {
            is_broken: true,
            ..Self::permanent(message)
        }
    }

    /// Returns `true` if the entries are not to blame.
    pub(crate) const fn is_of_entries(&self) -> bool {
        !self.is_temporary && !self.is_broken
    }

    /// The error of a spool whose bound is reached.
    pub(crate) fn full(message: impl Into<String>) -> Self {
        Self {
            is_full: true,
            ..Self::temporary(message)
        }
    }

    /// Returns `true` if the bound of the spool is reached.
    #[allow(dead_code, reason = "for the writer")]
    pub(crate) const fn is_full(&self) -> bool {
        self.is_full
    }

    /// Returns `true` if the store may be back in a moment.
    #[must_use]
    pub const fn is_temporary(&self) -> bool {
        self.is_temporary
    }
}

/// The future of a store, as [`RecordStore`](crate::records::RecordStore) returns it.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;
