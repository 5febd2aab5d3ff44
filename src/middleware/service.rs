use std::{
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower::Service;

use super::{config::Config, exchange::Exchange, future::ResponseFuture};

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
}
