//! Readers of the cookies in which other tools store the visitor's choice (feature `codecs`).
//!
//! [`format`] is what a reader implements, [`reader`] the part that they share, [`json`] their form in
//! a policy's JSON. Each other file reads the cookies of one tool.

mod format;
mod json;
mod klaro;
mod reader;
#[cfg(test)]
mod tables;
mod text;

pub use self::{format::Undated, klaro::Klaro};

pub(super) use self::json::{codec_of, json_of};
