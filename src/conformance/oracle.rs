//! The layer's opinion: the kit decides nothing by itself, but lets `CookieConsentLayer` judge what
//! was sent, and compares.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    pin::pin,
    task::{Context, Poll, Waker},
    time::{Duration, UNIX_EPOCH},
};

use http::{HeaderMap, HeaderValue, Request, Response, header::SET_COOKIE};
use tower::{Layer, Service};

use crate::{Consent, CookieConsentLayer, CookiePolicy, Expire, Gpc, layer::StateHeaders};

/// The site's layer, which judges what was sent.
#[derive(Clone, Debug)]
pub(super) struct Oracle {
    layer: CookieConsentLayer,
}

impl Oracle {
    pub(super) fn of(layer: &CookieConsentLayer) -> Self {
        Self {
            layer: layer.for_kit(),
        }
    }

    pub(super) fn policy(&self) -> &CookiePolicy {
        self.layer.policy()
    }

    pub(super) fn gpc(&self) -> Gpc {
        self.layer.gpc_switch()
    }

    pub(super) fn set_gpc(&mut self, gpc: Gpc) {
        self.layer = self.layer.clone().gpc(gpc);
    }

    pub(super) fn expire(&self) -> Expire {
        self.layer.expire_switch()
    }

    pub(super) fn state_headers(&self) -> StateHeaders {
        self.layer.state_headers_switch()
    }

    /// Returns the site's time in seconds since 1970.
    pub(super) fn now(&self) -> u64 {
        self.layer.now()
    }

    /// Returns the site's layer at this time.
    pub(super) fn layer_at(&self, now: u64) -> CookieConsentLayer {
        let clock = UNIX_EPOCH.checked_add(Duration::from_secs(now));
        let clock = clock.unwrap_or(UNIX_EPOCH);
        self.layer.clone().with_clock(move || clock)
    }

    pub(super) fn pass(
        &self,
        expire: Expire,
        request: &Request<()>,
        response: HeaderMap,
        now: u64,
    ) -> Response<()> {
        let layer = self.layer_at(now).expire(expire);
        // Other headers are judged separately.
        let layer = layer.state_headers(StateHeaders::default());
        let future = pin!(layer.layer(Recorded(response)).call(copy(request)));
        let answered = quietly(|| future.poll(&mut Context::from_waker(Waker::noop())));
        match answered {
            Poll::Ready(Ok(response)) => response,
            Poll::Pending => Response::new(()),
        }
    }
}

/// Suppresses the layer's log, which would not be about the site's events.
#[cfg(feature = "tracing")]
pub(super) fn quietly<T>(judge: impl FnOnce() -> T) -> T {
    tracing::dispatcher::with_default(&tracing::Dispatch::none(), judge)
}

#[cfg(not(feature = "tracing"))]
pub(super) fn quietly<T>(judge: impl FnOnce() -> T) -> T {
    judge()
}

pub(super) fn fields(headers: &HeaderMap) -> Vec<HeaderValue> {
    headers.get_all(SET_COOKIE).iter().cloned().collect()
}

fn copy(request: &Request<()>) -> Request<()> {
    let mut copy = Request::new(());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    copy
}

/// A service that gives the recorded response and returns what it saw.
#[derive(Debug)]
pub(super) struct Recorded(pub(super) HeaderMap);

#[derive(Clone)]
pub(super) struct SeenByService(pub(super) Option<Consent>, pub(super) HeaderMap);

impl Service<Request<()>> for Recorded {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<()>) -> Self::Future {
        let mut response = Response::new(());
        *response.headers_mut() = std::mem::take(&mut self.0);
        let consent = request.extensions_mut().remove::<Consent>();
        let headers = std::mem::take(request.headers_mut());
        let seen = SeenByService(consent, headers);
        response.extensions_mut().insert(seen);
        ready(Ok(response))
    }
}
