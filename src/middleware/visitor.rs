use http::HeaderValue;

use super::{config::Config, preferences::Before, watch::Watch};
use crate::{
    consent::{Judgement, PreferencesValues, Reading, Signals, Standing, evaluate, read},
    observe::{Direction, Event, EventKind},
    policy::{CategorySet, CookiePolicy},
    wire::host::Host,
};

/// The response's knowledge of the visitor; flat, so that it fits into the response future.
pub(super) enum Visitor {
    /// The preferences were parsed and evaluated with the request.
    Judged {
        allowed: CategorySet,
        denied: CategorySet,
        standing: Standing,
        signals: Signals,
        host: Host,
    },
    /// Only the response may need the preferences, and few responses do. The signals are those of a
    /// request without preferences.
    Unread {
        cookie: Option<HeaderValue>,
        signals: Signals,
    },
}

impl Visitor {
    pub(super) fn judged(judgement: Judgement, signals: Signals, host: Host) -> Self {
        Self::Judged {
            allowed: judgement.allowed,
            denied: judgement.denied,
            standing: judgement.standing,
            signals,
            host,
        }
    }

    pub(super) fn unread(cookie: Option<HeaderValue>, signals: Signals) -> Self {
        Self::Unread { cookie, signals }
    }

    /// Returns the host, if it was stored inline.
    pub(super) fn host(&self) -> &str {
        match self {
            Self::Judged { host, .. } => host.as_str(),
            Self::Unread { .. } => "",
        }
    }

    /// Returns the received preferences, as far as they are available, if the codec reads several
    /// cookies.
    pub(super) fn received(&self, policy: &CookiePolicy) -> PreferencesValues<'_> {
        match self {
            Self::Unread {
                cookie: Some(cookie),
                ..
            } if policy.preferences_names().len() > 1 => {
                PreferencesValues::of_request(policy, std::iter::once(cookie.as_bytes()))
            }
            _ => PreferencesValues::default(),
        }
    }

    /// Returns the state before the response changes anything.
    pub(super) fn before(
        &self,
        config: &Config,
        policy: &CookiePolicy,
        now: impl Fn() -> u64,
        watch: &Watch,
    ) -> Before {
        match self {
            Self::Judged {
                allowed,
                denied,
                standing,
                signals,
                ..
            } => Before {
                judgement: Judgement {
                    allowed: *allowed,
                    denied: *denied,
                    standing: *standing,
                },
                several: signals.has(Signals::SEVERAL),
                cross_site: signals.has(Signals::CROSS_SITE),
                signals: of_the_response(*signals),
            },
            Self::Unread { cookie, signals } => {
                let cookies = cookie.iter().map(HeaderValue::as_bytes);
                let values = PreferencesValues::of_request(policy, cookies);
                let signals_of_response = of_the_response(*signals);
                let cross_site = signals.has(Signals::CROSS_SITE) && values.is_empty();
                let of_the_request = signals_of_response.with(Signals::CROSS_SITE, cross_site);
                let now = now();
                let reading = read_preferences(config, policy, &values, now, watch);
                let evaluation = evaluate(policy, &reading, now, of_the_request);
                Before {
                    judgement: evaluation.judgement,
                    several: reading.several,
                    cross_site,
                    signals: signals_of_response,
                }
            }
        }
    }
}

/// Reads the preferences that were received, and reports those that can't be read.
#[inline]
pub(super) fn read_preferences<'a>(
    config: &Config,
    policy: &CookiePolicy,
    values: &PreferencesValues<'a>,
    now: u64,
    watch: &Watch,
) -> Reading<'a> {
    let reading = read(policy, values, now);
    if let Some(why) = reading.unreadable {
        let what = EventKind::Unreadable(why);
        watch.tell(config, Event::new(what, Direction::Request, policy));
    }
    reading
}

/// The signals under which a choice in the response is judged: the request's origin decides if browsers
/// keep the choice, not what the choice means.
fn of_the_response(signals: Signals) -> Signals {
    signals.without(Signals::CROSS_SITE)
}
