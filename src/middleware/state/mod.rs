//! State beside `Set-Cookie`: response headers from which browsers keep something, and the request
//! headers that bring it back. Which they are is in `wire`, and what the site declares in `policy`.

mod request;
mod response;

pub(super) use self::{
    request::hide,
    response::{Filter, Names},
};
use super::{config::Config, layer::CookieConsentLayer};
use crate::{
    consent::{Judgement, Rules, Verdict},
    policy::{CookiePolicy, Found, Named},
};

/// The rule for response headers from which browsers keep state, as they do from `Set-Cookie`:
/// `Accept-CH`, `NEL`, `Use-As-Dictionary` with an id, and so on (the whole list is in
/// [`guide::policy`](crate::guide::policy#headers-that-keep-state)).
/// See [the example](crate::CookieConsentLayer::state_headers).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StateHeaders {
    /// Declared headers follow the consent of their category, as with [`Report`](Self::Report), and
    /// undeclared ones are stripped. What comes back of them is hidden from the service.
    Withhold,
    /// Declared headers ([`TrackerKind::Header`](crate::policy::TrackerKind::Header)) follow the consent of their category;
    /// undeclared ones pass and are reported. The default.
    #[default]
    Report,
    /// All pass, and nothing is reported.
    Allow,
}

impl CookieConsentLayer {
    /// Sets the rule for response headers from which browsers keep state. Default:
    /// [`StateHeaders::Report`].
    ///
    /// A header that the policy declares, with the kind [`Header`](crate::policy::TrackerKind::Header), is stripped
    /// from responses as long as its category has no consent. What comes back of it is hidden from the
    /// service: `If-None-Match` of a declared `ETag`, `Dictionary-ID` of `Use-As-Dictionary`, client
    /// hints of `Accept-CH`. `ETag` and `Last-Modified` are never touched unless they are declared.
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
}

/// Decides about a response header that is state: by its declaration, else by the switch.
fn verdict(
    config: &Config,
    policy: &CookiePolicy,
    judgement: Judgement,
    found: Option<Found>,
) -> Verdict {
    let switch = config.state_headers;
    let rules = Rules::of_headers(
        policy,
        judgement,
        switch == StateHeaders::Report,
        switch == StateHeaders::Allow,
    );
    rules.verdict(found.map_or(Named::UNDECLARED, Found::named))
}
