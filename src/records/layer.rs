use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{Request, Response, header::HOST};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

#[cfg(feature = "pages")]
use super::RecordId;
use super::{
    Records,
    body::RecordBody,
    decision::{Decision, Visitor},
    outbox::Handle,
    receipt,
};
#[cfg(feature = "pages")]
use crate::consent::{Recording, ResponseHead};
use crate::{
    Consent, CookieConsentLayer,
    consent::SignalledChoice,
    layer::RequestHead,
    wire::cache::{self, Cacheability},
};

/// Records each new choice before it counts. Add it directly inside of
/// [`CookieConsentLayer`], which gets the same records with
/// [`records`](crate::CookieConsentLayer::records).
///
/// A response without a new choice passes as it is. One that grants something waits until the record is
/// durable; without that, the grant is taken out, and everything else stays. One that only refuses waits
/// at most 20 ms, and passes regardless. It needs tokio's timer.
///
/// Under it, the forms of `Pages` carry a nonce wherever no cache may store the response, so that a double
/// click makes one record.
///
/// ```
/// # use tower_cookie_consent::records::{Appended, Entry, RecordStore, StoreFuture};
/// # #[derive(Debug)]
/// # struct Store;
/// # impl RecordStore for Store {
/// #     fn append<'a>(&'a self, entries: &'a [Entry]) -> StoreFuture<'a, Vec<Appended>> {
/// #         Box::pin(async { Ok(vec![Appended::New; entries.len()]) })
/// #     }
/// # }
/// use axum::Router;
/// use tower_cookie_consent::{
///     Category, CookieConsentLayer, CookiePolicy, records::{RecordLayer, Records},
/// };
///
/// let policy = CookiePolicy::new([Category::consent("ads")])?;
/// let records = Records::builder(Store).build()?;
/// let app: Router = Router::new()
///     .layer(RecordLayer::new(records.clone()))
///     .layer(CookieConsentLayer::new(policy).records(&records));
/// # let _ = app;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is put around a service"]
pub struct RecordLayer {
    records: Records,
    banner_nonces: bool,
}

impl RecordLayer {
    /// Creates a layer that records choices there.
    pub const fn new(records: Records) -> Self {
        Self {
            records,
            banner_nonces: false,
        }
    }

    /// Sets whether the banner on the site's own pages carries a nonce too, so that a double click on it
    /// makes one record (feature `pages`). A copy of a nonce would join choices that have nothing to do
    /// with each other, so each such response gets `Cache-Control: no-store`, and browsers do not keep it
    /// for their back button. Default: `false`, where it is recorded twice.
    ///
    /// ```
    /// # use tower_cookie_consent::records::{RecordLayer, Records};
    /// fn layer(records: Records) -> RecordLayer {
    ///     RecordLayer::new(records).banner_nonces(true)
    /// }
    /// ```
    pub const fn banner_nonces(mut self, banner_nonces: bool) -> Self {
        self.banner_nonces = banner_nonces;
        self
    }
}

impl CookieConsentLayer {
    /// Lets a choice grant something only once it is recorded (feature `records`). A choice that a
    /// response sets without passing the [`RecordLayer`] of these records
    /// is withheld, and the log says so. The example is there.
    pub fn records(self, records: &Records) -> Self {
        let _ = records;
        self.requiring_records()
    }
}

impl<S> Layer<S> for RecordLayer {
    type Service = RecordService<S>;

    fn layer(&self, inner: S) -> RecordService<S> {
        RecordService {
            inner,
            records: self.records.clone(),
            banner_nonces: self.banner_nonces,
        }
    }
}

/// A service inside of a [`RecordLayer`], whose docs have the example.
#[derive(Clone, Debug)]
pub struct RecordService<S> {
    inner: S,
    records: Records,
    #[cfg_attr(
        not(feature = "pages"),
        allow(dead_code, reason = "the pages have the banner")
    )]
    banner_nonces: bool,
}

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for RecordService<S>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>>,
{
    type Response = Response<RecordBody<ResponseBody>>;
    type Error = S::Error;
    type Future = RecordFuture<S::Future, ResponseBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<RequestBody>) -> Self::Future {
        let visitor = self.visitor(&mut request);
        RecordFuture::Inner {
            inner: self.inner.call(request),
            visitor,
        }
    }
}

impl<S> RecordService<S> {
    /// Returns what has to be known of the request if its response carries a choice. Without a consent,
    /// no consent layer is around this one, and nothing counts.
    fn visitor<B>(&self, request: &mut Request<B>) -> Option<Visitor> {
        let subject = &self.records.0.settings.subject;
        let policy = request.extensions().get().map(Consent::policy);
        let path = subject.receipts_at(policy);
        let previous = match path.is_some_and(|path| request.uri().path().starts_with(path)) {
            true => receipt::take(request.headers_mut()),
            false => None,
        };
        #[cfg(feature = "pages")]
        let head = self.announce(request.extensions_mut().get_mut::<Consent>()?, previous);
        let signalled = request.extensions_mut().remove();
        let settings = &self.records.0.settings;
        let handle = settings.handle.as_ref();
        let handle = handle.and_then(|Handle(hook)| hook(RequestHead::of(request)));
        let accounts = settings.accounts.as_ref();
        let account = accounts.and_then(|accounts| accounts.name(RequestHead::of(request)));
        let consent = request.extensions().get::<Consent>()?;
        // Where the site has no name of its own.
        let is_named = settings.site.is_some();
        let host = (!is_named).then(|| request.headers().get(HOST)).flatten();
        // Reference counts, not copies.
        Some(Visitor {
            consent: consent.clone(),
            authority: request.uri().authority().cloned(),
            host: host.cloned(),
            previous,
            account,
            handle,
            signalled,
            records: self.records.clone(),
            #[cfg(feature = "pages")]
            head,
        })
    }

    /// Tells the pages that choices are recorded. Returns the head of the response if its banner may have a
    /// nonce.
    #[cfg(feature = "pages")]
    fn announce(&self, consent: &mut Consent, receipt: Option<RecordId>) -> Option<ResponseHead> {
        let retention = self.records.0.settings.retention;
        let asks = self.banner_nonces && consent.needs_banner();
        let head = asks.then(ResponseHead::default);
        consent.record(Recording {
            kept_after_grants: retention.after_grants(),
            refusals_kept: retention.refusals(),
            response: head.as_ref().map(ResponseHead::response),
            reader: self.records.0.reader.clone(),
            receipt: receipt.map(|receipt| receipt.to_string()),
            account: None,
        });
        head
    }
}

pin_project! {
    /// The response of a service inside of a [`RecordLayer`], whose docs have the example.
    #[project = Stage]
    #[must_use = "futures do nothing unless polled"]
    pub enum RecordFuture<F, B> {
        #[doc(hidden)]
        Inner {
            #[pin]
            inner: F,
            visitor: Option<Visitor>,
        },
        #[doc(hidden)]
        Waiting { decision: Option<Box<Decision<B>>> },
    }
}

impl<F, B, E> Future for RecordFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<RecordBody<B>>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let next = match self.as_mut().project() {
                Stage::Inner { inner, visitor } => {
                    let response = ready!(inner.poll(cx))?;
                    #[cfg(feature = "pages")]
                    let response = with_head(visitor, response);
                    let mut response = response;
                    with_signal(visitor.as_mut(), &mut response);
                    // Only moved if there is a choice.
                    let may_be_set = visitor
                        .as_ref()
                        .is_some_and(|visitor| visitor.may_be_set_in(response.headers()));
                    match visitor.take_if(|_| may_be_set) {
                        None => return Poll::Ready(Ok(own(response))),
                        Some(visitor) => Decision::about(visitor, response),
                    }
                }
                Stage::Waiting { decision } => match decision {
                    Some(waiting) => {
                        ready!(waiting.poll(cx));
                        match decision.take().map(|decision| decision.finish()) {
                            Some(response) => return Poll::Ready(Ok(response)),
                            None => return Poll::Pending,
                        }
                    }
                    // Polled after its end.
                    None => return Poll::Pending,
                },
            };
            match next {
                Ok(response) => return Poll::Ready(Ok(own(response))),
                Err(decision) => self.set(Self::Waiting {
                    decision: Some(decision),
                }),
            }
        }
    }
}

/// A response with the nonce of a form is for one visitor at one time.
#[cfg(feature = "pages")]
fn with_head<B>(visitor: &mut Option<Visitor>, mut response: Response<B>) -> Response<B> {
    let head = visitor.as_mut().and_then(|visitor| visitor.head.take());
    if head.is_some_and(ResponseHead::close) {
        cache::forbid_storing(response.headers_mut());
    }
    response
}

/// Adds the refusal that the request's signal makes, unless the response makes a choice, or a shared cache
/// would give it to everybody.
#[inline]
fn with_signal<B>(visitor: Option<&mut Visitor>, response: &mut Response<B>) {
    if let Some(visitor) = visitor
        && let Some(SignalledChoice(set)) = visitor.signalled.take()
        && !visitor.may_be_set_in(response.headers())
    {
        let now = || visitor.now();
        if !cache::keeps_cookies(response.headers(), Cacheability::USUAL, now)
            && set.apply_to(response).is_ok()
        {
            cache::forbid_sharing(response.headers_mut());
        }
    }
}

fn own<B>(response: Response<B>) -> Response<RecordBody<B>> {
    response.map(|body| RecordBody::Own { body })
}

/// Does not show the inner future, which may contain the request or the response, and so cookies.
impl<F, B> fmt::Debug for RecordFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordFuture").finish_non_exhaustive()
    }
}
