//! What is checked: a service in the process, or a server.

use std::{
    any::type_name,
    convert::Infallible,
    error::Error,
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Buf, Bytes};
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use tower::Service;

/// Of a page that is searched for links, so much is read.
const MOST_BYTES: usize = 1024 * 1024;

/// What the kit's requests carry: a body in one piece.
/// See [the example](super::Conformance::request).
#[derive(Clone, Debug)]
pub struct RequestBody(Full<Bytes>);

impl RequestBody {
    pub(super) fn new(body: Bytes) -> Self {
        Self(Full::new(body))
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

pub(super) type BoxError = Box<dyn Error + Send + Sync>;

/// An answer; with the beginning of its body where that was asked for.
pub(super) type Answer = Response<Option<Vec<u8>>>;

pub(super) trait Target {
    /// The answer, or why there is none, in words that a report may show.
    async fn send(
        &mut self,
        request: Request<RequestBody>,
        wants_body: fn(&Response<()>) -> bool,
    ) -> Result<Answer, String>;
}

pub(super) struct ServiceTarget<S>(pub(super) S);

impl<S, B> Target for ServiceTarget<S>
where
    S: Service<Request<RequestBody>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    B: Body,
{
    async fn send(
        &mut self,
        request: Request<RequestBody>,
        wants_body: fn(&Response<()>) -> bool,
    ) -> Result<Answer, String> {
        poll_fn(|cx| self.0.poll_ready(cx))
            .await
            .map_err(without_text)?;
        let response = self.0.call(request).await.map_err(without_text)?;
        Ok(read(response, wants_body).await)
    }
}

/// Reads the body where it is wanted, as far as it is wanted; one that breaks off is cut there.
pub(super) async fn read<B: Body>(
    response: Response<B>,
    wants_body: fn(&Response<()>) -> bool,
) -> Answer {
    let (head, body) = response.into_parts();
    let head = Response::from_parts(head, ());
    if !wants_body(&head) {
        return head.map(|()| None);
    }
    let mut body = Box::pin(body);
    let mut bytes = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        let Ok(mut data) = frame.into_data() else {
            continue;
        };
        let room = MOST_BYTES.saturating_sub(bytes.len());
        let taken = data.remaining().min(room);
        bytes.extend_from_slice(&data.copy_to_bytes(taken));
        if taken == room {
            break;
        }
    }
    head.map(|()| Some(bytes))
}

/// What a report says of a service that fails: of which type its error is, and what a system call
/// behind it met. Its text is the service's own and may hold anything, a cookie's value in some
/// other form too.
fn without_text<E: Into<BoxError>>(error: E) -> String {
    let of_type = type_name::<E>();
    let boxed = error.into();
    let mut cause: Option<&(dyn Error + 'static)> = Some(&*boxed);
    let mut text = match of_type.contains("dyn ") {
        true => "the service fails".to_owned(),
        false => format!("the service fails with an error of the type {of_type}"),
    };
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            text = format!("{text}: {}", error.kind());
            break;
        }
        cause = error.source();
    }
    text + "; the text of its error may hold a cookie's value and is not shown"
}
