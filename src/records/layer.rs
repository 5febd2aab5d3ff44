use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::{Records, body::RecordBody, decision::Decision, visitor::Visitor};
use crate::CookieConsentLayer;

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
    /// Lets a choice grant something only once it is in these records (feature `records`). A choice that a
    /// response sets without passing the [`RecordLayer`] of these records, or of a clone,
    /// is withheld, and the log says so: one of other records is a
    /// [`Mistake::OtherRecords`](crate::observe::Mistake::OtherRecords). The example is there.
    pub fn records(self, records: &Records) -> Self {
        self.requiring_records(records.0.id)
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
        #[cfg(feature = "pages")]
        let visitor = Visitor::of(&self.records, self.banner_nonces, &mut request);
        #[cfg(not(feature = "pages"))]
        let visitor = Visitor::of(&self.records, &mut request);
        RecordFuture::Inner {
            inner: self.inner.call(request),
            visitor,
        }
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
                    let mut response = ready!(inner.poll(cx))?;
                    // Only moved if there is a choice.
                    match visitor.take_if(|visitor| visitor.makes_a_choice(&mut response)) {
                        None => return Poll::Ready(Ok(own(response))),
                        Some(visitor) => Decision::about(visitor.into(), response),
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

fn own<B>(response: Response<B>) -> Response<RecordBody<B>> {
    response.map(|body| RecordBody::Own { body })
}

/// Does not show the inner future, which may contain the request or the response, and so cookies.
impl<F, B> fmt::Debug for RecordFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordFuture").finish_non_exhaustive()
    }
}
