//! What the site declares.

// Used by `consent` and `middleware`.
#![allow(dead_code)]

mod attributes;
pub(crate) mod category_set;
pub(crate) mod names;
mod retention;

pub use self::retention::Retention;
