//! A second implementation of the rules: those for names, removals and preferences, which the
//! integration tests use too, and those for whole exchanges.

#[path = "../../../tests/reference/mod.rs"]
mod shared;

pub mod cache;
pub mod choice;
pub mod clear_site_data;
pub mod state_headers;

pub use self::shared::{DAY, consent, date, name, preferences, removal, site};
