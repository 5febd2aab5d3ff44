//! Third parties: what a document loads from elsewhere is held back until there is consent.
//!
//! [`gate`] reads a document as it streams by, finds every URL that a browser would load, and asks
//! a [`judge`] about it. It knows the core; nothing in the core knows it.

// The layer over it is put together next.
#![allow(dead_code, reason = "used by the layer")]

mod attribute;
mod bases;
mod body;
#[cfg(test)]
mod cases;
mod charset;
mod codings;
mod content;
mod csp;
mod css;
mod css_context;
mod edits;
mod element;
pub(crate) mod for_tests;
mod gate;
mod handler;
mod headers;
#[cfg(test)]
mod hostile;
mod judge;
mod loads;
mod namespaces;
mod questions;
mod refresh;
mod scan;
mod sniff;
#[cfg(test)]
mod soup;
#[cfg(test)]
mod spellings;
mod srcset;
mod state;
mod tag;
mod zstd;
