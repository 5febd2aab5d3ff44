//! The questions that the gate asks: it finds what a document loads, and decides nothing.

use url::Url;

use super::stopped::Stopped;
use crate::policy::CategorySet;

/// What becomes of something that a document loads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// It loads: the site's own origin, a necessary service, a service with consent.
    Loads,
    /// It is held back until all services with these numbers are allowed; for good, if it waits for
    /// none.
    Held(CategorySet),
}

impl Judgement {
    /// It is held back: it belongs to nobody.
    pub(crate) const FOR_GOOD: Self = Self::Held(CategorySet::EMPTY);

    /// It is held back for the service with this number.
    pub(crate) fn held(service: u8) -> Self {
        let mut services = CategorySet::EMPTY;
        services.insert(service);
        Self::Held(services)
    }

    /// Joins the judgements of two URLs that are held back together: the consent to the service of one
    /// must not start the other.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Loads, judgement) | (judgement, Self::Loads) => judgement,
            (Self::Held(one), Self::Held(another)) if one.is_empty() || another.is_empty() => {
                Self::FOR_GOOD
            }
            (Self::Held(one), Self::Held(another)) => Self::Held(one | another),
        }
    }

    /// Returns the first service that it waits for.
    pub(crate) fn service(self) -> Option<u8> {
        match self {
            Self::Loads => None,
            Self::Held(services) => services.iter().next(),
        }
    }

    pub(crate) fn is_held(self) -> bool {
        self != Self::Loads
    }
}

/// An element and its attribute, both in lower case; the attribute is empty for what an element
/// contains.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) element: &'a str,
    pub(crate) attribute: &'a str,
}

/// Something that was held back, for the events.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    /// Where; for a response header, its name instead of an element's.
    pub(crate) place: Place<'a>,
    /// The URL, unless it was the text of a script or a label of the site's own.
    pub(crate) url: Option<&'a Url>,
    pub(crate) judgement: Judgement,
}

/// Something of the pages that the site's own Content-Security-Policy forbids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LeftOut {
    pub(crate) element: &'static str,
    pub(crate) directive: &'static str,
}

/// Knows who a URL or a script belongs to, and decides whether it may load now.
pub(crate) trait Judge: Send + Sync {
    /// Judges an `http`, `https`, `ws`, `wss` or `ftp` URL.
    fn url(&self, url: &Url) -> Judgement;

    /// Judges an inline script by the markers of the services.
    fn script(&self, text: &str) -> Judgement;

    /// Judges the site's own label: the id in a `data-consent` attribute.
    fn label(&self, id: &str) -> Judgement;

    /// Returns the id of the service with this number.
    fn id(&self, service: u8) -> &str;

    /// Receives what was held back.
    fn held(&self, held: &Held<'_>);

    /// Receives why a document ended before its end.
    fn stopped(&self, reason: Stopped);

    /// Receives what was not put into the document.
    fn left_out(&self, _: LeftOut) {}
}
