//! The kit with which a site tests itself: its service, a running server, or a browser's capture.
//!
//! ```
//! use tower_cookie_consent::{
//!     Category, CookieConsentLayer, CookieDeclaration, CookiePolicy, conformance::Conformance,
//! };
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! # runtime.block_on(async {
//! let policy = CookiePolicy::new([
//!     Category::consent("ads").cookie(CookieDeclaration::new("_ga")),
//! ]).unwrap();
//! let app: axum::Router = axum::Router::new().layer(CookieConsentLayer::new(policy.clone()));
//!
//! let report = Conformance::new(policy).visit(["/", "/login", "/search?q=x"]).check(app).await;
//! report.assert_ok();
//! # });
//! ```
//!
//! # What it checks
//!
//! A visitor with a cookie jar makes every request twice in each situation: before a choice, after
//! acceptance, after refusal, after withdrawal; with preferences that are malformed, of another
//! tool, too old, of an older revision, or there twice; with `Sec-GPC`. The kit writes the
//! preferences cookie itself, with the policy's codec, and looks at nothing but the wire: a site
//! without [`CookieConsentLayer`] can be checked just so. Each answer is put before the layer, and
//! what the layer would have changed is what was wrong with it: the kit has no rules of its own.
//! The same goes for other headers from which browsers keep state; and of each page that is visited
//! by GET, two new visitors compare the `ETag` and `Last-Modified` that they get, and come back with
//! them: what differs and is known again identifies them. The [`Requirement`]s are those of the [`Report`], each held, broken, or not exercised. What the
//! kit lets pass it lists as [excused](Report::excused). An answer that makes a choice is judged
//! under that choice, and neither what it sets nor what it deletes is a measure for others.
//!
//! [`Conformance::check_har`] does the same with what a browser's developer tools export.
//!
//! # What it can't see
//!
//! - *What the service reads*: put a [`Probe`] inside of the layer, or name an
//!   [`echo`](Conformance::echo).
//! - *Pages that are not visited*, answers that did not come up, and what only a logged-in visitor
//!   gets: add them with [`request`](Conformance::request). The report notes which classes of
//!   answers were not seen.
//! - *Cookies that scripts write*: a capture shows them.
//! - *Storage that scripts write*, identifiers in the bodies of cached answers, and what pages say:
//!   whether refusing is as easy as accepting.
//!
//! No part of a report holds a cookie's value: bodies and queries are not shown, nor the text of a
//! service's error. It is no legal advice.
//!
//! [`CookieConsentLayer`]: crate::CookieConsentLayer

mod builder;
mod capture;
mod choice;
#[cfg(feature = "conformance-client")]
mod client;
mod fates;
mod har;
mod host;
mod jar;
mod judge;
mod junit;
mod labels;
mod ledger;
mod links;
mod oracle;
mod past;
mod play;
mod probe;
mod recorder;
mod report;
mod requirement;
mod scenes;
mod state;
mod target;
mod visitor;

pub use self::{
    builder::Conformance,
    har::HarError,
    probe::{Probe, Probed},
    report::{Finding, Outcome, Report},
    requirement::Requirement,
    target::RequestBody,
};
