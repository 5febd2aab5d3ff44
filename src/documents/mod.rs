//! Third parties: what a document loads from elsewhere is held back until there is consent (feature
//! `documents`).
//!
//! Start with [`HtmlConsentLayer`]. Services and their origins are part of the
//! [policy](crate::policy::Service).

// `service` has the path of a request, `answer` that of its document. `gate` reads it as it streams by, finds every URL that a browser
// would load, and asks a `judge` about it: `consented`, who knows the policy and the choice. The room
// knows the core; nothing in the core knows it.

mod accepted;
mod ahead;
mod answer;
mod attribute;
mod bases;
mod body;
mod caches;
#[cfg(test)]
mod cases;
mod charset;
mod codings;
mod consented;
mod content;
mod csp;
mod css;
mod css_context;
mod data;
mod decision;
mod document;
mod edits;
mod element;
mod error_reports;
mod event;
pub(crate) mod for_tests;
mod gate;
mod handler;
mod head;
mod headers;
#[cfg(test)]
mod hostile;
#[cfg_attr(
    not(feature = "pages"),
    allow(dead_code, unused_imports, reason = "the pages write them")
)]
mod inserts;
mod inventory;
mod judge;
mod kind;
mod layer;
mod lists;
mod loads;
mod log;
mod media_type;
mod namespaces;
mod nested;
mod origin;
#[cfg_attr(
    not(feature = "pages"),
    allow(dead_code, reason = "the pages write placeholders")
)]
mod placeholder;
mod questions;
#[cfg_attr(not(feature = "pages"), path = "without_pages.rs")]
mod reader;
mod refresh;
mod scan;
mod service;
mod settings;
mod sniff;
#[cfg(test)]
mod soup;
mod speculation;
#[cfg(test)]
mod spellings;
mod srcset;
mod state;
mod step;
mod stopped;
mod tag;
mod untyped;
mod visit;
mod waiting;
mod zstd;

pub use self::{
    body::GateBody,
    event::{DocumentEvent, DocumentEventKind},
    layer::HtmlConsentLayer,
    service::{DocumentFuture, HtmlConsent},
    settings::{Documents, UndeclaredOrigins},
    stopped::{GateError, Stopped},
};
