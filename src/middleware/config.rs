use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::SystemTime,
};

use http::{Extensions, HeaderValue, Request};

use super::head::{RequestHead, Signal};
use crate::{
    consent::{RecordsId, Switches, unix_seconds},
    observe::Observers,
    policy::CookiePolicy,
    wire::bytes::are_equal,
};

/// Controls when a visitor's existing cookies are removed; set with
/// [`expire`](crate::CookieConsentLayer::expire).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Expire {
    /// After an explicit refusal or withdrawal. The default.
    #[default]
    OnRefusal,
    /// Also once consent has lapsed, because the choice grew too old or the category changed.
    OnRefusalOrLapse,
    /// Never: cookies are only withheld. Something else then has to remove them, since the browser
    /// keeps sending them.
    Never,
}

/// Controls whether the Global Privacy Control signal counts; set with
/// [`gpc`](crate::CookieConsentLayer::gpc).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Gpc {
    /// While the browser sends `Sec-GPC: 1`, consent given without the signal does not count. The
    /// default.
    #[default]
    Honour,
    /// The signal has no effect, but is still recorded with choices made under it.
    Ignore,
}

/// Controls what the layer does with its decisions; set with
/// [`enforcement`](crate::CookieConsentLayer::enforcement) or
/// [`enforcement_for`](crate::CookieConsentLayer::enforcement_for).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Enforcement {
    /// Cookies are withheld as decided. The default.
    #[default]
    On,
    /// Everything is judged and reported, but nothing is changed on the wire.
    ReportOnly,
    /// Nothing is filtered, expired or reported. Handlers still get the [`Consent`](crate::Consent)
    /// that would apply.
    Off,
}

/// The treatment of response headers that browsers store, as they store `Set-Cookie`: `Accept-CH`,
/// `NEL`, `Use-As-Dictionary` with an id, and so on (for the whole list, see
/// [`guide::policy`](crate::guide::policy#headers-that-keep-state)). Set with
/// [`state_headers`](crate::CookieConsentLayer::state_headers).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StateHeaders {
    /// Declared headers follow the consent of their category, as with [`Report`](Self::Report), and
    /// undeclared ones are stripped. The state that they send back is hidden from the service.
    Withhold,
    /// Declared headers ([`TrackerKind::Header`](crate::policy::TrackerKind::Header)) follow the consent of their category;
    /// undeclared ones pass and are reported. The default.
    #[default]
    Report,
    /// All of them pass, and nothing is reported.
    Allow,
}

type EnforcementHook = dyn Fn(RequestHead<'_>) -> Option<Enforcement> + Send + Sync;
type PathHook = dyn Fn(RequestHead<'_>) -> Option<String> + Send + Sync;
type PolicyHook = dyn Fn(RequestHead<'_>) -> Option<CookiePolicy> + Send + Sync;
type KeepHook = dyn Fn(RequestHead<'_>) -> Extensions + Send + Sync;
type Clock = dyn Fn() -> SystemTime + Send + Sync;

/// The settings of a layer, shared by its services and their futures.
#[derive(Clone)]
pub(super) struct Config {
    pub(super) policy: CookiePolicy,
    pub(super) policy_for: Option<Arc<PolicyHook>>,
    pub(super) regimes: Option<Regimes>,
    /// The request headers by which the regime is chosen, for `Vary`.
    pub(super) vary: Option<HeaderValue>,
    pub(super) clock: Option<Arc<Clock>>,
    pub(super) switches: Switches,
    pub(super) expire: Expire,
    pub(super) gpc: Gpc,
    pub(super) signals: Vec<Arc<dyn Signal>>,
    pub(super) strict_values: bool,
    pub(super) limit_exempt: bool,
    pub(super) state_headers: StateHeaders,
    pub(super) withhold_from_shared_caches: bool,
    pub(super) spare_choice: bool,
    pub(super) expose_consent: bool,
    pub(super) enforcement: Enforcement,
    pub(super) enforcement_for: Option<Arc<EnforcementHook>>,
    pub(super) path_for: Option<Arc<PathHook>>,
    pub(super) keep_for_choices: Option<Arc<KeepHook>>,
    pub(super) explain: bool,
    pub(super) observers: Observers,
    /// A choice that grants only counts once it is recorded there.
    pub(super) records: Option<RecordsId>,
}

impl Config {
    pub(super) fn new(policy: CookiePolicy) -> Self {
        Self {
            policy,
            policy_for: None,
            regimes: None,
            vary: None,
            clock: None,
            switches: Switches::DEFAULT,
            expire: Expire::default(),
            gpc: Gpc::default(),
            signals: Vec::new(),
            strict_values: false,
            limit_exempt: true,
            state_headers: StateHeaders::default(),
            withhold_from_shared_caches: false,
            spare_choice: false,
            expose_consent: true,
            enforcement: Enforcement::On,
            enforcement_for: None,
            path_for: None,
            keep_for_choices: None,
            explain: false,
            observers: Observers::default(),
            records: None,
        }
    }

    /// Returns `true` if the request takes the consent along: for the service, or for a layer of this crate.
    #[inline]
    pub(super) fn passes_consent(&self) -> bool {
        self.expose_consent || crate::consent::hidden::is_wanted()
    }

    /// Returns the policy that the hook chooses for the request, if any.
    #[inline]
    pub(super) fn choose_policy<B>(&self, request: &Request<B>) -> Option<CookiePolicy> {
        let hook = self.policy_for.as_ref()?;
        self.policy_by(&**hook, request)
    }

    #[inline(never)]
    fn policy_by<B>(&self, hook: &PolicyHook, request: &Request<B>) -> Option<CookiePolicy> {
        let chosen = hook(RequestHead::of(request));
        match &self.regimes {
            None => chosen,
            Some(regimes) => {
                let policy = chosen.as_ref().unwrap_or(&self.policy);
                Some(regimes.policy_for(policy, request))
            }
        }
    }

    /// Returns these settings with the policy as it is in a regime.
    pub(super) fn with_variant(&self, policy: CookiePolicy) -> Self {
        Self {
            policy,
            regimes: None,
            ..self.clone()
        }
    }

    /// Returns `true` if one of the further signals refuses.
    #[inline]
    pub(super) fn is_refused<B>(&self, request: &Request<B>) -> bool {
        !self.signals.is_empty() && self.refusing_signal(RequestHead::of(request)).is_some()
    }

    /// Returns the first of the further signals that refuses, by its number.
    #[inline(never)]
    pub(super) fn refusing_signal(&self, head: RequestHead<'_>) -> Option<usize> {
        self.signals.iter().position(|signal| signal.refuses(head))
    }

    /// Returns what the hook keeps of the request, if anything.
    #[inline]
    pub(super) fn keep<B>(&self, request: &Request<B>) -> Option<Box<Extensions>> {
        let hook = self.keep_for_choices.as_ref()?;
        let kept = hook(RequestHead::of(request));
        (!kept.is_empty()).then(|| Box::new(kept))
    }

    /// Returns the current time in seconds since 1970.
    #[inline]
    pub(super) fn now(&self) -> u64 {
        unix_seconds(match &self.clock {
            Some(clock) => clock(),
            None => SystemTime::now(),
        })
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("policy", &self.policy)
            .field("policy_for", &self.policy_for.is_some())
            .field("regimes", &self.regimes.is_some())
            .field("clock", &self.clock.is_some())
            .field("undeclared", &self.switches.undeclared)
            .field("expire", &self.expire)
            .field("gpc", &self.gpc)
            .field("signals", &self.signals)
            .field("filter_request", &self.switches.filter_request)
            .field("strict_values", &self.strict_values)
            .field("limit_exempt", &self.limit_exempt)
            .field("state_headers", &self.state_headers)
            .field(
                "withhold_from_shared_caches",
                &self.withhold_from_shared_caches,
            )
            .field("spare_choice", &self.spare_choice)
            .field("expose_consent", &self.expose_consent)
            .field(
                "report_only",
                &(self.enforcement == Enforcement::ReportOnly),
            )
            .field("enforcement", &self.enforcement)
            .field("enforcement_for", &self.enforcement_for.is_some())
            .field("path_for", &self.path_for.is_some())
            .field("keep_for_choices", &self.keep_for_choices.is_some())
            .field("explain", &self.explain)
            .field("observers", &self.observers)
            .field("records", &self.records.is_some())
            .finish_non_exhaustive()
    }
}

/// Returns the id of a regime, if it is known.
pub(super) type RegimeHook = dyn Fn(RequestHead<'_>) -> Option<&'static str> + Send + Sync;
/// The id of a regime, and the settings with the policy as it is there.
type Variant = (Box<str>, Arc<Config>);
type MinorHook = dyn Fn(RequestHead<'_>) -> bool + Send + Sync;

/// The hooks that say which rules apply to a visitor, and the settings for each.
#[derive(Default)]
pub(super) struct Regimes {
    pub(super) hook: Option<Arc<RegimeHook>>,
    /// Says which visitors are minors.
    pub(super) minor: Option<Arc<MinorHook>>,
    /// The settings with the policy as it is in each regime, by its id, the strictest last; made for the
    /// first request.
    variants: OnceLock<Box<[Variant]>>,
    /// The settings with the policy as it is for minors.
    for_minors: OnceLock<Arc<Config>>,
}

/// Without the variants, since a clone of the settings is about to change.
impl Clone for Regimes {
    fn clone(&self) -> Self {
        Self {
            hook: self.hook.clone(),
            minor: self.minor.clone(),
            ..Self::default()
        }
    }
}

impl Regimes {
    /// Returns the settings for the request: with the policy as it is for this visitor.
    pub(super) fn settings_for<'a, B>(
        &'a self,
        config: &'a Arc<Config>,
        request: &Request<B>,
    ) -> &'a Arc<Config> {
        // The policy is chosen for the request, and its variant with it.
        if config.policy_for.is_some() {
            return config;
        }
        if self.is_minor(request) {
            return self.settings_for_minors(config);
        }
        let Some(hook) = &self.hook else {
            return config;
        };
        let regime = hook(RequestHead::of(request));
        let variants = self.variants.get().map(|variants| &**variants);
        let variants = variants.unwrap_or_else(|| self.compile_variants(config));
        // So few that a look at each costs less than a hash.
        let is = |id: &str| variants.iter().find(|(known, _)| are_equal(known, id));
        let known = regime.and_then(is).or(variants.last());
        known.map_or(config, |(_, settings)| settings)
    }

    #[cold]
    fn settings_for_minors(&self, config: &Config) -> &Arc<Config> {
        let for_minors = || Arc::new(config.with_variant(config.policy.for_minors().clone()));
        self.for_minors.get_or_init(for_minors)
    }

    #[cold]
    fn compile_variants(&self, config: &Config) -> &[Variant] {
        let policy = &config.policy;
        let with = |(id, variant): (&str, &CookiePolicy)| {
            (id.into(), Arc::new(config.with_variant(variant.clone())))
        };
        self.variants
            .get_or_init(|| policy.regimes().zip(policy.variants()).map(with).collect())
    }

    /// Returns the policy as it is for this visitor.
    fn policy_for<B>(&self, policy: &CookiePolicy, request: &Request<B>) -> CookiePolicy {
        if self.is_minor(request) {
            return policy.for_minors().clone();
        }
        let Some(hook) = &self.hook else {
            return policy.clone();
        };
        policy.variant_for(hook(RequestHead::of(request))).clone()
    }

    fn is_minor<B>(&self, request: &Request<B>) -> bool {
        let minor = self.minor.as_ref();
        minor.is_some_and(|minor| minor(RequestHead::of(request)))
    }
}
