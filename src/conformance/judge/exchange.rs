use http::{
    HeaderMap, HeaderValue, Method, StatusCode, Uri,
    header::{DATE, SET_COOKIE},
};

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

/// Leaves out the empty quotation marks in removals, as those of Django's `delete_cookie`: nobody reads the value of a
/// cookie that is removed, and without them, it is plain that every browser removes it.
pub(in crate::conformance) fn unquote_removals(headers: &mut HeaderMap, now: u64) {
    let fields = headers.iter_mut().filter(|(name, _)| *name == SET_COOKIE);
    for (_, field) in fields {
        let bytes = field.as_bytes();
        let value = bytes
            .iter()
            .position(|byte| *byte == b'=')
            .unwrap_or_default()
            + 1;
        let Some((name, rest)) = bytes.split_at_checked(value) else {
            continue;
        };
        let Some(rest) = rest
            .strip_prefix(b"\"\"")
            .filter(|rest| rest.starts_with(b";"))
        else {
            continue;
        };
        let plain = [name, rest].concat();
        let removes =
            wire::classify_removal(&plain, || now, || wire::server_date(std::iter::empty()));
        if let Ok(plain) = HeaderValue::from_bytes(&plain)
            && removes == Removal::Certain
        {
            *field = plain;
        }
    }
}

/// Determines whether browsers treat the header as a removal.
pub(in crate::conformance) fn removal(exchange: &PlayedExchange<'_>, field: &[u8]) -> Removal {
    let dates = exchange.received.get_all(DATE).iter();
    let served = wire::server_date(dates.map(HeaderValue::as_bytes));
    wire::classify_removal(field, || exchange.now, || served)
}
