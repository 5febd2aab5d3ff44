//! The settings of the layer.

use std::{fmt, sync::Arc};

use super::{event::DocumentEvent, gate::MEMORY, log::Log};
use crate::consent::hidden::Wanted;

/// The lines of defence of an [`HtmlConsentLayer`](super::HtmlConsentLayer).
///
/// ```
/// use tower_cookie_consent::documents::Documents;
///
/// assert_eq!(Documents::default(), Documents::Both);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Documents {
    /// The gate, and a Content-Security-Policy that catches what scripts make up. The default.
    #[default]
    Both,
    /// The gate alone: what the markup names is held back.
    Gate,
    /// The Content-Security-Policy alone: documents stay as they are, and browsers block requests. It
    /// does not stop a `<meta http-equiv=refresh>`, and no connection ahead of requests
    /// (`<link rel=preconnect>`).
    Csp,
}

impl Documents {
    pub(super) const fn gates(self) -> bool {
        matches!(self, Self::Both | Self::Gate)
    }

    pub(super) const fn sends_policy(self) -> bool {
        matches!(self, Self::Both | Self::Csp)
    }
}

/// The treatment of origins that no service of the policy declares.
///
/// ```
/// use tower_cookie_consent::documents::UndeclaredOrigins;
///
/// assert_eq!(UndeclaredOrigins::default(), UndeclaredOrigins::Withhold);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UndeclaredOrigins {
    /// They are held back, and each is reported once with the line to add. The default.
    #[default]
    Withhold,
    /// They load. There is then no Content-Security-Policy, which can only name what is allowed.
    Allow,
}

type Observer = dyn Fn(&DocumentEvent<'_>) + Send + Sync;

#[derive(Clone)]
pub(super) struct Settings {
    pub(super) documents: Documents,
    pub(super) undeclared: UndeclaredOrigins,
    pub(super) report_only: bool,
    pub(super) memory: usize,
    pub(super) pass_charsets: bool,
    pub(super) observers: Vec<Arc<Observer>>,
    pub(super) log: Log,
    #[allow(dead_code, reason = "it counts as long as it is there")]
    pub(super) wanted: Wanted,
    #[cfg(feature = "pages")]
    pub(super) pages: Option<PagesOfLayer>,
    #[cfg(feature = "pages")]
    pub(super) added: Added,
}

/// What the pages add to documents.
#[cfg(feature = "pages")]
#[derive(Clone, Copy, Debug, Hash)]
pub(super) struct Added {
    pub(super) placeholders: bool,
    pub(super) banner: bool,
    pub(super) footer: bool,
}

/// The pages that write placeholders, the banner and the footer.
#[cfg(feature = "pages")]
#[derive(Clone)]
pub(super) struct PagesOfLayer {
    pub(super) pages: crate::pages::Pages,
    /// A hash of their texts, templates and style, which are a part of each document.
    pub(super) fingerprint: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            documents: Documents::Both,
            undeclared: UndeclaredOrigins::Withhold,
            report_only: false,
            memory: MEMORY,
            pass_charsets: false,
            observers: Vec::new(),
            log: Log::default(),
            wanted: Wanted::default(),
            #[cfg(feature = "pages")]
            pages: None,
            #[cfg(feature = "pages")]
            added: Added {
                placeholders: true,
                banner: true,
                footer: true,
            },
        }
    }
}

impl Settings {
    pub(super) fn tell(&self, event: &DocumentEvent<'_>) {
        self.log.observe(event);
        for observer in &self.observers {
            observer(event);
        }
    }

    pub(super) fn sends_policy(&self) -> bool {
        self.documents.sends_policy() && self.undeclared == UndeclaredOrigins::Withhold
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("documents", &self.documents)
            .field("undeclared", &self.undeclared)
            .field("report_only", &self.report_only)
            .field("memory", &self.memory)
            .field("pass_charsets", &self.pass_charsets)
            .field("observers", &self.observers.len())
            .finish()
    }
}
