//! What the pages and the document gate ask of a consent, and leave in it.

#[cfg(all(feature = "pages", feature = "records"))]
use std::sync::Arc;

#[cfg(feature = "pages")]
use http::uri::PathAndQuery;

use super::{Consent, signals::Signals};

impl Consent {
    /// Takes note that the response gets a Content-Security-Policy of what is allowed now.
    #[cfg(feature = "documents")]
    pub(crate) const fn confine(&mut self) {
        self.asked.signals = self.asked.signals.with(Signals::CONFINED, true);
    }

    /// Returns `true` if the response gets a Content-Security-Policy of what is allowed now, which no
    /// later choice can widen.
    #[cfg(feature = "pages")]
    pub(crate) const fn is_confined(&self) -> bool {
        self.asked.signals.has(Signals::CONFINED)
    }

    /// Returns `true` if the crate's own pages have to ask, or to inform: not if the policy follows another tool, which
    /// asks itself.
    #[cfg(feature = "pages")]
    pub(crate) fn needs_banner(&self) -> bool {
        (self.needs_choice() || self.needs_notice()) && !self.policy.is_read_only()
    }

    /// Returns a nonce for a form in this response of the site, which no cache may store then. `None`
    /// where nothing is recorded, and once the head is sent.
    #[cfg(feature = "pages")]
    #[cfg_attr(not(feature = "records"), allow(clippy::unused_self))]
    pub(crate) fn form_nonce(&self) -> Option<String> {
        #[cfg(feature = "records")]
        return self.asked.recording.as_ref()?.response.as_ref()?.nonce();
        #[cfg(not(feature = "records"))]
        return None;
    }

    /// Returns a nonce for a form in a response that no cache stores. `None` where nothing is recorded.
    #[cfg(feature = "pages")]
    #[cfg_attr(not(feature = "records"), allow(clippy::unused_self))]
    pub(crate) fn form_nonce_uncached(&self) -> Option<String> {
        #[cfg(feature = "records")]
        return self
            .asked
            .recording
            .as_ref()
            .and_then(|_| super::recording::random());
        #[cfg(not(feature = "records"))]
        return None;
    }

    /// Returns what the pages say of records, where choices are recorded.
    #[cfg(all(feature = "pages", feature = "records"))]
    pub(crate) const fn recording(&self) -> Option<&super::Recording> {
        self.asked.recording.as_ref()
    }

    /// Notes that choices of this request are recorded.
    #[cfg(all(feature = "pages", feature = "records"))]
    pub(crate) fn record(&mut self, recording: super::Recording) {
        self.asked.recording = Some(recording);
    }

    /// Notes the receipt that the visitor's cookie has, where choices are recorded.
    #[cfg(all(feature = "pages", feature = "records"))]
    pub(crate) fn note_receipt(&mut self, id: String) {
        if let Some(recording) = &mut self.asked.recording {
            recording.receipt = Some(id);
        }
    }

    /// Notes that the choice follows the visitor's account.
    #[cfg(all(feature = "pages", feature = "records"))]
    pub(crate) fn note_account(&mut self, note: super::AccountNote) {
        if let Some(recording) = &mut self.asked.recording {
            recording.account = Some(Arc::new(note));
        }
    }

    /// Returns the path and query of the request as the layer saw it, before any router stripped a
    /// prefix, or `None` without a layer.
    #[cfg(feature = "pages")]
    pub(crate) fn target(&self) -> Option<&PathAndQuery> {
        self.asked.target.as_ref()
    }

    /// Returns the path to return to after a choice made on this page: the [`target`](Self::target)
    /// of a GET or HEAD request, or `None` for the response to a POST, which can't be requested
    /// again.
    #[cfg(feature = "pages")]
    pub(crate) fn return_target(&self) -> Option<&PathAndQuery> {
        self.asked.target.as_ref().filter(|_| self.asked.returnable)
    }
}
