//! Third parties: what a document loads from elsewhere is held back until there is consent.
//!
//! [`gate`] reads a document as it streams by, finds every URL that a browser would load, and asks
//! a [`judge`] about it. It knows the core; nothing in the core knows it.

// The layer over it is put together next.
#![allow(dead_code, reason = "used by the layer")]

mod attribute;
mod bases;
#[cfg(test)]
mod cases;
mod charset;
mod csp;
mod css;
mod css_context;
mod edits;
mod element;
mod gate;
mod judge;
mod loads;
mod namespaces;
mod questions;
mod refresh;
mod scan;
mod srcset;
mod state;
mod tag;
