//! A document as it arrives: decoded, its charset found, and through the gate.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use encoding_rs::Encoding;
use http::HeaderMap;
use http_body::{Body, SizeHint};

use super::{
    charset::Charset,
    codings::Decoders,
    gate::{Gate, Setup},
    judge::Judge,
    sniff,
    step::STEP,
    stopped::{GateError, Stopped},
    untyped::is_like_markup,
};

/// The gate reads no less than this at once.
const MIN_STEP: usize = 1024;

/// Where a document is.
#[derive(Debug)]
enum Progress {
    /// Its first bytes, in which the charset is looked for.
    Start(Start),
    Gated(Box<Gate>),
    /// In a charset that can't be read, or no HTML, and passes.
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

/// A document on its way through the gate.
pub(super) struct Document {
    judge: Arc<dyn Judge>,
    /// It is sent as it comes, whatever the gate that reads along makes of it.
    report_only: bool,
    decoders: Decoders,
    progress: Progress,
    /// The most that the gate reads at once: the parser adds all of it to a tag that has not ended.
    step: usize,
    /// The input that is not read yet.
    input: Bytes,
    out: Vec<u8>,
    pub(super) trailers: Option<HeaderMap>,
    pub(super) encoding: &'static Encoding,
    /// Its first bytes are those of something else.
    pub(super) is_other: bool,
}

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Document")
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}

impl Document {
    /// Where `needs_charset`, the start says what its charset is.
    pub(super) fn new(decoders: Decoders, setup: Setup, needs_charset: bool) -> Self {
        Self {
            judge: Arc::clone(&setup.judge),
            report_only: setup.report_only,
            decoders,
            step: (setup.memory / 16).clamp(MIN_STEP, STEP),
            encoding: setup.charset.encoding(),
            progress: Progress::Start(Start {
                setup,
                bytes: Vec::new(),
                needs_charset,
            }),
            input: Bytes::new(),
            out: Vec::new(),
            trailers: None,
            is_other: false,
        }
    }

    /// Returns `true` once the charset is known.
    pub(super) const fn has_begun(&self) -> bool {
        !matches!(self.progress, Progress::Start(_))
    }

    pub(super) const fn has_ended(&self) -> bool {
        matches!(self.progress, Progress::Done)
    }

    /// Returns `true` if it has ended, and nothing of it is left to be taken.
    pub(super) fn is_taken(&self) -> bool {
        self.has_ended() && self.out.is_empty()
    }

    /// Returns what is left to be sent, by what is left of the inner body: only known if nothing changes.
    pub(super) fn size_hint(&self, inner: &SizeHint) -> SizeHint {
        let mut hint = SizeHint::default();
        if self.report_only {
            let waiting = (self.input.len() + self.out.len()) as u64;
            hint.set_lower(inner.lower().saturating_add(waiting));
            if let Some(upper) = inner.upper() {
                hint.set_upper(upper.saturating_add(waiting));
            }
        }
        hint
    }

    /// Takes what can be sent.
    pub(super) fn take(&mut self) -> Option<Bytes> {
        (!self.out.is_empty()).then(|| Bytes::from(std::mem::take(&mut self.out)))
    }

    /// Reads a piece of what has arrived, or waits for more.
    pub(super) fn poll_step<B: Body>(
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
        if self.report_only {
            self.out.extend_from_slice(piece);
        }
        let result = self.read(piece);
        self.unless_report_only(result)
    }

    /// Lets a document go on that is only reported on.
    fn unless_report_only(&mut self, result: Result<(), Stopped>) -> Result<(), Stopped> {
        match result {
            Err(stopped) if self.report_only => {
                self.judge.stopped(stopped);
                self.progress = Progress::Passing;
                Ok(())
            }
            result => result,
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        if !self.report_only {
            self.out.extend_from_slice(bytes);
        }
    }

    /// Reads a piece of the document, and sends what the gate makes of it.
    fn read(&mut self, piece: &[u8]) -> Result<(), Stopped> {
        match &mut self.progress {
            Progress::Start(start) => {
                start.bytes.extend_from_slice(piece);
                let enough = if start.needs_charset || start.setup.is_guessed {
                    sniff::PRESCAN
                } else {
                    3
                };
                if start.bytes.len() >= enough {
                    return self.begin(false);
                }
            }
            Progress::Gated(gate) => {
                piece
                    .chunks(self.step)
                    .try_for_each(|part| gate.write(part))?;
                let gated = gate.take();
                self.send(&gated);
            }
            Progress::Passing => self.send(piece),
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
        if setup.is_guessed && !is_like_markup(&bytes) {
            self.is_other = true;
            self.progress = Progress::Passing;
            return self.read(&bytes);
        }
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
                    return self.read(&bytes);
                }
                None => return Err(Stopped::Charset),
            }
        }
        self.progress = Progress::Gated(Box::new(Gate::new(setup)));
        self.read(&bytes)
    }

    fn end(&mut self) -> Result<(), Stopped> {
        self.decoders.end()?;
        let result = self.end_gate();
        let result = self.unless_report_only(result);
        self.progress = Progress::Done;
        result
    }

    fn end_gate(&mut self) -> Result<(), Stopped> {
        self.begin(true)?;
        if let Progress::Gated(mut gate) = std::mem::replace(&mut self.progress, Progress::Done) {
            gate.end()?;
            self.send(&gate.take());
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
