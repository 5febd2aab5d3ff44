//! Documents inside of documents, which have gates of their own.

use super::{bases::Bases, stopped::Stopped};

/// A document inside of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inner {
    Srcdoc,
    Noscript,
}

/// The gate of such a document.
pub(crate) trait Nested: Send + std::fmt::Debug {
    /// Takes a piece of it. After an error nothing more comes out.
    fn write(&mut self, piece: &[u8]) -> Result<(), Stopped>;

    /// Ends it.
    fn end(&mut self) -> Result<(), Stopped>;

    /// Returns what has come out since the last time.
    fn take(&mut self) -> Vec<u8>;

    /// Was anything held back?
    fn has_changed(&self) -> bool;

    /// Gives the bases that it found to the document around it.
    fn leave_bases(&self, bases: &mut Bases);
}
