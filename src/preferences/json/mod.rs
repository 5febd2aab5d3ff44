//! The preferences as percent-encoded JSON, which this crate writes, and reads leniently.

mod decode;
mod encode;
mod text;
mod written;

pub(crate) use self::{decode::decode_first, encode::encode};
#[cfg(test)]
pub(crate) use self::{encode::COMPONENT, written::read as read_written};

/// The most members that are read or written.
pub(crate) const MAX_MEMBERS: usize = 128;

/// The most members whose keys have escapes. No id and no key of a choice needs any.
const MAX_ESCAPED_KEYS: usize = 32;
