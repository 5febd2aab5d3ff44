//! The head of a request: as hooks see it, and its parts that matter here.

mod glance;
mod place_headers;
mod signal;

use std::{borrow::Cow, fmt};

use http::{Extensions, HeaderMap, HeaderName, Method, Request, Uri, header::HOST};

pub(super) use self::glance::Glance;
pub use self::place_headers::PlaceHeaders;
pub use self::signal::{Adpc, Signal};
use crate::{
    observe::shown_path,
    wire::host::{address_in, name_in},
};

/// The head of a request, as passed to hooks such as
/// [`policy_for`](crate::CookieConsentLayer::policy_for): everything but the body and the version.
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
    pub(crate) fn of<B>(request: &'a Request<B>) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            extensions: request.extensions(),
        }
    }

    /// Returns the request's method.
    #[must_use]
    pub const fn method(&self) -> &'a Method {
        self.method
    }

    /// Returns the request's target, as the layer sees it (a router may have stripped a prefix).
    #[must_use]
    pub const fn uri(&self) -> &'a Uri {
        self.uri
    }

    /// Returns the host that the request was sent to: from its target (`:authority` in HTTP/2), or
    /// else from its `Host` header. It is in lower case and without the port; an IPv6 address keeps
    /// its brackets.
    ///
    /// Returns `None` if the request has no host, several, or an invalid one. It only allocates to
    /// convert upper case.
    ///
    /// ```
    /// # use std::collections::HashMap;
    /// # use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy};
    /// # let policy = CookiePolicy::new([Category::consent("ads")])?;
    /// let tenants = HashMap::from([("tenant.example.org", policy.clone())]);
    /// let layer = CookieConsentLayer::new(policy)
    ///     .policy_for(move |request| tenants.get(&*request.host()?).cloned());
    /// # let _ = layer;
    /// # Ok::<(), tower_cookie_consent::PolicyError>(())
    /// ```
    #[must_use]
    pub fn host(&self) -> Option<Cow<'a, str>> {
        let said = match self.uri.host() {
            Some(host) => host.as_bytes(),
            None => {
                let mut fields = self.headers.get_all(HOST).iter();
                let field = fields.next().filter(|_| fields.next().is_none())?;
                field.as_bytes()
            }
        };
        let host = name_in(said).or_else(|| address_in(said))?;
        let is_lower = !host.bytes().any(|byte| byte.is_ascii_uppercase());
        Some(match is_lower {
            true => Cow::Borrowed(host),
            false => Cow::Owned(host.to_ascii_lowercase()),
        })
    }

    /// Returns the request's headers, before anything is hidden.
    #[must_use]
    pub const fn headers(&self) -> &'a HeaderMap {
        self.headers
    }

    /// Returns what outer layers have attached to the request.
    #[must_use]
    pub const fn extensions(&self) -> &'a Extensions {
        self.extensions
    }
}

/// Shows no values, only the method, the masked path and the names of the headers. A query or a
/// header may contain a password, but whoever prints a head wants to see which request it is.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_lower_case_and_without_its_port() {
        for (target, fields, expected) in [
            ("/", &["Www.Example.ORG:8080"][..], Some("www.example.org")),
            ("/", &["www.example.org"], Some("www.example.org")),
            ("/", &["localhost:"], Some("localhost")),
            ("/", &["10.0.0.1:80"], Some("10.0.0.1")),
            ("/", &["[2001:DB8::1]:3000"], Some("[2001:db8::1]")),
            ("/", &["[::1]"], Some("[::1]")),
            // The target takes precedence (RFC 9112, section 3.2.2); in HTTP/2 it contains
            // `:authority`.
            ("https://A.example:1/", &["b.example"], Some("a.example")),
            ("https://a.example/", &[], Some("a.example")),
            ("https://user@a.example/", &[], Some("a.example")),
            ("http://[::1]:80/", &[], Some("[::1]")),
            ("/", &["a.example", "b.example"], None),
            ("/", &["a.example", "a.example"], None),
            ("/", &[], None),
            ("/", &[""], None),
            ("/", &[":80"], None),
            ("/", &["[::1"], None),
            ("/", &["[]"], None),
            ("/", &["[::1]x"], None),
            ("/", &["[::1]80"], None),
            ("/", &["[a.example]"], None),
            ("/", &["user@a.example"], None),
            ("/", &["a b"], None),
            ("/", &["a.example/path"], None),
            ("/", &["a.example, b.example"], None),
            ("/", &["é.example"], None),
        ] {
            let mut request = Request::builder().uri(target);
            for field in fields {
                request = request.header(HOST, field.as_bytes());
            }
            let request = request.body(()).unwrap();
            let host = RequestHead::of(&request).host();
            assert_eq!(host.as_deref(), expected, "{target} {fields:?}");
        }
    }

    #[test]
    fn a_host_in_lower_case_is_borrowed() {
        let request = Request::get("/").header(HOST, "a.example:80");
        let request = request.body(()).unwrap();
        let host = RequestHead::of(&request).host();
        assert!(matches!(host, Some(Cow::Borrowed("a.example"))));
    }
}
