use http::{HeaderMap, HeaderValue, header::SET_COOKIE};
use smallvec::SmallVec;

use super::survey::MOST_IN_PLACE;
use crate::wire::fields;

/// The changes to the `Set-Cookie` headers of a response.
#[derive(Default)]
pub(in super::super) struct Changes {
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
    pub(super) fn keep(&mut self) {
        self.all.push(Change::Keep);
    }

    #[inline]
    pub(super) fn drop(&mut self) {
        self.dropped += 1;
        self.all.push(Change::Drop);
    }

    /// Without a replacement, the header is removed.
    pub(super) fn replace(&mut self, instead: Option<HeaderValue>) {
        let Some(instead) = instead else {
            return self.drop();
        };
        self.instead.push(instead);
        self.all.push(Change::Replace);
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(in super::super) const fn are_any(&self) -> bool {
        self.dropped > 0 || !self.instead.is_empty()
    }

    /// Applies the changes. Kept headers stay byte for byte, in order.
    pub(in super::super) fn apply(&mut self, headers: &mut HeaderMap) {
        let kept = self.all.len() - self.dropped;
        let mut all = self.all.iter();
        let mut instead = self.instead.drain(..);
        fields::change(headers, &SET_COOKIE, |entry| {
            fields::retain(entry, kept, |field| match all.next() {
                Some(Change::Keep) => true,
                Some(Change::Replace) => instead.next().map(|new| *field = new).is_some(),
                Some(Change::Drop) | None => false,
            });
        });
    }
}
