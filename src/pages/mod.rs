//! The feature `pages`: the cookie policy page, the banner and the preferences form, generated from
//! the same [`CookiePolicy`](crate::CookiePolicy) that the layer enforces.
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
//!     let pieces = fragments.pieces(&consent, "en");
//!     let (head, banner, footer) = (pieces.head, pieces.banner, pieces.footer);
//!     Html(format!("<!doctype html>{head}<body>{banner}<main id=main tabindex=-1>Hello</main>{footer}"))
//! };
//! let app: Router = Router::new()
//!     .route("/", get(home))
//!     .route_service("/.well-known/gpc.json", pages.gpc("2026-01-01")?)
//!     .layer(pages) // responds at /cookies and below
//!     .layer(CookieConsentLayer::new(policy));
//! # Ok(())
//! # }
//! ```
//!
//! # The resources
//!
//! | request | response |
//! |---|---|
//! | `GET /cookies` | the cookie policy page: HTML, JSON or Markdown, by `Accept` or `?format=` |
//! | `GET /cookies/preferences` | the form |
//! | `POST /cookies/preferences` | stores the choice, sent as a form or as JSON |
//! | `GET /cookies/opt-out` | in [regimes](crate::guide::regimes) with an opt-out: the page to opt out of sale and sharing |
//! | `GET /cookies/state` | the current consent as JSON, see [`State`] |
//! | `GET /cookies/receipt` | with records: the visitor's [receipt](crate::guide::records#receipts), signed |
//! | `POST /cookies/receipt` | has it forgotten |
//! | `GET /cookies/checkpoint`, `…/proof` | with records: what is [published](crate::guide::records#publishing-checkpoints) |
//! | `POST /cookies/reports` | takes what browsers report, if [asked to](#reports-of-browsers) |
//! | `GET /cookies/style-….css`, `script-….js` | assets named after their content, which caches may store for a year |
//!
//! All links are relative, so they keep working under `nest` and behind a proxy that strips a
//! prefix. Every response about a visitor is `no-store`, and the cookie policy page is `private`.
//!
//! `nest_service` mounts the pages at one path. [`Pages`] are also a layer, inside of
//! `CookieConsentLayer` and, with records, of `RecordLayer`, with which they respond below their path in front of any
//! service.
//!
//! # Several sites
//!
//! A policy chosen by [`policy_for`](crate::CookieConsentLayer::policy_for) brings what is its own: texts,
//! default language, the name of its [site](crate::CookiePolicy::site), and the
//! [path](crate::CookiePolicy::pages_at) of its pages. What it lacks is that of [`Pages`]. With different
//! paths, use the layer.
//!
//! # Fragments for the site's own pages
//!
//! [`Pages::head`] (stylesheet and script), [`Pages::banner`], [`Pages::notice`] and
//! [`Pages::footer`] are pieces of HTML for the site's templates; [`Pages::pieces`] returns all of them
//! at once, and can't fail. Put the banner first in the body,
//! after the skip link, and the notice first in the main content, which must have the id
//! [`main_id`](Pages::main_id) and `tabindex="-1"`: visitors return there after a choice. The example is
//! at [`Pages`].
//!
//! With the feature `documents`, `HtmlConsentLayer::pages` puts banner, notice and footer into each page, so
//! that the site needs no change.
//!
//! **A page with any of them is rendered for one visitor**: mark it with [`mark_private`].
//!
//! # Elements that wait for consent
//!
//! An element with `data-consent="films"`, the id of a category or a service, is started once that is
//! allowed; of several ids, separated by spaces, all have to be. Its attributes wait under another name:
//! `<iframe data-consent="films" data-consent-src="…">`, and likewise `srcset`, `href`, `data`, `poster` and
//! everything else that makes a browser load something for `img`, `source`, `video`, `audio`, `track`,
//! `embed`, `object`, `link`, `input`, and elements of SVG. This is how the feature `documents` holds
//! elements back, and how a site without it can do so by hand. The script starts neither links (`a`) nor
//! addresses with code (`javascript:`).
//!
//! What can't be unloaded or widened needs the page again: after a withdrawal, and after a new consent if
//! the layer of the feature `documents` sends a Content-Security-Policy, the script loads the page again,
//! at the form's `anchor` or the main content. Behind the gate alone, and on sites without it, elements
//! start in place.
//!
//! # Scripts that wait for consent
//!
//! `<script type="text/plain" data-consent="ads" src="…">`, or one with inline text, is started
//! as a new element with the same attributes, except for `type` and `data-consent`
//! (`data-type="module"` gives it another type), in the order of the document: an inline script runs
//! after those before it have loaded, unless they are `async`. It only runs if the page's
//! Content-Security-Policy allows it:
//!
//! 1. *With a nonce* ([`Pages::head_with_nonce`]), with or without `'strict-dynamic'`, held scripts
//!    with the same nonce as the pages' script are started; all others are not.
//! 2. *Without a nonce*, for example under `script-src 'self' https://ads.example`, the browser
//!    decides about each script as if it had no `type`. `'strict-dynamic'` trusts everything that a
//!    trusted script adds. In that case, do not allow the pages' script by a hash or through a
//!    loader, unless the loader gives it a nonce.
//! 3. *Under `require-trusted-types-for 'script'`*, the script creates a policy named
//!    `tower-cookie-consent` when it starts the first held script, and uses it only for held
//!    scripts. If the header contains `trusted-types`, add that name: `trusted-types
//!    tower-cookie-consent …`. Without it, held scripts do not start, but everything else works.
//!
//! The script requests the state from the address in its `data-state`, which must have the page's
//! own origin, and handles forms that are submitted to `preferences` next to it. It leaves other
//! forms to the browser, and all forms if something goes wrong. The names of elements in the page
//! have no influence on it.
//!
//! # The script's interface
//!
//! | name | meaning |
//! |---|---|
//! | `window.cookieConsent.allows(id)` | `true` if the category or service is allowed now. `false` for an unknown id, and until the state is known |
//! | `window.cookieConsent.state` | the [`State`], as `GET /cookies/state` returns it; `null` until it is known |
//! | the event `cookieconsent` of `document` | the state is known, or has changed. `event.detail` is the [`State`] |
//!
//! The event is dispatched once after the page has loaded, with the answer to `GET …/state`; after each
//! choice made in this page; and when the browser brings the page back from its back/forward cache, or
//! shows one that it had prerendered. It is a `CustomEvent` that neither bubbles nor can be cancelled.
//! `allows` and `state` have the new state by then; elements that wait are started right after it, or
//! the page is loaded again if it has to be. If the state can't be requested, there is no event, and
//! nothing is allowed. A choice in another tab is noticed with the next page.
//!
//! ```js
//! const start = () => window.cookieConsent?.allows("films") && playFilms();
//! document.addEventListener("cookieconsent", start); // now, or once there is consent
//! start(); // if this script came later
//! ```
//!
//! `window.cookieConsent` exists from when the script runs, which is `defer`: use `?.` before that.
//!
//! # The rules of the endpoint
//!
//! 1. *Only the site's own pages can make a choice.* tower-http's
//!    [`CsrfLayer`](https://docs.rs/tower-http/0.7/tower_http/csrf/index.html) rejects cross-site
//!    requests; a request with neither `Sec-Fetch-Site` nor `Origin` may only refuse. The response
//!    to a rejected request is a page with a working form of this site.
//! 2. *`GET` changes nothing.*
//! 3. *`return_to` is a path of the same site*; otherwise the visitor gets the form as
//!    confirmation.
//! 4. *Visitors only agree to what they were shown.* Accepting texts that are no longer the
//!    policy's is a 409, with the form again. Refusing does not depend on texts: refusing,
//!    withdrawing and objecting always work.
//! 5. *Saving covers everything*: a consent category that is not listed is refused. Exempt
//!    categories are objected to in `objection` (JSON: `objections`). If that list is present,
//!    exempt categories not listed in it are allowed; if it is absent, they stay as they are. A
//!    service that is allowed only with its category follows it, though the form shows it ticked, and an
//!    objection to a category denies its services.
//! 6. *An objection leaves the rest*: `decision=object`, the button in the footer, denies everything
//!    exempt and opt-out, and neither answers for other categories nor renews an earlier consent.
//! 7. *If anything goes wrong, the choice stays as it was*: 400, 403, 409, 413 (over 16 KiB), 415,
//!    422. The log and observers receive
//!    [`EventKind::Rejected`](crate::observe::EventKind::Rejected) with the reason.
//! 8. *A body may take its time*, since the pages have no timer. Put a timeout around them, so that
//!    a client that sends its body byte by byte, or never, does not hold a connection forever.
//!    Servers have their own timeouts for the head of a request, but hardly any for the body.
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
//! # Reports of browsers
//!
//! With the feature `documents`, `Pages::browser_reports` takes what browsers report of a
//! Content-Security-Policy, and `Pages::inventory_page` shows it to developers.
//!
//! # Languages
//!
//! The pages are available in the 24 official languages of the European Union. The language is that
//! of `?lang=`, or else of the cookie [`language_cookie`](Pages::language_cookie), or else the best
//! of `Accept-Language`, or else the policy's default. Texts that the policy does not translate are
//! shown in its default language, marked with `lang`. No translation has been reviewed by a native
//! speaker yet; see the table in `docs/languages.md`. [`Pages::language`] replaces texts or adds a
//! language.
//!
//! Some [regimes](crate::guide::regimes#wording) have a wording of their own in some languages, which
//! replaces single texts: in the United States pages speak of opting out, in Quebec of functions that
//! identify, locate or profile. [`Pages::language_in_regime`] replaces texts in one regime. What the site
//! says goes before what the crate says, and what is said for a regime before what is said for a language.
//!
//! # Appearance
//!
//! [`Pages::style`] appends the site's own rules to the stylesheet, which is based on custom
//! properties (`--tcc-accent`, `--tcc-radius`, `--tcc-font`, `--tcc-width`, …). [`Pages::template`]
//! replaces a template, which receives a [`View`]. A site with its own template engine can render
//! the same [`View`] itself. Nothing is inline: the pages work under `Content-Security-Policy:
//! default-src 'self'`.

mod accept;
mod account;
mod answer;
#[cfg(feature = "evidence")]
mod archived;
mod arrivals;
mod assets;
mod category;
mod category_view;
mod charter;
mod choice;
mod controller;
mod cross_site;
mod endpoint;
mod error;
#[cfg(feature = "records")]
mod evidence;
mod form;
mod fragments;
mod gpc;
mod inventory;
mod language;
mod links;
mod localized;
mod objections;
mod own_template;
mod own_words;
mod pieces;
#[cfg_attr(
    not(feature = "documents"),
    allow(dead_code, reason = "documents have the placeholders")
)]
mod placeholder;
mod proof;
#[cfg(feature = "records")]
mod published;
#[cfg(feature = "records")]
mod receipt;
mod regime;
mod render;
#[cfg(feature = "documents")]
mod reports;
mod return_to;
mod saved;
mod service;
mod settings;
mod source;
mod state;
mod texts;
mod view;
mod visitor;
mod with_pages;
mod wordings;

#[cfg(feature = "documents")]
pub(crate) use answer::OwnPage;
#[cfg(feature = "evidence")]
pub(crate) use evidence::ShownText;
#[cfg(feature = "documents")]
pub(crate) use fragments::notice;
#[cfg(feature = "documents")]
pub(crate) use placeholder::{Embed, Embeds, Owner};
#[cfg(feature = "documents")]
pub(crate) use return_to::is_anchor;

pub use answer::{PagesBody, mark_private};
pub use category::{CategoryText, CookieView, ExemptionView, ServiceText};
pub use category_view::{CategoryView, ServiceView};
pub use controller::ControllerView;
pub use error::PagesError;
pub use fragments::{Banner, Fragment};
pub use gpc::GpcResource;
pub use links::LinksView;
pub use localized::LocalizedText;
pub use pieces::Pieces;
pub use placeholder::PlaceholderView;
pub use proof::{ReceiptView, RecordsView};
pub use regime::{OptOutView, RegimeView};
pub use service::PagesFuture;
pub use settings::Pages;
pub use state::{CategoryState, ServiceState, State, StorageState};
pub use texts::Words;
pub use view::{ChoiceView, DateView, LanguageView, View};
pub use with_pages::{WithPages, WithPagesBody, WithPagesFuture};
