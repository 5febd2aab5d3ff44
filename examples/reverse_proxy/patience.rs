//! How long the upstream may be silent: a time that runs only while it is the upstream's turn.
//!
//! A plain timeout around the request would end a long upload that is well under way.

use std::{
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes};
use http::Request;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Instant;

/// Since when it is the upstream's turn; `None` while the client is to send more of its body.
type Turn = Arc<Mutex<Option<Instant>>>;

pub(crate) struct Patience {
    turn: Turn,
    timeout: Duration,
}

pub(crate) fn watch(request: Request<Body>, timeout: Duration) -> (Request<Body>, Patience) {
    let turn = Turn::new(Mutex::new(Some(Instant::now())));
    let patience = Patience {
        turn: Arc::clone(&turn),
        timeout,
    };
    let request = if request.body().is_end_stream() {
        request
    } else {
        request.map(|body| Body::new(Watched { body, turn }))
    };
    (request, patience)
}

impl Patience {
    /// What the response is, or `None` where the upstream stayed silent for too long.
    pub(crate) async fn until<F: Future>(&self, response: F) -> Option<F::Output> {
        let mut response = pin!(response);
        loop {
            let since = *self.turn.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let left = match since {
                Some(since) => self.timeout.checked_sub(now.duration_since(since))?,
                None => self.timeout,
            };
            if let Ok(response) = tokio::time::timeout(left, &mut response).await {
                return Some(response);
            }
        }
    }
}

struct Watched {
    body: Body,
    turn: Turn,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        *self.turn.lock().unwrap_or_else(PoisonError::into_inner) =
            frame.is_ready().then(Instant::now);
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
