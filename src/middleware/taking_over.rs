//! Takes a choice over from a cookie that stored it earlier, with the next response.

use http::{HeaderMap, header::SET_COOKIE};

use super::{exchange::Exchange, remembered::Notes, response::SetCookieSurvey};
use crate::wire::cache;

impl Exchange {
    /// Appends the headers that take the choice over, unless the response sets a choice itself, or a shared cache would give this one to
    /// everybody.
    #[cold]
    #[inline(never)]
    pub(super) fn store_taken_over(&self, notes: &Notes, headers: &mut HeaderMap) {
        let config = &*self.config;
        if notes.watch.is_off(config)
            || notes.watch.is_report_only(config)
            || SetCookieSurvey::sets_preferences(notes.policy_of(config), headers)
            || cache::keeps_cookies(headers, notes.cacheability, || config.now())
        {
            return;
        }
        for field in &notes.taken_over {
            // The map is only full beyond 24,000 headers, and no server sends that.
            let _ = headers.try_append(SET_COOKIE, field.clone());
        }
        cache::forbid_sharing(headers);
    }
}
