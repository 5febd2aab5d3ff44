//! The target of a check: a service in the process, or a server.

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

/// The part of a document that is read.
pub(super) const MOST_BYTES: usize = 8 * 1024 * 1024;

/// The body of requests passed to [`Conformance::request`](super::Conformance::request): in one
/// piece.
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

/// A response, with the beginning of its body if requested.
pub(super) type TargetAnswer = Response<Option<Vec<u8>>>;

pub(super) trait Target {
    /// Sends a request. Returns the response, or a reason for its absence that a report may show.
    async fn send(
        &mut self,
        request: Request<RequestBody>,
        wants_body: fn(&Response<()>) -> bool,
    ) -> Result<TargetAnswer, String>;
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
    ) -> Result<TargetAnswer, String> {
        poll_fn(|cx| self.0.poll_ready(cx))
            .await
            .map_err(without_text)?;
        let response = self.0.call(request).await.map_err(without_text)?;
        Ok(read(response, wants_body).await)
    }
}

/// Reads the requested part of the body; if it breaks off, the rest is missing.
pub(super) async fn read<B: Body>(
    response: Response<B>,
    wants_body: fn(&Response<()>) -> bool,
) -> TargetAnswer {
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

/// Describes the failure of a service: the type of its error, and the kind of a system error behind
/// it. The error's text is the service's own and may contain anything, including an encoded cookie
/// value.
fn without_text<E: Into<BoxError>>(error: E) -> String {
    let of_type = type_name::<E>();
    let boxed = error.into();
    let mut cause: Option<&(dyn Error + 'static)> = Some(&*boxed);
    let mut text = match of_type.contains("dyn ") {
        true => "the service failed".to_owned(),
        false => format!("the service failed with an error of type {of_type}"),
    };
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            text = format!("{text}: {}", error.kind());
            break;
        }
        cause = error.source();
    }
    text + "; its error text is not shown, because it may contain a cookie value"
}
