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
/// It stands outermost, around everything that sets cookies: the header decides, not an API. The
/// defaults are the strict ones; each method below switches one of them.
///
/// What it changes on the wire, and nothing else:
///
/// - `Cookie` fields lose withheld cookies; a field that is then empty goes.
/// - Withheld `Set-Cookie` fields go, and removals of refused cookies are appended. What is kept stays
///   byte for byte and in order. (A removal that only some browsers take for one is replaced, and
///   the lifetime of an exempt cookie may be cut.)
/// - Other response headers from which browsers keep state go where their category has no consent, and
///   so do the request headers that bring it back ([`state_headers`](Self::state_headers)).
/// - `Cache-Control: private` is added where `Set-Cookie` was changed, unless the response says
///   private, no-store, public or s-maxage itself, and beside removals unless it says private or
///   no-store. `CDN-Cache-Control` and its like, `Surrogate-Control`, `Edge-Control` and
///   `X-Accel-Expires` are closed in the same way.
/// - `Clear-Site-Data` loses what it says of cookies, only with [`spare_choice`](Self::spare_choice).
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
    /// Enforces `policy`, with every switch at its default. See [the example](Self).
    pub fn new(policy: CookiePolicy) -> Self {
        Self {
            config: Arc::new(Config::new(policy)),
        }
    }

    /// What happens to cookies that the policy does not declare. Default:
    /// [`Undeclared::Withhold`], because a cookie whose purpose nobody has written down has no
    /// consent either.
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

    /// Whether withheld cookies are hidden from the service. Default: `true`, because a cookie
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

    /// Whether a cookie is hidden, too, in whose *value* a withheld name stands after a comma or
    /// blank and before `=`. Default: `false`, because browsers never read it so.
    ///
    /// Some servers do: Python's `http.cookies` and aiohttp at blanks, the legacy parsers of
    /// Tomcat and Jetty at commas. Switch it on in front of those; an allowed cookie with such a
    /// value is lost then.
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

    /// When cookies that the visitor has are removed. Default: [`Expire::OnRefusal`]; who has not
    /// decided loses nothing.
    ///
    /// The response that carries the refusal expires every declared exact name of the denied
    /// categories, and what came in under one of their patterns; later ones expire what still comes
    /// in: on navigations, and for other paths than `/` on all requests. Each is expired at its declared [paths](crate::CookieDeclaration::path),
    /// host-only and at its declared [domains](crate::CookieDeclaration::domain), else at the
    /// request's host and its parents, in a refusal's own response the nearest places of all names
    /// first. A response gets at most 32 removals and 4 KiB of them, the rest comes with the next. One
    /// that shared caches keep (`max-age=60`, `public`, …) gets none but those of a refusal that it
    /// carries itself.
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

    /// Holds cookies of exempt categories to the conditions of their exemption: 13 months at most,
    /// and not prolonged by a later visit. Default: `true` (CNIL, audience measurement).
    ///
    /// A longer lifetime is clamped. Unless it is a session cookie or lives a day at most, a cookie is
    /// withheld
    ///
    /// - that the request carries, under a pattern also if by another name of it;
    /// - that the request would not have brought, so that nobody knows whether it is new: with a `Path`
    ///   that the request does not match, or on a request from another site with a `SameSite` that does
    ///   not come along.
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

    /// Strips all but necessary cookies from responses that shared caches may keep (`max-age=60`,
    /// `public`, `CDN-Cache-Control: max-age=600`, …), whatever the visitor has granted: a cache that
    /// keeps them gives them to visitors who have not. Default: `false`; such a cookie passes to the
    /// visitor who granted it, and [`EventKind::PubliclyCacheable`](crate::observe::EventKind::PubliclyCacheable) reports
    /// it.
    ///
    /// Many sites mean `max-age` for the browser alone, and most shared caches keep no response with
    /// `Set-Cookie`: switch it on where yours does.
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

    /// Spares the visitor's choice from `Clear-Site-Data: "cookies"` and `"*"`, with which browsers
    /// forget the preferences cookie too, and a refusal with it. Default: `false`; the field passes,
    /// and [`EventKind::ClearsCookies`](crate::observe::EventKind::ClearsCookies) reports it.
    ///
    /// Switched on, removals of what the request carried, but for the preferences cookie, take the
    /// place of the directive; others, such as `"storage"`, stay, and `"*"` becomes all others. The
    /// response is made private. Where one response can't hold all removals (32, and 4 KiB), the field
    /// stays as it is. Unlike the directive, removals reach the host and its parents alone, at declared
    /// paths and `/`, and no cookie that the request did not carry.
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

    /// Whether the request's extensions get the [`Consent`](crate::Consent). Default: `true`.
    /// Switched off, it saves its allocation where no handler asks, as in a proxy.
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

    /// Whether the Global Privacy Control signal counts. Default: [`Gpc::Honour`]: while the request
    /// has `Sec-GPC: 1`, a yes that was given without it is withheld, and so are exempt categories
    /// with [`gpc(true)`](crate::Category::gpc). The signal grants nothing and expires nothing.
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

    /// Chooses the policy of each request: for tenants, or for a policy that changes while the
    /// service runs. `None` means the layer's own. The hook is called once a request and should
    /// not block; a policy is one `Arc`, so handing one out is cheap.
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

    /// Takes the time from `clock` instead of the system: for tests.
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

/// What the conformance kit asks of the site's own layer.
#[cfg(feature = "conformance")]
impl CookieConsentLayer {
    /// This layer's policy and switches, enforced: without hooks and observers, and without what would
    /// let pass what the law does not, or hides from the kit how it judges.
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

    /// Seconds since 1970, by the layer's clock.
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
