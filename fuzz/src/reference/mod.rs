//! A second implementation of the rules.

pub mod cache;
pub mod choice;
pub mod clear_site_data;
pub mod consent;
pub mod date;
pub mod name;
pub mod preferences;
pub mod removal;
pub mod state_headers;
