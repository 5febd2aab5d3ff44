//! Stores a choice with the next response that no handler makes: one from a cookie that stored it
//! earlier, one that would end with its cookie, and the refusal that a signal makes.

use http::{Extensions, Response, header::SET_COOKIE};

use super::{
    events::Watch, exchange::Exchange, head::Glance, received::Received, remembered::Notes,
    response::SetCookieSurvey,
};
#[cfg(feature = "records")]
use crate::consent::Corrected;
use crate::{
    consent::{Asked, Consent, Shown, SignalledChoice, Signals, Surface, is_old_objection},
    policy::CookiePolicy,
    wire::cache,
};

impl Received {
    /// Prepares what the response stores by itself in a regime: the refusal that a signal makes, and an objection that
    /// would end with its cookie.
    #[inline]
    pub(super) fn store_by_itself(&mut self, policy: &CookiePolicy, glance: &Glance<'_>, now: u64) {
        let signalled = self.signals.has(Signals::GPC_HONOURED) && policy.remembers_signals();
        let choice = self.choice.as_ref();
        let objects = choice.is_some_and(|choice| is_old_objection(policy, choice, now));
        // Browsers store no `SameSite=Lax` cookie of what another site embeds.
        let embedded =
            self.signals.has(Signals::OTHER_SITE) && !self.signals.has(Signals::TOP_LEVEL_GET);
        // On navigations alone, since otherwise each of many subresources would store it again.
        if (signalled || objects) && glance.is_navigation() && !embedded {
            self.store_choice(policy, now);
        }
    }

    #[cold]
    #[inline(never)]
    fn store_choice(&mut self, policy: &CookiePolicy, now: u64) {
        let asked = Asked::by_layer(now, self.signals, self.beside.clone());
        let consent = Consent::new(policy.clone(), self.choice, self.judgement, asked);
        if let Some(choice) = consent.signalled_choice() {
            let set = consent.set_cookie(choice);
            let set = set.shown(Shown::on(Surface::Signal));
            self.kept_mut().signalled = Some(Box::new(set));
        } else if consent.is_sent_again()
            // Several cookies are not one choice to date and keep.
            && !self.signals.has(Signals::SEVERAL)
            && let Some(choice) = self.choice
            && let Ok(fields) = consent.set_cookie(choice).header_values()
        {
            self.kept_mut().taken_over = fields.collect();
        }
    }

    /// Notes for events that the response stores the refusal of the signal, if it does.
    pub(super) fn note_refusal(&self, watch: &mut Watch) {
        let kept = self.kept.as_deref();
        if kept.is_some_and(|kept| kept.signalled.is_some()) {
            watch.note_refusal();
        }
    }

    /// Leaves the refusal that a signal makes to the layer that records, which sends it itself.
    #[cold]
    pub(super) fn leave_to_records(&self, extensions: &mut Extensions) {
        let kept = self.kept.as_deref();
        if let Some(set) = kept.and_then(|kept| kept.signalled.as_ref()) {
            extensions.insert(SignalledChoice(set.clone()));
        }
    }
}

impl Exchange {
    /// Appends the headers that take the choice over, unless the response sets a choice itself, or a shared cache would give this one to
    /// everybody.
    #[cold]
    #[inline(never)]
    pub(super) fn store_taken_over<B>(&self, notes: &Notes, response: &mut Response<B>) {
        if !self.stores_by_itself(notes, response) {
            return;
        }
        let headers = response.headers_mut();
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
        if let Some(read) = self.config.vary.as_ref().filter(|_| self.changes(notes)) {
            cache::vary_too(response.headers_mut(), read);
        }
        if let Some(signalled) = notes.signalled.as_deref()
            && self.stores_by_itself(notes, response)
        {
            // A policy that only reads its preferences stores none.
            let _ = signalled.clone().apply_to(response);
            cache::forbid_sharing(response.headers_mut());
        }
    }

    /// Returns `true` if the response may store a choice that it does not make: not if it sets one, a shared
    /// cache would give it to everybody, the choice was somebody else's, or the visitor is a minor.
    fn stores_by_itself<B>(&self, notes: &Notes, response: &Response<B>) -> bool {
        let (config, headers) = (&*self.config, response.headers());
        #[cfg(feature = "records")]
        if response.extensions().get::<Corrected>().is_some() {
            return false;
        }
        let policy = notes.policy_of(config);
        self.changes(notes)
            && !policy.is_for_minors()
            && !SetCookieSurvey::sets_preferences(policy, headers)
            && !cache::keeps_cookies(headers, notes.cacheability, || config.now())
    }

    /// Returns `true` unless the layer only reports, or is off.
    fn changes(&self, notes: &Notes) -> bool {
        !notes.watch.is_off(&self.config) && !notes.watch.is_report_only(&self.config)
    }
}
