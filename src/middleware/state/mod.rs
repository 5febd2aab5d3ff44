//! State beside `Set-Cookie`: response headers that browsers store, and the request headers that
//! send this state back. The list of these headers is in `wire`, and the site's declarations are in
//! `policy`.

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

/// The treatment of response headers that browsers store, as they store `Set-Cookie`: `Accept-CH`,
/// `NEL`, `Use-As-Dictionary` with an id, and so on (for the whole list, see
/// [`guide::policy`](crate::guide::policy#headers-that-keep-state)). Set with
/// [`state_headers`](crate::CookieConsentLayer::state_headers).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StateHeaders {
    /// Declared headers follow the consent of their category, as with [`Report`](Self::Report), and
    /// undeclared ones are stripped. The state that they send back is hidden from the service.
    Withhold,
    /// Declared headers ([`TrackerKind::Header`](crate::policy::TrackerKind::Header)) follow the consent of their category;
    /// undeclared ones pass and are reported. The default.
    #[default]
    Report,
    /// All of them pass, and nothing is reported.
    Allow,
}

impl CookieConsentLayer {
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
}

/// Decides about a response header that is state: by its declaration, or else by the switch.
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
    rules.verdict(found.map_or(Named::UNDECLARED, |found| found.named))
}
