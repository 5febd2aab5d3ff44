//! The switches of a layer that say what comes of its judgement, and who is told.

use std::sync::Arc;

use super::{config::Enforcement, head::RequestHead, layer::CookieConsentLayer};
use crate::observe::Observer;

impl CookieConsentLayer {
    /// Whether everything is judged and told, and nothing changed on the wire: short for
    /// [`enforcement`](Self::enforcement) with [`Enforcement::ReportOnly`]. Default: `false`.
    ///
    /// The way to introduce the layer: run it so for a week with an
    /// [`Inventory`](crate::Inventory), declare what that names, enforce. Handlers still find the
    /// [`Consent`](crate::Consent) that would count.
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

    /// What the layer does with its judgement, where [`enforcement_for`](Self::enforcement_for)
    /// says nothing else. Default: [`Enforcement::On`].
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

    /// Chooses for each request what the layer does with its judgement; `None` means what
    /// [`enforcement`](Self::enforcement) says. The hook is called once a request and should not
    /// block.
    ///
    /// Do not trust what a client can send to switch enforcement off, and the path is sent by the
    /// client: `/admin/..%2fdatasets` begins with `/admin/`, and a server or proxy behind that decodes
    /// and resolves it answers with a page of `/datasets`. Ask for the route that was matched, which is
    /// what will answer, or for an extension that a layer of that part of the site inserts; or give the
    /// part a router and a layer of its own.
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
    /// log of the feature `tracing`. Without one the layer costs what it costs.
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

    /// What observers and the log are told as the path of a request. Default: its path without the
    /// query, with `*` in place of what looks generated (`/reset/*` for `/reset/3f9c2b7e81d04a65`,
    /// as in a [`ShownName`](crate::observe::ShownName)), at most 256 bytes of it. That is a guess, and paths
    /// with names or numbers of people in them should not get into logs: give the template of the
    /// route instead, or `None`. The hook is called where somebody is told, at most once a request,
    /// and what it gives is passed on as it is.
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

    /// Whether each response says in a header what happened to its request's and its own cookies.
    /// Default: `false`. For development: `x-cookie-consent: _ga=withheld;undecided, ab=hidden;denied`,
    /// names, events and reasons, about 1 KiB at most.
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
