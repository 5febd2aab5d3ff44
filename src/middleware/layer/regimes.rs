//! The switches for regimes: which rules of asking a visitor falls under.

use std::sync::Arc;

use super::{
    super::{
        config::RegimeHook,
        head::{PlaceHeaders, RequestHead},
    },
    CookieConsentLayer,
};
use crate::{observe::ChoiceMade, policy::regimes::Whereabouts};

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
        let hook: Arc<RegimeHook> = Arc::new(move |head| hook(head).into().regime());
        self.with(|config| config.regimes.get_or_insert_default().hook = Some(hook))
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
        let vary = headers.vary();
        let layer = self.regime_for(move |head| headers.read(&head));
        layer.with(|config| config.vary = vary)
    }

    /// Says which visitors are known to be minors: for them everything that is not necessary is withheld,
    /// whatever was chosen, nothing is asked, and no choice is stored. It only narrows. Default: nobody.
    ///
    /// Source: Cal. Civ. Code §1798.120(c), under 16; the privacy law of Oregon and others.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy};
    /// #[derive(Clone)]
    /// struct Age(u8);
    ///
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// // Left by an outer layer, which knows the account:
    /// let layer = CookieConsentLayer::new(policy)
    ///     .minor_for(|request| request.extensions().get().is_some_and(|Age(years)| *years < 16));
    /// # let _ = layer;
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn minor_for(self, hook: impl Fn(RequestHead<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.with(|config| config.regimes.get_or_insert_default().minor = Some(Arc::new(hook)))
    }

    /// Calls `hook` with each choice that [opts the visitor out](crate::observe::ChoiceMade::opts_out),
    /// whatever way it came, like [`on_choice`](Self::on_choice): to stop sharing what the site does itself.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy};
    /// # let policy = CookiePolicy::new([Category::opt_out("ads")])?;
    /// let layer = CookieConsentLayer::new(policy).on_opt_out(|made| {
    ///     assert!(made.opts_out());
    ///     println!("a visitor opted out, by {:?}", made.surface());
    /// });
    /// # let _ = layer;
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn on_opt_out(self, hook: impl Fn(&ChoiceMade<'_>) + Send + Sync + 'static) -> Self {
        self.on_choice(move |made| {
            if made.opts_out() {
                hook(made);
            }
        })
    }
}
