//! The values of one header name, with changes that `http` does not offer.

use std::mem;

use http::{
    HeaderMap, HeaderValue,
    header::{Entry, HeaderName, OccupiedEntry, SET_COOKIE},
};
use smallvec::SmallVec;

/// The number of headers that are examined without an allocation, which takes 8 KiB of the stack;
/// browsers accept far fewer from one response.
pub(crate) const MOST_IN_PLACE: usize = 512;

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

/// The changes to the `Set-Cookie` headers of a response.
#[derive(Default)]
pub(crate) struct Changes {
    /// For each header, in order.
    all: SmallVec<[Change; MOST_IN_PLACE]>,
    /// The replacements of headers that are replaced.
    instead: Vec<HeaderValue>,
    dropped: usize,
}

#[derive(Clone, Copy, Debug)]
enum Change {
    Keep,
    Drop,
    Replace,
}

impl Changes {
    #[inline]
    pub(crate) fn keep(&mut self) {
        self.all.push(Change::Keep);
    }

    #[inline]
    pub(crate) fn drop(&mut self) {
        self.dropped += 1;
        self.all.push(Change::Drop);
    }

    /// Without a replacement, the header is removed.
    pub(crate) fn replace(&mut self, instead: Option<HeaderValue>) {
        let Some(instead) = instead else {
            return self.drop();
        };
        self.instead.push(instead);
        self.all.push(Change::Replace);
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) const fn are_any(&self) -> bool {
        self.dropped > 0 || !self.instead.is_empty()
    }

    /// Applies the changes. Kept headers stay byte for byte, in order.
    pub(crate) fn apply(&mut self, headers: &mut HeaderMap) {
        let kept = self.all.len() - self.dropped;
        let mut all = self.all.iter();
        let mut instead = self.instead.drain(..);
        change(headers, &SET_COOKIE, |entry| {
            retain(entry, kept, |field| match all.next() {
                Some(Change::Keep) => true,
                Some(Change::Replace) => instead.next().map(|new| *field = new).is_some(),
                Some(Change::Drop) | None => false,
            });
        });
    }
}
