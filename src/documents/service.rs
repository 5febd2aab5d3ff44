//! The service behind the layer: the path of one document.

use std::{
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{
    HeaderName, HeaderValue, Method, Request, Response, StatusCode,
    header::{
        CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY, CONTENT_TYPE,
        SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
    },
    response::Parts,
};
use http_body::Body;
use pin_project_lite::pin_project;
use tower::Service;

use super::{
    accepted::ask_for_known,
    bases::Bases,
    body::GateBody,
    caches::{Mark, forget_encoding, keep_nowhere},
    charset::Charset,
    codings::decoders,
    consented::Consented,
    csp,
    event::DocumentEventKind,
    gate::Setup,
    headers,
    kind::{Asked, Kind},
    log::Log,
    origin,
    questions::Questions,
    settings::Settings,
    sniff,
};
use crate::{consent::Consent, policy::CategorySet};

/// A service wrapped in an [`HtmlConsentLayer`](super::HtmlConsentLayer), whose docs have the example.
/// It does not restrict the inner service's error type, and it is `Clone` if the inner service is. Its
/// future is a [`DocumentFuture`], and its response's body a [`GateBody`].
///
/// ```
/// use http::{Request, Response};
/// use tower::{Layer, Service, service_fn};
/// use tower_cookie_consent::documents::{DocumentFuture, GateBody, HtmlConsentLayer};
///
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let page = service_fn(async |_: Request<String>| Ok::<_, std::io::Error>(Response::new(String::new())));
/// let mut service = HtmlConsentLayer::new().layer(page);
/// let future: DocumentFuture<_, _> = service.call(Request::new(String::new()));
/// let body: GateBody<String> = future.await?.into_body();
/// # let _ = body;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct HtmlConsent<S> {
    inner: S,
    settings: Arc<Settings>,
    log: Log,
}

impl<S> HtmlConsent<S> {
    pub(super) const fn new(inner: S, settings: Arc<Settings>, log: Log) -> Self {
        Self {
            inner,
            settings,
            log,
        }
    }
}

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for HtmlConsent<S>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>>,
    ResponseBody: Body,
{
    type Response = Response<GateBody<ResponseBody>>;
    type Error = S::Error;
    type Future = DocumentFuture<S::Future, ResponseBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<RequestBody>) -> Self::Future {
        let asked = Asked::by(request.headers());
        let consent = request.extensions_mut().get_mut::<Consent>();
        let consent = consent.map(|consent| {
            if self.settings.sends_policy() && !self.settings.report_only {
                consent.confine();
            }
            consent.clone()
        });
        let mark = mark(consent.as_ref(), &self.settings);
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let mut restored = false;
        if !self.settings.report_only {
            restored = mark.unmark(request.headers_mut(), asked, reads);
            if self.settings.documents.gates() && asked != Asked::Part {
                ask_for_known(request.headers_mut());
            }
        }
        let visit = Visit {
            consented: Consented {
                allowed: consent
                    .as_ref()
                    .map_or(CategorySet::EMPTY, Consent::allowed),
                consent,
                document: origin::address(request.uri(), request.headers()),
                settings: Arc::clone(&self.settings),
                log: self.log.clone(),
                path: request.uri().path().to_owned(),
            },
            asked,
            mark,
            restored,
        };
        DocumentFuture {
            inner: self.inner.call(request),
            visit: Some(Box::new(visit)),
            started: None,
        }
    }
}

/// Returns the mark of the documents that this visitor gets.
fn mark(consent: Option<&Consent>, settings: &Settings) -> Mark {
    let mut hasher = DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    (settings.documents, settings.undeclared).hash(&mut hasher);
    if let Some(consent) = consent {
        consent.policy().fingerprint().hash(&mut hasher);
        consent.allowed().hash(&mut hasher);
    }
    Mark(hasher.finish())
}

/// What is known of a request when its response comes.
struct Visit {
    consented: Consented,
    asked: Asked,
    mark: Mark,
    /// A validator of a document was passed on.
    restored: bool,
}

pin_project! {
    /// The response of an [`HtmlConsent`] service.
    #[must_use = "futures do nothing unless polled"]
    pub struct DocumentFuture<F, B: Body> {
        #[pin]
        inner: F,
        visit: Option<Box<Visit>>,
        // A document whose charset is not known yet.
        started: Option<(Parts, GateBody<B>)>,
    }
}

/// Does not show the inner future, which may contain the request or the response, and so cookies.
impl<F, B: Body> fmt::Debug for DocumentFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DocumentFuture").finish_non_exhaustive()
    }
}

impl<F, B, E> Future for DocumentFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<GateBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if this.started.is_none() {
            let response = ready!(this.inner.poll(cx))?;
            let Some(visit) = this.visit.take() else {
                return Poll::Ready(Ok(response.map(GateBody::pass)));
            };
            match visit.answer(response) {
                Answer::Ready(response) => return Poll::Ready(Ok(response)),
                Answer::Starts(parts, body) => *this.started = Some((parts, body)),
            }
        }
        let Some((mut parts, mut body)) = this.started.take() else {
            return Poll::Pending;
        };
        let Poll::Ready(charset) = body.poll_charset(cx) else {
            *this.started = Some((parts, body));
            return Poll::Pending;
        };
        Poll::Ready(Ok(match charset {
            Ok(charset) => {
                pin_charset(&mut parts, charset);
                Response::from_parts(parts, body)
            }
            Err(_) => withheld(parts, body, StatusCode::BAD_GATEWAY),
        }))
    }
}

enum Answer<B: Body> {
    Ready(Response<GateBody<B>>),
    Starts(Parts, GateBody<B>),
}

impl Visit {
    fn answer<B: Body>(mut self, response: Response<B>) -> Answer<B> {
        let (mut parts, body) = response.into_parts();
        let is_unchanged = parts.status == StatusCode::NOT_MODIFIED;
        let is_partial = parts.status == StatusCode::PARTIAL_CONTENT;
        let is_html = (is_unchanged && self.restored)
            || (is_partial && Kind::is_several_parts(&parts.headers, self.asked));
        let kind = match is_html {
            true => Kind::Html,
            false => Kind::of(&parts.headers, self.asked),
        };
        if kind == Kind::Passive {
            return Answer::Ready(Response::from_parts(parts, GateBody::pass(body)));
        }
        if self.consented.consent.is_none() {
            self.consented.tell(DocumentEventKind::NoConsent);
        }
        self.narrow(&parts);
        let report_only = self.consented.settings.report_only;
        if self.consented.settings.sends_policy() {
            self.send_policy(&mut parts, report_only);
        }
        let gates = self.consented.settings.documents.gates();
        if !gates || kind == Kind::Other {
            if !report_only {
                self.leave_to_browser(&mut parts);
            }
            return Answer::Ready(Response::from_parts(parts, GateBody::pass(body)));
        }
        self.gate(parts, body, report_only)
    }

    /// Narrows what is allowed to what a choice in the response allows as well.
    fn narrow(&mut self, parts: &Parts) {
        if let Some(consent) = &self.consented.consent {
            let fields = parts.headers.get_all(SET_COOKIE).into_iter();
            let fields = fields.map(HeaderValue::as_bytes);
            self.consented.allowed = consent.allowed_beside(fields);
        }
    }

    /// Adds the second line of defence. The site's own policy stays as it is: browsers enforce both.
    fn send_policy(&self, parts: &mut Parts, report_only: bool) {
        let name = match report_only {
            true => CONTENT_SECURITY_POLICY_REPORT_ONLY,
            false => CONTENT_SECURITY_POLICY,
        };
        if let Some(policy) = csp::policy(&self.consented.sources()) {
            let _ = parts.headers.try_append(name, policy);
        }
    }

    /// Marks the response as made for one visitor.
    fn leave_to_browser(&self, parts: &mut Parts) {
        // Under a choice of its own, the response is of neither state.
        let consent = self.consented.consent.as_ref();
        if consent.is_some_and(|consent| consent.allowed() != self.consented.allowed) {
            parts.headers.remove(http::header::ETAG);
        }
        self.mark.mark(&mut parts.headers);
        if consent.is_some_and(|consent| {
            let can_go = self.consented.allowed & consent.policy().optional();
            !can_go.is_empty() && !consent.policy().may_keep_pages()
        }) {
            keep_nowhere(&mut parts.headers);
        }
    }

    fn gate<B: Body>(self, mut parts: Parts, body: B, report_only: bool) -> Answer<B> {
        let decoders = decoders(&parts.headers);
        let named = content_type(&parts).and_then(sniff::of_content_type);
        let pass = |parts, body| Answer::Ready(Response::from_parts(parts, GateBody::pass(body)));
        if report_only
            && decoders
                .as_ref()
                .is_none_or(|decoders| !decoders.is_identity())
        {
            return pass(parts, body);
        }
        if !report_only {
            self.leave_to_browser(&mut parts);
        }
        if matches!(parts.status.as_u16(), 204 | 304) {
            return pass(parts, body);
        }
        if parts.status == StatusCode::PARTIAL_CONTENT && !report_only {
            let status = StatusCode::RANGE_NOT_SATISFIABLE;
            return Answer::Ready(withheld(parts, GateBody::pass(body), status));
        }
        let charset = named.map_or(Some(Charset::UTF_8), Charset::new);
        let (Some(decoders), Some(charset)) = (decoders, charset) else {
            self.consented.tell(DocumentEventKind::Unreadable);
            let body = GateBody::pass(body);
            return Answer::Ready(withheld(parts, body, StatusCode::BAD_GATEWAY));
        };
        let document = self
            .consented
            .document
            .clone()
            .unwrap_or_else(origin::unknown);
        let memory = self.consented.settings.memory;
        let judge = Arc::new(self.consented);
        let mut questions = Questions {
            judge: Arc::clone(&judge) as _,
            bases: Bases::new(document.clone()),
            charset,
            report_only,
        };
        headers::filter(&mut parts.headers, &mut questions);
        let setup = Setup {
            judge,
            document,
            charset,
            memory,
            report_only,
        };
        let has_no_body = body.is_end_stream();
        let body = GateBody::gate(body, decoders, setup, named.is_none());
        if report_only {
            return Answer::Ready(Response::from_parts(parts, body));
        }
        forget_encoding(&mut parts.headers);
        if has_no_body {
            return Answer::Ready(Response::from_parts(parts, body));
        }
        Answer::Starts(parts, body)
    }
}

fn content_type(parts: &Parts) -> Option<&str> {
    let mut types = parts.headers.get_all(CONTENT_TYPE).into_iter();
    types.next_back()?.to_str().ok()
}

/// Names the charset that the document was judged in, so that no browser reads it in another.
fn pin_charset(parts: &mut Parts, charset: Charset) {
    let value = format!("text/html; charset={}", charset.encoding().name());
    if let Ok(value) = HeaderValue::try_from(value) {
        parts.headers.insert(CONTENT_TYPE, value);
    }
    let nosniff = HeaderValue::from_static("nosniff");
    parts.headers.insert(X_CONTENT_TYPE_OPTIONS, nosniff);
}

/// Sends nothing of a document that can't be judged.
fn withheld<B: Body>(
    mut parts: Parts,
    mut body: GateBody<B>,
    status: StatusCode,
) -> Response<GateBody<B>> {
    const DESCRIBES: [HeaderName; 1] = [CONTENT_RANGE];
    parts.status = status;
    forget_encoding(&mut parts.headers);
    for name in DESCRIBES {
        parts.headers.remove(name);
    }
    body.withhold();
    Response::from_parts(parts, body)
}
