//! The policy of each request: by its host, and from files that change while the service runs.
//!
//! [`hosts`] is the map of hosts. [`source`] reads it from a file or a folder ([`read`]), checks all
//! of it, and replaces the one in force as a whole; [`watch`] does so when something changes. Both
//! give the hook of [`CookieConsentLayer::policy_for`](crate::CookieConsentLayer::policy_for). It
//! uses `policy`, `middleware` and `wire`, and nothing uses it.

mod error;
mod hosts;
#[cfg(feature = "reload")]
mod read;
#[cfg(feature = "reload")]
#[allow(
    clippy::module_inception,
    reason = "its type has the name of the folder's subject"
)]
mod source;
#[cfg(feature = "watch")]
mod watch;

#[cfg(feature = "watch")]
pub use self::watch::PolicyWatch;
pub use self::{error::InvalidHost, hosts::HostPolicies};
#[cfg(feature = "reload")]
pub use self::{error::PolicySourceError, source::PolicySource};
