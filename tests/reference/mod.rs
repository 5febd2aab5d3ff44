//! A second implementation of the rules, written to be simple and not fast: slow, with owned
//! strings and `serde_json`, so that it is obviously right.
//!
//! It shares no code with the crate. `tests/it/rules.rs` compares the layer with it for random
//! policies, and the fuzz targets (`fuzz/`) for any bytes. Both include this folder, so that there is
//! a single plain reading of the rules. What concerns whole responses is in `fuzz/src/reference`.

pub mod consent;
pub mod date;
pub mod name;
pub mod preferences;
pub mod removal;
pub mod site;

/// A day in seconds.
pub const DAY: u64 = 86_400;
