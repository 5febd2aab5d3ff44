//! Header bytes as browsers read them: the pairs of a `Cookie` header, the name, attributes and
//! lifetime of a `Set-Cookie`, cookie dates, hosts, cache directives, and the other headers that
//! browsers store. It also writes removals and changes the values of a header. The rest of the crate
//! may call this, and it calls nothing else. Nothing here panics or takes more than linear time,
//! whatever the bytes, and reading does not allocate.

mod adpc;
mod attributes;
mod build_removal;
pub(crate) mod bytes;
pub(crate) mod cache;
mod clear_site_data;
mod cookie;
#[cfg(test)]
mod corpora;
mod date;
mod dictionary;
pub(crate) mod fields;
pub(crate) mod host;
#[cfg(test)]
mod hostile;
mod lifetime;
mod name;
mod prefix;
mod removal;
mod scope;
mod search;
mod sent;
mod set_cookie;
mod state_headers;

/// Seconds in a day.
pub(crate) const DAY: u64 = 24 * 60 * 60;
/// The most days that browsers keep a cookie (RFC 6265bis, section 5.5).
pub(crate) const MAX_COOKIE_DAYS: u32 = 400;
/// The same in seconds.
pub(crate) const MAX_COOKIE_SECONDS: u64 = MAX_COOKIE_DAYS as u64 * DAY;
/// The most bytes of a cookie's name and value that browsers store (RFC 6265bis, section 5.6).
pub(crate) const MAX_PAIR: usize = 4_096;

/// The most removals of one kind by which a response grows, even with a refusal. The server in front has to accept the
/// whole head: nginx allows 4 or 8 KiB (`proxy_buffer_size`), hyper's client 100 headers, and otherwise responds
/// with 502. Later responses remove the rest.
pub(crate) const MAX_REMOVALS: usize = 32;
/// The most bytes of these.
pub(crate) const MAX_REMOVALS_BYTES: usize = MAX_PAIR;

pub use scope::SameSite;

pub(crate) use adpc::withdraws_all;
#[cfg(feature = "conformance")]
pub(crate) use attributes::Attribute;
pub(crate) use attributes::attributes;
pub(crate) use build_removal::build_removal;
pub(crate) use clear_site_data::{beside_cookies, clears_cache, clears_cookies};
pub(crate) use cookie::{Pair, names_in_value, pairs, values};
pub(crate) use lifetime::{Lifetime, appended_max_age_wins, lasts, lifetime, meant_lifetime};
pub(crate) use name::{Unclassifiable, check_name, is_name_byte};
pub(crate) use prefix::{Prefix, has_prefix, prefix};
pub(crate) use removal::{Removal, ServerDate, classify_removal, server_date};
pub(crate) use scope::{Scope, scope};
pub(crate) use sent::{From, Sending};
#[cfg(feature = "records")]
pub(crate) use set_cookie::is_named;
pub(crate) use set_cookie::{name, value, written_name};
pub(crate) use state_headers::{
    Keeps, NameLengths, STATE_HEADERS, StateHeader, is_plainly_not_state,
};
