//! The document's own origin: what its own site serves is not a third party's.

use std::sync::LazyLock;

use http::{HeaderValue, Uri};
use url::Url;

/// The address of a document as its browser knows it, as far as the request says it.
#[derive(Clone, Debug)]
pub(crate) struct Located {
    pub(crate) url: Url,
    /// The request does not say the scheme.
    pub(crate) is_guessed: bool,
}

impl From<Url> for Located {
    fn from(url: Url) -> Self {
        Self {
            url,
            is_guessed: false,
        }
    }
}

/// The parts of a request that make up the address of its document. Reference counts, not copies.
pub(super) struct Address {
    target: Uri,
    host: Option<HeaderValue>,
    forwarded: Option<HeaderValue>,
}

impl Address {
    #[inline]
    pub(super) fn new(
        target: Uri,
        host: Option<&HeaderValue>,
        forwarded: Option<&HeaderValue>,
    ) -> Self {
        Self {
            host: host.filter(|_| target.authority().is_none()).cloned(),
            forwarded: forwarded.filter(|_| target.scheme().is_none()).cloned(),
            target,
        }
    }

    pub(super) fn path(&self) -> &str {
        self.target.path()
    }

    /// Returns the address of the document as its browser knows it, as far as the request says it.
    ///
    /// A proxy in front may have ended TLS. Without a scheme in the target or in
    /// `X-Forwarded-Proto`, it counts as `https`; addresses that begin with `//` depend on it, and
    /// those like `https:host`, which are relative to documents of the same scheme alone.
    pub(super) fn located(&self) -> Option<Located> {
        let text = |value: &Option<HeaderValue>| value.as_ref()?.to_str().ok().map(str::to_owned);
        let host = match self.target.authority() {
            Some(authority) => authority.to_string(),
            None => text(&self.host)?,
        };
        let said = text(&self.forwarded);
        let (scheme, is_guessed) = match self.target.scheme_str().or(said.as_deref()) {
            Some("http") => ("http", false),
            said => ("https", said != Some("https")),
        };
        let path = self
            .target
            .path_and_query()
            .map_or("/", |path| path.as_str());
        let url = Url::parse(&format!("{scheme}://{host}{path}")).ok()?;
        Some(Located { url, is_guessed })
    }
}

/// Returns an address that no document has, for a request that does not say where it goes: nothing is
/// its own then.
pub(super) fn unknown() -> Url {
    static UNKNOWN: LazyLock<Option<Url>> =
        LazyLock::new(|| Url::parse("https://unknown.invalid/").ok());
    match &*UNKNOWN {
        Some(url) => url.clone(),
        None => unreachable!("it is a valid address"),
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::super::head::Head;

    #[test]
    fn the_address_is_what_the_request_says() {
        let of = |target: &str, fields: &[(&'static str, &str)]| {
            let mut request = Request::builder().uri(target);
            for (name, value) in fields {
                request = request.header(*name, *value);
            }
            let request = request.body(()).unwrap();
            let address = Head::of(request.headers()).address(&request);
            address
                .located()
                .map(|it| String::from(it.url))
                .unwrap_or_default()
        };
        let host = ("host", "Portal.example:8080");
        assert_eq!(of("/a?b", &[host]), "https://portal.example:8080/a?b");
        let http = ("x-forwarded-proto", "http");
        assert_eq!(of("/a", &[host, http]), "http://portal.example:8080/a");
        assert_eq!(of("http://h2.example/a", &[]), "http://h2.example/a");
        assert_eq!(of("/a", &[]), "");
        assert_eq!(of("/a", &[("host", "a b")]), "");
    }
}
