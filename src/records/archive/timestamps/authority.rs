use std::{fmt, pin::Pin};

use super::{certificates::TimestampCertificates, request::Request};
use crate::records::{ArchiveError, Witness, WitnessFuture};

type Transport = dyn Fn(Vec<u8>) -> Exchange + Send + Sync;
type Exchange = Pin<Box<dyn Future<Output = Result<Vec<u8>, ArchiveError>> + Send>>;

/// A timestamping authority (RFC 3161) as the [`Witness`] of checkpoints. The requests go out by a function of
/// the site's own, so that it needs no HTTP client but yours.
///
/// ```
/// use tower_cookie_consent::records::{
///     Archive, ArchiveError, TimestampAuthority, TimestampCertificates,
/// };
///
/// /// Posts a request with `Content-Type: application/timestamp-query`, and returns the body of the response.
/// async fn post(request: Vec<u8>) -> Result<Vec<u8>, ArchiveError> {
///     # let _ = request;
///     Err(ArchiveError::new("the guide has one with hyper"))
/// }
///
/// # async fn attest(archive: Archive, pem: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let authority = TimestampAuthority::new(TimestampCertificates::from_pem(pem)?, post);
/// // After each checkpoint.
/// let checkpoint = archive.witness(&authority).await?;
/// # Ok(())
/// # }
/// ```
pub struct TimestampAuthority {
    certificates: TimestampCertificates,
    transport: Box<Transport>,
}

impl TimestampAuthority {
    /// Creates one whose timestamps have to be signed as these certificates say. `transport` gets a
    /// `TimeStampReq` in DER, with a new nonce, and returns the authority's `TimeStampResp` in DER; set a time limit
    /// in it, and one for the length of the response. Responses of more than 64 KiB are refused.
    pub fn new<F>(
        certificates: TimestampCertificates,
        transport: impl Fn(Vec<u8>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Vec<u8>, ArchiveError>> + Send + 'static,
    {
        Self {
            certificates,
            transport: Box::new(move |request| Box::pin(transport(request))),
        }
    }
}

impl Witness for TimestampAuthority {
    /// Asks for a timestamp, and checks it. Returns `rfc3161:` and the token in base64.
    fn attest<'a>(&'a self, checkpoint: &'a [u8]) -> WitnessFuture<'a> {
        Box::pin(async move {
            let request = Request::over(checkpoint)?;
            let response = (self.transport)(request.der()).await?;
            let token = request.token(&response)?;
            self.certificates.check(&token, checkpoint)?;
            Ok(token.witness())
        })
    }
}

impl fmt::Debug for TimestampAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimestampAuthority")
            .field("certificates", &self.certificates)
            .finish_non_exhaustive()
    }
}
