//! The values of one header name, and what `http` lacks to change some of them.

use http::{
    HeaderMap, HeaderValue,
    header::{Entry, HeaderName, OccupiedEntry},
};

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

/// Makes `values` the only ones of the entry, in order. (`OccupiedEntry` can't drop a single
/// value, and its `insert_mult` panics from three values on in every http 1.x so far.)
pub(super) fn put_back(mut entry: OccupiedEntry<'_, HeaderValue>, values: Vec<HeaderValue>) {
    let mut values = values.into_iter();
    let Some(first) = values.next() else {
        entry.remove_entry_mult();
        return;
    };
    entry.insert(first);
    for value in values {
        entry.append(value);
    }
}
