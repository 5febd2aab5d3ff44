//! The consent of a request that turned out to carry somebody else's choice, or not the newest one.

use super::{Consent, evaluate::evaluate};
use crate::preferences::{Choice, Reading, Terms};

/// Left in the extensions of a response by the layer that knows the account: the request carried a choice that is
/// not the visitor's, and this is the visitor's consent. Layers around judge the response by it.
#[derive(Clone)]
pub(crate) struct Corrected(pub(crate) Consent);

impl Consent {
    /// Returns the consent of the same request with these preferences instead.
    pub(crate) fn by_reading(&self, reading: &Reading<'_>) -> Self {
        let evaluation = evaluate(&self.policy, reading, self.asked.now, self.asked.signals);
        let mut consent = self.clone();
        consent.judgement = evaluation.judgement;
        consent.choice = reading.choice;
        // What was received beside the choice is not this visitor's either.
        consent.asked.beside = None;
        consent
    }

    /// Returns the consent of the same request with this choice instead, and with nothing of the one before.
    pub(crate) fn by_choice(&self, choice: Choice) -> Self {
        let choice = choice.counted(&self.policy);
        let granted = match self.policy.is_for_minors() {
            true => choice.granted & self.policy.necessary(),
            false => choice.granted,
        };
        let choice = Choice { granted, ..choice };
        let reading = Reading {
            choice: Some(choice),
            denied_by_all: self.policy.denied_by(&choice),
            ..Reading::NONE
        };
        let beside = self.asked.beside.clone();
        let mut consent = self.by_reading(&reading);
        consent.asked.beside = beside;
        consent
    }
}
