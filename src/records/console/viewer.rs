/// A member of the site's staff who looks at the [`Console`](super::Console), with what they may do.
///
/// ```
/// use tower_cookie_consent::records::Viewer;
///
/// let (colleague, officer) = (Viewer::reader("m.rossi"), Viewer::auditor("dpo"));
/// assert!(!colleague.may_search() && officer.may_search());
/// assert_eq!(officer.name(), "dpo");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    name: String,
    may_search: bool,
}

impl Viewer {
    /// Creates one who sees counts and the state of the store, and no record.
    #[must_use]
    pub fn reader(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            may_search: false,
        }
    }

    /// Creates one who also searches by receipt, and exports.
    #[must_use]
    pub fn auditor(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            may_search: true,
        }
    }

    /// Returns the name, as the site's login knows it. It is logged.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns `true` if the viewer may search and export.
    #[must_use]
    pub const fn may_search(&self) -> bool {
        self.may_search
    }
}

/// A part of the [`Console`](super::Console).
///
/// ```
/// use tower_cookie_consent::records::ConsolePart;
///
/// assert_eq!(ConsolePart::Export.as_str(), "export");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConsolePart {
    /// The counts, and the state of the store.
    Overview,
    /// The records of one visitor, by a receipt.
    Search,
    /// All records.
    Export,
}

impl ConsolePart {
    /// Returns the word for it in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Search => "search",
            Self::Export => "export",
        }
    }
}

/// A look at the [`Console`](super::Console), for [`on_look`](super::Console::on_look). It does not say
/// whose records were looked at.
///
/// ```
/// use tower_cookie_consent::records::Look;
///
/// fn line(look: &Look<'_>) -> String {
///     format!("{} {} {}", look.viewer.name(), look.part.as_str(), look.allowed)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Look<'a> {
    /// The one who looked.
    pub viewer: &'a Viewer,
    /// The part that was asked for.
    pub part: ConsolePart,
    /// `false` if it was refused: the viewer may not see it, the method is wrong, or another site's page sent
    /// the request.
    pub allowed: bool,
}
