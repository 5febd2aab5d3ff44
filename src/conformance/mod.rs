//! A test kit for sites: it checks a service, a running server, or a browser's capture.
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
//! # Checks
//!
//! A visitor with a cookie jar makes every request twice in each situation: before a choice, after
//! acceptance, after refusal, after withdrawal; with preferences that are malformed, of another
//! tool, too old, of an older revision, or duplicated; and with `Sec-GPC`; and once with consent to each
//! service alone. The kit writes the
//! preferences cookie itself, with the policy's codec, and only looks at the wire, so it also works
//! on sites without [`CookieConsentLayer`]. It passes each response through the layer, and whatever
//! the layer would have changed is a finding: the kit has no rules of its own. This includes other
//! headers that browsers store. In addition, for each page visited by GET, two new visitors compare
//! the `ETag` and `Last-Modified` they receive and come back with them: values that differ and are
//! recognised identify visitors. The [`Requirement`]s are those of the [`Report`], each held,
//! broken or not exercised. Tolerated deviations are listed as [excused](Report::excused). A
//! response that makes a choice is judged under that choice, and the cookies that it sets or
//! deletes are not a measure for other responses.
//!
//! # Third parties
//!
//! Every document is read with the parser of a browser (`html5ever`), and not with that of
//! [`HtmlConsentLayer`](crate::documents::HtmlConsentLayer): whatever its markup, its inline styles, the
//! style sheets of the site and the headers load from another host, or report to it, is a finding with
//! the element, the origin and the fix, if it belongs to a service without consent, or to nobody. What a
//! `Content-Security-Policy` blocks is not requested and not a finding. This needs no layer of this
//! crate on the site:
//!
//! ```
//! use axum::{Router, response::Html, routing::get};
//! use tower_cookie_consent::{
//!     Category, CookiePolicy, conformance::{Conformance, Requirement}, policy::Service,
//! };
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! # runtime.block_on(async {
//! let films = Service::new("films").origins(["https://www.films.example"]);
//! let policy = CookiePolicy::new([Category::consent("media").service(films)]).unwrap();
//! let page = "<iframe src=https://www.films.example/embed/1></iframe>";
//! let app: Router = Router::new().route("/", get(async move || Html(page)));
//!
//! let report = Conformance::new(policy).check(app).await;
//! let finding = report.findings().next().unwrap();
//! assert_eq!(finding.requirement, Requirement::ThirdParties);
//! assert_eq!(finding.element.as_deref(), Some("<iframe src>"));
//! assert_eq!(finding.origin.as_deref(), Some("https://www.films.example"));
//! assert_eq!(finding.service.as_deref(), Some("films"));
//! # });
//! ```
//!
//! [`Conformance::check_har`] does the same with the export of a browser's developer tools.
//!
//! # Limits
//!
//! - *What the service reads*: put a [`Probe`] inside the layer, or set an
//!   [`echo`](Conformance::echo).
//! - *Pages that are not visited*, kinds of responses that did not occur, and anything only a
//!   logged-in visitor gets: add them with [`request`](Conformance::request). The report lists the
//!   classes of responses that were missing.
//! - *Cookies written by scripts*, and *requests that scripts make up*: a capture shows them. Inline
//!   scripts are searched for the markers of services, and own addresses that redirect to other hosts
//!   are only followed for style sheets.
//! - *Storage written by scripts*, identifiers in the bodies of cached responses, and the content
//!   of pages, such as whether refusing is as easy as accepting.
//!
//! A report never contains cookie values: it shows neither bodies and queries nor the text of a
//! service's error, and only the origins of other hosts. It is not legal advice.
//!
//! [`CookieConsentLayer`]: crate::CookieConsentLayer

mod builder;
mod capture;
mod check;
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
mod opinion;
mod oracle;
mod past;
mod play;
mod probe;
mod recorder;
mod report;
mod requirement;
mod scenes;
mod state;
#[cfg(feature = "records")]
mod stores;
mod target;
mod third_parties;
mod timeline;
mod visitor;

#[cfg(feature = "records")]
pub use self::stores::{StoreDrill, StoreDrills, StoreFinding, StoreReport};
pub use self::{
    builder::Conformance,
    har::HarError,
    probe::{Probe, Probed},
    report::{Finding, Outcome, Report},
    requirement::Requirement,
    target::RequestBody,
};
