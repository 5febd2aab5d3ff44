//! The tower layer: everything between a request's arrival and the departure of its response.
//!
//! Start with [`exchange`], which shows the path of one request from top to bottom. Its steps are
//! [`glance`] (the request's head), [`request`] (the request filter), [`visitor`] (what the
//! response knows about it), [`preferences`] (a choice made by a response), [`response`] (the
//! response filter), [`state`] (the other headers that browsers store) and [`expiry`]. It uses
//! `wire`, `policy`, `consent` and `observe`, and no feature uses it.

mod carried;
mod clearing;
mod config;
mod exchange;
mod expiry;
mod future;
mod glance;
mod head;
#[cfg(test)]
mod hostile;
mod layer;
mod observing;
mod places;
mod preferences;
mod received;
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
