//! What is kept of a request until its response shows whether there is a choice to record, which nearly
//! always there is not.

use std::fmt;
#[cfg(feature = "pages")]
use std::sync::Arc;

use http::{
    HeaderMap, HeaderValue, Request, Response,
    header::{HOST, SET_COOKIE},
    uri::Authority,
};

use super::{RecordId, Records, outbox::Handle, receipt};
#[cfg(feature = "pages")]
use crate::consent::{Recording, ResponseHead};
use crate::{
    consent::{Consent, Corrected, SignalledChoice, Snapshot},
    layer::RequestHead,
    policy::CookiePolicy,
    wire::{
        self,
        cache::{self, Cacheability},
        host,
    },
};

/// The facts about a request that matter if its response carries a choice: reference counts and numbers.
pub struct Visitor {
    pub(super) consent: Snapshot,
    pub(super) site: Option<SaidSite>,
    pub(super) known: Option<Box<Known>>,
    /// The refusal that the request's signal makes, where it is remembered.
    signalled: Option<SignalledChoice>,
    pub(super) records: Records,
    #[cfg(feature = "pages")]
    head: Option<ResponseHead>,
}

/// The site by the request, where it has no name of its own.
pub(super) enum SaidSite {
    Authority(Authority),
    Host(HeaderValue),
}

impl SaidSite {
    fn of<B>(request: &Request<B>) -> Option<Self> {
        match request.uri().authority() {
            Some(authority) => Some(Self::Authority(authority.clone())),
            None => request.headers().get(HOST).cloned().map(Self::Host),
        }
    }

    /// Returns the name of the host, in lower case; empty if there is none.
    pub(super) fn name(&self) -> String {
        let said = match self {
            Self::Authority(authority) => authority.host().as_bytes(),
            Self::Host(field) => field.as_bytes(),
        };
        host::name_in(said).unwrap_or_default().to_ascii_lowercase()
    }
}

/// What ties the record to a visitor, where anything does.
pub(super) struct Known {
    /// The record before, by the receipt.
    pub(super) previous: Option<RecordId>,
    /// The name of the account.
    pub(super) account: Option<String>,
    /// The providers' name for the visitor.
    pub(super) handle: Option<String>,
}

/// Does not show the consent, which contains the visitor's choice.
impl fmt::Debug for Visitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visitor").finish_non_exhaustive()
    }
}

impl Visitor {
    /// Returns `None` without a consent: then no consent layer is around, and nothing counts.
    #[inline]
    pub(super) fn of<B>(
        records: &Records,
        #[cfg(feature = "pages")] banner_nonces: bool,
        request: &mut Request<B>,
    ) -> Option<Self> {
        let Some(consent) = request.extensions_mut().get_mut::<Consent>() else {
            take_receipt(records, None, request);
            return None;
        };
        #[cfg(feature = "pages")]
        let head = announce(records, banner_nonces, consent);
        let consent = Snapshot::of(consent);
        let policy = consent.policy();
        let signalled = match policy.is_in_regime() {
            true => request.extensions_mut().remove(),
            false => None,
        };
        let previous = take_receipt(records, Some(policy), request);
        Some(Self {
            signalled,
            site: match records.0.settings.site {
                Some(_) => None,
                None => SaidSite::of(request),
            },
            known: Known::of(records, previous, request),
            records: records.clone(),
            consent,
            #[cfg(feature = "pages")]
            head,
        })
    }

    /// Returns `true` if a header of the response may set the choice, or if the request's signal does now.
    #[inline]
    pub(super) fn makes_a_choice<B>(&mut self, response: &mut Response<B>) -> bool {
        // A response with the nonce of a form is for one visitor at one time.
        #[cfg(feature = "pages")]
        if self.head.take().is_some_and(ResponseHead::close) {
            cache::forbid_storing(response.headers_mut());
        }
        let policy = self.consent.policy();
        may_be_set_in(policy, response.headers()) || self.is_refused_by_signal(response)
    }

    /// Adds the refusal that the request's signal makes, unless a shared cache would give it to everybody.
    #[inline]
    fn is_refused_by_signal<B>(&mut self, response: &mut Response<B>) -> bool {
        let Some(SignalledChoice(set)) = self.signalled.take() else {
            return false;
        };
        let now = || self.consent.now();
        // It has the rest of a choice that is not this visitor's.
        let is_corrected = response.extensions().get::<Corrected>().is_some();
        if is_corrected
            || cache::keeps_cookies(response.headers(), Cacheability::USUAL, now)
            || set.apply_to(response).is_err()
        {
            return false;
        }
        cache::forbid_sharing(response.headers_mut());
        may_be_set_in(self.consent.policy(), response.headers())
    }
}

impl Known {
    #[inline]
    fn of<B>(
        records: &Records,
        previous: Option<RecordId>,
        request: &Request<B>,
    ) -> Option<Box<Self>> {
        let settings = &records.0.settings;
        let (handle, accounts) = (settings.handle.as_ref(), settings.accounts.as_ref());
        if handle.is_none() && accounts.is_none() && previous.is_none() {
            return None;
        }
        Some(Box::new(Self {
            previous,
            account: accounts.and_then(|accounts| accounts.name(RequestHead::of(request))),
            // Not every store takes a NUL, and without it the name would be that of somebody else.
            handle: handle
                .and_then(|Handle(hook)| hook(RequestHead::of(request)))
                .filter(|handle| !handle.contains('\0')),
        }))
    }
}

/// Returns `true` if a header sets a cookie with the choice.
#[inline]
fn may_be_set_in(policy: &CookiePolicy, headers: &HeaderMap) -> bool {
    // Most responses have so few headers that a look at each costs less than one look-up.
    headers.keys().any(|name| name == SET_COOKIE)
        && !policy.is_read_only()
        && sets_choice(policy, headers)
}

/// Out of line, so that responses without cookies do not pay for it.
#[inline(never)]
fn sets_choice(policy: &CookiePolicy, headers: &HeaderMap) -> bool {
    let own = policy.own_preferences_names();
    let mut fields = headers.get_all(SET_COOKIE).iter();
    fields.any(|field| own.iter().any(|own| wire::is_named(field.as_bytes(), own)))
}

/// Returns `true` for the names of the preferences cookie itself, not of former ones.
pub(super) fn is_of_choice(policy: &CookiePolicy, name: &[u8]) -> bool {
    let mut own = policy.own_preferences_names().iter();
    own.any(|own| own.as_bytes() == name)
}

/// Takes the receipt out of a request for the pages. They get its id in the consent, and the service behind sees no
/// id.
#[inline]
fn take_receipt<B>(
    records: &Records,
    policy: Option<&CookiePolicy>,
    request: &mut Request<B>,
) -> Option<RecordId> {
    let path = records.0.settings.subject.receipts_at(policy)?;
    match request.uri().path().starts_with(path) {
        true => hand_over_receipt(request),
        false => None,
    }
}

#[cold]
fn hand_over_receipt<B>(request: &mut Request<B>) -> Option<RecordId> {
    let receipt = receipt::take(request.headers_mut())?;
    #[cfg(feature = "pages")]
    if let Some(consent) = request.extensions_mut().get_mut::<Consent>() {
        consent.note_receipt(receipt.to_string());
    }
    Some(receipt)
}

/// Tells the pages that choices are recorded. Returns the head of the response if its banner may have a
/// nonce.
#[cfg(feature = "pages")]
#[inline]
fn announce(records: &Records, banner_nonces: bool, consent: &mut Consent) -> Option<ResponseHead> {
    let asks = banner_nonces && consent.needs_banner();
    let head = asks.then(ResponseHead::default);
    consent.record(Recording {
        terms: Arc::clone(&records.0.terms),
        response: head.as_ref().map(ResponseHead::response),
        receipt: None,
        account: None,
    });
    head
}
