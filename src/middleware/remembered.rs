//! What the response future remembers of a request: the visitor, and notes that only some need.

use http::{Extensions, HeaderValue, Method};

use super::{
    config::{Config, Expire},
    events::Watch,
    head::Glance,
};
#[cfg(feature = "records")]
use crate::consent::Corrected;
use crate::{
    consent::{
        Evaluation, Judgement, Neighbours, PreferencesValues, Reading, ReceivedValues, SetChoice,
        Signals, Standing, evaluate, read,
    },
    observe::{Direction, Event, EventKind},
    policy::{CategorySet, CookiePolicy},
    wire::{cache::Cacheability, host::Host},
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

/// The state when the response was made.
#[derive(Clone, Copy)]
pub(super) struct Before {
    pub(super) judgement: Judgement,
    /// Several preferences cookies were received, so the one that is set here is not alone.
    pub(super) several: bool,
    /// The request came from another site, and without preferences.
    pub(super) cross_site: bool,
    pub(super) signals: Signals,
}

#[cfg(feature = "records")]
impl Before {
    /// Judges by the visitor's own choice where the request carried somebody else's.
    #[cold]
    #[inline(never)]
    pub(super) fn correct(&mut self, extensions: &Extensions) {
        if let Some(Corrected(consent)) = extensions.get() {
            self.judgement = consent.judgement();
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

/// The parts that only some requests have.
pub(super) struct Notes {
    /// The policy that the hook chose, if it is not the layer's.
    pub(super) policy: Option<CookiePolicy>,
    pub(super) carried: Carried,
    /// Everything that the request carried, if it may have to be removed instead of the browser
    /// doing so.
    pub(super) cookies: Carried,
    /// The categories whose cookies this response expires if the request carried them.
    pub(super) expirable: Expirable,
    pub(super) long_host: Option<Box<str>>,
    pub(super) cacheability: Cacheability,
    /// The outer layers.
    pub(super) around: Neighbours,
    /// The preferences, if the codec reads several cookies.
    pub(super) received: ReceivedValues,
    /// The headers that take the choice over from a former cookie, or send it again.
    pub(super) taken_over: Vec<HeaderValue>,
    /// The refusal that a signal makes, where it is remembered.
    pub(super) signalled: Option<Box<SetChoice>>,
    /// The page came over plain HTTP, from a host that is not local.
    pub(super) plain_http: bool,
    pub(super) watch: Watch,
    /// Kept by the site's hook, for a choice.
    pub(super) kept: Option<Box<Extensions>>,
}

pub(super) static NOTHING: Notes = Notes::NOTHING;

impl Notes {
    pub(super) const NOTHING: Self = Self {
        policy: None,
        carried: Carried::NOTHING,
        cookies: Carried::NOTHING,
        expirable: Expirable::NOTHING,
        long_host: None,
        cacheability: Cacheability::USUAL,
        around: Neighbours::NONE,
        received: ReceivedValues::NONE,
        taken_over: Vec::new(),
        signalled: None,
        plain_http: false,
        watch: Watch::NONE,
        kept: None,
    };

    /// Returns `true` if there may be something to do besides the response's own `Set-Cookie`
    /// headers.
    pub(super) fn ask_for_more(&self) -> bool {
        !self.expirable.categories.is_empty() || self.watch.explains()
    }

    pub(super) fn policy_of<'a>(&'a self, config: &'a Config) -> &'a CookiePolicy {
        self.policy.as_ref().unwrap_or(&config.policy)
    }

    /// Creates one without anything about the request's cookies.
    #[inline]
    pub(super) fn worth_keeping(
        config: &Config,
        policy: Option<CookiePolicy>,
        watch: Watch,
        method: &Method,
        authorized: bool,
    ) -> Option<Box<Self>> {
        let cacheability = || Cacheability::of(method, authorized);
        let unusual = config.withhold_from_shared_caches && cacheability() != Cacheability::USUAL;
        let worth = policy.is_some() || watch.is_worth_keeping() || unusual;
        worth.then(|| {
            Box::new(Self {
                policy,
                cacheability: cacheability(),
                watch,
                ..Self::NOTHING
            })
        })
    }
}

/// The categories whose cookies a response expires if the request carried them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expirable {
    pub(super) categories: CategorySet,
    /// Only those with other paths than `/`.
    pub(super) below_root: bool,
}

impl Expirable {
    pub(super) const NOTHING: Self = Self {
        categories: CategorySet::EMPTY,
        below_root: false,
    };

    /// Returns the categories whose cookies the response expires if the request carries them. On
    /// navigations these are all, since otherwise each of many subresources would do it again; on other
    /// requests they are those with paths other than `/`, which a navigation may never reach.
    pub(super) fn of(
        config: &Config,
        policy: &CookiePolicy,
        evaluation: &Evaluation,
        glance: &Glance<'_>,
    ) -> Self {
        let categories = match config.expire {
            Expire::OnRefusal => evaluation.refused,
            Expire::OnRefusalOrLapse => evaluation.refused | evaluation.lapsed,
            Expire::Never => return Self::NOTHING,
        };
        if categories.is_empty() || glance.is_navigation() {
            return Self {
                categories,
                below_root: false,
            };
        }
        Self {
            categories: categories & policy.below_root(),
            below_root: true,
        }
    }
}

/// The names of a request's cookies that may matter for its response: those that match a pattern
/// (only the request contains their names), exempt ones (which must not be prolonged), and refused
/// ones (which still exist and have to be expired).
#[derive(Clone, Debug, Default)]
pub(super) struct Carried {
    /// Each name followed by a `;`, which names can't contain.
    names: String,
}

impl Carried {
    pub(super) const NOTHING: Self = Self {
        names: String::new(),
    };

    /// Adds a name; names are visible ASCII, and anything else is left out.
    pub(super) fn note(&mut self, name: &[u8]) {
        if let Ok(name) = str::from_utf8(name) {
            self.names.push_str(name);
            self.names.push(';');
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.split_terminator(';')
    }

    /// Returns the numbers of the declarations of these names, in order.
    pub(super) fn declarations(&self, policy: &CookiePolicy) -> Vec<u32> {
        let mut numbers: Vec<u32> = self
            .iter()
            .filter_map(|name| Some(policy.find(name.as_bytes())?.declaration))
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }
}
