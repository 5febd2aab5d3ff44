//! Checks an export against a public key, without the store.

mod held;
mod purges;
mod reader;
mod receipt;
#[cfg(test)]
#[cfg(feature = "records-sqlite")]
mod tests;
mod verified;
mod verifier;

use std::io::BufRead;

use self::reader::Reader;
pub use self::{
    verified::{Misfit, Timestamps, Verified},
    verifier::Verifier,
};
use super::PublicKey;

/// Checks an [export](super::Archive::export): that every line is canonical, that each document has its hash,
/// that everything is in the Merkle tree, that each checkpoint continues the one before and is signed by
/// the key, or by one that the key replaced or that replaced it, and that purges, which such a key has signed too, name
/// each leaf whose record is missing. What no checkpoint covers can be changed unseen, and is counted: which account a
/// record is of ([`Verified::of_subjects`]), since that can be erased, and a witness that is not checked
/// ([`Verified::unchecked`]). Memory grows with documents, checkpoints and purges, and not with records.
///
/// With `allow_pending`, there may be lines at the end that are not in the tree yet.
///
/// A shorter export that ends at an earlier checkpoint fits too: compare the size of the last one.
///
/// ```
/// use tower_cookie_consent::records::{SigningKey, verify};
///
/// let key = SigningKey::generate()?.public();
/// let export = "{\"type\":\"record\"}\n";
/// let error = verify(export.as_bytes(), &key, false).unwrap_err();
/// assert!(error.to_string().starts_with("line 1: "));
/// assert_eq!(error.line(), 1);
/// # Ok::<(), tower_cookie_consent::records::KeyError>(())
/// ```
///
/// # Errors
///
/// [`Misfit`]: the first line that does not fit.
pub fn verify(
    export: impl BufRead,
    key: &PublicKey,
    allow_pending: bool,
) -> Result<Verified, Misfit> {
    Verifier::new(*key)
        .allow_pending(allow_pending)
        .verify(export)
}

impl Verifier {
    /// Checks an export. The example is at [`Verifier`].
    ///
    /// # Errors
    ///
    /// [`Misfit`]: the first line that does not fit.
    pub fn verify(self, export: impl BufRead) -> Result<Verified, Misfit> {
        let mut export = export;
        let mut reader = Reader::new(self);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = (&mut export).take_line(&mut line);
            let number = reader.next_number();
            let length =
                read.map_err(|error| Misfit::new(number, format!("can't be read: {error}")))?;
            if length == 0 {
                return reader.finish();
            }
            let Some(text) = line.strip_suffix(b"\n") else {
                let what = if length == MAX_LINE {
                    "too long"
                } else {
                    "cut off"
                };
                return Err(Misfit::new(number, what.to_owned()));
            };
            reader.line(text)?;
        }
    }
}

/// A longer line is an error: it would fill the memory.
const MAX_LINE: usize = 16 << 20;

trait TakeLine {
    fn take_line(&mut self, line: &mut Vec<u8>) -> std::io::Result<usize>;
}

impl<R: BufRead> TakeLine for &mut R {
    fn take_line(&mut self, line: &mut Vec<u8>) -> std::io::Result<usize> {
        use std::io::Read;

        (*self).take(MAX_LINE as u64).read_until(b'\n', line)
    }
}
