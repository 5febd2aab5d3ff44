//! The records as the pages ask for them, which know no store.

use std::{fmt, pin::Pin};

use http::HeaderValue;

use crate::policy::CookiePolicy;

/// The records of a site, for one visitor at a time. Ids are texts as the visitor sent them: nothing is found
/// for one that is invalid.
pub(crate) trait RecordReader: fmt::Debug + Send + Sync {
    /// Returns `true` if visitors get receipts.
    fn has_receipts(&self) -> bool;

    /// Returns `true` if the receipt is found by a link with its id, and not by a cookie.
    fn has_links(&self) -> bool;

    /// Returns the signed receipt with this id, as JSON-LD, with the path of the pages in it.
    fn receipt<'a>(&'a self, id: &'a str, pages_at: &'a str) -> ReaderFuture<'a, Option<String>>;

    /// Erases what links the records of the visitor with this receipt. Returns the `Set-Cookie` that
    /// removes it, if it is a cookie. Unavailable while its record may be on its way to the store.
    fn forget<'a>(
        &'a self,
        id: &'a str,
        policy: &'a CookiePolicy,
    ) -> ReaderFuture<'a, Option<HeaderValue>>;

    /// Returns a part of the Merkle tree as JSON: it has nothing of a visitor.
    fn published(&self, part: TreePart) -> ReaderFuture<'_, Option<String>>;
}

/// A part of the Merkle tree that is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TreePart {
    /// The newest signed checkpoint, or the one of this size.
    Checkpoint { size: Option<u64> },
    /// The proof that a leaf is in the tree of this size.
    Inclusion { leaf: u64, size: u64 },
    /// The proof that the tree of this size continues a smaller one.
    Consistency { from: u64, size: u64 },
}

/// The future of a [`RecordReader`].
pub(crate) type ReaderFuture<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, Unavailable>> + Send + 'a>>;

/// The error of a store or a key that does not answer. The log says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unavailable;
