//! The path of one request: in through [`Exchange::begin`], out through [`Exchange::end`].

use std::sync::Arc;

use http::{HeaderMap, Request, header::COOKIE};

use super::{
    cache,
    carried::Carried,
    config::{Config, Expire},
    expiry::{self, Targets},
    fields::fields,
    head::RequestHead,
    host::{Host, host_of},
    preferences::{self, NewChoice},
    request, response,
};
use crate::{
    consent::{Consent, Judgement, PreferencesValues, Signals, Standing, evaluate, read},
    observe::Event,
    policy::{CategorySet, CookiePolicy},
};

/// What the response has to know of its request. At most 64 bytes, since every response future
/// carries one; what only some requests have is behind a pointer.
#[derive(Debug)]
pub(super) struct Exchange {
    config: Arc<Config>,
    allowed: CategorySet,
    denied: CategorySet,
    standing: Standing,
    signals: u8,
    host: Host,
    notes: Option<Box<Notes>>,
}

#[derive(Debug, Default)]
struct Notes {
    /// The policy that the hook chose, where it is not the layer's.
    policy: Option<CookiePolicy>,
    carried: Carried,
    /// Categories whose cookies this response expires if the request carried them.
    expirable: CategorySet,
    long_host: Option<Box<str>>,
}

const GPC: u8 = 1;
const GPC_HONOURED: u8 = 2;
const SEVERAL: u8 = 4;
const EMBEDDED: u8 = 8;

impl Exchange {
    /// The request on its way in: parse the preferences, evaluate them, filter the cookies, and
    /// tell the service.
    pub(super) fn begin<B>(config: &Arc<Config>, request: &mut Request<B>) -> Self {
        let chosen = config
            .policy_for
            .as_ref()
            .and_then(|hook| hook(RequestHead::of(request)));
        let policy = chosen.as_ref().unwrap_or(&config.policy);
        let now = config.now();
        let signals = request::signals(request, config.gpc);

        let values = PreferencesValues::of_request(policy, fields(request.headers(), &COOKIE));
        let reading = read(policy, &values, now);
        // What came in under another of the codec's names stays beside what a response sets.
        let several = reading.several || values.has_other_than_own(policy);
        if let Some(why) = reading.unreadable {
            config.observe(&Event::Unreadable(why));
        }

        let evaluation = evaluate(policy, &reading, now, signals);
        let judgement = evaluation.judgement;
        let consent = config.expose_consent.then(|| {
            let undeclared_allowed = config.allows_undeclared();
            Consent::new(
                policy.clone(),
                &reading,
                evaluation,
                now,
                signals,
                undeclared_allowed,
            )
        });

        let expirable = match config.expire {
            Expire::OnRefusal if signals.navigation => evaluation.refused,
            Expire::OnRefusalOrLapse if signals.navigation => {
                evaluation.refused | evaluation.lapsed
            }
            _ => CategorySet::EMPTY,
        };
        // For removals, and for a new choice that is to reach a whole domain.
        let host_matters =
            config.expire != Expire::Never || policy.preferences_cookie().get_domain().is_some();
        let (host, long_host) = match host_of(request) {
            Some(name) if host_matters => Host::new(name),
            _ => (Host::UNKNOWN, None),
        };
        let carried = request::filter(config, policy, judgement, expirable, request.headers_mut());

        if let Some(consent) = consent {
            request.extensions_mut().insert(consent);
        }

        let notable = chosen.is_some() || !carried.is_empty() || long_host.is_some();
        Self {
            config: Arc::clone(config),
            allowed: judgement.allowed,
            denied: judgement.denied,
            standing: judgement.standing,
            signals: (u8::from(signals.gpc) * GPC)
                | (u8::from(signals.gpc_honoured) * GPC_HONOURED)
                | (u8::from(several) * SEVERAL)
                | (u8::from(signals.embedded) * EMBEDDED),
            host,
            notes: notable.then(|| {
                Box::new(Notes {
                    policy: chosen,
                    carried,
                    expirable,
                    long_host,
                })
            }),
        }
    }

    /// The response on its way out: a new choice in it counts at once, what is withheld leaves,
    /// what was refused is expired, and no cache keeps what was changed for one visitor.
    pub(super) fn end(&mut self, headers: &mut HeaderMap) {
        let notes = self.notes.take().unwrap_or_default();
        let config = &*self.config;
        let policy = notes.policy.as_ref().unwrap_or(&config.policy);
        let host = notes.long_host.as_deref().unwrap_or(self.host.as_str());

        let new = preferences::set_in(headers, policy, host, || config.now(), self.before());
        let judgement = new.as_ref().map_or(self.judgement(), |new| new.judgement);
        let targets = match new {
            Some(NewChoice { refused, .. }) => Targets::of_refusal(refused),
            None => Targets::still_there(notes.expirable),
        };

        let filtered = response::filter(config, policy, judgement, &notes.carried, headers);
        let expired = expiry::expire(config, policy, targets, host, &notes.carried, headers);
        if filtered || expired {
            cache::make_private(headers);
        }
    }

    fn judgement(&self) -> Judgement {
        Judgement {
            allowed: self.allowed,
            denied: self.denied,
            standing: self.standing,
        }
    }

    /// What held before the response, for the judgement of a choice in it.
    fn before(&self) -> preferences::Before {
        preferences::Before {
            judgement: self.judgement(),
            several: self.signals & SEVERAL != 0,
            signals: Signals {
                gpc: self.signals & GPC != 0,
                gpc_honoured: self.signals & GPC_HONOURED != 0,
                embedded: self.signals & EMBEDDED != 0,
                ..Signals::default()
            },
        }
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
