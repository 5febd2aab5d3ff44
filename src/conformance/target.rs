//! What is checked: a service in the process, or a server.

use std::{error::Error, future::poll_fn};

use bytes::{Buf, Bytes};
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use tower::Service;

/// Of a page that is searched for links, so much is read.
const MOST_BYTES: usize = 1024 * 1024;

/// What the kit's requests carry: a body in one piece.
pub type RequestBody = Full<Bytes>;

pub(super) type BoxError = Box<dyn Error + Send + Sync>;

/// An answer; with the beginning of its body where that was asked for.
pub(super) type Answer = Response<Option<Vec<u8>>>;

pub(super) trait Target {
    async fn send(
        &mut self,
        request: Request<RequestBody>,
        wants_body: fn(&Response<()>) -> bool,
    ) -> Result<Answer, BoxError>;
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
    ) -> Result<Answer, BoxError> {
        poll_fn(|cx| self.0.poll_ready(cx))
            .await
            .map_err(Into::into)?;
        let response = self.0.call(request).await.map_err(Into::into)?;
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
