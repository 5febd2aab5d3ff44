//! The names of the cookies that the site sets without a choice.

use std::collections::BTreeSet;

use crate::conformance::{
    identifiers::set_names,
    judge::{AnswerJudgement, PlayedExchange},
    scenes::{self, Situation},
};

/// The names of the cookies that the site has set.
#[derive(Debug, Default)]
pub(super) struct SetNames {
    /// To visitors who have made no choice, by responses that make none.
    pub(super) undecided: BTreeSet<String>,
}

impl SetNames {
    /// Takes note of what a response sets.
    pub(super) fn note(
        &mut self,
        scene: &Situation,
        exchange: &PlayedExchange<'_>,
        told: &AnswerJudgement,
    ) {
        if !told.chose && scene.situation == scenes::UNDECIDED {
            self.undecided
                .extend(set_names(exchange).map(|(name, _)| name));
        }
    }
}
