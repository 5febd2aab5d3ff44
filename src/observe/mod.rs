//! What happened to cookies, and who is told. No event holds a cookie's value. The middleware makes
//! the events; this module knows the reasons of `consent` and `wire`, and nobody else.

mod event;
mod log;
pub(crate) mod name;

pub(crate) use event::{Event, Way};
pub(crate) use log::Log;
