//! The headers in which networks say where a visitor is.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::RequestHead;
use crate::policy::regimes::{Place, Whereabouts};

/// The headers in which a content delivery network, or a proxy of the site, says where the visitor is.
///
/// Use one only if every request reaches the service through that network, and it replaces what a visitor
/// sends under that name. A missing header means [`Whereabouts::Unknown`], and a
/// repeated one, or a value that is anything else, [`Whereabouts::Contradictory`]: the strictest rules.
///
/// ```
/// use tower_cookie_consent::{CookieConsentLayer, regimes::PlaceHeaders};
/// # use tower_cookie_consent::{Category, CookiePolicy, regimes::Regime};
/// # let policy = CookiePolicy::builder()
/// #     .category(Category::consent("ads")).regime("uk", Regime::preset("uk")).build()?;
/// // The site's own proxy replaces this header in every request.
/// let layer = CookieConsentLayer::new(policy.clone()).regime_from(PlaceHeaders::named("x-country"));
///
/// // One of several networks, by the name of the host:
/// let networks = [PlaceHeaders::cloudflare(), PlaceHeaders::cloudfront(), PlaceHeaders::vercel()];
/// let layer = CookieConsentLayer::new(policy).regime_for(move |request| {
///     let [one, other, _] = &networks;
///     match request.host().as_deref() {
///         Some("a.example") => one.read(&request),
///         _ => other.read(&request),
///     }
/// });
/// # let _ = layer;
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceHeaders {
    country: HeaderName,
    subdivision: Option<HeaderName>,
}

impl PlaceHeaders {
    /// One header with a country, or a country and its subdivision: `FR`, `US-CA`.
    ///
    /// # Panics
    ///
    /// If `name` is not a header name in lower case; in a `const`, that is an error of the compiler.
    #[must_use]
    pub const fn named(name: &'static str) -> Self {
        Self {
            country: HeaderName::from_static(name),
            subdivision: None,
        }
    }

    /// The same with a name that is only known at run time.
    ///
    /// ```
    /// use tower_cookie_consent::regimes::PlaceHeaders;
    ///
    /// let name = "X-Country".parse()?;
    /// assert_eq!(PlaceHeaders::of(name), PlaceHeaders::named("x-country"));
    /// # Ok::<(), http::header::InvalidHeaderName>(())
    /// ```
    #[must_use]
    pub const fn of(name: HeaderName) -> Self {
        Self {
            country: name,
            subdivision: None,
        }
    }

    const fn pair(country: &'static str, subdivision: &'static str) -> Self {
        Self {
            country: HeaderName::from_static(country),
            subdivision: Some(HeaderName::from_static(subdivision)),
        }
    }

    /// Cloudflare: `CF-IPCountry`, and with the managed transform "Add visitor location headers"
    /// `CF-Region-Code`. Its `XX` (unknown) and `T1` (Tor) are no places.
    ///
    /// Source: Cloudflare documentation, "Cloudflare HTTP headers" and "Managed Transforms".
    #[must_use]
    pub const fn cloudflare() -> Self {
        Self::pair("cf-ipcountry", "cf-region-code")
    }

    /// Amazon's network: `CloudFront-Viewer-Country` and `CloudFront-Viewer-Country-Region`, which an
    /// origin request policy has to add.
    ///
    /// Source: its developer guide, "Add request headers".
    #[must_use]
    pub const fn cloudfront() -> Self {
        Self::pair(
            "cloudfront-viewer-country",
            "cloudfront-viewer-country-region",
        )
    }

    /// Vercel: `X-Vercel-IP-Country` and `X-Vercel-IP-Country-Region`.
    ///
    /// Source: Vercel documentation, "Request headers".
    #[must_use]
    pub const fn vercel() -> Self {
        Self::pair("x-vercel-ip-country", "x-vercel-ip-country-region")
    }

    /// Returns where the visitor is.
    #[must_use]
    pub fn read(&self, head: &RequestHead<'_>) -> Whereabouts {
        let headers = head.headers();
        let country = match only(headers, &self.country) {
            Some(Ok(country)) => country,
            None => return Whereabouts::Unknown,
            Some(Err(Several)) => return Whereabouts::Contradictory,
        };
        let subdivision = match self.subdivision.as_ref().map(|name| only(headers, name)) {
            None | Some(None) => return place(Place::parse(country)),
            Some(Some(Err(Several))) => return Whereabouts::Contradictory,
            Some(Some(Ok(subdivision))) => subdivision,
        };
        place(Place::new(
            country,
            Some(subdivision).filter(|it| !it.is_empty()),
        ))
    }

    /// Returns the names of the headers, for `Vary`.
    pub(in super::super) fn vary(&self) -> Option<HeaderValue> {
        let names = [&self.country].into_iter().chain(&self.subdivision);
        let names: Vec<_> = names.map(HeaderName::as_str).collect();
        HeaderValue::try_from(names.join(", ")).ok()
    }
}

/// Returns the place, or that the value is malformed.
fn place(place: Option<Place>) -> Whereabouts {
    place.map_or(Whereabouts::Contradictory, Whereabouts::Place)
}

/// The header is there more than once, or is not text.
struct Several;

/// Returns the only value of a header.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Result<&'a str, Several>> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    let alone = values.next().is_none();
    Some(match first.to_str() {
        Ok(value) if alone => Ok(value),
        _ => Err(Several),
    })
}
