//! Takes a choice over from a cookie that stored it earlier, with the next response.

use http::{HeaderMap, HeaderValue, header::SET_COOKIE};

use super::{exchange::Exchange, received::Received, remembered::Notes, response::SetCookieSurvey};
use crate::{consent::SetChoice, policy::CookiePolicy, wire::cache};

impl Exchange {
    /// Returns the headers that store the received choice in the preferences cookie and remove the
    /// former one.
    #[cold]
    #[inline(never)]
    pub(super) fn take_over(
        policy: &CookiePolicy,
        received: &Received,
        now: u64,
    ) -> Vec<HeaderValue> {
        let (Some(choice), Some(elsewhere)) = (&received.choice, &received.elsewhere) else {
            return Vec::new();
        };
        SetChoice::taken_over(policy, choice, elsewhere, now)
            .and_then(|set| set.header_values().map(Iterator::collect).ok())
            .unwrap_or_default()
    }

    /// Appends them, unless the response sets a choice itself, or a shared cache would give this one to
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
