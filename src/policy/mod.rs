//! What the site declares.

// Used by `consent` and `middleware`.
#![allow(dead_code)]

mod attributes;
mod category;
pub(crate) mod category_set;
mod declaration;
mod json;
pub(crate) mod names;
mod preferences_cookie;
mod reason;
mod retention;
mod text;

pub use self::{
    category::{Basis, Category},
    declaration::{CookieDeclaration, Kind},
    preferences_cookie::{PreferencesCookie, SameSite},
    reason::Reason,
    retention::Retention,
    text::Text,
};
