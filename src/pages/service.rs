//! The service, which routes requests to their responses.

use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Method, Request, Response, StatusCode, request::Parts};
use http_body::Body;
use tower::Service;

use super::{
    answer::{Keep, PagesBody, answer, failure, json, without_body},
    links::PagePlace,
    settings::Pages,
    state::State,
    texts::Words,
    view::View,
};
use crate::{
    consent::{Consent, Shown, Surface},
    policy::mistakes::Mistake,
};

/// The notice that a choice was saved, for one that keeps the date of an earlier one.
pub(super) const SAVED: &str = "saved";

/// One request of one visitor.
pub(super) struct Visit<'a> {
    pub(super) pages: &'a Pages,
    pub(super) consent: Consent,
    pub(super) language: String,
    /// The path as the layer saw it.
    pub(super) here: String,
    pub(super) return_to: Option<String>,
    /// The opt-out page asks whether to allow again what was opted out of.
    pub(super) confirms: bool,
    /// The choice was made on the opt-out page.
    pub(super) on_opt_out_page: bool,
    /// The element to return to.
    pub(super) anchor: Option<String>,
    /// The place and the texts of the choice, once it is read.
    pub(super) shown: Shown,
    pub(super) place: PagePlace,
    /// The query that links carry: the language, if it was requested.
    pub(super) query: String,
    /// The notice of the form or the opt-out page, by its name.
    pub(super) notice: Option<String>,
    /// The receipt that the form links, by its id.
    #[cfg_attr(
        not(feature = "records"),
        allow(dead_code, reason = "records have receipts")
    )]
    pub(super) linked: Option<String>,
}

impl<'a> Visit<'a> {
    fn new(pages: &'a Pages, consent: Consent, parts: &Parts) -> Option<Self> {
        let seen = parts.uri.path();
        let here = consent
            .target()
            .map_or(seen, |target| target.path())
            .to_owned();
        let place = PagePlace::find(pages.mount(consent.policy()), &here, seen);
        let explicit = queried(parts, "lang");
        let language = pages
            .language_of(&consent, &parts.headers, explicit.as_deref())
            .to_owned();
        Some(Self {
            pages,
            query: explicit.map_or_else(String::new, |_| format!("?lang={language}")),
            language,
            here,
            return_to: None,
            anchor: None,
            confirms: false,
            on_opt_out_page: false,
            notice: None,
            linked: None,
            shown: Shown::on(Surface::Json),
            place: place?,
            consent,
        })
    }

    pub(super) fn view(&self, error: Option<String>) -> View {
        let mut view = self
            .pages
            .view_at(&self.consent, &self.language, &self.place, &self.query);
        view.lead_back_to(self.return_to.as_deref());
        view.error = error;
        view.confirms = self.confirms;
        // Also where the choice kept the date of an earlier one.
        view.choice.just_made |=
            self.notice.as_deref() == Some(SAVED) && self.consent.choice().is_some();
        let kept = self.kept_query();
        for language in &mut view.languages {
            language.link.push_str(&kept);
        }
        #[cfg(feature = "records")]
        self.add_receipt(&mut view);
        view
    }

    /// Returns what the page keeps of its query in another language.
    fn kept_query(&self) -> String {
        let mut kept = form_urlencoded::Serializer::new(String::new());
        if let Some(path) = &self.return_to {
            kept.append_pair("return_to", path);
        }
        #[cfg(feature = "records")]
        if let Some(id) = self.linked_id() {
            kept.append_pair("r", id);
        }
        if self.confirms {
            kept.append_key_only("confirm");
        }
        match kept.finish() {
            kept if kept.is_empty() => kept,
            kept => format!("&{kept}"),
        }
    }

    /// Returns a link to one of the pages, which then shows a notice.
    pub(super) fn link_with_notice(&self, page: &str, notice: &str) -> String {
        let joint = if self.query.is_empty() { '?' } else { '&' };
        format!("{page}{}{joint}notice={notice}", self.query)
    }

    fn can_choose(&self) -> bool {
        let policy = self.consent.policy();
        !policy.is_read_only() && !policy.is_for_minors()
    }

    pub(super) fn words(&self) -> Arc<Words> {
        let regime = self.consent.policy().regime();
        self.pages.0.languages.words(&self.language, regime)
    }
}

impl Pages {
    async fn answer<B>(&self, parts: &Parts, body: B) -> Response<PagesBody>
    where
        B: Body,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let Some(consent) = parts.extensions.get::<Consent>() else {
            return failure(
                "no `Consent` in this request: put `CookieConsentLayer` around the pages, and leave \
                 `expose_consent` on",
            );
        };
        let Some(mut visit) = Visit::new(self, consent.clone(), parts) else {
            consent
                .policy()
                .mistakes()
                .note(Mistake::PagesElsewhere, self.mount(consent.policy()));
            return answer(
                StatusCode::NOT_FOUND,
                "text/plain; charset=utf-8",
                Keep::Nobody,
                "",
            );
        };
        let resource = visit.place.resource.clone();
        let mount = self.mount(consent.policy());
        self.0
            .arrivals
            .count(consent, mount, &visit.here, &resource);
        let asset = [&self.0.style, &self.0.script]
            .into_iter()
            .find(|asset| asset.name == resource);
        let reads = parts.method == Method::GET || parts.method == Method::HEAD;
        match (&*resource, asset) {
            (_, Some(asset)) if reads => answer(
                StatusCode::OK,
                asset.content_type,
                Keep::Forever,
                asset.content.clone(),
            ),
            ("", _) if reads => visit.charter(&parts.headers, queried(parts, "format").as_deref()),
            ("state", _) if reads => json(StatusCode::OK, Keep::Nobody, &State::of(&visit.consent)),
            // Another tool asks, or nobody may.
            ("preferences", _) if !visit.can_choose() => visit.not_found(),
            ("opt-out", _) if reads => {
                visit.notice = queried(parts, "notice");
                visit.opt_out_page(queried(parts, "confirm").is_some())
            }
            ("preferences", _) if reads => visit.form(
                queried(parts, "return_to").as_deref(),
                queried(parts, "notice").as_deref(),
                queried(parts, "r"),
            ),
            ("preferences", _) if parts.method == Method::POST => {
                visit.take_choice(parts, body).await
            }
            #[cfg(feature = "records")]
            ("receipt" | "checkpoint" | "proof", _) => visit.of_records(parts).await,
            #[cfg(feature = "documents")]
            ("reports", _) => visit.reports(parts, body).await,
            ("preferences", _) => visit.method_not_allowed("GET, HEAD, POST"),
            ("" | "state" | "opt-out", _) | (_, Some(_)) => visit.method_not_allowed("GET, HEAD"),
            _ => visit.not_found(),
        }
    }
}

#[cfg(feature = "records")]
impl Visit<'_> {
    /// Answers a request for what proves a choice.
    async fn of_records(&mut self, parts: &Parts) -> Response<PagesBody> {
        let reads = parts.method == Method::GET || parts.method == Method::HEAD;
        match (&*self.place.resource, reads) {
            ("receipt", true) => self.receipt(parts).await,
            ("receipt", false) if parts.method == Method::POST => self.forget_receipt(parts).await,
            ("receipt", false) => self.method_not_allowed("GET, HEAD, POST"),
            ("checkpoint", true) => self.checkpoint(parts).await,
            ("proof", true) => self.proof(parts).await,
            _ => self.method_not_allowed("GET, HEAD"),
        }
    }
}

impl<B> Service<Request<B>> for Pages
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<PagesBody>;
    type Error = Infallible;
    type Future = PagesFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> PagesFuture {
        let pages = self.clone();
        PagesFuture(Box::pin(async move {
            let (parts, body) = request.into_parts();
            let response = pages.answer(&parts, body).await;
            match parts.method {
                Method::HEAD => without_body(response),
                _ => response,
            }
        }))
    }
}

/// The future of a response of [`Pages`].
#[must_use = "futures do nothing unless polled"]
pub struct PagesFuture(Pin<Box<dyn Future<Output = Response<PagesBody>> + Send>>);

impl Future for PagesFuture {
    type Output = Result<Response<PagesBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx).map(Ok)
    }
}

impl fmt::Debug for PagesFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PagesFuture").finish_non_exhaustive()
    }
}

/// Returns the first value of a key in the request's query.
pub(super) fn queried(parts: &Parts, key: &str) -> Option<String> {
    let query = parts.uri.query()?;
    form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == key)
        .map(|(_, value)| value.into_owned())
}
