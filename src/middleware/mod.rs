//! The tower layer: what happens to a request on its way in and to its response on the way out.
//!
//! Read [`exchange`] first: the path of one request, top to bottom. Its steps are [`glance`] (what the
//! head tells), [`request`] (the filter on the way in), [`visitor`] (what the response knows of it),
//! [`preferences`] (a choice that a response makes), [`response`] (the filter on the way out), [`state`]
//! (the other headers from which browsers keep something) and [`expiry`]. It knows `wire`, `policy`, `consent` and `observe`; `pages` borrows `cache`, `expiry` and
//! `host`.

pub(crate) mod cache;
mod carried;
mod clearing;
mod config;
mod exchange;
pub(crate) mod expiry;
mod fields;
mod future;
mod glance;
mod head;
pub(crate) mod host;
#[cfg(test)]
mod hostile;
mod layer;
mod observing;
mod places;
mod preferences;
mod request;
mod response;
mod service;
mod state;
mod visitor;
mod watch;

pub use config::{Enforcement, Expire, Gpc};
pub use future::ResponseFuture;
pub use head::RequestHead;
pub use layer::CookieConsentLayer;
pub use service::CookieConsent;
pub use state::StateHeaders;
