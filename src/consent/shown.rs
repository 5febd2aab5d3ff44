use std::sync::Arc;

use serde::{Deserialize, Serialize};

#[cfg(feature = "records")]
use crate::digest::Document;
use crate::policy::text::is_language_tag;

/// The place where a visitor made a choice.
///
/// ```
/// use tower_cookie_consent::observe::Surface;
///
/// assert_eq!(serde_json::to_string(&Surface::Placeholder)?, r#""placeholder""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Surface {
    /// The banner.
    Banner,
    /// The preferences form.
    Form,
    /// The opt-out page, which some regimes have.
    OptOut,
    /// The footer of a page, with its buttons to withdraw and to object.
    Footer,
    /// The placeholder of one service in a document.
    Placeholder,
    /// The endpoint's JSON, without saying what was shown.
    Json,
    /// A handler of the site.
    Handler,
    /// A signal of the browser that is remembered.
    Signal,
}

/// The context of a choice: where it was made, and what the visitor was shown. The pages say it of
/// their own forms; a handler says it with [`SetChoice::shown`](crate::SetChoice::shown).
///
/// ```
/// use tower_cookie_consent::{Category, Consent, CookiePolicy, observe::{Shown, Surface}};
///
/// # let consent = Consent::undecided(CookiePolicy::new([Category::consent("ads")])?);
/// let shown = Shown::by_handler().language("fr");
/// assert_eq!((shown.surface(), shown.get_language()), (Surface::Handler, Some("fr")));
/// let set = consent.set_cookie(consent.refuse_all()).shown(shown);
/// # let _ = set;
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    surface: Surface,
    language: Option<Arc<str>>,
    #[cfg(feature = "records")]
    document: Option<Document>,
    #[cfg(feature = "records")]
    nonce: Option<Arc<str>>,
}

impl Shown {
    /// Creates one for a handler of the site that asked by itself.
    #[must_use]
    pub const fn by_handler() -> Self {
        Self::on(Surface::Handler)
    }

    pub(crate) const fn on(surface: Surface) -> Self {
        Self {
            surface,
            language: None,
            #[cfg(feature = "records")]
            document: None,
            #[cfg(feature = "records")]
            nonce: None,
        }
    }

    /// Sets the language of the texts, as a tag of BCP 47 of at most 64 bytes. Anything else is none. Give one of
    /// the site's own languages, and not what a request says: choices are counted by language.
    ///
    /// ```
    /// use tower_cookie_consent::observe::Shown;
    ///
    /// assert_eq!(Shown::by_handler().language("fr-CA").get_language(), Some("fr-CA"));
    /// assert_eq!(Shown::by_handler().language("fr;q=0.9, *").get_language(), None);
    /// ```
    #[must_use]
    pub fn language(mut self, tag: &str) -> Self {
        self.language = is_language_tag(tag).then(|| tag.into());
        self
    }

    /// Sets the document with the very texts that the visitor saw, without what differs from visitor to
    /// visitor (feature `records`).
    ///
    /// ```
    /// use tower_cookie_consent::{observe::Shown, records::Document};
    ///
    /// let asked = Document::new("text/html; charset=utf-8", "<p>May we count visits?</p>");
    /// let shown = Shown::by_handler().language("en").document(asked);
    /// assert!(shown.get_document().is_some());
    /// ```
    #[cfg(feature = "records")]
    #[must_use]
    pub fn document(mut self, document: Document) -> Self {
        self.document = Some(document);
        self
    }

    /// Sets the nonce of the form, in hex.
    #[cfg(all(feature = "pages", feature = "records"))]
    pub(crate) fn nonce(mut self, nonce: &str) -> Self {
        self.nonce = Some(nonce.into());
        self
    }

    /// Returns the nonce of the form.
    #[cfg(feature = "records")]
    pub(crate) fn get_nonce(&self) -> Option<&str> {
        self.nonce.as_deref()
    }

    /// Returns the place of the choice.
    #[must_use]
    pub const fn surface(&self) -> Surface {
        self.surface
    }

    /// Returns the language of the texts.
    #[must_use]
    pub fn get_language(&self) -> Option<&str> {
        self.language.as_deref()
    }

    /// Returns the document with the texts (feature `records`).
    ///
    /// ```
    /// # use tower_cookie_consent::observe::Shown;
    /// assert!(Shown::by_handler().get_document().is_none());
    /// ```
    #[cfg(feature = "records")]
    #[must_use]
    pub const fn get_document(&self) -> Option<&Document> {
        self.document.as_ref()
    }
}
