//! The switches for enforcement and for observers.

use std::sync::Arc;

use http::Extensions;

use super::{
    super::{config::Enforcement, head::RequestHead},
    CookieConsentLayer,
};
use crate::observe::{ChoiceMade, Observer};

impl CookieConsentLayer {
    /// Judges and reports everything, but changes nothing on the wire: short for
    /// [`enforcement`](Self::enforcement) with [`Enforcement::ReportOnly`]. Default: `false`.
    ///
    /// Use it to roll out the layer: run it this way for a week with an
    /// [`Inventory`](crate::Inventory), declare what that lists, then enforce. Handlers already get
    /// the [`Consent`](crate::Consent) that would apply.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy, Inventory};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// let inventory = Inventory::new();
    /// let layer = CookieConsentLayer::new(policy)
    ///     .report_only(true)
    ///     .observe(inventory.clone());
    /// // A week later:
    /// println!("{}", inventory.report().draft());
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn report_only(self, report_only: bool) -> Self {
        self.enforcement(match report_only {
            true => Enforcement::ReportOnly,
            false => Enforcement::On,
        })
    }

    /// Sets what the layer does with its decisions, unless
    /// [`enforcement_for`](Self::enforcement_for) says otherwise. Default: [`Enforcement::On`].
    ///
    /// ```
    /// # use tower_cookie_consent::{
    /// #     Category, CookieConsentLayer, CookiePolicy, layer::Enforcement,
    /// # };
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// let layer = CookieConsentLayer::new(policy).enforcement(Enforcement::ReportOnly);
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn enforcement(self, enforcement: Enforcement) -> Self {
        self.with(|config| config.enforcement = enforcement)
    }

    /// Chooses for each request what the layer does with its decisions; `None` means the value of
    /// [`enforcement`](Self::enforcement). The hook is called once per request and should not
    /// block.
    ///
    /// Never let anything a client sends switch enforcement off, and that includes the path:
    /// `/admin/..%2fdatasets` begins with `/admin/`, but a server or proxy behind the layer that
    /// decodes and resolves it responds with a page of `/datasets`. Use the matched route, which is
    /// what will respond, or an extension inserted by a layer of that part of the site; or give
    /// that part a router and a layer of its own.
    ///
    /// ```
    /// # use tower_cookie_consent::{
    /// #     Category, CookieConsentLayer, CookiePolicy, layer::Enforcement,
    /// # };
    /// use axum::extract::MatchedPath; // there inside of `Router::layer`
    ///
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// let layer = CookieConsentLayer::new(policy)
    ///     .report_only(true)
    ///     .enforcement_for(|request| match request.extensions().get::<MatchedPath>()?.as_str() {
    ///         // The editors have agreed otherwise:
    ///         "/admin/users" | "/admin/users/{id}" => Some(Enforcement::Off),
    ///         // Done with this part of the site:
    ///         "/datasets/{id}" => Some(Enforcement::On),
    ///         _ => None,
    ///     });
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn enforcement_for<F, E>(self, hook: F) -> Self
    where
        F: Fn(RequestHead<'_>) -> E + Send + Sync + 'static,
        E: Into<Option<Enforcement>>,
    {
        self.with(|config| config.enforcement_for = Some(Arc::new(move |head| hook(head).into())))
    }

    /// Adds an observer of what happens to cookies; several can be combined. Default: none but the
    /// log of the feature `tracing`.
    ///
    /// ```
    /// # use tower_cookie_consent::{
    /// #     Category, CookieConsentLayer, CookiePolicy, Inventory, observe::Event,
    /// # };
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// let layer = CookieConsentLayer::new(policy)
    ///     .observe(Inventory::new())
    ///     .observe(|event: &Event<'_>| eprintln!("{event}"));
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn observe(self, observer: impl Observer + 'static) -> Self {
        self.with(|config| config.observers.add(observer))
    }

    /// Calls `hook` with each new choice that a response carries, like an [observer](Self::observe) of
    /// choices alone: requests without one cost nothing more. Several can be combined. It should be
    /// quick; the browser may never receive the response, and a site that needs proof keeps records.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// let layer = CookieConsentLayer::new(policy).on_choice(|made| {
    ///     for (id, now, before) in made.answers() {
    ///         println!("{id}: {before:?} until now, {now:?} from now on");
    ///     }
    /// });
    /// # let _ = layer;
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn on_choice(self, hook: impl Fn(&ChoiceMade<'_>) + Send + Sync + 'static) -> Self {
        self.with(|config| config.observers.add_of_choices(Arc::new(hook)))
    }

    /// Keeps something of each request for [`on_choice`](Self::on_choice) and observers, should its response
    /// carry a new choice: the extensions of the request itself are gone by then. Default: nothing. The hook
    /// is called once per request, and should neither block nor clone more than it needs.
    ///
    /// ```
    /// use http::Extensions;
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy};
    ///
    /// // Inserted by a layer outside of this one, which knows the session.
    /// #[derive(Clone)]
    /// struct Account(u64);
    ///
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// let layer = CookieConsentLayer::new(policy)
    ///     .keep_for_choices(|request| {
    ///         let mut kept = Extensions::new();
    ///         if let Some(account) = request.extensions().get::<Account>() {
    ///             kept.insert(account.clone());
    ///         }
    ///         kept
    ///     })
    ///     .on_choice(|made| {
    ///         if let Some(Account(number)) = made.request_extensions().and_then(|kept| kept.get()) {
    ///             println!("account {number} has chosen");
    ///         }
    ///     });
    /// # let _ = layer;
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn keep_for_choices(
        self,
        hook: impl Fn(RequestHead<'_>) -> Extensions + Send + Sync + 'static,
    ) -> Self {
        self.with(|config| config.keep_for_choices = Some(Arc::new(hook)))
    }

    /// Sets the request path reported to observers and the log. Default: its path without the
    /// query, with `*` in place of parts that look generated (`/reset/*` for
    /// `/reset/3f9c2b7e81d04a65`, as in a [`ShownName`](crate::observe::ShownName)), and at most
    /// 256 bytes. This is a heuristic, and paths with people's names or numbers should not get into
    /// logs: return the template of the route instead, or `None`. The hook is called at most once
    /// per request, if there is something to report, and its result is passed on unchanged.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy};
    /// use axum::extract::MatchedPath; // there inside of `Router::layer`
    ///
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// let layer = CookieConsentLayer::new(policy).path_for(|request| {
    ///     let route = request.extensions().get::<MatchedPath>()?;
    ///     Some(route.as_str().to_owned())
    /// });
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn path_for(
        self,
        hook: impl Fn(RequestHead<'_>) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.with(|config| config.path_for = Some(Arc::new(hook)))
    }

    /// Adds a response header that explains what happened to the cookies of the request and the
    /// response. Default: `false`. For development: `x-cookie-consent: _ga=withheld;undecided,
    /// ab=hidden;denied`, with names, events and reasons, the signal that refused (`;by=gpc`), at most about 1 KiB, or `judged` if nothing
    /// happened. The conformance kit reports responses that lack it where others have it: no layer is
    /// around their route.
    ///
    /// ```
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// let layer = CookieConsentLayer::new(policy).explain(cfg!(debug_assertions));
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    pub fn explain(self, explain: bool) -> Self {
        self.with(|config| config.explain = explain)
    }
}
