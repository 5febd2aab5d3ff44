//! The tower layer: everything between a request's arrival and the departure of its response.
//!
//! Start with [`exchange`], which shows the path of one request from top to bottom. Its steps are
//! [`head`] (the request's head), [`received`] (its cookies, read and judged), [`request`] (the
//! request filter), [`response`] (the response filter, and a choice made by a response), [`state`]
//! (the other headers that browsers store), [`expiry`], [`clearing`], and [`taking_over`] (a
//! choice that the layer itself stores). [`remembered`] is what the
//! response knows about its request, and [`events`] reports what happens. It uses `wire`, `policy`,
//! `consent` and `observe`, and no feature uses it.

mod clearing;
mod config;
mod events;
mod exchange;
mod expiry;
mod head;
#[cfg(test)]
mod hostile;
mod layer;
mod received;
mod remembered;
mod request;
mod response;
mod service;
mod state;
mod taking_over;

pub use config::{Enforcement, Expire, Gpc, StateHeaders};
pub use head::{Adpc, PlaceHeaders, RequestHead, Signal};
pub use layer::CookieConsentLayer;
pub use service::{CookieConsent, ResponseFuture};
