use http::Method;

/// The parts of a request that affect the caching of its response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cacheability {
    /// Caches reuse responses to this method.
    pub(super) is_cacheable: bool,
    /// With `Authorization`, a response is only stored if it says so (RFC 9111, section 3.5).
    pub(super) authorized: bool,
}

impl Cacheability {
    pub(crate) const USUAL: Self = Self {
        is_cacheable: true,
        authorized: false,
    };

    #[inline]
    pub(crate) fn of(method: &Method, authorized: bool) -> Self {
        Self {
            is_cacheable: matches!(*method, Method::GET | Method::HEAD)
                || method.as_str() == "QUERY",
            authorized,
        }
    }
}
