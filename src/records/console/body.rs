use std::{
    fmt, mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use tokio::{runtime::Handle, task::JoinHandle};

use crate::records::{ArchiveError, archive::Export};

/// The body of a response of [`Console`](super::Console): a page, or an export that is read as the client
/// takes it.
pub struct ConsoleBody(Content);

enum Content {
    Page(Full<Bytes>),
    Reading(Reading),
    End,
}

type Part = (Export, Result<Option<String>, ArchiveError>);

/// An export, while its next part is read on a thread that may wait for the disk.
struct Reading {
    runtime: Handle,
    part: JoinHandle<Part>,
}

impl Reading {
    fn begin(runtime: Handle, mut export: Export) -> Self {
        let on = runtime.clone();
        let part = runtime.spawn_blocking(move || {
            let part = on.block_on(export.next_part());
            (export, part)
        });
        Self { runtime, part }
    }
}

impl ConsoleBody {
    pub(super) fn page(content: impl Into<Bytes>) -> Self {
        Self(Content::Page(Full::new(content.into())))
    }

    pub(super) fn export(runtime: Handle, export: Export) -> Self {
        Self(Content::Reading(Reading::begin(runtime, export)))
    }

    pub(super) const fn empty() -> Self {
        Self(Content::End)
    }
}

impl Body for ConsoleBody {
    type Data = Bytes;
    type Error = ArchiveError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ArchiveError>>> {
        let reading = match &mut self.0 {
            Content::Page(page) => {
                let frame = ready!(Pin::new(page).poll_frame(cx));
                return Poll::Ready(frame.map(|frame| match frame {
                    Ok(frame) => Ok(frame),
                    Err(never) => match never {},
                }));
            }
            Content::Reading(reading) => reading,
            Content::End => return Poll::Ready(None),
        };
        let done = ready!(Pin::new(&mut reading.part).poll(cx));
        let Content::Reading(before) = mem::replace(&mut self.0, Content::End) else {
            return Poll::Ready(None);
        };
        // An error ends the connection before the end of the body, so that nobody takes it for the whole.
        let Ok((export, part)) = done else {
            let error = ArchiveError::new("the export ended".to_owned());
            return Poll::Ready(Some(Err(error)));
        };
        Poll::Ready(part.transpose().map(|part| {
            let part = part?;
            self.0 = Content::Reading(Reading::begin(before.runtime, export));
            Ok(Frame::data(part.into()))
        }))
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Content::Page(page) => page.is_end_stream(),
            Content::Reading(_) => false,
            Content::End => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Page(page) => page.size_hint(),
            Content::Reading(_) => SizeHint::default(),
            Content::End => SizeHint::with_exact(0),
        }
    }
}

/// Without the content.
impl fmt::Debug for ConsoleBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleBody").finish_non_exhaustive()
    }
}
