#[cfg(feature = "records")]
use std::sync::Arc;

#[cfg(feature = "records")]
use bytes::Bytes;
use http::HeaderValue;
#[cfg(feature = "records")]
use http::Response;

use super::Choice;
#[cfg(feature = "records")]
use super::{Consent, Rejected};

/// The records of one site: another number for each in the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "records"),
    allow(dead_code, reason = "nothing records without the feature")
)]
pub(crate) struct RecordsId(u64);

#[cfg(feature = "records")]
impl RecordsId {
    /// Returns the next one.
    pub(crate) fn next() -> Self {
        use std::sync::atomic::{AtomicU64, Ordering};

        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Left in the extensions of a response by the layer that records: this choice is durable, in these records.
/// Nothing on the wire could be trusted for this.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recorded(pub(crate) Choice, pub(crate) RecordsId);

/// Left in the extensions of a response by the layer that records: the `Set-Cookie` of the visitor's
/// receipt, which is necessary.
#[derive(Clone, Debug)]
pub(crate) struct Receipt(pub(crate) HeaderValue);

/// Left in the extensions of a response by the pages: their answer if the grant can't be recorded, with
/// the reason and the consent that is left.
#[cfg(feature = "records")]
#[derive(Clone)]
pub(crate) struct IfNotRecorded(pub(crate) Arc<NotRecordedAnswer>);

/// Left in the extensions of a response by the pages: how a response links the receipt of the choice that it
/// makes, by its id, once that is recorded.
#[cfg(all(feature = "pages", feature = "records"))]
#[derive(Clone)]
pub(crate) struct IfRecorded(pub(crate) Arc<ReceiptLink>);

#[cfg(all(feature = "pages", feature = "records"))]
pub(crate) type ReceiptLink = dyn Fn(&str, &mut http::HeaderMap) + Send + Sync;

#[cfg(feature = "records")]
pub(crate) type NotRecordedAnswer = dyn Fn(Rejected, &Consent) -> Response<Bytes> + Send + Sync;

/// The refusal that the request's signal makes, for the layer that records: it sends it, and records it.
#[derive(Clone)]
#[cfg_attr(
    not(feature = "records"),
    allow(dead_code, reason = "nothing records without the feature")
)]
pub(crate) struct SignalledChoice(pub(crate) Box<super::SetChoice>);
