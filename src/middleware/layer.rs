use std::{sync::Arc, time::SystemTime};

use tower::Layer;

#[cfg(feature = "conformance")]
use super::state::StateHeaders;
use super::{
    config::{Config, Expire, Gpc},
    head::RequestHead,
    service::CookieConsent,
};
#[cfg(feature = "conformance")]
use crate::consent::Switches;
use crate::{consent::Undeclared, policy::CookiePolicy};

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
///   [`spare_choice`](Self::spare_choice).
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

    /// Sets how to treat cookies that the policy does not declare. Default:
    /// [`Undeclared::Withhold`], because nobody can have consented to a cookie without a declared
    /// purpose.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy, Undeclared};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// // While the inventory of an old site is still under way:
    /// let layer = CookieConsentLayer::new(policy).undeclared(Undeclared::Allow);
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn undeclared(self, undeclared: Undeclared) -> Self {
        self.with(|config| config.switches.undeclared = undeclared)
    }

    /// Sets whether withheld cookies are hidden from the service. Default: `true`, because cookies
    /// must not be read without consent either (CNIL SAN-2024-019).
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// // The service behind proves by other means that it reads nothing:
    /// let layer = CookieConsentLayer::new(policy).filter_request(false);
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn filter_request(self, filter_request: bool) -> Self {
        self.with(|config| config.switches.filter_request = filter_request)
    }

    /// Also hides cookies whose *value* embeds a withheld `name=` after a comma or space. Default:
    /// `false`, because browsers never read it as a cookie.
    ///
    /// Some servers do: Python's `http.cookies` and aiohttp at spaces, the legacy parsers of Tomcat
    /// and Jetty at commas. Turn it on in front of those; allowed cookies with such a value are
    /// then lost.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// let layer = CookieConsentLayer::new(policy).strict_values(true);
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn strict_values(self, strict_values: bool) -> Self {
        self.with(|config| config.strict_values = strict_values)
    }

    /// Sets when a visitor's existing cookies are removed. Default: [`Expire::OnRefusal`], so
    /// undecided visitors keep the cookies they already have.
    ///
    /// The response that carries the refusal expires every declared exact name of the denied
    /// categories, and received cookies that match one of their patterns. Later responses expire
    /// what the browser still sends: on navigations, and on all requests for paths other than `/`.
    /// Each cookie is expired at its declared [paths](crate::CookieDeclaration::path), host-only
    /// and at its declared [domains](crate::CookieDeclaration::domain), or else at the request's
    /// host and its parents; the response to the refusal covers the most likely places of all names
    /// first. A response gets at most 32 removals and 4 KiB of them, and the next ones get the
    /// rest. A response that shared caches store (`max-age=60`, `public`, …) only gets removals if
    /// it carries the refusal itself.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy, Expire};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// let layer = CookieConsentLayer::new(policy).expire(Expire::OnRefusalOrLapse);
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn expire(self, expire: Expire) -> Self {
        self.with(|config| config.expire = expire)
    }

    /// Holds cookies of exempt categories to the conditions of their exemption: they live for at
    /// most 13 months, and a later visit does not prolong them. Default: `true` (CNIL, audience
    /// measurement).
    ///
    /// A longer lifetime is shortened. Unless it is a session cookie or lives for at most a day, a
    /// cookie is withheld
    ///
    /// - if the request carries it, or another name of its pattern;
    /// - if the request would not have carried it, so that it may not be new: with a `Path` that
    ///   the request does not match, or on a request from another site with a `SameSite` that
    ///   browsers do not send there.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy};
    /// # let policy = CookiePolicy::new([Category::exempt("stats")])?;
    /// // A regulator with other conditions:
    /// let layer = CookieConsentLayer::new(policy).limit_exempt(false);
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn limit_exempt(self, limit_exempt: bool) -> Self {
        self.with(|config| config.limit_exempt = limit_exempt)
    }

    /// Strips all but necessary cookies from responses that shared caches may store (`max-age=60`,
    /// `public`, `CDN-Cache-Control: max-age=600`, …), even if the visitor has granted them: the
    /// cache would give them to visitors who have not. Default: `false`; such a cookie passes to
    /// the visitor who granted it, and
    /// [`EventKind::PubliclyCacheable`](crate::observe::EventKind::PubliclyCacheable) reports it.
    ///
    /// Many sites mean `max-age` for the browser only, and most shared caches do not store
    /// responses with `Set-Cookie`. Turn it on if yours does.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// // The CDN in front keeps whole responses:
    /// let layer = CookieConsentLayer::new(policy).withhold_from_shared_caches(true);
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn withhold_from_shared_caches(self, withhold: bool) -> Self {
        self.with(|config| config.withhold_from_shared_caches = withhold)
    }

    /// Spares the visitor's choice from `Clear-Site-Data: "cookies"` and `"*"`, which make browsers
    /// delete the preferences cookie too, and with it a refusal. Default: `false`; the header
    /// passes, and [`EventKind::ClearsCookies`](crate::observe::EventKind::ClearsCookies) reports
    /// it.
    ///
    /// If on, the directive is replaced with removals of the cookies that the request carried,
    /// except for the preferences cookie. Other directives, such as `"storage"`, are kept, and
    /// `"*"` becomes all others. The response is made private. If it has no room for all removals
    /// (32, and 4 KiB), or if a cookie has no certain name, the header is not changed. Unlike the directive, removals only reach the
    /// host and its parents, at declared paths and `/`, and no cookie that the request did not
    /// carry.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// // The logout sends `Clear-Site-Data: "cookies"`:
    /// let layer = CookieConsentLayer::new(policy).spare_choice(true);
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn spare_choice(self, spare_choice: bool) -> Self {
        self.with(|config| config.spare_choice = spare_choice)
    }

    /// Sets whether the request's extensions get the [`Consent`](crate::Consent). Default: `true`.
    /// Turning it off saves an allocation if no handler needs it, as in a proxy.
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

    /// Sets whether the Global Privacy Control signal counts. Default: [`Gpc::Honour`]: while the
    /// request has `Sec-GPC: 1`, consent given without the signal does not count, and neither do
    /// exempt categories with [`gpc(true)`](crate::Category::gpc). The signal grants nothing and
    /// expires nothing.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy, Gpc};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// // Where the law gives the signal no meaning and the site's notice says so:
    /// let layer = CookieConsentLayer::new(policy).gpc(Gpc::Ignore);
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn gpc(self, gpc: Gpc) -> Self {
        self.with(|config| config.gpc = gpc)
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

    pub(super) fn with(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(Arc::make_mut(&mut self.config));
        self
    }
}

/// Used by the conformance kit on the site's own layer.
#[cfg(feature = "conformance")]
impl CookieConsentLayer {
    /// Returns this layer's policy and switches with enforcement on: without hooks and observers,
    /// and without switches that would let through what the law forbids, or would hide decisions
    /// from the kit.
    pub(crate) fn for_kit(&self) -> Self {
        self.clone().with(|config| {
            let policy = config.policy.clone();
            *config = Config {
                clock: config.clock.take(),
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
