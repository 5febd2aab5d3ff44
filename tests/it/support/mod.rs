//! Shared by the tests: a site with a policy, an exchange with it, a strict reading of removals
//! that does not use the crate's own; and programs, which start on free ports and end with the
//! test.

pub(crate) mod browser;
pub(crate) mod django;
pub(crate) mod dokuwiki;
pub(crate) mod hosts;
pub(crate) mod nginx;
pub(crate) mod npm;
#[cfg(unix)]
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod raw;
pub(crate) mod server;

mod consenting;
mod exchange;
mod rows;
mod set_cookie;
mod witness;

pub(crate) use consenting::{NOW, Prefs, at, layer, policy};
pub(crate) use exchange::{Exchange, exchange, exchange_with, request, response, value};
pub(crate) use rows::{all_bytes, bytes, possible, rows};
pub(crate) use set_cookie::{is_strict_removal, name_of};
pub(crate) use witness::Witness;
