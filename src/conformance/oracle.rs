//! The layer's opinion: the kit decides nothing by itself, but lets `CookieConsentLayer` judge what
//! was sent, and compares.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    pin::pin,
    task::{Context, Poll, Waker},
    time::{Duration, UNIX_EPOCH},
};

use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response,
    header::{DATE, SET_COOKIE},
};
use tower::{Layer, Service};

use super::fates::{Asking, FieldFate};
use crate::{Consent, CookieConsentLayer, CookiePolicy, Expire, Gpc, layer::StateHeaders};

/// The site's layer, which judges what was sent.
#[derive(Clone, Debug)]
pub(super) struct Oracle {
    layer: CookieConsentLayer,
}

/// The layer's result for one exchange.
#[derive(Debug)]
pub(super) struct Opinion {
    /// `None` only if the layer did not respond at once, which it always does here.
    pub(super) consent: Option<Consent>,
    /// The request's headers, as the service may see them.
    pub(super) visible: HeaderMap,
    /// One for each `Set-Cookie` field.
    pub(super) fates: Vec<FieldFate>,
    /// The fields that the layer added.
    pub(super) added: Vec<HeaderValue>,
    /// The headers that it would have added if shared caches could not store the response.
    pub(super) added_uncached: Vec<HeaderValue>,
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

    pub(super) fn ask(&self, request: &Request<()>, response: &HeaderMap, now: u64) -> Opinion {
        let sent = fields(response);
        let filtered = self.pass(Expire::Never, request, response.clone(), now);
        let left = fields(filtered.headers());
        let asking = Asking {
            oracle: self,
            request,
            response,
            now,
        };
        let fates = asking.fates(&sent, &left);
        let expire = self.layer.expire_switch();
        let mut judged = self.pass(expire, request, response.clone(), now);
        let added = fields(judged.headers()).split_off(left.len());
        let seen = judged.extensions_mut().remove::<SeenByService>();
        let (consent, visible) = seen.map_or_else(Default::default, |seen| (seen.0, seen.1));
        let uncached = self.pass(expire, request, without_caches(response), now);
        Opinion {
            consent,
            visible,
            fates,
            added,
            added_uncached: fields(uncached.headers()).split_off(left.len()),
        }
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

/// Returns the response without directives for caches.
fn without_caches(response: &HeaderMap) -> HeaderMap {
    let of_cookies = |name: &HeaderName| [SET_COOKIE, DATE].contains(name);
    let fields = response.iter().filter(|(name, _)| of_cookies(name));
    fields
        .map(|(name, field)| (name.clone(), field.clone()))
        .collect()
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
struct SeenByService(Option<Consent>, HeaderMap);

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
