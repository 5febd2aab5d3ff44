//! What becomes of a start tag, by its place in the document.

use super::{edits::Edits, namespaces::Namespace};

/// The place of an element in the document, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    /// `None` if it is not certain.
    pub(crate) namespace: Option<Namespace>,
    /// The number of documents around this one.
    pub(crate) depth: u8,
    /// The memory that the document around the element may take up, in bytes.
    pub(crate) memory: usize,
    /// Is it certain that this element is a part of the document?
    pub(crate) sure: bool,
    /// Can there be a placeholder? `Some(true)` if it is inside of a link or a button.
    pub(crate) place: Option<bool>,
}

/// The changes at a start tag.
#[derive(Debug, Default)]
pub(crate) struct Decision {
    pub(crate) edits: Edits,
    /// Is this a script that does not run any more?
    pub(crate) disabled: bool,
    /// Markup to add before the tag, and behind it.
    pub(crate) before: String,
    pub(crate) inside: String,
}
