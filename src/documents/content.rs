//! The contents of elements that are read: style sheets and scripts.

use super::{css::Css, edits::Edits, nested::Nested, tag::Tag};

/// Scripts are read up to this length; what lies beyond is not looked at. Longer rules are
/// held back.
pub(crate) const MAX_SCRIPT: usize = 64 * 1024;

/// The element that is open and whose content is read.
#[derive(Debug, Default)]
pub(crate) enum Content {
    /// Markup.
    #[default]
    Markup,
    /// Text that nobody reads.
    Text,
    Css(Css),
    /// A style sheet in SVG, in which character references are read.
    SvgCss(Vec<u8>),
    Script(Script),
    Noscript(Box<dyn Nested>),
}

/// An inline script that waits.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) tag: Tag,
    pub(crate) rules: bool,
    /// In SVG, its content is markup.
    pub(crate) is_markup: bool,
    pub(crate) start: Vec<u8>,
    /// The changes in the start tag, whatever the text is.
    pub(crate) edits: Edits,
    pub(crate) text: Vec<u8>,
}
