//! The switches for regimes: which rules of asking a visitor falls under.

use std::sync::Arc;

use super::{
    super::{
        config::{RegimeHook, Regimes},
        head::{PlaceHeaders, RequestHead},
    },
    CookieConsentLayer,
};
use crate::policy::regimes::Whereabouts;

impl CookieConsentLayer {
    /// Chooses the regime of each request: by the place of the visitor, or by an id. The hook is called
    /// once per request, sees the request's head, and should not block. It matters for a policy that
    /// declares [regimes](crate::CookiePolicy::regimes); [`Whereabouts::Unknown`], a place that the table
    /// does not have and an unknown id mean the strictest rules, field by field. Default: the policy's own
    /// bases count for everybody.
    ///
    /// Trust a header only if every request passes the proxy that sets it: a visitor could send it, too.
    ///
    /// ```
    /// use tower_cookie_consent::{CookieConsentLayer, regimes::{PlaceHeaders, Whereabouts}};
    /// # use tower_cookie_consent::{Category, CookiePolicy, regimes::Regime};
    /// # let policy = CookiePolicy::builder()
    /// #     .category(Category::consent("ads")).regime("uk", Regime::preset("uk")).build()?;
    /// let network = PlaceHeaders::cloudflare();
    /// let layer = CookieConsentLayer::new(policy).regime_for(move |request| {
    ///     match request.host().as_deref() {
    ///         Some("shop.example.co.uk") => Whereabouts::Regime("uk"),
    ///         _ => network.read(&request),
    ///     }
    /// });
    /// # let _ = layer;
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn regime_for<F, W>(self, hook: F) -> Self
    where
        F: Fn(RequestHead<'_>) -> W + Send + Sync + 'static,
        W: Into<Whereabouts>,
    {
        let hook: Arc<RegimeHook> = Arc::new(move |head| hook(head).into());
        self.with(|config| config.regimes = Some(Regimes::new(hook, Arc::from([]))))
    }

    /// Chooses the regime of each request by these headers, as [`regime_for`](Self::regime_for) does, and
    /// names them in `Vary` wherever the answer depends on the choice, so that no cache gives the pages
    /// of one place to visitors of another.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy};
    /// # use tower_cookie_consent::regimes::{PlaceHeaders, Regime};
    /// # let policy = CookiePolicy::builder()
    /// #     .category(Category::consent("ads")).regime("uk", Regime::preset("uk")).build()?;
    /// let layer = CookieConsentLayer::new(policy).regime_from(PlaceHeaders::cloudfront());
    /// # let _ = layer;
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn regime_from(self, headers: PlaceHeaders) -> Self {
        let names = headers.names().cloned().collect();
        let hook: Arc<RegimeHook> = Arc::new(move |head| headers.read(&head));
        self.with(|config| config.regimes = Some(Regimes::new(hook, names)))
    }
}
