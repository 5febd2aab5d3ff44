//! The layer's opinion of one exchange.

use http::{
    HeaderMap, HeaderName, HeaderValue, Request,
    header::{DATE, SET_COOKIE},
};

use super::{
    fates::{Asking, FieldFate},
    oracle::{Oracle, SeenByService, fields},
};
use crate::{Consent, Expire};

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
        let expire = self.expire();
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
}

/// Returns the response without directives for caches.
fn without_caches(response: &HeaderMap) -> HeaderMap {
    let of_cookies = |name: &HeaderName| [SET_COOKIE, DATE].contains(name);
    let fields = response.iter().filter(|(name, _)| of_cookies(name));
    fields
        .map(|(name, field)| (name.clone(), field.clone()))
        .collect()
}
