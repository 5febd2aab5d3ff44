//! The service behind the layer: the path of one document.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{Request, Response, StatusCode};
use http_body::Body;
use pin_project_lite::pin_project;
use tower::Service;

use super::{
    answer::{Answer, answer, pin_charset, withheld},
    body::GateBody,
    settings::Settings,
    visit::Visit,
};

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
}

impl<S> HtmlConsent<S> {
    pub(super) const fn new(inner: S, settings: Arc<Settings>) -> Self {
        Self { inner, settings }
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
        let visit = Visit::of(&self.settings, &mut request);
        DocumentFuture {
            inner: self.inner.call(request),
            visit: Some(visit),
            started: None,
        }
    }
}

pin_project! {
    /// The response of an [`HtmlConsent`] service.
    #[must_use = "futures do nothing unless polled"]
    pub struct DocumentFuture<F, B: Body> {
        #[pin]
        inner: F,
        visit: Option<Visit>,
        // A document whose charset is not known yet.
        started: Option<Box<Response<GateBody<B>>>>,
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
            // Looked at in place: most responses are no documents.
            let kind = this.visit.as_ref().and_then(|visit| visit.kind(&response));
            let Some((kind, visit)) = kind.and_then(|kind| Some((kind, this.visit.take()?))) else {
                return Poll::Ready(Ok(response.map(GateBody::pass)));
            };
            match answer(visit, kind, response) {
                Answer::Ready(response) => return Poll::Ready(Ok(response)),
                Answer::Starts(response) => *this.started = Some(Box::new(response)),
            }
        }
        let Some(mut response) = this.started.take() else {
            return Poll::Pending;
        };
        let Poll::Ready(charset) = response.body_mut().poll_charset(cx) else {
            *this.started = Some(response);
            return Poll::Pending;
        };
        Poll::Ready(Ok(match charset {
            Ok(charset) => {
                if let Some(charset) = charset {
                    pin_charset(response.headers_mut(), charset);
                }
                *response
            }
            Err(_) => withheld(*response, StatusCode::BAD_GATEWAY),
        }))
    }
}
