//! The path of one request: in through [`Exchange::begin`], out through [`Exchange::end`].

use std::{mem, sync::Arc};

use http::{
    Extensions, HeaderMap, HeaderValue, Request, Response, header::SET_COOKIE, uri::PathAndQuery,
};

use super::{
    clearing::{self, Clearing},
    config::{Config, Expire},
    events::Watch,
    expiry::{Expiry, Targets},
    head::Glance,
    received::Received,
    remembered::{Carried, NOTHING, Notes, Visitor},
    request,
    response::{Seen, SetCookieSurvey},
    state,
};
use crate::{
    consent::{Neighbours, Receipt, Rejected},
    observe::{Direction, Event, EventKind},
    policy::{CookiePolicy, mistakes::Mistake},
    wire::{
        cache::{self, Cacheability},
        fields::Changes,
        host::Host,
    },
};

/// The parts of a request that matter for its response. At most 128 bytes, since every response
/// future carries one; rarely needed parts are behind a pointer.
pub(super) struct Exchange {
    pub(super) config: Arc<Config>,
    pub(super) visitor: Visitor,
    /// The path of the target, if exempt cookies are limited.
    pub(super) path: Option<PathAndQuery>,
    notes: Option<Box<Notes>>,
}

impl Exchange {
    /// Handles the request: parses the preferences, evaluates them, filters the cookies, and passes
    /// the consent to the service.
    pub(super) fn begin<B>(config: &Arc<Config>, request: &mut Request<B>) -> Self {
        let config = match &config.regimes {
            None => config,
            Some(regimes) => regimes.settings_for(config, request),
        };
        let kept = config.keep(request);
        let mut exchange = Self::of(config, request);
        if kept.is_some() {
            let notes = exchange
                .notes
                .get_or_insert_with(|| Box::new(Notes::NOTHING));
            notes.kept = kept;
        }
        exchange
    }

    #[inline]
    fn of<B>(config: &Arc<Config>, request: &mut Request<B>) -> Self {
        let chosen = config.choose_policy(request);
        let policy = chosen.as_ref().unwrap_or(&config.policy);
        let mut watch = Watch::of(config, policy, request);
        let mut glance = Glance::at(request);
        glance.look();
        glance.hear(config.is_refused(request));
        let authorized = glance.is_authorized();
        let plain_http = glance.is_plain_http();
        let host_matters = plain_http || host_matters(config, policy);
        let judges = watch.is_on() || host_matters || policy.is_in_regime();
        if !judges && let Some(cookie) = request::cookie_for_later(config, &glance) {
            let visitor = Visitor::unread(cookie, glance.signals(config, policy, true));
            return Self {
                config: Arc::clone(config),
                visitor,
                path: None,
                notes: Notes::worth_keeping(config, chosen, watch, request.method(), authorized),
            };
        }

        let now = config.now();
        let mut received = Received::of(config, policy, &glance, now, &mut watch);
        if policy.is_in_regime() {
            received.store_by_itself(policy, &glance, now);
        }
        let mut host = Host::UNKNOWN;
        let long_host = host_matters
            .then(|| host.keep(request.uri(), glance.host()))
            .flatten();
        let visitor = Visitor::judged(received.judgement, received.signals, host);
        let path = path_for_exempt(config, policy, request);
        let carried = hide(config, policy, &received, &watch, request);
        if config.records.is_some() && !watch.is_off(config) && !watch.is_report_only(config) {
            received.leave_to_records(request.extensions_mut());
        }
        let around = received.expose(config, policy, now, request);
        note_second_layer(&around, policy);
        received.note_refusal(&mut watch);
        let has_none = around.are_none() && received.kept.is_none() && !plain_http;
        let notes = if carried.is_empty() && long_host.is_none() && has_none {
            Notes::worth_keeping(config, chosen, watch, request.method(), authorized)
        } else {
            Some(Box::new(Notes {
                policy: chosen,
                carried,
                long_host,
                cacheability: Cacheability::of(request.method(), authorized),
                around,
                plain_http,
                watch,
                ..received.into_notes()
            }))
        };
        Self {
            config: Arc::clone(config),
            visitor,
            path,
            notes,
        }
    }

    /// Reports that the endpoint rejected a choice, if it did.
    #[cold]
    #[inline(never)]
    pub(super) fn hear_rejection(&self, extensions: &Extensions) {
        let notes = self.notes.as_deref().unwrap_or(&NOTHING);
        if let Some(why) = extensions.get::<Rejected>() {
            let policy = notes.policy_of(&self.config);
            let event = Event::new(EventKind::Rejected(*why), Direction::Request, policy);
            notes.watch.tell(&self.config, event);
        }
    }

    /// Reports the mistakes that handlers and pages have made since the last time.
    #[cold]
    #[inline(never)]
    fn report_mistakes(&self, notes: &Notes) {
        let policy = notes.policy_of(&self.config);
        for (mistake, name) in policy.mistakes().take() {
            let event = Event::new(EventKind::Mistake(mistake), Direction::Response, policy);
            notes
                .watch
                .tell(&self.config, event.of(name.as_bytes(), None));
        }
    }

    /// Handles the response: a new choice in it counts at once, withheld cookies are stripped,
    /// refused cookies are expired, and caches must not store what was changed for one visitor.
    pub(super) fn end<B>(&mut self, response: &mut Response<B>) {
        let notes = self.notes.as_deref().unwrap_or(&NOTHING);
        let policy = notes.policy_of(&self.config);
        if policy.is_in_regime() && (notes.signalled.is_some() || self.config.vary.is_some()) {
            self.end_in_regime(notes, response);
        }
        // Most responses have so few headers that scanning their names costs less than one look-up.
        let names = state::Names::of(&self.config, policy, response.headers());
        let removals = match names.clears {
            true => self.spare(notes, response.headers()),
            false => None,
        };
        if names.cookies || names.state || notes.ask_for_more() {
            self.filter(notes, names, removals.as_deref(), response);
        }
        if self.config.records.is_some() {
            self.end_recorded(response);
        }
        if !notes.taken_over.is_empty() {
            self.store_taken_over(notes, response);
        }
        if policy.mistakes().are_any() {
            self.report_mistakes(notes);
        }
        if let Some(removals) = removals {
            let headers = response.headers_mut();
            clearing::replace_by(removals, headers);
            cache::forbid_sharing(headers);
        }
    }

    /// The removals that take the place of `Clear-Site-Data: "cookies"`, where the choice is spared.
    #[cold]
    fn spare(&self, notes: &Notes, headers: &HeaderMap) -> Option<Vec<HeaderValue>> {
        let config = &*self.config;
        if notes.watch.is_off(config) || !clearing::clears_cookies(headers) {
            return None;
        }
        let clearing = Clearing {
            config,
            policy: notes.policy_of(config),
            around: &notes.around,
            host: self.host(notes),
            carried: &notes.cookies,
        };
        clearing.spare(&notes.watch)
    }

    #[inline]
    fn filter<B>(
        &self,
        notes: &Notes,
        names: state::Names,
        spared: Option<&[HeaderValue]>,
        response: &mut Response<B>,
    ) {
        let policy = notes.policy_of(&self.config);
        // Out of the response, whose headers are about to change.
        let mut extensions = mem::take(response.extensions_mut());
        let within = Neighbours::within(&extensions);
        let seen = Seen {
            names,
            spared,
            within: &within,
            extensions: &extensions,
        };
        if self.filter_headers(notes, seen, response.headers_mut()) {
            let within = within.and(policy);
            within.tell(&mut extensions);
        }
        *response.extensions_mut() = extensions;
    }

    /// Reports a grant that was not recorded, and adds the visitor's receipt.
    #[cold]
    #[inline(never)]
    fn end_recorded<B>(&self, response: &mut Response<B>) {
        // Others are reported already.
        if !response.status().is_client_error() {
            self.hear_rejection(response.extensions());
        }
        if let Some(Receipt(field)) = response.extensions_mut().remove() {
            // The map is only full beyond 24,000 headers, and no server sends that.
            let _ = response.headers_mut().try_append(SET_COOKIE, field);
        }
    }

    /// Filters what the response sets, expires what is refused, and closes it to shared caches where it has to be.
    /// Returns `true` if it sets preferences, which outer layers have to know.
    fn filter_headers(&self, notes: &Notes, seen: Seen<'_>, headers: &mut HeaderMap) -> bool {
        let (config, watch) = (&*self.config, &notes.watch);
        if watch.is_off(config) {
            return SetCookieSurvey::sets_preferences(notes.policy_of(config), headers);
        }
        let mut changes = Changes::default();
        let Some(decided) = self.decide(notes, seen, headers, &mut changes) else {
            return false;
        };
        if seen.names.state {
            let filter = state::ResponseFilter {
                config,
                policy: notes.policy_of(config),
                judgement: decided.judgement,
                watch,
            };
            filter.apply(headers);
        }
        let filtered = changes.are_any();
        if filtered {
            changes.apply(headers);
        }
        // What is removed anyway needs no second removal.
        let removed = seen.spared.is_some() && !decided.targets.are_of_refusal();
        if (!removed && self.expire(decided.targets, seen.spared, notes, headers))
            || self.shares_choice(decided.targets, notes, headers)
        {
            cache::forbid_sharing(headers);
        } else if filtered {
            cache::make_private(headers);
        }
        if decided.withdraws && !watch.is_report_only(config) {
            clearing::forget_pages(headers);
        }
        watch.explain(headers);
        decided.sets_preferences
    }

    /// Returns `true` if a shared cache would give a choice made by this response to everybody,
    /// whatever the method: caches must never store a choice.
    fn shares_choice(&self, targets: Targets, notes: &Notes, headers: &HeaderMap) -> bool {
        targets.are_of_refusal()
            && !notes.watch.is_report_only(&self.config)
            && cache::keeps_cookies(headers, Cacheability::USUAL, || self.config.now())
    }

    /// Appends removals, if there are any. Those of a refusal are always sent; others are left out
    /// if a shared cache would give them to everybody.
    fn expire(
        &self,
        targets: Targets,
        spared: Option<&[HeaderValue]>,
        notes: &Notes,
        headers: &mut HeaderMap,
    ) -> bool {
        let config = &*self.config;
        if !targets.are_any(config) {
            return false;
        }
        let expiry = Expiry {
            config,
            policy: notes.policy_of(config),
            host: self.host(notes),
            carried: &notes.carried,
            spared: spared.unwrap_or_default(),
            watch: &notes.watch,
        };
        if !targets.are_of_refusal()
            && cache::keeps_cookies(headers, notes.cacheability, || config.now())
        {
            expiry.tell_left_out(targets);
            return false;
        }
        expiry.expire(targets, headers)
    }

    pub(super) fn host<'a>(&'a self, notes: &'a Notes) -> &'a str {
        notes.long_host.as_deref().unwrap_or(self.visitor.host())
    }
}

/// Hides what the service may not see. Returns the names that matter for the response.
#[inline]
fn hide<B>(
    config: &Config,
    policy: &CookiePolicy,
    received: &Received,
    watch: &Watch,
    request: &mut Request<B>,
) -> Carried {
    if watch.is_off(config) {
        return Carried::NOTHING;
    }
    let headers = request.headers_mut();
    let carried = request::filter(config, policy, received, watch, headers);
    state::hide(config, policy, received.judgement, watch, request);
    carried
}

/// Notes that two layers have one policy, if they do.
#[inline]
fn note_second_layer(around: &Neighbours, policy: &CookiePolicy) {
    if !around.are_none() && around.include(policy) {
        policy.mistakes().note(Mistake::TwoLayers, "");
    }
}

/// Returns the path of the target, if exempt cookies are limited.
#[inline]
fn path_for_exempt<B>(
    config: &Config,
    policy: &CookiePolicy,
    request: &Request<B>,
) -> Option<PathAndQuery> {
    match config.limit_exempt && !policy.exempt().is_empty() {
        true => request.uri().path_and_query().cloned(),
        false => None,
    }
}

/// Returns `true` if removals, those of former preferences cookies too, or a new choice for a whole
/// domain require the host.
fn host_matters(config: &Config, policy: &CookiePolicy) -> bool {
    config.expire != Expire::Never
        || config.spare_choice
        || policy.preferences_cookie().get_domain().is_some()
        || policy.has_formers()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_takes_at_most_128_bytes() {
        assert!(size_of::<Exchange>() <= 128, "{}", size_of::<Exchange>());
    }
}
