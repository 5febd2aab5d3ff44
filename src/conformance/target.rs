//! What is checked: a service in the process, or a server.

use std::{error::Error, future::poll_fn};

use bytes::{Buf, Bytes};
use http::{HeaderMap, Request, Response, header::COOKIE};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use tower::Service;

use crate::wire;

/// Of a page that is searched for links, so much is read.
const MOST_BYTES: usize = 1024 * 1024;

/// What the kit's requests carry: a body in one piece.
/// See [the example](super::Conformance::request).
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

/// An error as a report may tell it.
pub(super) fn told(error: &(dyn Error + 'static), sent: &HeaderMap) -> String {
    without_values(&with_sources(error), sent)
}

/// What went wrong, and why: the reason is often in the last of them.
fn with_sources(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let why = error.to_string();
        if !text.ends_with(&why) {
            text = format!("{text}: {why}");
        }
        source = error.source();
    }
    text
}

/// An error's text may be anything, a cookie's value too.
fn without_values(text: &str, sent: &HeaderMap) -> String {
    let mut text = text.to_owned();
    for field in sent.get_all(COOKIE) {
        for pair in wire::pairs(field.as_bytes()) {
            let value = String::from_utf8_lossy(pair.value);
            if !value.is_empty() {
                text = text.replace(&*value, "…");
            }
        }
    }
    text
}
