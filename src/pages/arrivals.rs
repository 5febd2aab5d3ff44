//! Notices pages that are mounted wrongly, which visitors would only see as broken links.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use crate::{consent::Consent, policy::mistakes::Mistake};

/// Visits of the cookie policy page after which something below it should have been requested: a new
/// visitor's browser loads the style sheet, and a returning one may have stored it.
const ENOUGH: u8 = 3;

/// The kinds of requests that have arrived at the pages so far.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    charters: AtomicU8,
    below: AtomicBool,
}

impl Arrivals {
    /// Counts a request for this resource below the pages' path, and notes the mistakes that it shows.
    pub(super) fn count(&self, consent: &Consent, mount: &str, here: &str, resource: &str) {
        let note = |mistake| consent.policy().mistakes().note(mistake, mount);
        let rest = here.strip_prefix(mount);
        if !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
            note(Mistake::PagesElsewhere);
        }
        if self.below.load(Ordering::Relaxed) {
            return;
        }
        if !resource.is_empty() {
            self.below.store(true, Ordering::Relaxed);
            return;
        }
        // Beyond, it has been noted.
        let before = self.charters.load(Ordering::Relaxed);
        if before < ENOUGH {
            self.charters.store(before + 1, Ordering::Relaxed);
        }
        if before + 1 == ENOUGH {
            note(Mistake::PagesNotNested);
        }
    }
}
