use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use http::Response;
use pin_project_lite::pin_project;

use super::exchange::Exchange;

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
    use std::{convert::Infallible, future::Ready};

    use super::*;

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
