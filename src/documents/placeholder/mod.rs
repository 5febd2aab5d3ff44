//! Placeholders: what visitors see in place of what is held back, and the button beside what they let
//! load.
//!
//! `embed` reads from a start tag what would be visible, `page` follows the document, and `writer`
//! writes the markup, with the templates of the pages. Frames keep their element, whose `srcdoc` has the
//! form; other elements are hidden, and get a neighbour of phrasing elements, whose form is at the end
//! of the body.

mod embed;
mod markup;
mod page;
#[cfg(test)]
mod tests;
#[cfg(feature = "pages")]
mod writer;

use url::Url;

#[cfg(feature = "pages")]
pub(crate) use self::writer::{absolute, of_pages};
pub(crate) use self::{
    embed::{SELECTORS_OF_PLAIN, source_of},
    markup::ascii,
    page::{Found, Placeholders},
};
use super::{bases::Bases, charset::Charset};
use crate::policy::Placeholder;

/// The facts about a document that placeholders depend on.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub(crate) bases: &'a Bases,
    pub(crate) charset: Charset,
}

/// Whose an element is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Owner<'a> {
    /// That of the service or category with this number.
    Declared(u8),
    /// Nobody's; the host of its address.
    Nobody(&'a str),
}

/// An element that is, or would be, visible.
#[derive(Debug)]
pub(crate) struct Spot<'a> {
    pub(crate) owner: Owner<'a>,
    /// The kind that the element itself names.
    pub(crate) shape: Placeholder,
    pub(crate) small: bool,
    /// It is inside of a link or a button, where there can be no other.
    pub(crate) plain: bool,
    /// Can the script of the pages show it on its own?
    pub(crate) once: bool,
    pub(crate) id: String,
    /// The id of the element to return to.
    pub(crate) anchor: Option<String>,
    /// Is the button outside of its form?
    pub(crate) parted: bool,
    /// In CSS pixels; 0 if it is not known.
    pub(crate) size: (u32, u32),
    /// The document's address, if relative links would lead elsewhere.
    pub(crate) base: Option<&'a Url>,
}

/// The parts of a placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The document in a frame.
    Frame,
    /// In place of another element.
    Inline,
    /// The form of a button that is elsewhere.
    Form,
    /// Beside what is shown.
    Stop,
    /// The stylesheet of the latter three.
    Sheet,
}

/// Writes placeholders, as HTML in UTF-8.
pub(crate) trait Writer: Send + Sync {
    /// Writes in the language with this tag from now on, if it is one of the writer's.
    fn speak(&self, _language: &str) {}

    /// Returns what would be there; `None` if nothing is shown for this service.
    fn title(&self, spot: &Spot<'_>) -> Option<String>;

    fn write(&self, part: Part, spot: &Spot<'_>) -> Option<String>;

    /// Returns the service that the visitor let load this address.
    fn service_of(&self, url: &Url) -> Option<u8>;

    /// Returns the service with this id that the visitor let load.
    fn service_named(&self, id: &str) -> Option<u8>;
}
