//! The path of one request: in through [`Exchange::begin`], out through [`Exchange::end`].

use std::{cell::LazyCell, sync::Arc};

use http::{HeaderMap, Method, Request, header::DATE};

use super::{
    cache::{self, Cacheability},
    carried::Carried,
    config::{Config, Expire},
    expiry::{self, Targets},
    fields,
    glance::Glance,
    host::Host,
    preferences::{self, NewChoice},
    request::{self, Survey},
    response, state,
    visitor::{Visitor, judge},
    watch::Watch,
};
use crate::{
    consent::{Asked, Consent, Judgement, PreferencesValues, Rules},
    policy::{CategorySet, CookiePolicy},
    wire,
};

/// What the response has to know of its request. At most 112 bytes, since every response future
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
    cacheability: Cacheability,
    watch: Watch,
}

static NOTHING: Notes = Notes {
    policy: None,
    carried: Carried::NOTHING,
    expirable: CategorySet::EMPTY,
    long_host: None,
    cacheability: Cacheability::USUAL,
    watch: Watch::NONE,
};

impl Exchange {
    /// The request on its way in: parse the preferences, evaluate them, filter the cookies, and
    /// tell the service.
    pub(super) fn begin<B>(config: &Arc<Config>, request: &mut Request<B>) -> Self {
        let chosen = config.choose_policy(request);
        let policy = chosen.as_ref().unwrap_or(&config.policy);
        let mut watch = Watch::of(config, request);
        let glance = Glance::at(request);
        let cacheability = glance.cacheability();

        if !watch.is_on()
            && !host_matters(config, policy)
            && let Some(cookie) = request::cookie_for_later(config, &glance)
        {
            let visitor = Visitor::unread(cookie, glance.signals(config, true));
            return Self {
                config: Arc::clone(config),
                visitor,
                notes: Notes::worth_keeping(chosen, watch, cacheability),
            };
        }

        let now = config.now();
        let mut preferences = PreferencesValues::default();
        let survey = Survey::of(config, policy, &glance, &mut preferences);
        let signals = glance.signals(config, preferences.is_empty());
        let several = preferences.several();
        let (reading, evaluation) = judge(config, policy, &preferences, now, signals, &watch);
        let judgement = evaluation.judgement;
        let expirable = request::expirable(config, &evaluation, &glance);
        let (host, long_host) = match host_matters(config, policy) {
            true => Host::of(request.uri(), glance.host()),
            false => (Host::UNKNOWN, None),
        };
        let visitor = Visitor::judged(judgement, reading.several, signals, host);
        let choice = reading.choice;
        let previous = reading.previous.filter(|_| config.expose_consent);
        let previous = previous.map(Arc::from);
        // They borrow from the request, which is changed next.
        drop(preferences);

        if watch.is_on() {
            watch.look_for_survivors(evaluation.refused, choice, now);
        }
        let carried = if watch.is_off(config) {
            Carried::NOTHING
        } else {
            let headers = request.headers_mut();
            let carried = request::filter(
                config, policy, judgement, expirable, &survey, &watch, headers,
            );
            state::hide(config, policy, judgement, &watch, request);
            carried
        };
        if config.expose_consent {
            let asked = Asked {
                now,
                signals,
                several,
                target: request.uri().path_and_query().cloned(),
                returnable: matches!(*request.method(), Method::GET | Method::HEAD),
                switches: config.switches,
                previous,
            };
            let consent = Consent::new(policy.clone(), choice, evaluation, asked);
            request.extensions_mut().insert(consent);
        }
        let notes = if carried.is_empty() && long_host.is_none() {
            Notes::worth_keeping(chosen, watch, cacheability)
        } else {
            Some(Box::new(Notes {
                policy: chosen,
                carried,
                expirable,
                long_host,
                cacheability,
                watch,
            }))
        };
        Self {
            config: Arc::clone(config),
            visitor,
            notes,
        }
    }

    /// The response on its way out: a new choice in it counts at once, what is withheld leaves,
    /// what was refused is expired, and no cache keeps what was changed for one visitor.
    pub(super) fn end(&mut self, headers: &mut HeaderMap) {
        let notes = self.notes.as_deref().unwrap_or(&NOTHING);
        // Most responses have so few fields that a pass over their names costs less than one look-up.
        let names = state::Names::of(&self.config, notes.policy_of(&self.config), headers);
        let nothing = !names.cookies && !names.state && !notes.ask_for_more();
        if nothing || notes.watch.is_off(&self.config) {
            return;
        }
        let mut changes = response::Changes::default();
        let Some((targets, judgement)) = self.decide(notes, names, headers, &mut changes) else {
            return;
        };
        let (config, watch) = (&*self.config, &notes.watch);
        if names.state {
            let policy = notes.policy_of(config);
            let filter = state::Filter {
                config,
                policy,
                judgement,
                watch,
            };
            filter.apply(headers);
        }
        let filtered = changes.are_any();
        if filtered {
            changes.apply(headers);
        }
        if self.expire(targets, notes, headers) {
            cache::forbid_sharing(headers);
        } else if filtered {
            cache::make_private(headers);
        }
        watch.explain(headers);
    }

    /// Appends removals, where there are any; those of a refusal always. Others are left out where a
    /// shared cache would give them to everybody.
    fn expire(&self, targets: Targets, notes: &Notes, headers: &mut HeaderMap) -> bool {
        let (config, watch) = (&*self.config, &notes.watch);
        let policy = notes.policy_of(config);
        if !targets.are_any(config) {
            return false;
        }
        if !targets.of_refusal && cache::keeps_cookies(headers, notes.cacheability, || config.now())
        {
            expiry::tell_left_out(config, policy, targets, &notes.carried, watch);
            return false;
        }
        let host = || self.host(notes);
        expiry::expire(
            config,
            policy,
            targets,
            host,
            &notes.carried,
            watch,
            headers,
        )
    }

    /// What is done to the fields that the response sets, what is to be expired, and what is allowed
    /// by now; `None` where nothing is left to do.
    #[inline]
    fn decide(
        &self,
        notes: &Notes,
        names: state::Names,
        headers: &HeaderMap,
        changes: &mut response::Changes,
    ) -> Option<(Targets, Judgement)> {
        let (config, watch) = (&*self.config, &notes.watch);
        let policy = notes.policy_of(config);
        let mut survey = response::Survey::default();
        survey.look_at(policy, headers);
        let more = names.state || notes.ask_for_more();
        if survey.is_necessary(policy) && !more && !watch.is_on() {
            return None;
        }
        let now = LazyCell::new(|| config.now());
        let before = self.visitor.before(config, policy, || *now, watch);

        let new = survey.has_preferences().then(|| {
            let served = || wire::server_date(fields::fields(headers, &DATE));
            let host = || self.host(notes);
            preferences::set_in(survey.preferences(), served, policy, host, || *now, before)
        });
        let new = new.flatten();
        let judgement = new.as_ref().map_or(before.judgement, |new| new.judgement);
        let filter = response::Filter {
            config,
            policy,
            rules: Rules::of_response(policy, judgement, config.switches),
            standing: judgement.standing,
            carried: &notes.carried,
            watch,
            headers,
            cacheability: notes.cacheability,
            now: || *now,
        };
        filter.judge(&survey, changes);
        let targets = match new {
            Some(NewChoice { refused, .. }) => Targets::of_refusal(refused),
            None => Targets::still_there(notes.expirable),
        };
        Some((targets, judgement))
    }

    fn host<'a>(&'a self, notes: &'a Notes) -> &'a str {
        notes.long_host.as_deref().unwrap_or(self.visitor.host())
    }
}

/// For removals, and for a new choice that is to reach a whole domain.
fn host_matters(config: &Config, policy: &CookiePolicy) -> bool {
    config.expire != Expire::Never || policy.preferences_cookie().get_domain().is_some()
}

impl Notes {
    /// Whether there may be something to do beside the response's own `Set-Cookie` fields.
    fn ask_for_more(&self) -> bool {
        !self.expirable.is_empty() || self.watch.explains()
    }

    fn policy_of<'a>(&'a self, config: &'a Config) -> &'a CookiePolicy {
        self.policy.as_ref().unwrap_or(&config.policy)
    }

    /// Without anything that the response has to know of the request's cookies.
    #[inline]
    fn worth_keeping(
        policy: Option<CookiePolicy>,
        watch: Watch,
        cacheability: Cacheability,
    ) -> Option<Box<Self>> {
        let worth = policy.is_some() || watch.is_worth_keeping();
        worth.then(|| {
            Box::new(Self {
                policy,
                carried: Carried::NOTHING,
                expirable: CategorySet::EMPTY,
                long_host: None,
                cacheability,
                watch,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_takes_at_most_112_bytes() {
        assert!(size_of::<Exchange>() <= 112, "{}", size_of::<Exchange>());
    }
}
