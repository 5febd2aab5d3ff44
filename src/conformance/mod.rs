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
//! A visitor with a cookie jar makes every request twice, and the first eight three times, in each situation: before a
//! choice, after acceptance, after refusal, after withdrawal, with preferences that are malformed, of another tool, too
//! old, of an older revision or of none, or duplicated, and with `Sec-GPC`. The first eight without the cookies that
//! may be withheld, since a site may set only what is missing, and mostly once more with them: with consent to, refusal
//! of, or an answer about each category alone, after an objection, with consent to all but one service, and with many
//! preferences that grant nothing: cut, too long, dated in the future, with other types, with members twice, as lists
//! of names, in the cookies and formats of other tools, under similar names. Consent to each service alone is played
//! once. The kit writes the preferences cookie itself, with the policy's codec, and only looks at the wire, so it also
//! works on sites without [`CookieConsentLayer`]. It passes each response through the layer, and whatever the layer
//! would have changed is a finding: the kit has no rules of its own. This includes other headers that browsers store.
//! In addition, for each page visited by GET, and the first files, style sheets and frames of the site that pages load,
//! two new visitors, and two who have refused, compare the `ETag` and `Last-Modified` they receive and come back with
//! them: values that differ and are recognised identify visitors. So do permanent redirects, alternative services,
//! dictionaries and files kept for a day or longer that are others for each of six visitors. The [`Requirement`]s are
//! those of the [`Report`], each held, broken or not exercised. Tolerated deviations are listed as
//! [excused](Report::excused). A response that makes a choice is judged under that choice, and the cookies that it sets
//! or deletes are not a measure for other responses.
//!
//! Requests have the headers of a browser (`Accept`, `Accept-Language`, `User-Agent`, `Sec-Fetch-*`, and those of
//! Chromium its client hints), unless [`Conformance::header`] or the request itself sets them. The first eight pages
//! are also visited in other ways, before a choice and after a refusal: in other languages, with other browsers and
//! without their headers, with `Accept-Encoding`, from other sites, with the queries of campaigns and links, by HEAD
//! and OPTIONS, with conditions, with and without a slash at the end, and as what documents and scripts load; the first
//! page also in all languages of the Union and some others, and with more browsers and queries. After a campaign or
//! another site, the page is visited once more as usual, since a site may remember where a visitor came from. The most
//! common of these ways are also those of visitors with nothing but a stored choice: a refusal, an acceptance, or
//! consent to one category. They find the way to withdraw that the page has otherwise, and are not asked again.
//!
//! # Choices and necessary cookies
//!
//! A visit (a safe method) may not make, widen, renew, forget or delete a choice, and a POST that is not about cookies,
//! such as an order, a theme or a registration with `agree=1`, may not lead to consent, nor renew or move a choice.
//! What [`Conformance::acceptance`], [`refusal`](Conformance::refusal) and
//! [`withdrawal`](Conformance::withdrawal) declare has to store just that, for the whole site; so have common forms
//! in other requests, such as `choice=refuse`, a path `/refuse-all` or the ids of categories, also those of an
//! objection ([`Requirement::ChoiceStored`]), with the date of the request and the revision of the policy. A form that
//! is saved as a whole leaves nothing open. The kit then makes these choices as a visitor who keeps what the site sets,
//! and visits the pages again.
//!
//! The first eight requests are also made by visitors who differ only in their choice, with and without the necessary
//! cookies that the site sets: a necessary cookie that is set or removed after an acceptance, and in no other
//! situation, without one of its attributes, in another order, empty or for less than a tenth of the time, depends on
//! consent ([`Requirement::NecessaryKept`]). A difference counts if it occurs five times in a row. So does one that the
//! response to a choice deletes, and that to an acceptance does not.
//!
//! # Forms and logins
//!
//! A [`SiteForm`] is a form of a page that the kit fills in: it visits the page as the visitor, and sends what browsers
//! send, with hidden fields such as tokens against forged requests. [`Conformance::login`] is what every visitor does
//! at first, so that pages for members are checked too, and the page that the login leads to; a choice that ends the
//! session breaks [`Requirement::NecessaryKept`]. What pages ask, and how visitors opt out, is played twice: without a
//! login, and by members. Who opts out and then logs in is still opted out, and a POST that is not about cookies, such
//! as a login or a logout, may not forget a choice. The validators of two visitors are compared without a login. What
//! the check did not exercise, and why, is listed by [`Report::not_exercised`], in all formats.
//!
//! # Caches
//!
//! The pages, and the scripts, style sheets, frames and preloaded data of the site that they load, are visited by
//! visitors who differ in their choice alone. What differs by the choice may not be stored by shared caches (RFC 9111;
//! unless it varies by `Cookie`), nor may they store a response that sets a cookie of an optional category, or that
//! makes a choice. A page that loads a service with consent may not come back from the browser's own cache after a
//! withdrawal: neither because it is still fresh, nor because the site answers 304 to its validator. Withdrawals with
//! `Clear-Site-Data: "cache"`, as those of the layer, excuse the latter ([`Requirement::Caches`]).
//!
//! # Identifiers in the choice
//!
//! Several new visitors make each choice of the plan, one after the other; and after a visit, where one of two has
//! another edition of the browser, weight of the language and address in `X-Forwarded-For`. What is stored may differ
//! in its times alone, and in the order of members: the preferences cookie, cookies beside it that only a choice sets,
//! and the address that the response leads to ([`Requirement::ChoiceIdentifiesNobody`]). The receipt of the records
//! layer is known, which only its pages see. Something that takes the connection or other fingerprints of the network
//! for a name is not found: all visitors of the kit have the same.
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
//! Own documents in frames are read too, and those that a page refreshes to; those in frames also as each language and
//! browser gets them. What documents and style sheets load from the site itself, and its `/favicon.ico`, is requested
//! as browsers do, judged by its cookies, and followed to other hosts: before a choice, after a refusal and a
//! withdrawal, and with consent to one service.
//!
//! # What pages ask
//!
//! HTML pages are also read for how they ask, where something needs consent: nothing is on in advance
//! ([`Requirement::NothingTicked`]), refusing is as easy as accepting ([`Requirement::RefusalAsEasy`]), so is
//! withdrawing ([`Requirement::WithdrawalAsEasy`]), and no page is withheld ([`Requirement::NoWall`]). A page that asks
//! nothing is fine. The first of these is judged in every situation and for every visit of another kind; for the
//! others, the kit reads up to 60 pages once each as somebody who has not chosen, has refused and has accepted, and the
//! first eight of them four times, and uses the forms that it finds; with a login, it does so as a member too. A form
//! with boxes is also saved with none of them ticked. Controls that make a choice which no request of the plan makes
//! are then played as if the plan had them. This makes records where the site keeps some.
//!
//! Fields are known by the ids of categories and services in their names, values and `data-` attributes, by titles in
//! their labels, and by common names such as `cookie_consent`; in forms that also ask for a mail address, a password, a
//! telephone number or a search, by labels that name cookies. Controls are known by what they send (`choice=accept`),
//! and by their words in the 24 languages of the crate's own pages. A button "I agree" on a part of the page that is
//! not about cookies is pressed, and counts if it accepts everything. Others are marked with `data-consent-control`:
//!
//! | word | element |
//! |---|---|
//! | `accept`, `refuse` | a control that accepts or refuses everything |
//! | `withdraw` | a control that takes consent back |
//! | `settings` | a control or link to a form with the choices |
//! | `save` | a button that stores what is ticked |
//!
//! ```
//! use axum::{Router, response::Html, routing::get};
//! use tower_cookie_consent::{Category, CookiePolicy, conformance::{Conformance, Requirement}};
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! # runtime.block_on(async {
//! let policy = CookiePolicy::new([Category::consent("ads")]).unwrap();
//! let page = "<form method=post action=/cookies>May we use cookies?
//!     <button name=choice value=accept>Accept all</button> <a href=/cookies>More choices</a></form>";
//! let app: Router = Router::new().route("/", get(async move || Html(page)));
//!
//! let report = Conformance::new(policy).check(app).await;
//! let mut findings = report.findings();
//! let finding = findings.find(|it| it.requirement == Requirement::RefusalAsEasy).unwrap();
//! assert!(finding.why.contains("refusing takes another step"));
//! # });
//! ```
//!
//! A refusal beside an acceptance has to be of the same kind (a button, or a link), within reach, without more fields,
//! not visibly smaller or paler by inline styles or by a usual class (`btn-link`, `btn-sm`), nor hidden by inline
//! styles or by a plain rule of a `<style>`, and to work in
//! one request. After an acceptance, every page needs a button that withdraws, or a link to a page that works and has
//! one or a form; whether pages do is exercised if any page asks. Where a control of the site accepts, the forms of the
//! linked page are used too, and have to change something. Where something is exempt, a form with the choices, or
//! anything else that is called an objection or statistics, takes an objection; refusing everything may be one.
//! Visitors who have answered everything are not asked again ([`Requirement::ChangesAskAgain`]): a banner, a notice or
//! a bar on cookies with a refusal, or a dialog, may be on the page that links for choosing lead to, in a footer, and
//! in what caches give to everybody. Pages with scripts, which may hide it, are not judged. A control that refuses may
//! not be called an acceptance, in whichever language, and one that only closes may not accept. A page is withheld if
//! only who has accepted gets it, or most of its words, or stays on it, or if something without a refusal covers it;
//! the texts of pages on cookies, captions and lists may depend on consent, unless they are long. It is withheld also
//! if others get an empty response or a plain text instead, and if it is so only after three visits. So is a plain text
//! that people visit, if others are asked to accept cookies, or led to the choices. So is a file to save, or the
//! response to a POST that is not about cookies and leads to a page, if others get 401, 402, 403 or 451, or are led to
//! the choices. It is withheld also if that is so for visitors from another site, with another browser or in another
//! language alone. What scripts and other style sheets show, hide and do is not checked, and neither are pages on other
//! hosts.
//!
//! # Opting out
//!
//! In a [regime](crate::regimes) with opt-outs, pages have duties beside their cookies: the requirements from
//! [`Requirement::OptOutLink`] on. They are checked on the HTML pages of the plan with status 200, for the
//! visitors whose [`Consent::opt_out_status`](crate::Consent::opt_out_status) is not `NotOffered`, so give the
//! kit the site's layer, and with [`Conformance::header`] the place of such a visitor. If nobody can opt out of
//! anything by the policy, the outcome is [`Outcome::DoesNotApply`]; if only no visitor of the run can, it is
//! [`Outcome::NotExercised`], also where opt-out categories have no regime, and with it no law.
//! Each page is visited before an opt-out, with `Sec-GPC: 1`, later without it, after an opt-out on the opt-out page,
//! and in each language of the policy's texts (`Accept-Language`). Then the kit accepts everything. It sends these
//! forms, which makes records where the site keeps some.
//!
//! The crate's own [pages](crate::pages) have all that the kit looks for. A site with markup of its own marks
//! it with the attribute `data-opt-out`, which can have several words. Only what is shown counts, as far as
//! the markup says, and only if it has a text:
//!
//! | word | element |
//! |---|---|
//! | `link` | the link to the opt-out page, on every page; a link to [`Conformance::opt_out_page`] needs no word |
//! | `open`, `opted_out`, `honoured`, `overruled` | what a page says of the [`OptOutStatus`](crate::regimes::OptOutStatus); for `Open` it may say nothing, and `honoured` is right for `OptedOut` too |
//! | `sale`, `sharing`, `sensitive` | the parts of the opt-out page on these subjects |
//! | `form` | the form, or its button, that opts out; the button of the crate's pages is `name="decision" value="opt_out"` |
//! | `choices` | a link to a form that visitors go to by themselves: a button there that accepts is not a banner |
//! | `accept` | a button that accepts everything; that of the crate's pages is `name="decision" value="accept"` |
//! | `banner` | what asks for consent, if it has no such button |
//!
//! A request of the plan that accepts everything is also repeated after an opt-out. A page's words are not
//! understood, but those for an opt-out have to differ from those for none. What scripts or style sheets show and
//! hide, and opt-out pages on other hosts, are not checked.
//!
//! # Evidence
//!
//! With the feature `evidence`, `Evidence` puts the report, the policy, the pages and more into one signed folder
//! for an archive or an authority; the guide has the chapter `evidence`.
//!
//! # What is excused
//!
//! Sites that read and store choices in other ways than this crate are not alarmed where nobody loses by it: a choice
//! of the first revision need not be read with it; preferences that are longer than any browser stores, or that have
//! members twice, of which the last counts, may be taken for what they say if the site then does just that, in each
//! response, as after an acceptance or a refusal; a site that asks for categories alone need not read answers for
//! services, and one that asks for each service answers its category by them. What a choice leaves open may count as
//! refused. A link may refuse or withdraw by GET, and a login may bring what somebody with the same account has chosen.
//! The cookie may end up to five days before the choice, and that of a refusal may live for 400 days. A session that
//! any choice begins, and further members of the choice that are the same for many, tell nobody apart.
//!
//! # Limits
//!
//! - *What the service reads*: put a [`Probe`] inside the layer, or set an
//!   [`echo`](Conformance::echo).
//! - *Pages that are not visited*, kinds of responses that did not occur, and anything only a
//!   logged-in visitor gets: add them with [`form`](Conformance::form), [`request`](Conformance::request) and
//!   [`login`](Conformance::login). The report lists what was missing.
//! - *Cookies written by scripts*, and *requests that scripts make up*: a capture shows them. Inline
//!   scripts are searched for the markers of services. The site's own script files are not, since the same file is
//!   served with and without consent.
//! - *Settings that a script writes* into an empty place of their page, for withdrawing: the report notes it.
//! - *Storage written by scripts*, identifiers in the bodies of cached documents, bits in
//!   `Strict-Transport-Security` of many host names, and what texts say.
//!
//! A report never contains cookie values: it shows neither bodies and queries nor the text of a
//! service's error, and only the origins of other hosts. It is not legal advice.
//!
//! [`CookieConsentLayer`]: crate::CookieConsentLayer

mod advice;
mod builder;
mod caches;
mod capture;
mod check;
mod choice;
#[cfg(feature = "conformance-client")]
mod client;
mod client_hints;
mod declining;
mod doubts;
#[cfg(feature = "evidence")]
mod evidence;
mod fates;
#[doc(hidden)]
pub(crate) mod for_tests;
mod forms;
mod har;
mod host;
mod html;
mod identifiers;
mod intent;
mod jar;
mod judge;
mod junit;
mod labels;
mod lasting;
mod ledger;
mod links;
mod listing;
mod markup;
mod occasion;
mod opinion;
mod opt_outs;
mod oracle;
mod pages;
mod past;
mod plan;
mod planned;
mod play;
mod probe;
mod recorder;
mod report;
mod requirement;
mod scenes;
mod state;
#[cfg(feature = "records")]
mod stores;
mod summary;
mod target;
mod third_parties;
mod timeline;
#[cfg(feature = "conformance-client")]
mod tls;
mod visitor;

#[cfg(feature = "evidence")]
pub use self::evidence::{
    CapturedVisits, Evidence, EvidenceError, EvidenceFault, EvidenceFaultKind, EvidenceFaults,
    EvidencePack, EvidenceVerifier, VerifiedEvidence,
};
#[cfg(feature = "records")]
pub use self::stores::{StoreDrill, StoreDrills, StoreFinding, StoreReport};
pub use self::{
    builder::Conformance,
    forms::{SiteForm, SiteRequest},
    har::HarError,
    probe::{Probe, Probed},
    report::{Finding, Outcome, Report},
    requirement::Requirement,
    target::RequestBody,
};
