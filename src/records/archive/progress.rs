//! How far long work is.

use std::{fmt, sync::Arc};

use crate::records::RecordId;

/// The progress of a checkpoint, a purge or a report: see
/// [`Archive::on_progress`](crate::records::Archive::on_progress).
///
/// ```
/// use tower_cookie_consent::records::ArchiveProgress;
///
/// fn percent(progress: ArchiveProgress) -> u64 {
///     100 * progress.done / progress.whole.max(1)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArchiveProgress {
    /// The part that is done, which may be more than the whole where others add to it.
    pub done: u64,
    /// The whole work, in the same unit.
    pub whole: u64,
}

type Hook = dyn Fn(ArchiveProgress) + Send + Sync;

/// Who hears of it, if anybody does.
#[derive(Clone, Default)]
pub(in crate::records) struct Listener(Option<Arc<Hook>>);

impl Listener {
    pub(super) fn new(hook: impl Fn(ArchiveProgress) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hook)))
    }

    /// Returns `true` if somebody hears of it.
    pub(super) const fn listens(&self) -> bool {
        self.0.is_some()
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Listener").field(&self.0.is_some()).finish()
    }
}

/// Work that goes on.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    listener: &'a Listener,
    from: u64,
    whole: u64,
}

impl<'a> Part<'a> {
    pub(super) fn new(listener: &'a Listener, from: u64, whole: u64) -> Self {
        let part = Self {
            listener,
            from,
            whole,
        };
        part.at(from);
        part
    }

    /// Says how far it is.
    pub(super) fn at(&self, place: u64) {
        if let Some(hook) = &self.listener.0 {
            hook(ArchiveProgress {
                done: place.saturating_sub(self.from),
                whole: self.whole,
            });
        }
    }

    /// Says that it is at this record, or at the end.
    pub(super) fn up_to(&self, id: Option<RecordId>) {
        self.at(id.map_or(self.from + self.whole, |id| id.unix_seconds()));
    }
}
