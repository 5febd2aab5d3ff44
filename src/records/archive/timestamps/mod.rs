//! Timestamps of an authority (RFC 3161) as witnesses of checkpoints: asking for one, and checking it without
//! a network.

mod authority;
mod certificates;
mod error;
mod request;
mod signature;
#[cfg(test)]
mod tests;
mod token;

pub use self::{
    authority::TimestampAuthority,
    certificates::TimestampCertificates,
    error::{TimestampError, TimestampErrorKind},
};
