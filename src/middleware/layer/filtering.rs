//! The switches for what is withheld, and for what is removed from the browser.

use std::sync::Arc;

use super::{
    super::{
        config::{Expire, Gpc, StateHeaders},
        head::Signal,
    },
    CookieConsentLayer,
};
use crate::consent::Undeclared;

impl CookieConsentLayer {
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

    /// Sets how to treat response headers that browsers store. Default: [`StateHeaders::Report`].
    ///
    /// A header declared with the kind [`Header`](crate::policy::TrackerKind::Header) is stripped
    /// from responses as long as its category has no consent. The request headers that send its
    /// state back are hidden from the service: `If-None-Match` for a declared `ETag`,
    /// `Dictionary-ID` for `Use-As-Dictionary`, client hints for `Accept-CH`. `ETag` and
    /// `Last-Modified` are never changed unless they are declared.
    ///
    /// ```
    /// use http::{Request, Response};
    /// use tower::{Layer, Service, service_fn};
    /// use tower_cookie_consent::{
    ///     Category, CookieConsentLayer, CookieDeclaration, CookiePolicy, layer::StateHeaders,
    ///     policy::TrackerKind,
    /// };
    ///
    /// let header = |name| CookieDeclaration::new(name).kind(TrackerKind::Header);
    /// let policy = CookiePolicy::new([
    ///     Category::necessary("base").cookie(header("Accept-CH")),
    ///     Category::consent("statistics").cookie(header("ETag")),
    /// ])?;
    /// let layer = CookieConsentLayer::new(policy).state_headers(StateHeaders::Withhold);
    /// let mut service = layer.layer(service_fn(async |request: Request<()>| {
    ///     assert!(!request.headers().contains_key("if-none-match"));
    ///     let response = Response::builder().header("accept-ch", "DPR");
    ///     response.header("etag", "\"visitor-4711\"").header("nel", "{}").body(())
    /// }));
    /// # futures_executor::block_on(async {
    /// let request = Request::builder().header("if-none-match", "\"visitor-4711\"").body(())?;
    /// let response = service.call(request).await?;
    /// let left: Vec<_> = response.headers().keys().collect();
    /// assert_eq!(left, ["accept-ch"], "no consent yet, and NEL is not declared");
    /// # Ok::<(), http::Error>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn state_headers(self, state_headers: StateHeaders) -> Self {
        self.with(|config| config.state_headers = state_headers)
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

    /// Heeds a further signal besides `Sec-GPC`, which only refuses: [`Adpc`](crate::layer::Adpc), or a
    /// [`Signal`] of the site's own. Call this again for each. Default: none.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy, layer::Adpc};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// let layer = CookieConsentLayer::new(policy).signal(Adpc);
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn signal(self, signal: impl Signal + 'static) -> Self {
        self.with(|config| config.signals.push(Arc::new(signal)))
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
}
