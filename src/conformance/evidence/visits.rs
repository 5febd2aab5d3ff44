//! Visits that are kept as HTTP archives, without any value.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http::{request, response};
use serde::Serialize;

use super::exchange::Exchange;

/// The exchanges that are kept of one situation.
const MOST_EXCHANGES: usize = 500;

/// The other sites that are kept.
const MOST_SITES: usize = 500;

/// The exchanges of visits, for HTTP archives (HAR 1.2) in a pack of evidence: those of the kit, through
/// [`Conformance::capture_to`](crate::conformance::Conformance::capture_to), or of a browser that the site
/// drives. Clones share their contents, at most 500 exchanges of each situation.
///
/// It never holds the value of a cookie: values are replaced by `[left out]` when an exchange is added, and so are
/// values in queries, nonces, and those of headers that are not known to be the same for all visitors. Parts
/// of paths that look generated are replaced by `*`. Bodies are not kept.
///
/// ```
/// use http::{Request, Response};
/// use tower_cookie_consent::conformance::CapturedVisits;
///
/// let visits = CapturedVisits::new();
/// let request = Request::get("https://www.example.org/?id=4711").header("cookie", "sid=abc").body(())?;
/// let response = Response::builder().header("set-cookie", "sid=def; Path=/; Secure").body(())?;
/// visits.add("before a choice", &request.into_parts().0, &response.into_parts().0);
/// assert_eq!(visits.situations(), ["before a choice"]);
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct CapturedVisits(Arc<Mutex<Captured>>);

#[derive(Clone, Debug, Default)]
pub(super) struct Captured {
    pub(super) situations: BTreeMap<String, Situation>,
    pub(super) sites: BTreeMap<String, MetSite>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Situation {
    pub(super) exchanges: Vec<Exchange>,
    /// The number of those beyond the limit.
    pub(super) left_out: usize,
}

/// Another site that pages load from.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct MetSite {
    /// The id of the service that declares it.
    service: Option<String>,
    elements: BTreeSet<String>,
    situations: BTreeSet<String>,
}

impl CapturedVisits {
    /// Creates an empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an exchange of this situation, such as `after a refusal`. The URI of the request has a scheme and
    /// a host, or its `Host` names the host.
    pub fn add(&self, situation: &str, request: &request::Parts, response: &response::Parts) {
        let exchange = Exchange::new(request, response);
        let mut captured = self.captured();
        let of = captured.situations.entry(situation.to_owned()).or_default();
        match of.exchanges.len() < MOST_EXCHANGES {
            true => of.exchanges.push(exchange),
            false => of.left_out += 1,
        }
    }

    /// Adds an origin that a page loads from.
    pub(in crate::conformance) fn meet(
        &self,
        situation: &str,
        element: &str,
        origin: String,
        service: Option<&str>,
    ) {
        let mut captured = self.captured();
        let is_full = captured.sites.len() >= MOST_SITES;
        if is_full && !captured.sites.contains_key(&origin) {
            return;
        }
        let met = captured.sites.entry(origin).or_default();
        met.service = service.map(str::to_owned);
        met.elements.insert(element.to_owned());
        met.situations.insert(situation.to_owned());
    }

    /// Returns the situations, sorted.
    #[must_use]
    pub fn situations(&self) -> Vec<String> {
        self.captured().situations.keys().cloned().collect()
    }

    pub(super) fn copy(&self) -> Captured {
        self.captured().clone()
    }

    fn captured(&self) -> MutexGuard<'_, Captured> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for CapturedVisits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CapturedVisits")
            .field("situations", &self.situations())
            .finish()
    }
}
