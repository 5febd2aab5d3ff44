//! The feature `pages`: the charter, the banner and the preferences form, made from the same
//! [`CookiePolicy`](crate::CookiePolicy) that the layer enforces.
//!
//! ```
//! use axum::{Router, response::Html, routing::get};
//! use tower_cookie_consent::{
//!     Category, Consent, CookieConsentLayer, CookiePolicy, pages::Pages,
//! };
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let policy = CookiePolicy::new([
//!     Category::consent("ads").title("Advertising").description("Pays for what you read."),
//! ])?;
//! let pages = Pages::at("/cookies", policy.clone())?.site("Example");
//! let fragments = pages.clone();
//! let home = async move |consent: Consent| {
//!     let banner = fragments.banner(&consent, "en").map(String::from).unwrap_or_default();
//!     Html(format!("<!doctype html><body>{banner}<main id=main tabindex=-1>Hello</main>"))
//! };
//! let app: Router = Router::new()
//!     .route("/", get(home))
//!     .nest_service("/cookies", pages.clone())
//!     .route_service("/.well-known/gpc.json", pages.gpc("2026-01-01")?)
//!     .layer(CookieConsentLayer::new(policy));
//! # Ok(())
//! # }
//! ```
//!
//! # The resources
//!
//! | request | answer |
//! |---|---|
//! | `GET /cookies` | the charter; HTML, JSON or Markdown by `Accept` or `?format=` |
//! | `GET /cookies/preferences` | the form |
//! | `POST /cookies/preferences` | takes the choice, as a form or as JSON |
//! | `GET /cookies/state` | the present consent as JSON, see [`State`] |
//! | `GET /cookies/style-….css`, `script-….js` | named after their content, to be kept for a year |
//!
//! All links are relative, so that they stay right under `nest` and behind a proxy that strips a
//! prefix. Every answer about a visitor is `no-store`, and the charter `private`.
//!
//! # What a site's own pages take over
//!
//! [`Pages::head`] (stylesheet and script), [`Pages::banner`], [`Pages::notice`] and
//! [`Pages::footer`] are pieces of HTML for the templates of the site. The banner goes first into the
//! body, after the skip link, the notice first into the main content, which has the id
//! [`main_id`](Pages::main_id) and `tabindex="-1"`: that is where the visitor is led back to.
//!
//! ```
//! use tower_cookie_consent::{Category, Consent, CookiePolicy, pages::Pages};
//!
//! let ads = Category::consent("ads").title("Advertising").description("Pays for what you read.");
//! let policy = CookiePolicy::new([ads])?;
//! let pages = Pages::at("/cookies", policy.clone())?
//!     .site([("en", "The Portal"), ("fr", "Le Portail")])
//!     .language_cookie("lang")
//!     .main_id("content")?
//!     .fixed(true)
//!     .frame_ancestors("'none'")?
//!     .trusted_origin("https://www.example.org")?;
//!
//! // On the site's own pages:
//! let headers = http::HeaderMap::new();
//! let consent = Consent::undecided(policy);
//! let language = pages.language_for(&headers, Some("fr-CA"));
//! assert_eq!(language, "fr");
//! let head = pages.head(&consent, language)?;
//! let banner = pages.banner(&consent, language)?;
//! let notice = pages.notice(&consent, language)?;
//! let footer = pages.footer(&consent, language)?;
//! assert!(notice.is_empty(), "nothing was saved just now");
//! let page = format!(
//!     "<!doctype html><head>{head}<body>{banner}<main id=content tabindex=-1>{notice}…</main>{footer}"
//! );
//! assert!(page.contains("Le Portail"));
//! let lost = pages.banner_on_error_page(&consent, language)?; // leads to the form instead of back
//! assert!(!lost.as_str().is_empty());
//! // For an engine of one's own:
//! assert_eq!(pages.view(&consent, language).main, "content");
//! // At /.well-known/gpc.json:
//! let gpc = pages.gpc("2026-01-31")?;
//! # let _ = gpc;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **A page with any of them is made for one visitor**: mark it with [`mark_private`].
//!
//! # Scripts that wait for consent
//!
//! `<script type="text/plain" data-consent="ads" src="…">`, or one with its text inside, is started once
//! the category is allowed: as a new element with the same attributes but `type` and `data-consent`
//! (`data-type="module"` gives it another type). It runs only where the page's
//! Content-Security-Policy lets it:
//!
//! 1. *With a nonce* ([`Pages::head_with_nonce`]), with `'strict-dynamic'` or without, those start that
//!    have the same nonce as the pages' script; all others stay as they are.
//! 2. *Without a nonce*, such as under `script-src 'self' https://ads.example`, the browser decides on
//!    each as if it stood there without its `type`. `'strict-dynamic'` trusts whatever a trusted
//!    script adds: so do not let the pages' script in by a hash or by a loader there, unless the loader
//!    gives it its nonce.
//! 3. *Under `require-trusted-types-for 'script'`* the script makes a policy of the name
//!    `tower-cookie-consent` when the first held script starts, and with it values of held scripts alone.
//!    Where the header has `trusted-types`, add that name: `trusted-types tower-cookie-consent …`. Without
//!    it nothing held starts, and the rest works.
//!
//! The script asks for the state at the address in its `data-state`, which has to be one of the page's
//! own origin, and takes over forms that are sent to `preferences` beside it. Other forms, and all of them
//! where something goes wrong, are left to the browser. What elements of the page are named has no
//! influence on it.
//!
//! ```js
//! document.addEventListener("cookieconsent", (event) => event.detail.categories); // at each change
//! window.cookieConsent.allows("ads"); // false until the state is known
//! window.cookieConsent.state; // as of GET /cookies/state; null until it is known
//! ```
//!
//! # The rules of the endpoint
//!
//! 1. *Only the site's own pages choose.* tower-http's
//!    [`CsrfLayer`](https://docs.rs/tower-http/0.7/tower_http/csrf/index.html) turns cross-site
//!    requests away; one that carries neither `Sec-Fetch-Site` nor `Origin` may only refuse. What is
//!    turned away is a page with a form of this site, which works.
//! 2. *`GET` changes nothing.*
//! 3. *`return_to` is a path of the same site*, else the visitor gets the form as confirmation.
//! 4. *What was agreed to was shown.* A yes to texts that are not the policy's any more is 409, with
//!    the form again. A no needs no texts: refusing and withdrawing always work.
//! 5. *Saving says all of it*: a consent category that is not named is refused. An exempt one is
//!    objected to in `objection` (JSON: `objections`); where that list is there at all, exempt
//!    categories that it does not name are allowed, and where it is absent they stay as they are.
//! 6. *Whatever goes wrong, the choice stays as it was*: 400, 403, 409, 413 (over 16 KiB), 415, 422.
//!    The log and observers hear of it: [`EventKind::Rejected`](crate::observe::EventKind::Rejected) with the reason.
//! 7. *A body may take its time*, since the pages know no clock: put a limit around them, so that a client
//!    that sends it byte by byte, or never, does not hold a connection for ever. Servers have limits of
//!    their own for the head of a request, and nearly none has one for the body.
//!
//! ```
//! use std::time::Duration;
//!
//! use axum::{Router, http::StatusCode};
//! use tower::ServiceBuilder;
//! use tower_cookie_consent::{Category, CookiePolicy, pages::Pages};
//! use tower_http::timeout::TimeoutLayer;
//!
//! let ads = Category::consent("ads").title("Advertising").description("Pays for what you read.");
//! let pages = Pages::at("/cookies", CookiePolicy::new([ads])?)?;
//! let limit = TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_secs(10));
//! // Over all of the request, and not only between two parts of its body.
//! let app: Router = Router::new()
//!     .nest_service("/cookies", ServiceBuilder::new().layer(limit).service(pages));
//! # let _ = app;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Languages
//!
//! The interface speaks the 24 official languages of the European Union. The language is that of
//! `?lang=`, else of the cookie [`language_cookie`](Pages::language_cookie), else the best of
//! `Accept-Language`, else the policy's default. What the policy does not translate comes in its
//! default language, marked with `lang`. No translation has been reviewed by a native speaker yet;
//! the table in `docs/languages.md` says which have. [`Pages::language`] replaces words or adds a
//! language.
//!
//! # Looks
//!
//! [`Pages::style`] appends the site's own rules to the stylesheet; it is built on custom properties
//! (`--tcc-accent`, `--tcc-radius`, `--tcc-font`, `--tcc-width`, …). [`Pages::template`] replaces a
//! template; what it sees is a [`View`]. A site with an engine of its own renders the same [`View`]
//! by itself. Nothing is inline: the pages work under `Content-Security-Policy: default-src 'self'`.

mod accept;
mod answer;
mod assets;
mod charter;
mod choice;
mod cross_site;
mod endpoint;
mod error;
mod form;
mod fragments;
mod gpc;
mod language;
mod links;
mod render;
mod return_to;
mod service;
mod settings;
mod state;
mod texts;
mod view;

pub use answer::{PagesBody, mark_private};
pub use charter::CategoryText;
pub use error::PagesError;
pub use fragments::{Banner, Fragment};
pub use gpc::GpcResource;
pub use service::ResponseFuture;
pub use settings::Pages;
pub use state::{CategoryState, State};
pub use texts::Words;
pub use view::{
    CategoryView, ChoiceView, CookieView, DateView, LanguageView, LinksView, LocalizedText, View,
};
