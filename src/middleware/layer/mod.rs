//! The layer, and its switches by subject.

mod filtering;
mod observing;
mod regimes;

use std::{sync::Arc, time::SystemTime};

use tower::Layer;

#[cfg(feature = "conformance")]
use super::config::{Expire, Gpc, StateHeaders};
use super::{config::Config, head::RequestHead, service::CookieConsent};
#[cfg(feature = "records")]
use crate::consent::RecordsId;
#[cfg(feature = "conformance")]
use crate::consent::Switches;
use crate::policy::CookiePolicy;

/// Enforces a [`CookiePolicy`] on every request and response of a service.
///
/// Add it outermost, around everything that sets cookies: the header decides, not an API. The
/// defaults are strict; each method below changes one of them.
///
/// It makes these changes on the wire, and no others:
///
/// - Withheld cookies are removed from `Cookie` headers, and headers that become empty are removed.
/// - Withheld `Set-Cookie` headers are removed, and removals of refused cookies are appended.
///   Everything else stays byte for byte and in order. (A removal that only some browsers recognise
///   is replaced, and the lifetime of an exempt cookie may be shortened.)
/// - Other response headers that browsers store are removed if their category lacks consent, and so
///   are the request headers that send the state back ([`state_headers`](Self::state_headers)).
/// - `Cache-Control: private` is added if `Set-Cookie` was changed, unless the response already
///   says private, no-store, public or s-maxage; and if there are removals, unless it says private
///   or no-store. `CDN-Cache-Control` and similar headers, `Surrogate-Control`, `Edge-Control` and
///   `X-Accel-Expires` are closed in the same way.
/// - `Clear-Site-Data` loses its directives for cookies, but only with
///   [`spare_choice`](Self::spare_choice). `Clear-Site-Data: "cache"` is added to a response that takes
///   consent away if the policy declares services, so that browsers do not bring back pages that load
///   them.
/// - The preferences cookie is appended where the layer itself stores a choice: one that it takes over
///   from a [former cookie](crate::policy::PreferencesCookie::also_read), an objection that would end with
///   its cookie, or the refusal of a signal that is remembered. It lasts for at most 400 days. With
///   records, the visitor's receipt is appended. Such a response, and any that makes a choice, is closed to
///   shared caches.
/// - `Vary` gets the headers of [`regime_from`](Self::regime_from) where the response varies by `Cookie`,
///   and `x-cookie-consent` is added with [`explain`](Self::explain).
///
/// ```
/// use http::{Request, Response, header::SET_COOKIE};
/// use tower::{Layer, Service, service_fn};
/// use tower_cookie_consent::{Category, CookieConsentLayer, CookieDeclaration, CookiePolicy};
///
/// let policy = CookiePolicy::new([
///     Category::necessary("base").cookie(CookieDeclaration::new("sessionid")),
///     Category::consent("ads").cookie(CookieDeclaration::new("_ga")),
/// ])?;
/// let service = service_fn(async |_: Request<()>| {
///     Response::builder()
///         .header(SET_COOKIE, "sessionid=1; HttpOnly")
///         .header(SET_COOKIE, "_ga=2")
///         .body(())
/// });
/// let mut service = CookieConsentLayer::new(policy).layer(service);
/// # futures_executor::block_on(async {
/// let response = service.call(Request::new(())).await?;
/// let kept: Vec<_> = response.headers().get_all(SET_COOKIE).iter().collect();
/// assert_eq!(kept, ["sessionid=1; HttpOnly"]);
/// # Ok::<(), http::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is put around a service"]
pub struct CookieConsentLayer {
    config: Arc<Config>,
}

impl CookieConsentLayer {
    /// Creates a layer that enforces `policy`, with all switches at their defaults.
    pub fn new(policy: CookiePolicy) -> Self {
        Self {
            config: Arc::new(Config::new(policy)),
        }
    }

    /// Sets whether the request's extensions get the [`Consent`](crate::Consent). Default: `true`.
    /// Turning it off saves an allocation if no handler needs it, as in a proxy. The documents of an
    /// `HtmlConsentLayer` inside of this one are judged by the consent all the same.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// let layer = CookieConsentLayer::new(policy).expose_consent(false);
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn expose_consent(self, expose_consent: bool) -> Self {
        self.with(|config| config.expose_consent = expose_consent)
    }

    /// Chooses the policy of each request: for tenants, or for a policy that changes at run time.
    /// `None` means the layer's own. The hook is called once per request and should not block; a
    /// policy is one `Arc`, so returning one is cheap.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// # let of_tenant = policy.clone();
    /// let layer = CookieConsentLayer::new(policy).policy_for(move |request| {
    ///     (request.host()? == "tenant.example.org").then(|| of_tenant.clone())
    /// });
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn policy_for<F, P>(self, hook: F) -> Self
    where
        F: Fn(RequestHead<'_>) -> P + Send + Sync + 'static,
        P: Into<Option<CookiePolicy>>,
    {
        self.with(|config| config.policy_for = Some(Arc::new(move |head| hook(head).into())))
    }

    /// Uses `clock` instead of the system clock, for tests.
    ///
    /// ```
    /// # use std::time::{Duration, UNIX_EPOCH};
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// let at = UNIX_EPOCH + Duration::from_secs(1_790_000_000);
    /// let layer = CookieConsentLayer::new(policy).with_clock(move || at);
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn with_clock(self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.with(|config| config.clock = Some(Arc::new(clock)))
    }

    /// Lets grants count only if they are marked as recorded there.
    #[cfg(feature = "records")]
    pub(crate) fn requiring_records(self, records: RecordsId) -> Self {
        self.with(|config| config.records = Some(records))
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(Arc::make_mut(&mut self.config));
        self
    }
}

/// Used by the conformance kit on the site's own layer.
#[cfg(feature = "conformance")]
impl CookieConsentLayer {
    /// Returns this layer's policy and switches with enforcement on: without hooks but that for regimes,
    /// without observers, and without switches that would let through what the law forbids, or would hide decisions
    /// from the kit.
    pub(crate) fn for_kit(&self) -> Self {
        self.clone().with(|config| {
            let policy = config.policy.clone();
            *config = Config {
                clock: config.clock.take(),
                regimes: config.regimes.take(),
                switches: Switches {
                    filter_request: true,
                    ..config.switches
                },
                expire: config.expire,
                gpc: config.gpc,
                strict_values: config.strict_values,
                state_headers: config.state_headers,
                ..Config::new(policy)
            };
        })
    }

    pub(crate) fn policy(&self) -> &CookiePolicy {
        &self.config.policy
    }

    pub(crate) fn expire_switch(&self) -> Expire {
        self.config.expire
    }

    pub(crate) fn gpc_switch(&self) -> Gpc {
        self.config.gpc
    }

    pub(crate) fn state_headers_switch(&self) -> StateHeaders {
        self.config.state_headers
    }

    /// Returns the time in seconds since 1970, by the layer's clock.
    pub(crate) fn now(&self) -> u64 {
        self.config.now()
    }
}

impl<S> Layer<S> for CookieConsentLayer {
    type Service = CookieConsent<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CookieConsent::new(inner, Arc::clone(&self.config))
    }
}
