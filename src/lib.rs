//! Server-side cookie consent for [tower](https://docs.rs/tower): declare a site's cookies once,
//! and no cookie without consent leaves the service.
//!
//! ```
//! use tower_cookie_consent::{Category, CookieConsentLayer, CookieDeclaration, CookiePolicy};
//! # use axum::{Router, body::Body, response::AppendHeaders, routing::get};
//! # use tower::ServiceExt;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let set = get(async || AppendHeaders([("set-cookie", "sessionid=1"), ("set-cookie", "_ga=2")]));
//! # let app: Router = Router::new().route("/", set);
//! let base = Category::necessary("base").cookie(CookieDeclaration::new("sessionid"));
//! let ads = Category::consent("ads").cookies(["_ga", "_ga_*"].map(CookieDeclaration::new));
//! let policy = CookiePolicy::new([base, ads])?;
//! let app = app.layer(CookieConsentLayer::new(policy)); // last: around all that sets cookies
//! # let request = http::Request::new(Body::empty());
//! # let response = futures_executor::block_on(app.oneshot(request))?;
//! # let left: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
//! # assert_eq!(left, ["sessionid=1"]);
//! # Ok(())
//! # }
//! ```
//!
//! (`app` is an axum `Router`; [`guide::layers`] has the same with hyper alone.)
//!
//! From then on every `Set-Cookie` of every response is judged, whoever wrote it; cookies without
//! consent are stripped on the way out and hidden from the service on the way in; after a refusal
//! they are expired in the browser, `HttpOnly` ones included. What is allowed passes byte for
//! byte.
//!
//! **Declare your session cookie.** What the policy does not declare does not leave. A site that
//! exists begins with [`report_only`](CookieConsentLayer::report_only).
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
//! 8. *A signal only refuses*: with `Sec-GPC: 1` a yes that was given without it does not count.
//! 9. *No value is ever logged*, counted, or shown.
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
//!     Some(consent.set_cookie(consent.refuse_all()).header_value())
//! }
//! # assert!(set_cookie_for_refusal(&Request::new(())).is_none());
//! ```
//!
//! # The order of layers
//!
//! Outermost: around session layers, caches and whatever else sets or reads cookies. With axum's
//! `Router::layer` that is the last layer added, and it covers only the routes and the fallback
//! that were added before it; with tower's `ServiceBuilder` it is the first. What stands outside
//! sets cookies that nobody judges, and reads those that the service must not see. More, and all
//! switches: [`guide::layers`].
//!
//! # What it does not do
//!
//! It sees what goes through the service: not cookies that scripts write in the browser, not those
//! of other sites whose content a page embeds, not what a CDN adds further out. A hidden cookie is
//! still sent by the browser until it is expired. Names are compared as they are sent: a parser
//! that decodes them, such as the `CookieJar` of axum-extra, can read an undeclared `%5Fga` as
//! `_ga` ([`Undeclared::Hide`] hides such names too). It keeps no records of consent. It is no legal
//! advice, and it can't know whether a cookie that is called necessary is.
//!
//! # How to introduce it
//!
//! Run [`report_only(true)`](CookieConsentLayer::report_only) with an [`Inventory`] for a week: nothing
//! changes on the wire. Then read what the service really sets and receives, paste the drafted
//! declarations of what the policy lacks, and enforce, path by path if need be
//! ([`enforcement_for`](CookieConsentLayer::enforcement_for)). The steps: [`guide::introducing`].
//!
//! ```
//! use tower_cookie_consent::{CookieConsentLayer, CookiePolicy, Inventory};
//!
//! # fn main() -> Result<(), tower_cookie_consent::PolicyError> {
//! # let policy = CookiePolicy::new([tower_cookie_consent::Category::consent("ads")])?;
//! let inventory = Inventory::new();
//! let layer = CookieConsentLayer::new(policy).report_only(true).observe(inventory.clone());
//! // After a week, on a page for developers:
//! let report = inventory.report();
//! println!("{report}\n{}", report.draft());
//! # let _ = layer;
//! # Ok(())
//! # }
//! ```
//!
//! # How to write a policy
//!
//! Each cookie belongs to a category, a purpose that visitors decide on as a whole, and the category's
//! [`Basis`] says what allows it: necessary, exempt until the visitor objects, or asking for consent. A
//! [`CookiePolicy`] is written in Rust or read from JSON, is checked in full when it is built, and
//! [`lint`](CookiePolicy::lint) says what is doubtful in it. Keys, names and retentions: [`guide::policy`].
//!
//! # Troubleshooting
//!
//! Three things say within a minute what happened to a cookie: the log
//! (`RUST_LOG=tower_cookie_consent=debug`), a response header
//! ([`explain(true)`](CookieConsentLayer::explain)), and [`Consent::verdict`]. By symptom:
//!
//! - [My session is lost](guide::troubleshooting#my-session-is-lost)
//! - [My cookie never arrives](guide::troubleshooting#my-cookie-never-arrives)
//! - [The banner comes back](guide::troubleshooting#the-banner-comes-back)
//! - [It works on HTTPS but not on a LAN
//!   address](guide::troubleshooting#it-works-on-https-but-not-on-a-lan-address)
//! - [It works locally but not behind the
//!   proxy](guide::troubleshooting#it-works-locally-but-not-behind-the-proxy)
//!
//! # Why a server, and what else there is
//!
//! A banner in the page comes after the first response has set its cookies, can't see or remove
//! `HttpOnly` ones, and does not run on redirects, on error pages and where scripts are off; and browsers
//! do not keep what scripts write for as long as they are told to. [`guide::comparison`] has the sources,
//! and compares banners, middleware of other frameworks, tag managers, and a filter by hand.
//!
//! # Why it is as it is
//!
//! [`guide::decisions`] has the design decisions with their reasons, [`guide::security`] the threat
//! model. An [`Observer`] of one's own is told of each cookie that did not simply pass.
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

#[cfg(feature = "conformance")]
pub mod conformance;
mod consent;
#[cfg(feature = "axum")]
mod extract;
mod middleware;
pub mod observe;
#[cfg(feature = "pages")]
pub mod pages;
pub mod policy;
mod wire;
mod work;

pub use consent::{Choice, Consent, SetChoice, Undeclared, Verdict, Withheld};
#[cfg(feature = "axum")]
pub use extract::MissingConsent;
pub use middleware::{CookieConsentLayer, Expire, Gpc};
pub use observe::{inventory::Inventory, observer::Observer};
pub use policy::{
    category::{Basis, Category},
    check::error::PolicyError,
    declaration::CookieDeclaration,
    policy::CookiePolicy,
};

/// The types around [`CookieConsentLayer`] that are rarely named: its service, its future, and what
/// hooks and the switches for single requests take.
pub mod layer {
    pub use crate::middleware::{
        CookieConsent, Enforcement, RequestHead, ResponseFuture, StateHeaders,
    };
}

/// The preferences cookie: its settings, the codec that reads and writes it, and what can be wrong
/// with a choice.
pub mod preferences {
    pub use crate::{
        consent::{
            ChoiceError, DecodeError, Decoded, JsonCodec, PreferencesCodec, Rejected, Status,
        },
        policy::preferences_cookie::{PreferencesCookie, SameSite},
    };
}

/// The guide: longer texts, as they lie in `docs/`. There is no code in it.
#[cfg(any(doc, doctest))]
pub mod guide {
    #[allow(unused_imports, reason = "for the links in the texts")]
    use crate::{layer::*, observe::*, policy::*, preferences::*, *};

    #[doc = include_str!("../docs/guide/introducing.md")]
    pub mod introducing {}
    #[doc = include_str!("../docs/guide/policy.md")]
    pub mod policy {}
    #[doc = include_str!("../docs/guide/layers.md")]
    pub mod layers {}
    #[doc = include_str!("../docs/guide/troubleshooting.md")]
    pub mod troubleshooting {}
    #[doc = include_str!("../docs/guide/comparison.md")]
    pub mod comparison {}
    #[doc = include_str!("../docs/decisions.md")]
    pub mod decisions {}
    #[doc = include_str!("../SECURITY.md")]
    pub mod security {}
}

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
