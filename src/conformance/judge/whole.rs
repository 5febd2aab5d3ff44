//! The judgements about an exchange as a whole.

use http::{HeaderValue, Method, StatusCode};

use super::{Hearing, Reading, Requirement};
use crate::{
    Choice,
    conformance::recorder::{Breach, Recorder},
    wire::{
        self,
        cache::{self, Cacheability},
    },
};

impl Hearing<'_> {
    /// Notes the requirements that could be broken under these preferences.
    pub(super) fn exercise(&self, recorder: &mut Recorder) {
        if self.before.unreadable.is_some() || self.before.several {
            recorder.exercise(Requirement::UnclearGrantsNothing);
        }
        match self.before.choice {
            None if self.before.unreadable.is_none() && self.asks() => {
                recorder.exercise(Requirement::NoCookieBeforeConsent);
            }
            None => {}
            Some(choice) => {
                recorder.exercise(Requirement::ChoiceLifetime);
                if !(choice.denied - self.policy.necessary()).is_empty() {
                    recorder.exercise(Requirement::NoCookieAfterRefusal);
                }
                if choice.revision < self.policy.revision() && self.asks() {
                    recorder.exercise(Requirement::ChangesAskAgain);
                }
            }
        }
        if self.honours
            && self.asks()
            && self.consent.gpc()
            && self.before.choice.is_none_or(|choice| !choice.gpc)
        {
            recorder.exercise(Requirement::SignalRefuses);
        }
    }

    /// Returns `true` if the policy contains anything that a visitor can refuse.
    fn asks(&self) -> bool {
        !self.policy.optional().is_empty()
    }

    /// Reports a response that makes the browser delete all its cookies, and with them the
    /// visitor's choice.
    pub(super) fn clearing(&self, recorder: &mut Recorder) {
        let fields = self.exchange.received.get_all("clear-site-data").iter();
        if !fields.map(HeaderValue::as_bytes).any(wire::clears_cookies) {
            return;
        }
        let breach = Breach {
            requirement: Requirement::ChoiceLifetime,
            header: "clear-site-data",
            cookie: None,
            script: false,
            why: "it makes the browser delete all its cookies, including the visitor's choice"
                .to_owned(),
        };
        recorder.breach(self.policy, self.seen, breach);
    }

    /// Reports a page that does not store the refusal of a signal, where the regime remembers it. What a
    /// shared cache keeps can't carry one.
    pub(super) fn remembers_signal(&self, after: &Reading<'_>, recorder: &mut Recorder) {
        let Some(due) = self.consent.signalled_choice() else {
            return;
        };
        if !self.may_remember() {
            return;
        }
        recorder.exercise(Requirement::SignalRefuses);
        let stores = |choice: Choice| choice.gpc || (due.denied - choice.denied).is_empty();
        if !after.choice.is_some_and(stores) {
            let breach = Breach {
                requirement: Requirement::SignalRefuses,
                header: "set-cookie",
                cookie: Some(self.policy.preferences_cookie().name().as_bytes()),
                script: false,
                why: "the request has Sec-GPC: 1, and the response does not store the refusal"
                    .to_owned(),
            };
            recorder.breach(self.policy, self.seen, breach);
        }
    }

    /// Returns `true` for a response that has to store the refusal of a signal, where the regime remembers it.
    fn may_remember(&self) -> bool {
        let exchange = self.exchange;
        let is_page = exchange.method == Method::GET && exchange.status == StatusCode::OK;
        is_page && !cache::keeps_cookies(exchange.received, Cacheability::USUAL, || exchange.now)
    }

    /// Returns `true` for a cookie that this response has to remove if it is refused: not for the choice itself, nor for
    /// what a signal alone refuses, where another response stores that.
    pub(super) fn is_to_expire(&self, name: &[u8]) -> bool {
        let is_signalled = self.consent.signalled_choice().is_some() && !self.may_remember();
        let named = self.policy.find(name).map(|found| found.named);
        let is_denied = || {
            let denied = self.before.choice.map(|choice| choice.denied);
            named
                .zip(denied)
                .is_some_and(|(named, denied)| denied.has(named))
        };
        let mut preferences = self.policy.preferences_names();
        !preferences.any(|own| own.as_bytes() == name) && (!is_signalled || is_denied())
    }

    /// Returns `true` if the browser deletes the storage of the site.
    pub(super) fn clears_storage(&self) -> bool {
        let fields = self.exchange.received.get_all("clear-site-data").iter();
        let mut types = fields
            .map(HeaderValue::as_bytes)
            .flat_map(wire::beside_cookies);
        types.any(|it| it.eq_ignore_ascii_case(b"\"storage\""))
    }

    /// Returns `true` for a necessary cookie other than the choice.
    pub(super) fn is_necessary(&self, name: &[u8]) -> bool {
        let found = self.policy.find(name);
        // The choice is in no category.
        found.is_some_and(|found| self.policy.necessary().has(found.named))
    }
}
