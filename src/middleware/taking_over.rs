//! Stores a choice with the next response that no handler makes: one from a cookie that stored it
//! earlier, and the refusal that a signal makes.

use http::{HeaderMap, Response, header::SET_COOKIE};

use super::{exchange::Exchange, remembered::Notes, response::SetCookieSurvey};
use crate::wire::cache;

impl Exchange {
    /// Appends the headers that take the choice over, unless the response sets a choice itself, or a shared cache would give this one to
    /// everybody.
    #[cold]
    #[inline(never)]
    pub(super) fn store_taken_over(&self, notes: &Notes, headers: &mut HeaderMap) {
        if !self.stores_by_itself(notes, headers) {
            return;
        }
        for field in &notes.taken_over {
            // The map is only full beyond 24,000 headers, and no server sends that.
            let _ = headers.try_append(SET_COOKIE, field.clone());
        }
        cache::forbid_sharing(headers);
    }

    /// Says what the response varies by, and adds the refusal that the request's signal makes, as a handler
    /// would add it, so that the response is judged under it.
    #[cold]
    #[inline(never)]
    pub(super) fn end_in_regime<B>(&self, notes: &Notes, response: &mut Response<B>) {
        if let Some(read) = &self.config.vary {
            cache::vary_too(response.headers_mut(), read);
        }
        if let Some(signalled) = notes.signalled.as_deref()
            && self.stores_by_itself(notes, response.headers())
        {
            // A policy that only reads its preferences stores none.
            let _ = signalled.clone().apply_to(response);
            cache::forbid_sharing(response.headers_mut());
        }
    }

    /// Returns `true` if the response may store a choice that it does not make: not if it sets one, or a
    /// shared cache would give it to everybody.
    fn stores_by_itself(&self, notes: &Notes, headers: &HeaderMap) -> bool {
        let config = &*self.config;
        !notes.watch.is_off(config)
            && !notes.watch.is_report_only(config)
            && !SetCookieSurvey::sets_preferences(notes.policy_of(config), headers)
            && !cache::keeps_cookies(headers, notes.cacheability, || config.now())
    }
}
