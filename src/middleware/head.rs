use std::fmt;

use http::{Extensions, HeaderMap, HeaderName, Method, Request, Uri};

use crate::observe::shown_path;

/// The head of a request, as hooks such as [`policy_for`](crate::CookieConsentLayer::policy_for) see
/// it: everything but the body and the version.
///
/// ```
/// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy, layer::Enforcement};
/// # #[derive(Clone)] struct Preview;
/// # let policy = CookiePolicy::new([Category::consent("ads")])?;
/// let layer = CookieConsentLayer::new(policy).enforcement_for(|request| {
///     // What an outer layer has found out, and not what a client can send:
///     let is_preview = request.extensions().get::<Preview>().is_some();
///     let is_probe = request.method() == "GET" && request.uri().path() == "/healthz";
///     let is_plain = !request.headers().contains_key("cookie");
///     (is_preview || (is_probe && is_plain)).then_some(Enforcement::Off)
/// });
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Copy)]
pub struct RequestHead<'a> {
    method: &'a Method,
    uri: &'a Uri,
    headers: &'a HeaderMap,
    extensions: &'a Extensions,
}

impl<'a> RequestHead<'a> {
    pub(super) fn of<B>(request: &'a Request<B>) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            extensions: request.extensions(),
        }
    }

    /// The request's method. See [the example](Self).
    #[must_use]
    pub const fn method(&self) -> &'a Method {
        self.method
    }

    /// The request's target, as the layer sees it (a router may have stripped a prefix).
    /// See [the example](Self).
    #[must_use]
    pub const fn uri(&self) -> &'a Uri {
        self.uri
    }

    /// The request's header fields, before anything is hidden. See [the example](Self).
    #[must_use]
    pub const fn headers(&self) -> &'a HeaderMap {
        self.headers
    }

    /// What layers further out have attached to the request. See [the example](Self).
    #[must_use]
    pub const fn extensions(&self) -> &'a Extensions {
        self.extensions
    }
}

/// Without values: method, masked path and the names of the fields. A query or a field may hold a
/// password, and whoever prints a head wants to see which request it is.
impl fmt::Debug for RequestHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.keys().map(HeaderName::as_str).collect();
        f.debug_struct("RequestHead")
            .field("method", &self.method)
            .field("path", &shown_path(self.uri.path()))
            .field("headers", &names)
            .finish_non_exhaustive()
    }
}
