//! The consent that a layer hides from the service, for the crate's own layers inside of it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use http::Extensions;

use super::Consent;

/// So many layers of this process look for a hidden consent. Sites without one do not pay for it.
static WANTED: AtomicUsize = AtomicUsize::new(0);

/// Some request had one. As long as none has, there is nothing to look for.
static IS_USED: AtomicBool = AtomicBool::new(false);

/// In the extensions of a request: nobody but this crate can name the type.
#[derive(Clone)]
#[cfg_attr(not(feature = "documents"), allow(dead_code))]
struct Hidden {
    consent: Consent,
    /// An outer layer shows its own.
    is_inside: bool,
}

/// A part of a layer that judges by the consent, shown or hidden.
#[cfg(feature = "documents")]
#[derive(Debug)]
pub(crate) struct Wanted(());

#[cfg(feature = "documents")]
impl Default for Wanted {
    fn default() -> Self {
        WANTED.fetch_add(1, Relaxed);
        Self(())
    }
}

#[cfg(feature = "documents")]
impl Clone for Wanted {
    fn clone(&self) -> Self {
        Self::default()
    }
}

#[cfg(feature = "documents")]
impl Drop for Wanted {
    fn drop(&mut self) {
        WANTED.fetch_sub(1, Relaxed);
    }
}

/// Returns `true` if some layer of this process looks for a hidden consent.
#[inline]
pub(crate) fn is_wanted() -> bool {
    cfg!(feature = "documents") && WANTED.load(Relaxed) > 0
}

impl Consent {
    /// Leaves it for the crate's own layers alone.
    #[cold]
    pub(crate) fn hide(self, extensions: &mut Extensions) {
        IS_USED.store(true, Relaxed);
        let is_inside = extensions.get::<Self>().is_some();
        extensions.insert(Hidden {
            consent: self,
            is_inside,
        });
    }

    /// Returns the consent of the innermost layer, shown to the service or not.
    #[cfg(feature = "documents")]
    #[inline]
    pub(crate) fn innermost(extensions: &mut Extensions) -> Option<&mut Self> {
        if IS_USED.load(Relaxed) && is_hidden(extensions) {
            return extensions
                .get_mut::<Hidden>()
                .map(|hidden| &mut hidden.consent);
        }
        extensions.get_mut::<Self>()
    }
}

/// Forgets the consent of a layer that hides it, where a layer inside of it shows its own.
#[cold]
pub(crate) fn forget(extensions: &mut Extensions) {
    extensions.remove::<Hidden>();
}

/// Is the innermost consent a hidden one? Beside it, one of an outer layer may be shown, or one of an
/// inner layer.
#[cfg(feature = "documents")]
#[cold]
fn is_hidden(extensions: &Extensions) -> bool {
    let shown = extensions.get::<Consent>();
    extensions
        .get::<Hidden>()
        .is_some_and(|hidden| hidden.is_inside || shown.is_none())
}

#[cfg(feature = "documents")]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Category, CookiePolicy};

    /// One whose policy has this revision.
    fn consent(revision: u32) -> Consent {
        let policy = CookiePolicy::builder()
            .category(Category::consent("ads"))
            .revision(revision);
        Consent::undecided(policy.build().unwrap())
    }

    #[test]
    fn innermost_consent_counts_shown_or_hidden() {
        for (layers, innermost) in [
            (&[][..], None),
            (&[(1, false)], Some(1)),
            (&[(1, true)], Some(1)),
            (&[(1, true), (2, false)], Some(2)),
            (&[(1, false), (2, true)], Some(2)),
            (&[(1, true), (2, true)], Some(2)),
            (&[(1, false), (2, true), (3, false)], Some(3)),
        ] {
            let mut extensions = Extensions::new();
            for (revision, is_hidden) in layers {
                match is_hidden {
                    true => consent(*revision).hide(&mut extensions),
                    false => {
                        if let Some(outer) = extensions.insert(consent(*revision)) {
                            forget(&mut extensions);
                            outer.neighbours_of_inner(&mut extensions);
                        }
                    }
                }
            }
            let found = Consent::innermost(&mut extensions);
            let found = found.map(|consent| consent.policy().revision());
            assert_eq!(found, innermost, "{layers:?}");
        }
    }
}
