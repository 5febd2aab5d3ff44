//! Server-side cookie consent for [tower](https://docs.rs/tower): declare a site's cookies once,
//! and cookies without consent never leave the service.
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
//! (`app` is an axum `Router`; [`guide::layers`] shows the same with plain hyper.)
//!
//! The layer then checks every `Set-Cookie` of every response, no matter which part of the
//! application wrote it. Cookies without consent are stripped from responses and hidden from the
//! service. After a refusal, they are expired in the browser, including `HttpOnly` ones. Everything
//! else passes byte for byte.
//!
//! **Declare your session cookie.** Undeclared cookies do not leave the service. On an existing
//! site, start with [`report_only`](CookieConsentLayer::report_only).
//!
//! # The rules
//!
//! 1. *The header decides, not an API.* The layer is outermost and sees the cookies of session
//!    layers, handlers and proxied upstreams.
//! 2. *Names are read as browsers read them*; a name that browsers read differently is withheld.
//! 3. *It fails closed.* Preferences that are unknown, malformed, oversized or contradictory grant
//!    nothing, and never cause an error for the visitor.
//! 4. *Unknown withholds, refusal expires.* Undecided visitors keep the cookies they already have.
//! 5. *A refusal outlives an acceptance.* Grants lapse with time and with changes; denials stay in
//!    force.
//! 6. *A removal always passes*, if every browser recognises it.
//! 7. *A choice counts at once*: a response that sets the preferences cookie is filtered under the
//!    new choice.
//! 8. *A signal can only refuse*: with `Sec-GPC: 1`, consent given without the signal does not
//!    count. Where the law wants it, it is remembered ([`regimes`]).
//! 9. *Values are never logged*, counted, or shown.
//!
//! # Using the consent
//!
//! The layer adds a [`Consent`] to the request's extensions. Handlers check it before they embed
//! anything that sets cookies, and use it to store the visitor's [`Choice`]:
//!
//! ```
//! use http::{Request, Response};
//! use tower_cookie_consent::{Consent, preferences::ReadOnly};
//!
//! fn refuse<A, B>(request: &Request<A>, response: &mut Response<B>) -> Result<(), ReadOnly> {
//!     let Some(consent) = request.extensions().get::<Consent>() else {
//!         return Ok(());
//!     };
//!     consent
//!         .set_cookie(consent.refuse_all())
//!         .append_to(response.headers_mut())
//! }
//! # let mut response = Response::new(());
//! # assert!(refuse(&Request::new(()), &mut response).is_ok());
//! ```
//!
//! # The order of layers
//!
//! Add the layer outermost: around session layers, caches and anything else that sets or reads
//! cookies. With axum's `Router::layer` that is the last layer added, and it only covers the routes
//! and the fallback added before it; with tower's `ServiceBuilder` it is the first. Anything
//! outside can set cookies that are not checked, and read cookies that should be hidden. For
//! details and all switches, see [`guide::layers`]; for proxies, timeouts and load shedding, server-side
//! rendering, gRPC and AWS Lambda, [`guide::stacks`].
//!
//! # Limits
//!
//! The layer sees what passes through the service: not cookies written by scripts in the browser,
//! not those of other sites embedded in a page, and not what a CDN adds outside it. The browser
//! keeps sending a hidden cookie until it is expired. Names are compared as they are sent: a parser
//! that decodes them, such as the `CookieJar` of axum-extra, can read an undeclared `%5Fga` as
//! `_ga` ([`Undeclared::Hide`] hides such names too). Without the feature `records`,
//! there is no proof of consent. This is not
//! legal advice, and the crate can't know whether a cookie declared as necessary really is.
//!
//! # Rolling it out
//!
//! Run [`report_only(true)`](CookieConsentLayer::report_only) with an [`Inventory`] for a week:
//! nothing changes on the wire. Then look at what the service really sets and receives, paste the
//! drafted declarations into the policy, and enforce, one route at a time if necessary
//! ([`enforcement_for`](CookieConsentLayer::enforcement_for)). For the steps, see
//! [`guide::introducing`].
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
//! # Writing a policy
//!
//! Each cookie belongs to a category, a purpose that visitors decide on as a whole, and the
//! category's [`Basis`] determines what allows it: necessary, exempt until the visitor objects, or
//! subject to consent. A [`CookiePolicy`] is written in Rust or read from JSON and fully validated
//! when it is built; [`lint`](CookiePolicy::lint) points out what looks wrong in it. For keys,
//! names and retentions, see [`guide::policy`].
//!
//! # Troubleshooting
//!
//! There are three ways to find out within a minute what happened to a cookie: the log
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
//! # Why on the server, and what the alternatives are
//!
//! A banner in the page is too late for the cookies of the first response, can't see or delete
//! `HttpOnly` cookies, and does not run on redirects, on error pages or without scripts; and
//! browsers limit the lifetime of cookies written by scripts. [`guide::comparison`] has the
//! sources, and compares banners, middleware of other frameworks, tag managers, and a hand-written
//! filter.
//!
//! # Background
//!
//! [`guide::decisions`] explains the design decisions, and [`guide::security`] the threat model. An
//! [`Observer`] receives an event for each cookie that did not simply pass.
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `tracing` | yes | log lines for withheld cookies, under the target `tower_cookie_consent` |
//! | `axum` | no | [`Consent`] as an extractor, [`SetChoice`] as response parts |
//! | `conformance` | no | the test kit for sites: checks a service, or a HAR file |
//! | `conformance-client` | no | the same for a running server, by its URL |
//! | `evidence` | no | `conformance::Evidence`: one signed folder for archives and authorities (`docs/guide/evidence.md`) |
//! | `pages` | no | the cookie policy page, the banner and the preferences form, generated from the policy |
//! | `documents` | no | the catalogue of services, and `HtmlConsentLayer`, which holds back what documents load from third parties ([`guide::third_parties`]) |
//! | `signed` | no | a preferences cookie that other hosts can't forge ([`guide::policy`]) |
//! | `codecs` | no | readers of the cookies of other banners (`docs/guide/adopting.md`) |
//! | `reload` | no | `PolicySource`: policies from a file or a folder, read again while the service runs |
//! | `watch` | no | `PolicySource::watch`: reads them again when they change |
//! | `records` | no | proof of consent, durable before a grant counts (`docs/guide/records.md`) |
//! | `records-postgres` | no | `records::PostgresStore`: records in PostgreSQL |
//! | `records-sqlite` | no | records in one file, with SQLite, which is compiled from its C source |
//! | `records-timestamps` | no | `records::TimestampAuthority`: checkpoints of records timestamped by an authority (RFC 3161) |
//! | `metrics` | no | `CookieMetrics`: counters through the `metrics` facade |
//! | `cookie-database` | no | `CookieDatabase`: suggestions from the Open Cookie Database |

#[cfg(feature = "conformance")]
pub mod conformance;
mod consent;
pub mod diff;
#[cfg(feature = "records")]
mod digest;
#[cfg(feature = "documents")]
pub mod documents;
#[cfg(feature = "axum")]
mod extract;
mod middleware;
pub mod observe;
#[cfg(feature = "pages")]
pub mod pages;
pub mod policy;
#[cfg(feature = "records")]
pub mod records;
mod source;
mod wire;
mod work;

pub use consent::{Consent, SetChoice, Undeclared, Verdict, Withheld};
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
pub use preferences::choice::Choice;

/// The types around [`CookieConsentLayer`] that are rarely named: its service, its future, the types
/// of its hooks and per-request switches, and the policies of several hosts and from files.
pub mod layer {
    #[cfg(feature = "watch")]
    pub use crate::source::PolicyWatch;
    #[cfg(feature = "reload")]
    pub use crate::source::{PolicySource, PolicySourceError};
    pub use crate::{
        middleware::{
            Adpc, CookieConsent, Enforcement, RequestHead, ResponseFuture, Signal, StateHeaders,
        },
        source::{HostPolicies, InvalidHost},
    };
}

/// The preferences cookie: its settings, the codec that writes and reads it, and the errors of
/// choices.
// Part of it lives in `policy` and `consent`. The files of the folder use neither, which is why this
// list is here and not among them.
pub mod preferences {
    mod category_set;
    pub(crate) mod choice;
    mod decoded;
    pub(crate) mod json;
    mod reading;
    mod terms;
    mod writing;

    pub use self::{
        choice::ChoiceError,
        decoded::{DecodeError, Decoded},
    };
    pub use crate::{
        consent::{ReadOnly, Rejected, Status},
        policy::{
            former_cookie::FormerCookie, json_codec::JsonCodec,
            preferences_codec::PreferencesCodec, preferences_cookie::PreferencesCookie,
        },
        wire::SameSite,
    };

    pub(crate) use self::{
        category_set::{CategorySet, Named},
        choice::{Choice, RegimeNumber, time_of, unix_seconds},
        decoded::EncodeError,
        reading::{Fault, PreferencesValues, Reading, ReceivedValues, read},
        terms::Terms,
        writing::encoded_value,
    };
}

/// Regimes: the rules of asking that a visitor falls under, by the law of the place where they are. The
/// guide's [`regimes`](crate::guide::regimes) begins with an example.
// Part of it lives in `policy`, and the reading of headers in `middleware`.
pub mod regimes {
    pub use crate::{
        consent::OptOutStatus,
        middleware::PlaceHeaders,
        policy::regimes::{
            AppliedRegime, Asking, Exemption, Place, Regime, SignalEffect, Whereabouts,
        },
    };
}

/// Readers of the cookies in which other tools store the visitor's choice, for sites that keep the
/// banner they have: [`PreferencesCookie::follow`](preferences::PreferencesCookie::follow).
///
/// The tool goes on to ask and to write its cookie, and the layer enforces what it says. What a value
/// does not say clearly is not granted: in particular, what a tool writes before anybody has answered.
///
/// Tools whose choice does not reach a server have no reader: Usercentrics (its package
/// `@usercentrics/cmp-browser-sdk` 4.64.0 writes `localStorage` alone) and, as far as its public
/// integrations show, Termly.
#[cfg(feature = "codecs")]
pub mod codecs {
    pub use crate::policy::codecs::{
        AspNet, Axeptio, Borlabs, C15t, Complianz, CookieFirst, CookieYes, Cookiebot, Didomi,
        DjangoCookieConsent, Faz, GovUk, Iubenda, Klaro, MatomoConsent, OneTrust, Opendatasoft,
        Orejime, Osano, RealCookieBanner, Tarteaucitron, TcString, Undated, VanillaCookieconsent,
    };
}

/// For the crate's own fuzz targets and benches. It is not a part of the API.
#[cfg(feature = "documents")]
#[doc(hidden)]
pub mod documents_for_tests {
    pub use crate::documents::for_tests::{SELECTOR, gate, gate_with_additions};
}

/// For the crate's own fuzz targets. It is not a part of the API.
#[cfg(feature = "conformance")]
#[doc(hidden)]
pub mod conformance_for_tests {
    pub use crate::conformance::for_tests::read_page;
}

/// The guide: longer texts from `docs/`. It contains no code.
#[cfg(any(doc, doctest))]
pub mod guide {
    #[allow(unused_imports, reason = "for the links in the texts")]
    use crate::{layer::*, observe::*, policy::*, preferences::*, *};

    #[doc = include_str!("../docs/guide/introducing.md")]
    pub mod introducing {}
    #[doc = include_str!("../docs/guide/policy.md")]
    pub mod policy {}
    #[cfg(feature = "codecs")]
    #[doc = include_str!("../docs/guide/adopting.md")]
    pub mod adopting {}
    #[doc = include_str!("../docs/guide/layers.md")]
    pub mod layers {}
    #[doc = include_str!("../docs/guide/regimes.md")]
    pub mod regimes {}
    #[doc = include_str!("../docs/guide/stacks.md")]
    pub mod stacks {}
    #[doc = include_str!("../docs/guide/third-parties.md")]
    pub mod third_parties {}
    #[cfg(feature = "records")]
    #[doc = include_str!("../docs/guide/records.md")]
    pub mod records {}
    #[cfg(feature = "evidence")]
    #[doc = include_str!("../docs/guide/evidence.md")]
    pub mod evidence {}
    #[doc = include_str!("../docs/guide/troubleshooting.md")]
    pub mod troubleshooting {}
    #[doc = include_str!("../docs/guide/comparison.md")]
    pub mod comparison {}
    #[doc = include_str!("../docs/guide/migrating.md")]
    pub mod migrating {}
    #[doc = include_str!("../docs/decisions.md")]
    pub mod decisions {}
    #[doc = include_str!("../SECURITY.md")]
    pub mod security {}
}

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
