//! Limits how long each side may be silent: there are two times, and only that of the side expected
//! to act is running.
//!
//! A plain timeout around the request would end a long upload that is making progress.

use std::{
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes};
use http::Request;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

#[derive(Clone, Copy)]
enum Turn {
    /// Waiting for the upstream, since this time.
    OfUpstream(Instant),
    /// Waiting for the client to send more of its body.
    OfClient,
    /// The client did not send it in time.
    GivenUp,
}

type Shared = Arc<Mutex<Turn>>;

fn turn(shared: &Shared) -> MutexGuard<'_, Turn> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The side that was silent for too long.
pub(crate) enum Late {
    Upstream,
    Client,
}

pub(crate) struct Patience {
    turn: Shared,
    timeout: Duration,
}

/// Makes the body of the request fail if the client is silent for `of_client`, and the response if
/// the upstream is silent for `of_upstream`.
pub(crate) fn watch(
    request: Request<Body>,
    of_upstream: Duration,
    of_client: Duration,
) -> (Request<Body>, Patience) {
    let turn = Shared::new(Mutex::new(Turn::OfUpstream(Instant::now())));
    let patience = Patience {
        turn: Arc::clone(&turn),
        timeout: of_upstream,
    };
    let request = if request.body().is_end_stream() {
        request
    } else {
        request.map(|body| {
            Body::new(Watched {
                body,
                turn,
                timeout: of_client,
                silence: None,
            })
        })
    };
    (request, patience)
}

impl Patience {
    /// Returns the response, unless a side is silent for too long.
    pub(crate) async fn until<F: Future>(&self, response: F) -> Result<F::Output, Late> {
        let mut response = pin!(response);
        loop {
            let left = match *turn(&self.turn) {
                Turn::OfUpstream(since) => {
                    let left = self.timeout.checked_sub(since.elapsed());
                    left.ok_or(Late::Upstream)?
                }
                // Checks again when the upstream may be expected to act.
                Turn::OfClient => self.timeout,
                Turn::GivenUp => return Err(Late::Client),
            };
            if let Ok(response) = tokio::time::timeout(left, &mut response).await {
                return match *turn(&self.turn) {
                    Turn::GivenUp => Err(Late::Client),
                    _ => Ok(response),
                };
            }
        }
    }
}

struct Watched {
    body: Body,
    turn: Shared,
    timeout: Duration,
    silence: Option<Pin<Box<Sleep>>>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            this.silence = None;
            *turn(&this.turn) = Turn::OfUpstream(Instant::now());
            return Poll::Ready(frame);
        }
        let timeout = this.timeout;
        let silence = this.silence.get_or_insert_with(|| Box::pin(sleep(timeout)));
        if silence.as_mut().poll(cx).is_pending() {
            *turn(&this.turn) = Turn::OfClient;
            return Poll::Pending;
        }
        *turn(&this.turn) = Turn::GivenUp;
        let error = std::io::Error::from(std::io::ErrorKind::TimedOut);
        Poll::Ready(Some(Err(axum::Error::new(error))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
