//! The service around the site's own, and the future of its response.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower::Service;

use super::{config::Config, exchange::Exchange};

/// A service wrapped in a [`CookieConsentLayer`](crate::CookieConsentLayer), whose docs have the
/// example. It does not restrict the inner service's error type, bodies and bounds, and it is
/// `Clone` if the inner service is.
///
/// ```
/// use axum::{Router, routing::get};
/// use tower::Layer;
/// use tower_cookie_consent::CookieConsentLayer;
/// # use tower_cookie_consent::{Category, CookiePolicy};
///
/// # let policy = CookiePolicy::new([Category::consent("ads")])?;
/// let mut service = CookieConsentLayer::new(policy).layer(Router::<()>::new());
/// *service.get_mut() = service.get_ref().clone().route("/", get(async || "Hello"));
/// assert!(service.into_inner().has_routes());
/// # Ok::<(), tower_cookie_consent::PolicyError>(())
/// ```
#[derive(Clone, Debug)]
pub struct CookieConsent<S> {
    inner: S,
    config: Arc<Config>,
}

impl<S> CookieConsent<S> {
    pub(super) fn new(inner: S, config: Arc<Config>) -> Self {
        Self { inner, config }
    }

    /// Returns the inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns the inner service, mutably.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Returns the inner service, without the layer.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for CookieConsent<S>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<RequestBody>) -> Self::Future {
        let exchange = Exchange::begin(&self.config, &mut request);
        ResponseFuture::new(self.inner.call(request), exchange)
    }
}

pin_project! {
    /// The response of a [`CookieConsent`](crate::layer::CookieConsent) service.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        exchange: Exchange,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn new(inner: F, exchange: Exchange) -> Self {
        Self { inner, exchange }
    }
}

/// Does not show the inner future, which may contain the request or the response, and so cookies.
impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

impl<F, Body, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<Body>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut polled = this.inner.poll(cx);
        // In place, so that the response is not moved once more.
        if let Poll::Ready(Ok(response)) = &mut polled {
            if response.status().is_client_error() {
                this.exchange.hear_rejection(response.extensions());
            }
            this.exchange.end(response);
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, future::Ready, task::Waker};

    use super::*;
    use crate::{Category, CookieConsentLayer, CookiePolicy};

    /// Reports whether it is ready, and is never called.
    struct Busy(bool);

    impl Service<Request<()>> for Busy {
        type Response = Response<()>;
        type Error = Infallible;
        type Future = Ready<Result<Response<()>, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            if self.0 {
                Poll::Pending
            } else {
                Poll::Ready(Ok(()))
            }
        }

        fn call(&mut self, _: Request<()>) -> Self::Future {
            std::future::ready(Ok(Response::new(())))
        }
    }

    #[test]
    fn it_is_ready_when_the_service_in_it_is() {
        let policy = CookiePolicy::new([Category::consent("ads")]).unwrap();
        let mut service = tower::Layer::layer(&CookieConsentLayer::new(policy), Busy(true));
        let mut context = Context::from_waker(Waker::noop());
        assert!(service.poll_ready(&mut context).is_pending());
        service.get_mut().0 = false;
        assert!(service.poll_ready(&mut context).is_ready());
    }

    #[test]
    fn grows_by_at_most_128_bytes() {
        fn growth<F>() -> usize {
            size_of::<ResponseFuture<F>>() - size_of::<F>()
        }
        type Inner<Body> = Ready<Result<Response<Body>, Infallible>>;
        assert!(growth::<Inner<()>>() <= 128);
        assert!(growth::<Inner<[u8; 100]>>() <= 128);
        assert!(growth::<Pin<Box<dyn Future<Output = ()>>>>() <= 128);
        assert!(growth::<u8>() <= 128 + 7, "and what aligns it");
    }
}
