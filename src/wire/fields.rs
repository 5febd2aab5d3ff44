//! The values of one header name, with changes that `http` does not offer.

use std::mem;

use http::{
    HeaderMap, HeaderValue,
    header::{Entry, HeaderName, OccupiedEntry},
};
use smallvec::SmallVec;

/// Returns the values of one header name, in order.
pub(crate) fn fields<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = &'a [u8]> {
    headers.get_all(name).into_iter().map(HeaderValue::as_bytes)
}

/// Changes the values of one header name. If the map is too full for that, which is more than
/// servers accept, the values are removed.
pub(crate) fn change(
    headers: &mut HeaderMap,
    name: &HeaderName,
    change: impl FnOnce(OccupiedEntry<'_, HeaderValue>),
) {
    match headers.try_entry(name) {
        Ok(Entry::Occupied(entry)) => change(entry),
        Ok(Entry::Vacant(_)) => {}
        Err(_) => {
            headers.remove(name);
        }
    }
}

/// Marks a value that was taken out.
pub(crate) const GONE: HeaderValue = HeaderValue::from_static("");

/// Removes values of the entry that are not to be kept; the others, at most `most`, keep their
/// order.
///
/// `OccupiedEntry` can't remove a single value, and in every http 1.x so far its `insert_mult`
/// panics from three values on. So the values to keep are taken out and put back.
pub(crate) fn retain(
    mut entry: OccupiedEntry<'_, HeaderValue>,
    most: usize,
    mut keep: impl FnMut(&mut HeaderValue) -> bool,
) {
    let mut kept: SmallVec<[HeaderValue; 8]> = SmallVec::new();
    kept.reserve_exact(most);
    for value in entry.iter_mut() {
        if keep(value) {
            kept.push(mem::replace(value, GONE));
        }
    }
    let mut kept = kept.drain(..);
    let Some(first) = kept.next() else {
        entry.remove();
        return;
    };
    entry.insert(first);
    for value in kept {
        entry.append(value);
    }
}
