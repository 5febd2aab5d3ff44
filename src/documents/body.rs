//! Response bodies: documents go through the gate, all others pass frame by frame.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use encoding_rs::Encoding;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::{
    charset::Charset,
    codings::{Decoders, STEP},
    gate::{Gate, Setup, Stopped},
    judge::Judge,
    sniff,
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

/// The error with which a [`GateBody`] ends.
///
/// ```
/// use tower_cookie_consent::documents::GateError;
///
/// fn is_ours<E>(error: &GateError<E>) -> bool {
///     matches!(error, GateError::Stopped(_))
/// }
/// # let _ = is_ours::<std::io::Error>;
/// ```
#[derive(Debug, thiserror::Error)]
pub enum GateError<E> {
    /// The error of the inner body.
    #[error(transparent)]
    Inner(E),
    /// The gate could not go on, and sends nothing that it has not judged.
    #[error("the document ends here: {0}")]
    Stopped(Stopped),
}

/// Where a document is.
#[derive(Debug)]
enum Progress {
    /// Its first bytes, in which the charset is looked for.
    Start(Start),
    Gated(Box<Gate>),
    /// In a charset that can't be read, and passes.
    Passing,
    /// All that is left is what `out` and `trailers` have.
    Done,
}

struct Start {
    setup: Setup,
    bytes: Vec<u8>,
    /// Does the start have to name the charset?
    needs_charset: bool,
}

impl std::fmt::Debug for Start {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Start").finish_non_exhaustive()
    }
}

struct Document {
    judge: Arc<dyn Judge>,
    decoders: Decoders,
    progress: Progress,
    /// The input that is not read yet.
    input: Bytes,
    out: Vec<u8>,
    trailers: Option<HeaderMap>,
    encoding: &'static Encoding,
}

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Document")
            .field("progress", &self.progress)
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
        let document = Document {
            judge: Arc::clone(&setup.judge),
            decoders,
            encoding: setup.charset.encoding(),
            progress: Progress::Start(Start {
                setup,
                bytes: Vec::new(),
                needs_charset,
            }),
            input: Bytes::new(),
            out: Vec::new(),
            trailers: None,
        };
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
    /// Waits until the charset is known, and returns it; or the reason why nothing of the document can
    /// be sent. The body then begins with what has been read.
    pub(crate) fn poll_charset(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<&'static Encoding, Stopped>> {
        let Some(gated) = self.gated.as_deref_mut() else {
            return Poll::Ready(Ok(encoding_rs::UTF_8));
        };
        let document = &mut gated.document;
        while let Progress::Start(_) = document.progress {
            match ready!(document.poll_step(gated.inner.as_mut(), cx)) {
                Ok(()) => {}
                Err(GateError::Inner(error)) => gated.failed = Some(error),
                Err(GateError::Stopped(stopped)) => return Poll::Ready(Err(stopped)),
            }
        }
        Poll::Ready(Ok(document.encoding))
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
            if !document.out.is_empty() {
                let out = Bytes::from(std::mem::take(&mut document.out));
                return Poll::Ready(Some(Ok(Frame::data(out))));
            }
            if let Progress::Done = document.progress {
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
                matches!(gated.document.progress, Progress::Done)
                    && gated.failed.is_none()
                    && gated.document.out.is_empty()
                    && gated.document.trailers.is_none()
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.gated, &self.passed) {
            (None, None) => SizeHint::with_exact(0),
            (None, Some(passed)) => passed.size_hint(),
            (Some(_), _) => SizeHint::default(),
        }
    }
}

impl Document {
    /// Reads a piece of what has arrived, or waits for more.
    fn poll_step<B: Body>(
        &mut self,
        inner: Pin<&mut B>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), GateError<B::Error>>> {
        match self.next_piece() {
            Ok(Some(piece)) => return Poll::Ready(self.write(&piece).map_err(|it| self.stop(it))),
            Ok(None) => {}
            Err(stopped) => return Poll::Ready(Err(self.stop(stopped))),
        }
        let result = match ready!(inner.poll_frame(cx)) {
            Some(Err(error)) => {
                self.progress = Progress::Done;
                return Poll::Ready(Err(GateError::Inner(error)));
            }
            Some(Ok(frame)) => match frame.into_data() {
                Ok(mut data) => {
                    self.input = data.copy_to_bytes(data.remaining());
                    Ok(())
                }
                Err(frame) => match frame.into_trailers() {
                    Ok(trailers) => {
                        self.trailers = Some(trailers);
                        self.end()
                    }
                    Err(_) => Ok(()),
                },
            },
            None => self.end(),
        };
        Poll::Ready(result.map_err(|stopped| self.stop(stopped)))
    }

    /// Returns the next piece of the document as it was before it was compressed.
    fn next_piece(&mut self) -> Result<Option<Bytes>, Stopped> {
        if self.decoders.is_identity() {
            let size = self.input.len().min(STEP);
            return Ok((size > 0).then(|| self.input.split_to(size)));
        }
        loop {
            if let Some(piece) = self.decoders.next()? {
                return Ok(Some(piece.into()));
            }
            if self.input.is_empty() {
                return Ok(None);
            }
            let size = self.input.len().min(STEP);
            self.decoders.write(&self.input.split_to(size));
        }
    }

    fn write(&mut self, piece: &[u8]) -> Result<(), Stopped> {
        match &mut self.progress {
            Progress::Start(start) => {
                start.bytes.extend_from_slice(piece);
                let enough = if start.needs_charset {
                    sniff::PRESCAN
                } else {
                    3
                };
                if start.bytes.len() >= enough {
                    return self.begin(false);
                }
            }
            Progress::Gated(gate) => {
                gate.write(piece)?;
                self.out.append(&mut gate.take());
            }
            Progress::Passing => self.out.extend_from_slice(piece),
            Progress::Done => {}
        }
        Ok(())
    }

    /// Begins with the gate: the charset is as certain as it will be. `is_all` if nothing follows.
    fn begin(&mut self, is_all: bool) -> Result<(), Stopped> {
        let Start {
            mut setup,
            bytes,
            needs_charset,
        } = match std::mem::replace(&mut self.progress, Progress::Done) {
            Progress::Start(start) => start,
            begun => {
                self.progress = begun;
                return Ok(());
            }
        };
        let named = sniff::mark(&bytes).or_else(|| {
            needs_charset
                .then(|| sniff::prescan(&bytes).unwrap_or_else(|| sniff::guess(&bytes, is_all)))
        });
        if let Some(encoding) = named {
            self.encoding = encoding;
            match Charset::new(encoding) {
                Some(charset) => setup.charset = charset,
                None if setup.pass_charsets => {
                    self.judge.stopped(Stopped::Charset);
                    self.progress = Progress::Passing;
                    return self.write(&bytes);
                }
                None => return Err(Stopped::Charset),
            }
        }
        self.progress = Progress::Gated(Box::new(Gate::new(setup)));
        self.write(&bytes)
    }

    fn end(&mut self) -> Result<(), Stopped> {
        self.decoders.end()?;
        self.begin(true)?;
        if let Progress::Gated(mut gate) = std::mem::replace(&mut self.progress, Progress::Done) {
            gate.end()?;
            self.out.append(&mut gate.take());
        }
        Ok(())
    }

    /// Ends the body with an error.
    fn stop<E>(&mut self, stopped: Stopped) -> GateError<E> {
        self.judge.stopped(stopped);
        self.progress = Progress::Done;
        self.out.clear();
        self.trailers = None;
        GateError::Stopped(stopped)
    }
}
