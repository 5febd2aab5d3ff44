//! The path of one request: in through [`Exchange::begin`], out through [`Exchange::end`].

use std::{cell::LazyCell, sync::Arc};

use http::{HeaderMap, Request, header::SET_COOKIE};

use super::{
    cache,
    carried::Carried,
    config::{Config, Expire},
    expiry::{self, Targets},
    host::Host,
    preferences::{self, NewChoice},
    request::{self, Survey},
    response,
    visitor::{Visitor, judge},
    watch::Watch,
};
use crate::{
    consent::Consent,
    policy::{CategorySet, CookiePolicy},
};

/// What the response has to know of its request. At most 64 bytes, since every response future
/// carries one; what only some requests have is behind a pointer.
#[derive(Debug)]
pub(super) struct Exchange {
    config: Arc<Config>,
    visitor: Visitor,
    notes: Option<Box<Notes>>,
}

/// What only some requests have.
#[derive(Debug)]
struct Notes {
    /// The policy that the hook chose, where it is not the layer's.
    policy: Option<CookiePolicy>,
    carried: Carried,
    /// Categories whose cookies this response expires if the request carried them.
    expirable: CategorySet,
    long_host: Option<Box<str>>,
    watch: Watch,
}

static NOTHING: Notes = Notes {
    policy: None,
    carried: Carried::NOTHING,
    expirable: CategorySet::EMPTY,
    long_host: None,
    watch: Watch::NONE,
};

impl Exchange {
    /// The request on its way in: parse the preferences, evaluate them, filter the cookies, and
    /// tell the service.
    pub(super) fn begin<B>(config: &Arc<Config>, request: &mut Request<B>) -> Self {
        let chosen = config.choose_policy(request);
        let policy = chosen.as_ref().unwrap_or(&config.policy);
        let mut watch = Watch::of(config, request);

        if !watch.is_on()
            && !host_matters(config, policy)
            && let Some(cookie) = request::cookie_for_later(config, request.headers())
        {
            let signals = request::signals(request, config, true);
            let notes = Notes::of(chosen, watch);
            return Self::new(config, Visitor::unread(cookie, signals), notes);
        }

        let now = config.now();
        let (survey, preferences) = Survey::of(config, policy, request.headers());
        let signals = request::signals(request, config, preferences.is_empty());
        let repeated = preferences.several();
        let (reading, evaluation) = judge(config, policy, preferences, now, signals, &watch);
        let (judgement, several) = (evaluation.judgement, reading.several);
        let consent = config.expose_consent.then(|| {
            let undeclared = config.allows_undeclared();
            Consent::new(
                policy.clone(),
                &reading,
                evaluation,
                now,
                signals,
                undeclared,
            )
            .of_request(request.method(), request.uri(), repeated)
        });

        let expirable = request::expirable(config, &evaluation, request.headers());
        let (host, long_host) = match host_matters(config, policy) {
            true => Host::of(request),
            false => (Host::UNKNOWN, None),
        };
        if watch.is_on() {
            watch.look_for_survivors(evaluation.refused, reading.choice, now);
        }
        let carried = if watch.is_off(config) {
            Carried::NOTHING
        } else {
            let headers = request.headers_mut();
            request::filter(
                config, policy, judgement, expirable, &survey, &watch, headers,
            )
        };
        if let Some(consent) = consent {
            request.extensions_mut().insert(consent);
        }

        let visitor = Visitor::judged(judgement, several, signals, host);
        let notes = Notes {
            policy: chosen,
            carried,
            expirable,
            long_host,
            watch,
        };
        Self::new(config, visitor, notes)
    }

    /// The response on its way out: a new choice in it counts at once, what is withheld leaves,
    /// what was refused is expired, and no cache keeps what was changed for one visitor.
    pub(super) fn end(&mut self, headers: &mut HeaderMap) {
        let notes = self.notes.take();
        let notes = notes.as_deref().unwrap_or(&NOTHING);
        let has_more = !notes.expirable.is_empty() || notes.watch.explains();
        if !headers.contains_key(SET_COOKIE) && !has_more {
            return;
        }
        let config = &*self.config;
        let watch = &notes.watch;
        if watch.is_off(config) {
            return;
        }
        let policy = notes.policy.as_ref().unwrap_or(&config.policy);
        let now = LazyCell::new(|| config.now());
        let before = self.visitor.before(config, policy, || *now, watch);
        let host = || notes.long_host.as_deref().unwrap_or(self.visitor.host());

        let new = preferences::set_in(headers, policy, host, || *now, before);
        let judgement = new.as_ref().map_or(before.judgement, |new| new.judgement);
        let targets = match new {
            Some(NewChoice { refused, .. }) => Targets::of_refusal(refused),
            None => Targets::still_there(notes.expirable),
        };

        let carried = &notes.carried;
        let filtered =
            response::filter(config, policy, judgement, carried, || *now, watch, headers);
        let expired = expiry::expire(config, policy, targets, host, carried, watch, headers);
        if filtered || expired {
            cache::make_private(headers);
        }
        watch.explain(headers);
    }

    fn new(config: &Arc<Config>, visitor: Visitor, notes: Notes) -> Self {
        Self {
            config: Arc::clone(config),
            visitor,
            notes: notes.are_worth_keeping().then(|| Box::new(notes)),
        }
    }
}

/// For removals, and for a new choice that is to reach a whole domain.
fn host_matters(config: &Config, policy: &CookiePolicy) -> bool {
    config.expire != Expire::Never || policy.preferences_cookie().get_domain().is_some()
}

impl Notes {
    fn of(policy: Option<CookiePolicy>, watch: Watch) -> Self {
        Self {
            policy,
            carried: Carried::NOTHING,
            expirable: CategorySet::EMPTY,
            long_host: None,
            watch,
        }
    }

    fn are_worth_keeping(&self) -> bool {
        self.policy.is_some()
            || !self.carried.is_empty()
            || self.long_host.is_some()
            || self.watch.is_worth_keeping()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_response_future_grows_by_at_most_64_bytes() {
        assert!(size_of::<Exchange>() <= 64, "{}", size_of::<Exchange>());
    }
}
