use crate::records::ArchiveError;

/// The error of a timestamp that does not count, as a sentence that names the reason.
///
/// ```
/// use tower_cookie_consent::records::{TimestampCertificates, TimestampErrorKind};
///
/// let error = TimestampCertificates::from_pem("not a certificate").unwrap_err();
/// assert_eq!(error.kind(), TimestampErrorKind::Certificates);
/// assert!(error.to_string().starts_with("no certificate: "));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TimestampError {
    kind: TimestampErrorKind,
    message: String,
}

/// The reasons of a [`TimestampError`].
///
/// ```
/// use tower_cookie_consent::records::{TimestampCertificates, TimestampErrorKind};
///
/// # fn check(certificates: &TimestampCertificates, checkpoint: &[u8], witness: &str) {
/// if let Err(error) = certificates.verify(checkpoint, witness)
///     && error.kind() == TimestampErrorKind::Untrusted
/// {
///     eprintln!("name the authority's own certificate, or that of its CA: {error}");
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimestampErrorKind {
    /// The certificates to trust can't be read.
    Certificates,
    /// It is not DER as RFC 3161 describes it, or longer than 64 KiB.
    Unreadable,
    /// The authority refused the request.
    Rejected,
    /// The timestamp is of other bytes.
    OtherBytes,
    /// It answers another request.
    OtherNonce,
    /// What is signed is not the content beside it.
    Changed,
    /// The signature does not fit the signer's certificate.
    Signature,
    /// The signer's certificate is missing, or not the one that the signature names.
    Signer,
    /// The signer's certificate is not one for timestamps alone.
    Purpose,
    /// A certificate was not valid at the time of the timestamp.
    Expired,
    /// No trusted certificate vouches for the signer's.
    Untrusted,
    /// A hash or signature algorithm is too weak, or not known here.
    Algorithm,
}

impl TimestampError {
    pub(super) fn new(kind: TimestampErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, message }
    }

    /// Returns the reason, as at [`TimestampErrorKind`].
    #[must_use]
    pub const fn kind(&self) -> TimestampErrorKind {
        self.kind
    }
}

impl From<TimestampError> for ArchiveError {
    fn from(error: TimestampError) -> Self {
        Self::new(error.message)
    }
}

/// Adds to an error what could not be read.
pub(super) fn unreadable(what: &str) -> impl Fn(der::Error) -> TimestampError {
    move |error| {
        let message = format!("{what} is not DER of RFC 3161: {}", error.kind());
        TimestampError::new(TimestampErrorKind::Unreadable, message)
    }
}
