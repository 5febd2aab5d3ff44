use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use pin_project_lite::pin_project;

pin_project! {
    /// The body of a response of a [`RecordLayer`](super::RecordLayer): the service's own, or an answer
    /// in its place.
    #[project = Side]
    #[derive(Debug)]
    pub enum RecordBody<B> {
        #[doc(hidden)]
        Own {
            #[pin]
            body: B,
        },
        #[doc(hidden)]
        Replaced { body: Full<Bytes> },
    }
}

impl<B> RecordBody<B> {
    pub(super) fn replaced(content: Bytes) -> Self {
        let body = Full::new(content);
        Self::Replaced { body }
    }
}

impl<B: Default> Default for RecordBody<B> {
    fn default() -> Self {
        Self::Own { body: B::default() }
    }
}

impl<B: Body<Data = Bytes>> Body for RecordBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project() {
            Side::Own { body } => body.poll_frame(cx),
            Side::Replaced { body } => {
                let frame = ready!(Pin::new(body).poll_frame(cx));
                Poll::Ready(frame.map(|frame| match frame {
                    Ok(frame) => Ok(frame),
                    Err(never) => match never {},
                }))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Own { body } => body.is_end_stream(),
            Self::Replaced { body } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Own { body } => body.size_hint(),
            Self::Replaced { body } => body.size_hint(),
        }
    }
}
