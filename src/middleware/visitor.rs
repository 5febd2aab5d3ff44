use http::HeaderValue;

use super::{config::Config, host::Host, preferences::Before, watch::Watch};
use crate::{
    consent::{
        Evaluation, Judgement, PreferencesValues, Reading, Signals, Standing, evaluate, read,
    },
    observe::{Direction, Event, EventKind},
    policy::{CategorySet, CookiePolicy},
};

/// What the response knows of the visitor; flat, so that it fits into the response future.
pub(super) enum Visitor {
    /// The preferences were parsed and evaluated with the request.
    Judged {
        allowed: CategorySet,
        denied: CategorySet,
        standing: Standing,
        flags: u8,
        host: Host,
    },
    /// Only the response may need the preferences, and few responses do. The signals are those of a
    /// request without preferences.
    Unread {
        cookie: Option<HeaderValue>,
        flags: u8,
    },
}

const GPC_HONOURED: u8 = 1;
const CROSS_SITE: u8 = 2;
const SEVERAL: u8 = 4;
const EMBEDDED: u8 = 8;
const OTHER_SITE: u8 = 16;
const TOP_LEVEL_GET: u8 = 32;

impl Visitor {
    pub(super) fn judged(
        judgement: Judgement,
        several: bool,
        signals: Signals,
        host: Host,
    ) -> Self {
        Self::Judged {
            allowed: judgement.allowed,
            denied: judgement.denied,
            standing: judgement.standing,
            flags: flags(signals, several),
            host,
        }
    }

    pub(super) fn unread(cookie: Option<HeaderValue>, signals: Signals) -> Self {
        Self::Unread {
            cookie,
            flags: flags(signals, false),
        }
    }

    /// The host, where it was kept in place.
    pub(super) fn host(&self) -> &str {
        match self {
            Self::Judged { host, .. } => host.as_str(),
            Self::Unread { .. } => "",
        }
    }

    /// The preferences that were received, as far as they are at hand, where the codec reads several
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

    /// What holds before the response says anything new.
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
                flags,
                ..
            } => Before {
                judgement: Judgement {
                    allowed: *allowed,
                    denied: *denied,
                    standing: *standing,
                },
                several: flags & SEVERAL != 0,
                cross_site: flags & CROSS_SITE != 0,
                signals: signals_of_the_response(*flags),
            },
            Self::Unread { cookie, flags } => {
                let cookies = cookie.iter().map(HeaderValue::as_bytes);
                let values = PreferencesValues::of_request(policy, cookies);
                let signals = signals_of_the_response(*flags);
                let cross_site = flags & CROSS_SITE != 0 && values.is_empty();
                let of_the_request = Signals {
                    cross_site,
                    ..signals
                };
                let (reading, evaluation) =
                    judge(config, policy, &values, now(), of_the_request, watch);
                Before {
                    judgement: evaluation.judgement,
                    several: reading.several,
                    cross_site,
                    signals,
                }
            }
        }
    }
}

/// Parses the preferences that came in, and evaluates them.
#[inline(always)]
pub(super) fn judge<'a>(
    config: &Config,
    policy: &CookiePolicy,
    values: &PreferencesValues<'a>,
    now: u64,
    signals: Signals,
    watch: &Watch,
) -> (Reading<'a>, Evaluation) {
    // Nearly all first visits, for which the compiler works the rest out beforehand.
    if values.is_empty() {
        let reading = Reading::NONE;
        return (reading, evaluate(policy, &reading, now, signals));
    }
    let reading = read(policy, values, now);
    if let Some(why) = reading.unreadable {
        watch.tell(
            config,
            Event::new(EventKind::Unreadable(why), Direction::Request, policy),
        );
    }
    (reading, evaluate(policy, &reading, now, signals))
}

fn flags(signals: Signals, several: bool) -> u8 {
    (u8::from(signals.gpc_honoured) * GPC_HONOURED)
        | (u8::from(signals.cross_site) * CROSS_SITE)
        | (u8::from(several) * SEVERAL)
        | (u8::from(signals.embedded) * EMBEDDED)
        | (u8::from(signals.other_site) * OTHER_SITE)
        | (u8::from(signals.top_level_get) * TOP_LEVEL_GET)
}

/// The signals under which a choice in the response is judged: where the request came from says
/// whether browsers keep it, and nothing of what it means.
fn signals_of_the_response(flags: u8) -> Signals {
    Signals {
        gpc_honoured: flags & GPC_HONOURED != 0,
        embedded: flags & EMBEDDED != 0,
        other_site: flags & OTHER_SITE != 0,
        top_level_get: flags & TOP_LEVEL_GET != 0,
        ..Signals::default()
    }
}
