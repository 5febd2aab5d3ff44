//! The pages in front of another service, at the path that each policy gives them.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::{answer::PagesBody, service::PagesFuture, settings::Pages};
use crate::consent::Consent;

/// A service with the [`Pages`] in front of it, whose docs have the example.
#[derive(Clone, Debug)]
pub struct WithPages<S> {
    pages: Pages,
    inner: S,
}

/// Pages are a layer as well as a service: below their path, they respond themselves.
impl<S> Layer<S> for Pages {
    type Service = WithPages<S>;

    fn layer(&self, inner: S) -> WithPages<S> {
        WithPages {
            pages: self.clone(),
            inner,
        }
    }
}

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for WithPages<S>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>>,
    RequestBody: Body + Send + 'static,
    RequestBody::Data: Send,
    RequestBody::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<WithPagesBody<ResponseBody>>;
    type Error = S::Error;
    type Future = WithPagesFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let consent = request.extensions().get::<Consent>();
        match self.pages.has(request.uri().path(), consent) {
            true => WithPagesFuture::Own {
                own: self.pages.call(request),
            },
            false => WithPagesFuture::Passed {
                inner: self.inner.call(request),
            },
        }
    }
}

pin_project! {
    /// The response of a service with [`Pages`] in front of it.
    #[project = Side]
    #[must_use = "futures do nothing unless polled"]
    pub enum WithPagesFuture<F> {
        #[doc(hidden)]
        Own { own: PagesFuture },
        #[doc(hidden)]
        Passed {
            #[pin]
            inner: F,
        },
    }
}

impl<F, B, E> Future for WithPagesFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<WithPagesBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(match self.project() {
            Side::Own { own } => match ready!(Pin::new(own).poll(cx)) {
                Ok(response) => response.map(|own| WithPagesBody::Own { own }),
                Err(never) => match never {},
            },
            Side::Passed { inner } => {
                ready!(inner.poll(cx))?.map(|inner| WithPagesBody::Passed { inner })
            }
        }))
    }
}

impl<F> fmt::Debug for WithPagesFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WithPagesFuture").finish_non_exhaustive()
    }
}

pin_project! {
    /// The body of a response of a service with [`Pages`] in front of it: theirs, or its own.
    #[project = BodySide]
    #[derive(Debug)]
    pub enum WithPagesBody<B> {
        #[doc(hidden)]
        Own { own: PagesBody },
        #[doc(hidden)]
        Passed {
            #[pin]
            inner: B,
        },
    }
}

impl<B: Body<Data = Bytes>> Body for WithPagesBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project() {
            BodySide::Own { own } => {
                let frame = ready!(Pin::new(own).poll_frame(cx));
                Poll::Ready(frame.map(|frame| match frame {
                    Ok(frame) => Ok(frame),
                    Err(never) => match never {},
                }))
            }
            BodySide::Passed { inner } => inner.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Own { own } => own.is_end_stream(),
            Self::Passed { inner } => inner.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Own { own } => own.size_hint(),
            Self::Passed { inner } => inner.size_hint(),
        }
    }
}
