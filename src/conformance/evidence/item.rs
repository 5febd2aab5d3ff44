//! The files of a pack before it is complete: each with its section and an explanation for the index.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{EvidenceError, manifest};

/// The parts of a pack, in the order of its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Section {
    Policy,
    Surfaces,
    Screenshots,
    Checks,
    Inventory,
    Law,
    Register,
    Captures,
    Records,
    Added,
}

impl Section {
    pub(super) const ALL: [Self; 10] = [
        Self::Policy,
        Self::Surfaces,
        Self::Screenshots,
        Self::Checks,
        Self::Inventory,
        Self::Law,
        Self::Register,
        Self::Captures,
        Self::Records,
        Self::Added,
    ];

    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Policy => "What the site declares",
            Self::Surfaces => "What visitors see",
            Self::Screenshots => "Screenshots",
            Self::Checks => "What was checked",
            Self::Inventory => "What was seen",
            Self::Law => "Which law applies",
            Self::Register => "For the register of processing",
            Self::Captures => "Captured visits",
            Self::Records => "Records of consent",
            Self::Added => "Added by the site",
        }
    }

    pub(super) const fn about(self) -> &'static str {
        match self {
            Self::Policy => {
                "The policy is the site's own list of cookies, services and purposes. The server enforces \
                 exactly this list, and all pages are made from it."
            }
            Self::Surfaces => {
                "The cookie policy page, the banner and the form, as a visitor without a choice gets them, in \
                 each language and under each set of rules. Their links and buttons do nothing here, and \
                 their script was left out."
            }
            Self::Screenshots => {
                "Pictures of these pages on a phone (390 pixels wide) and on a desktop (1280 pixels). They \
                 depend on the browser and the fonts of the computer that made them."
            }
            Self::Checks => {
                "A test program visited the site as a new visitor, after an acceptance, a refusal and a \
                 withdrawal, and with broken or old choices, and compared each response with the policy."
            }
            Self::Inventory => {
                "The cookies that the site really set or received, and the other sites that its pages load \
                 from, declared or not."
            }
            Self::Law => {
                "For each set of rules: the law, the date since when it is so, its source, and what allows \
                 each category there."
            }
            Self::Register => {
                "Drafts, filled in as far as the policy says it. A person has to complete them: look for \
                 “to fill in”."
            }
            Self::Captures => {
                "The requests and responses of single visits, as HTTP archives (HAR), which the developer tools of \
                 browsers open. Values of cookies are replaced by “[left out]”, and pages are not included."
            }
            Self::Records => {
                "The documents that records of consent refer to by their hash (SHA-256), byte for byte, and \
                 what the site's store of records says."
            }
            Self::Added => "Files that the site added itself.",
        }
    }
}

/// One file, and what it is.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) section: Section,
    /// An explanation for somebody who is not an engineer.
    pub(super) about: String,
    pub(super) content: Vec<u8>,
}

/// All files by path, and with it in a fixed order.
#[derive(Clone, Debug, Default)]
pub(super) struct Items(pub(super) BTreeMap<String, Item>);

impl Items {
    /// Adds a file.
    pub(super) fn add(
        &mut self,
        section: Section,
        path: &str,
        about: impl Into<String>,
        content: impl Into<Vec<u8>>,
    ) -> Result<(), EvidenceError> {
        if !manifest::is_plain(path) {
            return Err(EvidenceError::new(format!(
                "invalid path {path:?}: use small letters, digits, `-`, `_` and `.` between single slashes"
            )));
        }
        if manifest::is_own(path) {
            return Err(EvidenceError::new(format!(
                "{path} is a file of the pack itself: choose another path"
            )));
        }
        let item = Item {
            section,
            about: about.into(),
            content: content.into(),
        };
        match self.0.insert(path.to_owned(), item) {
            None => Ok(()),
            Some(_) => Err(EvidenceError::new(format!(
                "{path} was added twice: give each file a path of its own"
            ))),
        }
    }

    /// Adds data as JSON for people to read, its keys in a fixed order.
    pub(super) fn add_json(
        &mut self,
        section: Section,
        path: &str,
        about: impl Into<String>,
        data: &impl Serialize,
    ) -> Result<(), EvidenceError> {
        let failed = |error: serde_json::Error| {
            EvidenceError::new(format!("{path} can't be written: {error}"))
        };
        let value = serde_json::to_value(data).map_err(failed)?;
        let mut text = serde_json::to_string_pretty(&value).map_err(failed)?;
        text.push('\n');
        self.add(section, path, about, text)
    }

    pub(super) fn has(&self, section: Section) -> bool {
        self.0.values().any(|item| item.section == section)
    }
}

/// Returns a text as the name of a file or folder.
pub(super) fn named(text: &str) -> String {
    let plain = |it: char| match it {
        'a'..='z' | '0'..='9' | '-' | '_' => it,
        'A'..='Z' => it.to_ascii_lowercase(),
        _ => '-',
    };
    text.chars().map(plain).collect()
}
