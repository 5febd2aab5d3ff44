//! The layer that holds back what documents load from third parties.

use std::sync::Arc;

#[cfg(feature = "pages")]
use super::settings::PagesOfLayer;
use super::{
    event::DocumentEvent,
    service::HtmlConsent,
    settings::{Documents, Settings, UndeclaredOrigins},
};
#[cfg(feature = "pages")]
use crate::pages::Pages;

/// Holds back what HTML documents load from third parties, until the visitor consents to their service.
///
/// Put it inside of a [`CookieConsentLayer`](crate::CookieConsentLayer), which gives it the visitor's
/// consent and the policy, and compression outside of both. A document streams through it. What its
/// markup loads from the [origins](crate::policy::Service::origins) of a service without consent, or
/// from an origin that no service declares, does not load: the attribute is renamed (`src` to
/// `data-consent-src`), a script gets `type="text/plain"`. Nothing else of the document changes. A second
/// `Content-Security-Policy` of one directive catches what scripts make up. The site's own origin, and
/// those of services in necessary categories, are never touched.
///
/// Documents then depend on the visitor, so they get `Cache-Control: private, no-cache`, `Vary`, and an
/// `ETag` of what is allowed. A cache behind this layer keeps one original for all visitors; one in
/// front of it keeps no document. Services are asked for no part of a document, and only for content
/// codings that can be read here. After a withdrawal, browsers do not bring back an earlier page: the
/// `CookieConsentLayer` makes them forget it (`Clear-Site-Data`), and documents that this does not reach
/// get `no-store` once something is granted: if the preferences cookie has a `Domain`, or no `Secure`, or
/// if the policy has no services.
///
/// What can't be judged is not sent: a document that needs more memory than it may have ends with an
/// error, and one in an unknown content coding or in UTF-16 is answered with 502. Without a consent in
/// the request, everything of other origins is held back.
///
/// ```
/// use axum::{Router, response::Html, routing::get};
/// use tower_cookie_consent::{
///     Category, CookieConsentLayer, CookiePolicy, documents::HtmlConsentLayer, policy::Service,
/// };
///
/// let media = Category::consent("media").service(Service::from_catalogue("youtube"));
/// let policy = CookiePolicy::new([media])?;
/// let app: Router = Router::new()
///     .route("/", get(async || Html("<iframe src=https://www.youtube.com/embed/1></iframe>")))
///     .layer(HtmlConsentLayer::new())
///     .layer(CookieConsentLayer::new(policy));
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct HtmlConsentLayer {
    settings: Arc<Settings>,
}

impl HtmlConsentLayer {
    /// Creates the layer, with the gate and a Content-Security-Policy.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the lines of defence (default: [`Documents::Both`]).
    ///
    /// ```
    /// use tower_cookie_consent::documents::{Documents, HtmlConsentLayer};
    ///
    /// let layer = HtmlConsentLayer::new().documents(Documents::Csp);
    /// # let _ = layer;
    /// ```
    pub fn documents(self, documents: Documents) -> Self {
        self.with(|settings| settings.documents = documents)
    }

    /// Sets what happens to origins that no service declares (default:
    /// [`UndeclaredOrigins::Withhold`]).
    ///
    /// ```
    /// use tower_cookie_consent::documents::{HtmlConsentLayer, UndeclaredOrigins};
    ///
    /// let layer = HtmlConsentLayer::new().undeclared_origins(UndeclaredOrigins::Allow);
    /// # let _ = layer;
    /// ```
    pub fn undeclared_origins(self, undeclared: UndeclaredOrigins) -> Self {
        self.with(|settings| settings.undeclared = undeclared)
    }

    /// Reports what it would hold back, and changes nothing (default: `false`). Compressed documents
    /// pass without being read; browsers report what they load if the gate is not the only line of
    /// defence (`Content-Security-Policy-Report-Only`).
    ///
    /// ```
    /// use tower_cookie_consent::documents::HtmlConsentLayer;
    ///
    /// let layer = HtmlConsentLayer::new().report_only(true);
    /// # let _ = layer;
    /// ```
    pub fn report_only(self, report_only: bool) -> Self {
        self.with(|settings| settings.report_only = report_only)
    }

    /// Sets the memory that one document may take up, in bytes (default: 2 MiB). It bounds what the
    /// parser keeps: the tag that has not ended, and the elements that have not; a document may be of any
    /// length. The documents inside of it (`srcdoc`, `noscript`), all together, may take up as much again.
    /// While a long tag is read and written anew, copies of it take up to four times as much. Decoders come
    /// on top, with one and a half of the windows of their codings: 32 KiB for gzip and deflate, up to
    /// 16 MiB for br and 8 MiB for zstd, as the service chose.
    ///
    /// ```
    /// use tower_cookie_consent::documents::HtmlConsentLayer;
    ///
    /// let layer = HtmlConsentLayer::new().memory_limit(256 * 1024);
    /// # let _ = layer;
    /// ```
    pub fn memory_limit(self, bytes: usize) -> Self {
        self.with(|settings| settings.memory = bytes)
    }

    /// Passes documents whose charset is not compatible with ASCII, such as UTF-16 and ISO-2022-JP, as they
    /// are (default: `false`, they are answered with 502). Nothing of them is held back then but by the
    /// Content-Security-Policy. An event reports each ([`DocumentEventKind::Passed`]).
    ///
    /// ```
    /// use tower_cookie_consent::documents::HtmlConsentLayer;
    ///
    /// let layer = HtmlConsentLayer::new().pass_other_charsets(true);
    /// # let _ = layer;
    /// ```
    ///
    /// [`DocumentEventKind::Passed`]: super::DocumentEventKind::Passed
    pub fn pass_other_charsets(self, pass: bool) -> Self {
        self.with(|settings| settings.pass_charsets = pass)
    }

    /// Adds these pages to documents (feature `pages`), each of which works without a script:
    ///
    /// - **Placeholders**, in place of each frame, film, map or embedded object that is held back: what
    ///   would load, who would receive what, and a button that allows that one service and returns to the
    ///   same place. Beside what a visitor has allowed, there is a button that takes it back.
    /// - **The banner**, first in the body, while the visitor has a choice to make, and in its place the
    ///   [notice](Pages::notice), once after a choice or a login.
    /// - **The footer**, last in the body, with the links to the cookie policy page and the form, and the
    ///   button that withdraws consent.
    ///
    /// Turn off what the site has itself: [`placeholders`](Self::placeholders), [`banner`](Self::banner),
    /// [`footer`](Self::footer). None of it is added if [`documents`](Self::documents) is
    /// [`Csp`](Documents::Csp), nor with [`report_only`](Self::report_only).
    ///
    /// Banner and footer, with the stylesheet and the script of the pages, are put into pages in a window
    /// of their own: answers to `GET` with `Sec-Fetch-Dest: document`, or without the header if they begin
    /// like a document and no script asked for them (`X-Requested-With`, `HX-Request` and the like). They
    /// are not put into frames, fragments, AMP documents, files to save (`Content-Disposition`), prefetched
    /// documents, and the pages' own. An error page gets no banner. Under a
    /// `Content-Security-Policy` of the site's own, in a header or a `<meta>`, the stylesheet and the
    /// script take its nonce, or need its `'self'`; what it forbids is left out, and reported
    /// ([`DocumentEventKind::LeftOut`]). The banner's buttons work without both, but need `form-action` to
    /// allow the site itself.
    ///
    /// For a map or the like that a script draws, put the service's id on the element that it fills:
    /// `<div data-consent="maps">`. A service with
    /// [`Placeholder::None`](crate::policy::Placeholder::None) gets no placeholder. Texts, style and
    /// templates are those of the pages. The language is that of `<html lang>`, or else chosen as for
    /// the pages. The guide to [third parties](crate::guide::third_parties#placeholders) has the
    /// details.
    ///
    /// [`DocumentEventKind::LeftOut`]: super::DocumentEventKind::LeftOut
    ///
    /// ```
    /// use axum::{Router, response::Html, routing::get};
    /// use tower_cookie_consent::{
    ///     Category, CookieConsentLayer, CookiePolicy, documents::HtmlConsentLayer, pages::Pages,
    ///     policy::Service,
    /// };
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let media = Category::consent("media").title("Media").description("Films of others.");
    /// let policy = CookiePolicy::new([media.service(Service::from_catalogue("youtube"))])?;
    /// let pages = Pages::at("/cookies", policy.clone())?;
    /// let app: Router = Router::new()
    ///     .route("/", get(async || Html("<!doctype html><iframe src=https://www.youtube.com/embed/1></iframe>")))
    ///     .nest_service("/cookies", pages.clone())
    ///     .layer(HtmlConsentLayer::new().pages(pages))
    ///     .layer(CookieConsentLayer::new(policy));
    /// # use tower::ServiceExt;
    /// # let request = http::Request::new(axum::body::Body::empty());
    /// # let page = futures_executor::block_on(async {
    /// #     let response = app.oneshot(request).await.unwrap();
    /// #     axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap()
    /// # });
    /// # let page = String::from_utf8(page.to_vec())?;
    /// # assert!(page.contains("Always show YouTube here"), "{page}");
    /// # assert!(page.contains("tcc-banner") && page.contains("Cookie policy</a>"), "{page}");
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "pages")]
    pub fn pages(self, pages: Pages) -> Self {
        let fingerprint = pages.fingerprint();
        self.with(|settings| settings.pages = Some(PagesOfLayer { pages, fingerprint }))
    }

    /// Adds the placeholders of [`pages`](Self::pages), or does not (default: `true`).
    ///
    /// ```
    /// use tower_cookie_consent::documents::HtmlConsentLayer;
    ///
    /// let layer = HtmlConsentLayer::new().placeholders(false);
    /// # let _ = layer;
    /// ```
    #[cfg(feature = "pages")]
    pub fn placeholders(self, placeholders: bool) -> Self {
        self.with(|settings| settings.added.placeholders = placeholders)
    }

    /// Adds the banner and the notice of [`pages`](Self::pages), or does not (default: `true`). Turn it off if
    /// the site's templates have [`Pages::banner`] and [`Pages::notice`].
    ///
    /// ```
    /// use tower_cookie_consent::documents::HtmlConsentLayer;
    ///
    /// let placeholders_only = HtmlConsentLayer::new().banner(false).footer(false);
    /// # let _ = placeholders_only;
    /// ```
    #[cfg(feature = "pages")]
    pub fn banner(self, banner: bool) -> Self {
        self.with(|settings| settings.added.banner = banner)
    }

    /// Adds the footer of [`pages`](Self::pages), or does not (default: `true`). Turn it off if the site's
    /// templates have [`Pages::footer`]. With neither banner nor footer, the stylesheet and the script
    /// ([`Pages::head`]) are the site's to add as well.
    ///
    /// ```
    /// use tower_cookie_consent::documents::HtmlConsentLayer;
    ///
    /// let layer = HtmlConsentLayer::new().footer(false);
    /// # let _ = layer;
    /// ```
    #[cfg(feature = "pages")]
    pub fn footer(self, footer: bool) -> Self {
        self.with(|settings| settings.added.footer = footer)
    }

    /// Adds an observer of what happens to documents (default: none but the log of the feature
    /// `tracing`, which warns once for each undeclared origin). See [`DocumentEvent`].
    pub fn observe(self, observer: impl Fn(&DocumentEvent<'_>) + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.observers.push(Arc::new(observer)))
    }

    #[cfg(test)]
    pub(super) fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings)
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }
}

impl<S> tower::Layer<S> for HtmlConsentLayer {
    type Service = HtmlConsent<S>;

    fn layer(&self, inner: S) -> Self::Service {
        HtmlConsent::new(inner, Arc::clone(&self.settings))
    }
}
