use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header::DATE};

use crate::wire::{self, Removal};

/// A request and its response, without bodies.
#[derive(Debug)]
pub(in crate::conformance) struct PlayedExchange<'a> {
    pub(in crate::conformance) method: &'a Method,
    pub(in crate::conformance) uri: &'a Uri,
    pub(in crate::conformance) sent: &'a HeaderMap,
    pub(in crate::conformance) status: StatusCode,
    pub(in crate::conformance) received: &'a HeaderMap,
    /// Seconds since 1970.
    pub(in crate::conformance) now: u64,
}

/// Determines whether browsers treat the header as a removal.
pub(in crate::conformance) fn removal(exchange: &PlayedExchange<'_>, field: &[u8]) -> Removal {
    let dates = exchange.received.get_all(DATE).iter();
    let served = wire::server_date(dates.map(HeaderValue::as_bytes));
    wire::classify_removal(field, || exchange.now, || served)
}
