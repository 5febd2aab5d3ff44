//! Limits how long a connection may stay open without a request.
//!
//! hyper only limits the time for an HTTP/1 head. A client that sends nothing, only the first byte
//! of a protocol, or HTTP/2 without a request would hold its connection forever.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::watch;

/// The number of requests in progress on one connection.
#[derive(Clone, Default)]
pub(crate) struct Answering(Arc<watch::Sender<usize>>);

impl Answering {
    /// Counts a request until the returned value is dropped.
    pub(crate) fn one(&self) -> One {
        self.0.send_modify(|count| *count += 1);
        One(self.clone())
    }

    /// Returns once no request has been in progress for `limit`.
    pub(crate) async fn none_for(&self, limit: Duration) {
        let mut count = self.0.subscribe();
        loop {
            let is_none = *count.borrow_and_update() == 0;
            // `self` holds the sender, so the wait only ends with a change.
            if !is_none {
                count.changed().await.ok();
            } else if tokio::time::timeout(limit, count.changed()).await.is_err() {
                return;
            }
        }
    }
}

pub(crate) struct One(Answering);

impl One {
    /// Returns the body of the response, whose end ends the request.
    pub(crate) fn until_the_end_of(self, body: Body) -> Body {
        if body.is_end_stream() {
            return body;
        }
        Body::new(Answer { body, _one: self })
    }
}

impl Drop for One {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}

struct Answer {
    body: Body,
    _one: One,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
