//! The values of one header name, and what `http` lacks to change some of them.

use std::mem;

use http::{
    HeaderMap, HeaderValue,
    header::{Entry, HeaderName, OccupiedEntry},
};
use smallvec::SmallVec;

/// The values of one header name, in order.
pub(super) fn fields<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = &'a [u8]> {
    headers.get_all(name).into_iter().map(HeaderValue::as_bytes)
}

/// The values of one header name, to be changed. Where the map is so full that they can't be, which
/// is beyond what servers read, they go.
pub(super) fn occupied<'a>(
    headers: &'a mut HeaderMap,
    name: &HeaderName,
) -> Option<OccupiedEntry<'a, HeaderValue>> {
    if headers.try_entry(name).is_err() {
        headers.remove(name);
        return None;
    }
    match headers.try_entry(name) {
        Ok(Entry::Occupied(entry)) => Some(entry),
        _ => None,
    }
}

/// Stands in place of a value until [`drop_empty`] is called.
pub(super) const GONE: HeaderValue = HeaderValue::from_static("");

/// Drops the empty values of the entry; the others keep their order.
///
/// `OccupiedEntry` can't drop a single value, and its `insert_mult` panics from three values on in
/// every http 1.x so far: so they are taken out, and the full ones put back.
pub(super) fn drop_empty(mut entry: OccupiedEntry<'_, HeaderValue>) {
    let is_full = |value: &&mut HeaderValue| !value.is_empty();
    let mut full: SmallVec<[HeaderValue; 8]> =
        SmallVec::with_capacity(entry.iter_mut().filter(is_full).count());
    for value in entry.iter_mut().filter(is_full) {
        full.push(mem::replace(value, GONE));
    }
    let mut full = full.into_iter();
    let Some(first) = full.next() else {
        entry.remove();
        return;
    };
    entry.insert(first);
    for value in full {
        entry.append(value);
    }
}
