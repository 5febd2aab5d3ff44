//! Shared by the targets: a few sites, one exchange through the layer, and the reference.
//!
//! The [reference] is a second implementation of the rules in the crate's documentation, written to
//! be simple and not fast. It shares no code with the crate and never calls it.

pub mod appended;
pub mod caches;
pub mod documents;
pub mod exchange;
pub mod fates;
pub mod html;
pub mod policy_shape;
pub mod portal;
pub mod reference;
pub mod scene;
pub mod site;
pub mod visit;

/// The clock of every exchange: Monday, 23 November 2026, 12:00 UTC.
pub const NOW: u64 = 1_795_435_200;

pub use self::reference::DAY;

/// Bytes as a text that a panic can show.
pub fn show(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

/// A list of byte strings as a text that a panic can show.
pub fn show_all(fields: &[Vec<u8>]) -> String {
    let fields: Vec<_> = fields.iter().map(|field| show(field)).collect();
    format!("{fields:#?}")
}
