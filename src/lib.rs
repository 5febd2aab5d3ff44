//! Server-side cookie consent for [tower](https://docs.rs/tower): declare a site's cookies once,
//! and no cookie without consent leaves the service.
//!
//! ```
//! use tower_cookie_consent::{
//!     Category, CookieConsentLayer, CookieDeclaration, CookiePolicy, PolicyError, Reason,
//! };
//!
//! # fn main() -> Result<(), PolicyError> {
//! let policy = CookiePolicy::new([
//!     Category::necessary("base")
//!         .cookie(CookieDeclaration::new("sessionid").reason(Reason::Authentication)),
//!     Category::consent("ads").cookie(CookieDeclaration::new("_ga")),
//! ])?;
//! let app: axum::Router = axum::Router::new().layer(CookieConsentLayer::new(policy));
//! # Ok(())
//! # }
//! ```
//!
//! From then on every `Set-Cookie` of every response is judged, whoever wrote it; cookies without
//! consent are stripped on the way out and hidden from the service on the way in; after a refusal
//! they are expired in the browser, `HttpOnly` ones included. What is allowed passes byte for
//! byte.
//!
//! **Declare your session cookie.** What the policy does not declare does not leave.
//!
//! # The rules
//!
//! 1. *The header decides, not an API.* The layer stands outermost and sees what session layers,
//!    handlers and proxied upstreams set.
//! 2. *Names are read as browsers read them*; a name on which they differ is withheld.
//! 3. *It fails closed.* Preferences that are unknown, malformed, oversized or contradictory grant
//!    nothing, and are never an error to the visitor.
//! 4. *Unknown withholds, refusal expires.* Who has not decided loses nothing that they have.
//! 5. *A no outlives a yes.* Grants lapse with time and with changes; denials stay.
//! 6. *A removal always passes*, where every browser takes it for one.
//! 7. *The choice counts at once*: a response that sets the preferences cookie is judged under it.
//!
//! # Telling the service
//!
//! The layer puts a [`Consent`] into the request's extensions. Handlers ask it before they embed
//! what would set cookies, and make the visitor's [`Choice`] with it:
//!
//! ```
//! use http::{HeaderValue, Request};
//! use tower_cookie_consent::Consent;
//!
//! fn set_cookie_for_refusal<B>(request: &Request<B>) -> Option<HeaderValue> {
//!     let consent = request.extensions().get::<Consent>()?;
//!     Some(consent.set(consent.refuse_all()).header_value())
//! }
//! # assert!(set_cookie_for_refusal(&Request::new(())).is_none());
//! ```
//!
//! # The order of layers
//!
//! Outermost: around session layers, caches and whatever else sets or reads cookies. With axum's
//! `Router::layer` that is the last layer added, and it covers only the routes and the fallback
//! that were added before it; with tower's `ServiceBuilder` it is the first. What stands outside
//! sets cookies that nobody judges, and reads those that the service must not see.
//!
//! # Introducing it to a site
//!
//! Run [`report_only(true)`](CookieConsentLayer::report_only) with an [`Inventory`] for a week: nothing
//! changes on the wire. Then read what the service really sets and receives, paste the drafted
//! declarations of what the policy lacks, and enforce, path by path if need be
//! ([`enforcement_for`](CookieConsentLayer::enforcement_for)).
//!
//! ```
//! use tower_cookie_consent::{Category, CookieConsentLayer, CookiePolicy, Enforcement, Inventory};
//!
//! # fn main() -> Result<(), tower_cookie_consent::PolicyError> {
//! # let policy = CookiePolicy::new([Category::consent("ads")])?;
//! let inventory = Inventory::new();
//! let layer = CookieConsentLayer::new(policy)
//!     .report_only(true)
//!     .enforcement_for(|request| {
//!         let is_admin = request.uri().path().starts_with("/admin/");
//!         is_admin.then_some(Enforcement::Off)
//!     })
//!     .observe(inventory.clone());
//! // After a week, on a page for developers:
//! let report = inventory.report();
//! println!("{report}\n{}", report.draft());
//! # Ok(())
//! # }
//! ```
//!
//! An [`Observer`] of one's own is told of each cookie that did not simply pass; no event has a value.
//! With the feature `tracing`, `RUST_LOG=tower_cookie_consent=debug` says in one line why a cookie
//! vanished, and [`explain(true)`](CookieConsentLayer::explain) says it in a response header.
//!
//! # What it does not do
//!
//! It sees what goes through the service: not cookies that scripts write in the browser, not those
//! of other sites whose content a page embeds, not what a CDN adds further out. A hidden cookie is
//! still sent by the browser until it is expired. Names are compared as they are sent: a parser
//! that decodes them, such as the `CookieJar` of axum-extra, can read an undeclared `%5Fga` as
//! `_ga` ([`Undeclared::Hide`] hides such names too). It is no legal advice.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `tracing` | yes | why a cookie was withheld, under the target `tower_cookie_consent` |
//! | `axum` | no | [`Consent`] as an extractor, [`SetChoice`] as a part of a response |
//! | `conformance` | no | the kit with which a site tests itself: its service, or a HAR file |
//! | `conformance-client` | no | the same for a running server, by its URL |
//! | `pages` | no | the charter, the banner and the preferences form, made from the policy |
//! | `metrics` | no | `CookieMetrics`: counters of what happened, through the `metrics` facade |
//! | `cookie-database` | no | `CookieDatabase`: suggestions out of the Open Cookie Database |

#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "conformance")]
pub mod conformance;
mod consent;
mod middleware;
mod observe;
#[cfg(feature = "pages")]
pub mod pages;
mod policy;
mod wire;
mod work;

pub use consent::{
    Choice, ChoiceError, Consent, Decoded, JsonCodec, PreferencesCodec, SetChoice, Status,
    Unreadable, Verdict, Withheld,
};
pub use middleware::{
    CookieConsent, CookieConsentLayer, Enforcement, Expire, Gpc, RequestHead, ResponseFuture,
    Undeclared,
};
#[cfg(feature = "metrics")]
pub use observe::CookieMetrics;
pub use observe::{
    Attributes, CookieAttributes, Draft, DraftCookie, Event, Inventory, InventoryReport,
    InventoryRow, Observer, ShownName, Way, What,
};
#[cfg(feature = "cookie-database")]
pub use observe::{CookieDatabase, CookieDatabaseError, Suggestion};
pub use policy::{
    Basis, Category, CookieDeclaration, CookiePolicy, CookiePolicyBuilder, Fingerprint, Kind,
    LintWarning, PolicyError, PolicyProblem, PreferencesCookie, Reason, Retention, RetentionUnit,
    SameSite, Text,
};

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
