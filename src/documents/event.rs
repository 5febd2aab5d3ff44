//! What happened to a document, for observers and the log.

use std::fmt;

use super::stopped::Stopped;

/// Something that happened to a document, as passed to the observers of an
/// [`HtmlConsentLayer`](super::HtmlConsentLayer). Its `Display` output is the log line. It contains the
/// origin of what was held back, and never a path or a query of it.
///
/// ```
/// use tower_cookie_consent::documents::{DocumentEvent, DocumentEventKind, HtmlConsentLayer};
///
/// let layer = HtmlConsentLayer::new().observe(|event: &DocumentEvent<'_>| {
///     if event.kind() == DocumentEventKind::Undeclared {
///         println!("{:?} in <{} {}>: {event}", event.origin(), event.element(), event.attribute());
///     } else if let Some(service) = event.service() {
///         println!("{service} on {:?}, {}", event.path(), event.report_only());
///     }
/// });
/// # let _ = layer;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct DocumentEvent<'a> {
    pub(super) kind: DocumentEventKind,
    pub(super) origin: Option<&'a str>,
    pub(super) element: &'a str,
    pub(super) attribute: &'a str,
    pub(super) service: Option<&'a str>,
    pub(super) reason: Option<Stopped>,
    pub(super) path: &'a str,
    /// In seconds since 1970.
    pub(super) now: u64,
    pub(super) report_only: bool,
}

/// The kinds of [`DocumentEvent`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DocumentEventKind {
    /// An element, or a member of a header, was held back: the visitor has not consented to its
    /// service.
    Held,
    /// As [`Held`](Self::Held), but no service declares the origin.
    Undeclared,
    /// An element of the site's own was held back by its `data-consent`, or an inline script by what it
    /// contains.
    Labelled,
    /// The document ended before its end: it needs more memory than it may have, or its markup can be
    /// read in two ways, so that nothing of the rest could be judged
    /// ([`reason`](DocumentEvent::reason)). With
    /// [`report_only`](super::HtmlConsentLayer::report_only), the rest of it passed unread.
    Stopped,
    /// The document was withheld, or ended where its content coding is wrong: its coding or its charset
    /// can't be read, or it is a series of documents ([`reason`](DocumentEvent::reason)).
    Unreadable,
    /// The document passed without being read: its charset is not compatible with ASCII (see
    /// [`pass_other_charsets`](super::HtmlConsentLayer::pass_other_charsets)).
    Passed,
    /// No [`CookieConsentLayer`](crate::CookieConsentLayer) outside of this layer gave it the visitor's
    /// consent, so everything of other origins is held back.
    NoConsent,
    /// Something that [`pages`](super::HtmlConsentLayer::pages) puts into documents was left out: the
    /// document's own Content-Security-Policy forbids it. The event's
    /// [`element`](DocumentEvent::element) is `link` for the stylesheet, `script`, or `form` for the
    /// buttons, which are there all the same; its [`attribute`](DocumentEvent::attribute) is the
    /// directive.
    LeftOut,
}

impl DocumentEventKind {
    /// Returns the kind in a word.
    ///
    /// ```
    /// use tower_cookie_consent::documents::DocumentEventKind;
    ///
    /// assert_eq!(DocumentEventKind::Undeclared.as_str(), "undeclared");
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Undeclared => "undeclared",
            Self::Labelled => "labelled",
            Self::Stopped => "stopped",
            Self::Unreadable => "unreadable",
            Self::Passed => "passed",
            Self::NoConsent => "no_consent",
            Self::LeftOut => "left_out",
        }
    }
}

impl<'a> DocumentEvent<'a> {
    /// Returns what happened.
    #[must_use]
    pub const fn kind(&self) -> DocumentEventKind {
        self.kind
    }

    /// Returns the origin of what was held back, such as `https://www.youtube.com`.
    #[must_use]
    pub const fn origin(&self) -> Option<&'a str> {
        self.origin
    }

    /// Returns the name of the element or header; empty for an event about the whole document.
    #[must_use]
    pub const fn element(&self) -> &'a str {
        self.element
    }

    /// Returns the name of the attribute; empty for the content of an element. (For
    /// [`LeftOut`](DocumentEventKind::LeftOut), the directive.)
    #[must_use]
    pub const fn attribute(&self) -> &'a str {
        self.attribute
    }

    /// Returns the id of the service or category that it waits for.
    #[must_use]
    pub const fn service(&self) -> Option<&'a str> {
        self.service
    }

    /// Returns the reason why a document ended before its end, was withheld, or passed unread.
    ///
    /// ```
    /// use tower_cookie_consent::documents::{DocumentEvent, HtmlConsentLayer, Stopped};
    ///
    /// let layer = HtmlConsentLayer::new().observe(|event: &DocumentEvent<'_>| {
    ///     if event.reason() == Some(Stopped::Memory) {
    ///         println!("{} needs a higher memory_limit", event.path());
    ///     }
    /// });
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub const fn reason(&self) -> Option<Stopped> {
        self.reason
    }

    /// Returns the path of the document, without its query.
    #[must_use]
    pub const fn path(&self) -> &'a str {
        self.path
    }

    /// Returns `true` if nothing was changed (see
    /// [`report_only`](super::HtmlConsentLayer::report_only)).
    #[must_use]
    pub const fn report_only(&self) -> bool {
        self.report_only
    }
}

/// Says why a document could not be judged, and what to do.
const fn cause(reason: Option<Stopped>) -> &'static str {
    match reason {
        Some(Stopped::Memory) => {
            "it needs more memory than it may have. Raise HtmlConsentLayer::memory_limit"
        }
        Some(Stopped::Coding) => {
            "its Content-Encoding is wrong or can't be read here. Use gzip, br or deflate"
        }
        Some(Stopped::Charset) => "its charset is not compatible with ASCII. Use UTF-8",
        Some(Stopped::Series) => {
            "it is a series of documents. Send one, or parts that are pictures"
        }
        Some(Stopped::Ambiguous) | None => {
            "its markup can be read in two ways. Check it with an HTML validator"
        }
    }
}

/// Says what a document goes without.
fn left_out(element: &str) -> &'static str {
    match element {
        "link" => "left out the stylesheet of the banner and the footer",
        "script" => "left out the script of the pages",
        _ => "browsers will not submit the banner's form",
    }
}

impl fmt::Display for DocumentEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (element, origin) = (self.element, self.origin.unwrap_or("an opaque origin"));
        let waits = self.service.unwrap_or("none in particular");
        match self.kind {
            DocumentEventKind::Held => {
                write!(
                    f,
                    "held back <{element}> of {origin}: no consent to \"{waits}\""
                )
            }
            DocumentEventKind::Undeclared => write!(
                f,
                "held back <{element}> of {origin}: no service declares this origin. Add \
                 .origins([\"{origin}\"]) to a Service of the policy, or see \
                 HtmlConsentLayer::undeclared_origins"
            ),
            DocumentEventKind::Labelled => {
                write!(f, "held back <{element}>: no consent to \"{waits}\"")
            }
            DocumentEventKind::Stopped => {
                let what = match self.report_only {
                    true => "would end a document before its end",
                    false => "ended a document before its end",
                };
                write!(f, "{what}: {}", cause(self.reason))
            }
            DocumentEventKind::Unreadable => {
                write!(f, "withheld a document: {}", cause(self.reason))
            }
            DocumentEventKind::Passed => f.write_str(
                "passed a document unread: its charset is not compatible with ASCII. Use UTF-8",
            ),
            DocumentEventKind::NoConsent => f.write_str(
                "held back all other origins: there is no consent in the request. Put a \
                 CookieConsentLayer around HtmlConsentLayer",
            ),
            DocumentEventKind::LeftOut => {
                let (effect, directive) = (left_out(element), self.attribute);
                write!(
                    f,
                    "{effect}: the document's own Content-Security-Policy forbids it. Allow 'self' in its \
                     {directive}"
                )
            }
        }
    }
}
