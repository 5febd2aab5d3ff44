//! Response bodies: documents go through the gate, all others pass frame by frame.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use encoding_rs::Encoding;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::{
    codings::Decoders,
    document::Document,
    gate::Setup,
    stopped::{GateError, Stopped},
};

pin_project! {
    /// The body of a response behind an [`HtmlConsentLayer`](crate::documents::HtmlConsentLayer): a
    /// document through the gate, or any other body frame by frame as it comes.
    pub struct GateBody<B: Body> {
        #[pin]
        passed: Option<B>,
        // Boxed, so that it can be moved after its start was read.
        gated: Option<Box<Gated<B>>>,
    }
}

struct Gated<B: Body> {
    inner: Pin<Box<B>>,
    /// The inner body's error, until it is its turn.
    failed: Option<B::Error>,
    document: Document,
}

impl<B: Body> std::fmt::Debug for GateBody<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let document = self.gated.as_ref().map(|gated| &gated.document);
        f.debug_struct("GateBody")
            .field("document", &document)
            .finish_non_exhaustive()
    }
}

impl<B: Body> GateBody<B> {
    /// Passes a body that is not a document.
    pub(crate) fn pass(inner: B) -> Self {
        Self {
            passed: Some(inner),
            gated: None,
        }
    }

    /// Sends nothing.
    pub(crate) fn withhold(&mut self) {
        self.passed = None;
        self.gated = None;
    }

    /// Gates a document. Where `needs_charset`, its start says what its charset is: `poll_charset`
    /// waits for it. Otherwise only a byte order mark counts more than the charset in `setup`.
    pub(crate) fn gate(inner: B, decoders: Decoders, setup: Setup, needs_charset: bool) -> Self {
        let document = Document::new(decoders, setup, needs_charset);
        Self {
            passed: None,
            gated: Some(Box::new(Gated {
                inner: Box::pin(inner),
                failed: None,
                document,
            })),
        }
    }
}

impl<B: Body> GateBody<B> {
    /// Waits until the charset is known, and returns it; `None` if it is not a document; or the reason why nothing of
    /// it can be sent. The body then begins with what has been read.
    pub(crate) fn poll_charset(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<&'static Encoding>, Stopped>> {
        let Some(gated) = self.gated.as_deref_mut() else {
            return Poll::Ready(Ok(Some(encoding_rs::UTF_8)));
        };
        let document = &mut gated.document;
        while !document.has_begun() {
            match ready!(document.poll_step(gated.inner.as_mut(), cx)) {
                Ok(()) => {}
                Err(GateError::Inner(error)) => gated.failed = Some(error),
                Err(GateError::Stopped(stopped)) => return Poll::Ready(Err(stopped)),
            }
        }
        let encoding = (!document.is_other).then_some(document.encoding);
        Poll::Ready(Ok(encoding))
    }
}

impl<B: Body> Body for GateBody<B> {
    type Data = Bytes;
    type Error = GateError<B::Error>;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.project();
        let Some(gated) = this.gated.as_deref_mut() else {
            let Some(passed) = this.passed.as_pin_mut() else {
                return Poll::Ready(None);
            };
            let frame = ready!(passed.poll_frame(cx));
            return Poll::Ready(frame.map(|frame| match frame {
                // Without a copy where the data is `Bytes` already.
                Ok(frame) => Ok(frame.map_data(|mut data| data.copy_to_bytes(data.remaining()))),
                Err(error) => Err(GateError::Inner(error)),
            }));
        };
        if let Some(error) = gated.failed.take() {
            return Poll::Ready(Some(Err(GateError::Inner(error))));
        }
        let document = &mut gated.document;
        loop {
            if let Some(out) = document.take() {
                return Poll::Ready(Some(Ok(Frame::data(out))));
            }
            if document.has_ended() {
                let trailers = document.trailers.take();
                return Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))));
            }
            if let Err(error) = ready!(document.poll_step(gated.inner.as_mut(), cx)) {
                return Poll::Ready(Some(Err(error)));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match (&self.gated, &self.passed) {
            (None, None) => true,
            (None, Some(passed)) => passed.is_end_stream(),
            (Some(gated), _) => {
                gated.failed.is_none()
                    && gated.document.is_taken()
                    && gated.document.trailers.is_none()
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.gated, &self.passed) {
            (None, None) => SizeHint::with_exact(0),
            (None, Some(passed)) => passed.size_hint(),
            (Some(gated), _) => gated.document.size_hint(&gated.inner.size_hint()),
        }
    }
}
