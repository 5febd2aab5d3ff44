//! The service's view of a request, which the wire does not show.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use http::{HeaderMap, Request};
use tower::{Layer, Service};

use super::judge::names_in;

/// A layer to put *inside* the consent layer in a test. It reports to the kit which cookie names
/// reach the service, and whether `Sec-GPC` does.
///
/// Clones share their data. It only keeps the names of the last request, and no values. It is not
/// for production.
///
/// ```
/// use tower_cookie_consent::{Category, CookieConsentLayer, CookieDeclaration, CookiePolicy};
/// use tower_cookie_consent::conformance::{Conformance, Outcome, Probe, Requirement};
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// let policy = CookiePolicy::new([
///     Category::consent("ads").cookie(CookieDeclaration::new("_ga")),
/// ]).unwrap();
/// let probe = Probe::new();
/// let app: axum::Router = axum::Router::new()
///     .layer(probe.clone())
///     .layer(CookieConsentLayer::new(policy.clone()));
/// let report = Conformance::new(policy).probe(&probe).check(app).await;
/// assert_eq!(report.outcome(Requirement::HiddenWithoutConsent), Outcome::Held);
/// # });
/// ```
#[derive(Clone, Default)]
pub struct Probe(Arc<Mutex<Option<Sight>>>);

/// The names that reached the service with one request.
#[derive(Default)]
pub(super) struct Sight {
    pub(super) names: Vec<Vec<u8>>,
    pub(super) gpc: bool,
}

/// Does not show what it has seen.
impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe").finish_non_exhaustive()
    }
}

impl Sight {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        Self {
            names: names_in(headers).map(<[u8]>::to_vec).collect(),
            gpc: headers.contains_key("sec-gpc"),
        }
    }
}

impl Probe {
    /// Creates a probe that has not seen anything yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn take(&self) -> Option<Sight> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, sight: Sight) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(sight);
    }
}

impl<S> Layer<S> for Probe {
    type Service = Probed<S>;

    fn layer(&self, inner: S) -> Probed<S> {
        Probed {
            inner,
            probe: self.clone(),
        }
    }
}

/// A service wrapped in a [`Probe`].
#[derive(Clone, Debug)]
pub struct Probed<S> {
    inner: S,
    probe: Probe,
}

impl<S, B> Service<Request<B>> for Probed<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> S::Future {
        self.probe.put(Sight::of(request.headers()));
        self.inner.call(request)
    }
}
