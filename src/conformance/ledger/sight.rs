//! The request as the service saw it.

use http::HeaderMap;

use super::Ledger;
use crate::{
    Verdict,
    conformance::{
        Requirement,
        judge::{AnswerJudgement, text},
        probe::Sight,
        recorder::{Breach, Occasion},
    },
};

impl Ledger {
    /// Compares what the service saw with what it may see.
    pub(in crate::conformance) fn compare_sight(
        &mut self,
        told: &AnswerJudgement,
        sight: &Sight,
        seen: Occasion<'_>,
    ) {
        let policy = &self.policy;
        if !told.to_hide.is_empty() {
            self.recorder.exercise(Requirement::HiddenWithoutConsent);
        }
        for name in sight
            .names
            .iter()
            .filter(|name| told.to_hide.contains(*name))
        {
            let why = match told
                .consent
                .as_ref()
                .map(|consent| consent.verdict(&text(name)))
            {
                Some(Verdict::Withheld(why)) => why.as_str(),
                _ => "it is withheld",
            };
            let breach = Breach {
                requirement: Requirement::HiddenWithoutConsent,
                header: "cookie",
                cookie: Some(name),
                script: false,
                why: format!("the service sees it, although {why}"),
            };
            self.recorder.breach(policy, seen, breach);
        }
    }

    /// Checks that the service sees the necessary cookies.
    pub(in crate::conformance) fn compare_necessary(
        &mut self,
        told: &AnswerJudgement,
        sight: &Sight,
        seen: Occasion<'_>,
    ) {
        for name in &told.to_show {
            self.recorder.exercise(Requirement::NecessaryKept);
            if !sight.names.contains(name) {
                let breach = Breach {
                    requirement: Requirement::NecessaryKept,
                    header: "cookie",
                    cookie: Some(name),
                    script: false,
                    why:
                        "the request carries this necessary cookie, and the service does not see it"
                            .to_owned(),
                };
                self.recorder.breach(&self.policy, seen, breach);
            }
        }
    }

    /// Checks that the signal came through.
    pub(in crate::conformance) fn compare_signal(
        &mut self,
        sent: &HeaderMap,
        sight: &Sight,
        seen: Occasion<'_>,
    ) {
        if sent.contains_key("sec-gpc") && !sight.gpc {
            let breach = Breach {
                requirement: Requirement::SignalRefuses,
                header: "sec-gpc",
                cookie: None,
                script: false,
                why: "the signal is removed before the service".to_owned(),
            };
            self.recorder.breach(&self.policy, seen, breach);
        }
    }
}
