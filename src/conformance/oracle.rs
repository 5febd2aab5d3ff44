//! What the layer would have done: the kit decides nothing by itself, it lets `CookieConsentLayer`
//! judge what was sent, and compares.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    pin::pin,
    task::{Context, Poll, Waker},
    time::{Duration, UNIX_EPOCH},
};

use http::{HeaderMap, HeaderValue, Request, Response, header::SET_COOKIE};
use tower::{Layer, Service};

use crate::{Consent, CookieConsentLayer, CookiePolicy, Expire, Gpc, Undeclared, wire};

/// How the site means to be judged, and the policy.
#[derive(Clone, Debug)]
pub(super) struct Oracle {
    pub(super) policy: CookiePolicy,
    pub(super) undeclared: Undeclared,
    pub(super) expire: Expire,
    pub(super) gpc: Gpc,
}

/// What the layer did to one `Set-Cookie` field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Passed,
    Stripped,
    /// Cut to 13 months.
    Clamped,
    /// Made a removal that every browser takes for one.
    Replaced,
}

/// What the layer makes of one exchange.
#[derive(Debug)]
pub(super) struct Opinion {
    /// `None` only if the layer had not answered at once, which it always does here.
    pub(super) consent: Option<Consent>,
    /// The request's fields, as the service may see them.
    pub(super) visible: HeaderMap,
    /// One for each `Set-Cookie` field.
    pub(super) fates: Vec<Fate>,
    /// The fields that the layer added.
    pub(super) added: Vec<HeaderValue>,
}

impl Oracle {
    pub(super) fn ask(&self, request: Request<()>, response: &HeaderMap, now: u64) -> Opinion {
        let sent = fields(response);
        let filtered = self.pass(Expire::Never, copy(&request), response.clone(), now);
        let fates = fates(&sent, &fields(filtered.headers()));
        let kept = filtered.headers().get_all(SET_COOKIE).iter().count();
        let mut judged = self.pass(self.expire, request, response.clone(), now);
        let added = fields(judged.headers()).split_off(kept);
        let seen = judged.extensions_mut().remove::<SeenByService>();
        let (consent, visible) = seen.map_or_else(Default::default, |seen| (seen.0, seen.1));
        Opinion {
            consent,
            visible,
            fates,
            added,
        }
    }

    fn pass(
        &self,
        expire: Expire,
        request: Request<()>,
        response: HeaderMap,
        now: u64,
    ) -> Response<()> {
        let clock = UNIX_EPOCH.checked_add(Duration::from_secs(now));
        let clock = clock.unwrap_or(UNIX_EPOCH);
        let layer = CookieConsentLayer::new(self.policy.clone())
            .undeclared(self.undeclared)
            .expire(expire)
            .gpc(self.gpc)
            .with_clock(move || clock);
        let future = pin!(layer.layer(Recorded(response)).call(request));
        let answered = quietly(|| future.poll(&mut Context::from_waker(Waker::noop())));
        match answered {
            Poll::Ready(Ok(response)) => response,
            Poll::Pending => Response::new(()),
        }
    }
}

/// What the layer would log here is no event of the site.
#[cfg(feature = "tracing")]
fn quietly<T>(judge: impl FnOnce() -> T) -> T {
    tracing::dispatcher::with_default(&tracing::Dispatch::none(), judge)
}

#[cfg(not(feature = "tracing"))]
fn quietly<T>(judge: impl FnOnce() -> T) -> T {
    judge()
}

fn fields(headers: &HeaderMap) -> Vec<HeaderValue> {
    headers.get_all(SET_COOKIE).iter().cloned().collect()
}

fn copy(request: &Request<()>) -> Request<()> {
    let mut copy = Request::new(());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    copy
}

/// The layer keeps order, so that both lists are walked together.
fn fates(sent: &[HeaderValue], left: &[HeaderValue]) -> Vec<Fate> {
    let mut left = left.iter().peekable();
    let mut fates = Vec::with_capacity(sent.len());
    for field in sent {
        let bytes = field.as_bytes();
        let fate = match left.peek().map(|next| next.as_bytes()) {
            Some(next) if next == bytes => Fate::Passed,
            Some(next) if next.starts_with(bytes) => Fate::Clamped,
            Some(next) if is_replacement(bytes, next) => Fate::Replaced,
            _ => Fate::Stripped,
        };
        if fate != Fate::Stripped {
            left.next();
        }
        fates.push(fate);
    }
    fates
}

/// The layer's own removals have no value and end in 1970; a service's field that looks the same
/// has passed, and is found by its bytes.
fn is_replacement(sent: &[u8], next: &[u8]) -> bool {
    wire::name(sent).is_ok()
        && wire::name(sent) == wire::name(next)
        && wire::value(next).is_empty()
        && wire::lifetime(next, u64::MAX) == wire::Lifetime::Seconds(0)
}

/// A service that answers with what was recorded, and says what it saw.
#[derive(Debug)]
struct Recorded(HeaderMap);

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
