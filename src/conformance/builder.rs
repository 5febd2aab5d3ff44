//! The settings of a check.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::{
    HeaderMap, HeaderName, HeaderValue, Uri,
    header::{COOKIE, HOST},
};

use super::{
    Probe,
    host::with_brackets,
    oracle::Oracle,
    planned::{PlannedRequest, get},
};
use crate::{CookieConsentLayer, CookiePolicy, Gpc, Inventory, layer::StateHeaders};

/// The settings of a check; the module has the [introduction](super).
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// use tower::Layer;
/// use tower_cookie_consent::{
///     Category, CookieConsentLayer, CookieDeclaration, CookiePolicy, Gpc,
///     conformance::{Conformance, Outcome, Probe, Requirement},
/// };
///
/// let ads = Category::consent("ads").cookie(CookieDeclaration::new("_ga"));
/// let policy = CookiePolicy::new([ads]).unwrap();
/// let probe = Probe::new();
/// let layer = CookieConsentLayer::new(policy).gpc(Gpc::Ignore);
/// let app = axum::Router::new().layer(probe.clone()).layer(layer.clone());
///
/// let kit = Conformance::for_layer(&layer)
///     .visit(["/", "/search?q=x"])
///     .follow_links(2)
///     .host("www.example.org")
///     .gpc(Gpc::Ignore) // as the layer already says
///     .probe(&probe);
/// let report = kit.check(app).await;
/// assert_eq!(report.outcome(Requirement::HiddenWithoutConsent), Outcome::Held);
/// # let policy = CookiePolicy::new([Category::consent("ads")]).unwrap();
///
/// // If a probe is not possible, a development server may report what it reads:
/// let kit = Conformance::new(policy).echo("/debug/echo-cookies");
/// # });
/// ```
#[derive(Clone)]
#[must_use = "nothing is checked before `check`"]
pub struct Conformance {
    pub(super) oracle: Oracle,
    /// The site has this layer, as far as its test says so.
    pub(super) has_layer: bool,
    pub(super) requests: Vec<PlannedRequest>,
    /// The requests that every visitor makes first.
    pub(super) logins: Vec<PlannedRequest>,
    pub(super) depth: usize,
    pub(super) host: Option<String>,
    pub(super) echo: Option<Uri>,
    pub(super) opt_out_page: Option<Uri>,
    /// Headers of every request.
    pub(super) headers: HeaderMap,
    pub(super) probe: Option<Probe>,
    /// The certificates that a client trusts beside the platform's.
    #[cfg(feature = "conformance-client")]
    pub(super) authorities: Vec<rustls::pki_types::CertificateDer<'static>>,
    #[cfg(feature = "evidence")]
    pub(super) visits: Option<super::CapturedVisits>,
    pub(super) inventory: Option<Inventory>,
    pub(super) invalid: Vec<String>,
}

impl Conformance {
    /// Checks a site by its policy alone, as the layer's defaults would enforce it. Every header
    /// that browsers store then needs consent ([`StateHeaders::Withhold`]).
    ///
    /// ```
    /// use tower_cookie_consent::{Category, CookiePolicy, conformance::Conformance};
    ///
    /// let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// let kit = Conformance::new(policy).visit(["/", "/login"]);
    /// # let _ = kit;
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn new(policy: CookiePolicy) -> Self {
        let layer = CookieConsentLayer::new(policy).state_headers(StateHeaders::Withhold);
        Self {
            has_layer: false,
            ..Self::for_layer(&layer)
        }
    }

    /// Checks a site by its own layer: by the layer's policy, clock, regimes, and settings of `undeclared`,
    /// `expire`, `gpc`, `strict_values` and `state_headers`.
    ///
    /// Legal requirements are checked whatever the layer's settings: reading (`filter_request`),
    /// the limits of exempt cookies (`limit_exempt`), and enforcement (`report_only`,
    /// `enforcement_for`). For a layer with `policy_for`, the policy is the one that the layer was
    /// created with.
    ///
    /// ```
    /// use tower_cookie_consent::{
    ///     Category, CookieConsentLayer, CookiePolicy, Expire, conformance::Conformance,
    /// };
    ///
    /// let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// let layer = CookieConsentLayer::new(policy).expire(Expire::Never);
    /// let kit = Conformance::for_layer(&layer).visit(["/", "/login"]);
    /// # let _ = kit;
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn for_layer(layer: &CookieConsentLayer) -> Self {
        Self {
            requests: Vec::new(),
            logins: Vec::new(),
            depth: 0,
            host: None,
            echo: None,
            opt_out_page: None,
            headers: HeaderMap::new(),
            probe: None,
            #[cfg(feature = "conformance-client")]
            authorities: Vec::new(),
            #[cfg(feature = "evidence")]
            visits: None,
            inventory: None,
            invalid: Vec::new(),
            oracle: Oracle::of(layer),
            has_layer: true,
        }
    }

    /// Adds a header to every request that has none of this name, such as the one in which a CDN says where the
    /// visitor is. `Host`, `Cookie` and `Sec-GPC` are the kit's own.
    ///
    /// ```
    /// use tower_cookie_consent::{
    ///     Category, CookieConsentLayer, CookiePolicy, conformance::Conformance, regimes::PlaceHeaders,
    /// };
    ///
    /// let policy = CookiePolicy::new([Category::opt_out("ads")])?;
    /// let layer = CookieConsentLayer::new(policy).regime_from(PlaceHeaders::cloudflare());
    /// let kit = Conformance::for_layer(&layer)
    ///     .header("cf-ipcountry", "US")
    ///     .header("cf-region-code", "CA");
    /// # let _ = kit;
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let header = HeaderName::try_from(name).ok();
        let header = header.zip(HeaderValue::try_from(value).ok());
        let is_own = |name: &HeaderName| [HOST, COOKIE].contains(name) || name == "sec-gpc";
        match header.filter(|(name, _)| !is_own(name)) {
            Some((name, value)) => drop(self.headers.insert(name, value)),
            None => {
                let invalid = "header: use a valid name and value, and none that the kit sends";
                self.invalid.push(invalid.to_owned());
            }
        }
        self
    }

    /// Sets the path of the page on which visitors opt out (default: where the first link with
    /// `data-opt-out="link"` leads). Links to it then need no such attribute.
    ///
    /// ```
    /// use tower_cookie_consent::{Category, CookiePolicy, conformance::Conformance};
    ///
    /// let policy = CookiePolicy::new([Category::opt_out("ads")])?;
    /// let kit = Conformance::new(policy).opt_out_page("/privacy-choices");
    /// # let _ = kit;
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn opt_out_page(mut self, path: &str) -> Self {
        match get(path) {
            Some(request) => self.opt_out_page = Some(request.uri),
            None => self
                .invalid
                .push("opt_out_page: a path begins with `/`".to_owned()),
        }
        self
    }

    /// Also visits the links in HTML pages (`a`, `area`) on the same host, up to this depth and 200
    /// pages in total (default: 0). Every link is visited by GET.
    pub fn follow_links(mut self, depth: usize) -> Self {
        self.depth = depth;
        self
    }

    /// Sets the host of requests, with or without a port (default: the domain of the preferences
    /// cookie, or else `localhost`; for a URL, its host). Cookies with a `Domain` are only stored
    /// if it matches. For a capture: the host whose cookies are judged (default: the host of its
    /// first request).
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(with_brackets(host.into()));
        self
    }

    /// Sets the probe that the service is wrapped in; see [`Probe`].
    pub fn probe(mut self, probe: &Probe) -> Self {
        self.probe = Some(probe.clone());
        self
    }

    /// Adds what the site sets, and what it then receives, to an inventory: of the visitors before a choice and
    /// those who accept, without the cookies that the kit plants. So a running server has one without a change.
    ///
    /// ```
    /// use axum::{Router, response::AppendHeaders, routing::get};
    /// use tower_cookie_consent::{Category, CookiePolicy, Inventory, conformance::Conformance};
    ///
    /// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// # runtime.block_on(async {
    /// let inventory = Inventory::new();
    /// let policy = CookiePolicy::new([Category::consent("ads")]).unwrap();
    /// let app = Router::new().route("/", get(async || AppendHeaders([("set-cookie", "theme=dark")])));
    /// Conformance::new(policy).inventory(&inventory).check(app).await;
    /// assert!(inventory.report().row("theme").is_some());
    /// # });
    /// ```
    pub fn inventory(mut self, inventory: &Inventory) -> Self {
        self.inventory = Some(inventory.clone());
        self
    }

    /// Also keeps the exchanges before a choice, after a refusal and after a withdrawal, for HTTP archives in a
    /// pack of evidence (feature `evidence`), and which other sites pages load from. The example is at
    /// [`Evidence::captures`](super::Evidence::captures).
    #[cfg(feature = "evidence")]
    pub fn capture_to(mut self, visits: &super::CapturedVisits) -> Self {
        self.visits = Some(visits.clone());
        self
    }

    /// Sets a path whose response is the `Cookie` header as the service sees it, as plain text.
    /// This makes it possible to check
    /// [`Requirement::HiddenWithoutConsent`](super::Requirement::HiddenWithoutConsent) on a running
    /// server. Use it only in development: it shows values.
    pub fn echo(mut self, path: &str) -> Self {
        match get(path) {
            Some(request) => self.echo = Some(request.uri),
            None => self.invalid.push("echo: a path begins with `/`".to_owned()),
        }
        self
    }

    /// Sets whether the site honours `Sec-GPC` (default: like its layer).
    pub fn gpc(mut self, gpc: Gpc) -> Self {
        self.oracle.set_gpc(gpc);
        self
    }

    /// Returns the host of requests, including a port.
    pub(super) fn authority(&self) -> &str {
        let domain = || self.oracle.policy().preferences_cookie().get_domain();
        self.host.as_deref().or_else(domain).unwrap_or("localhost")
    }

    pub(super) fn now(&self) -> SystemTime {
        let now = Duration::from_secs(self.oracle.now());
        UNIX_EPOCH.checked_add(now).unwrap_or(UNIX_EPOCH)
    }
}

impl fmt::Debug for Conformance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conformance")
            .field("oracle", &self.oracle)
            .field("requests", &self.requests.len())
            .field("depth", &self.depth)
            .field("host", &self.host)
            .field("echo", &self.echo.is_some())
            .field("opt_out_page", &self.opt_out_page)
            .field("probe", &self.probe)
            .finish_non_exhaustive()
    }
}
