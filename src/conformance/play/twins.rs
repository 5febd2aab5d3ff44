//! Makes each request of the plan as visitors who differ only in their choice: necessary cookies may not depend
//! on it.

use std::collections::BTreeSet;

use super::{
    MOST_REPEATED, Play,
    step::Step,
    twin::{Difference, Twin},
};
use crate::conformance::{
    Requirement,
    recorder::{Breach, Occasion},
    scenes::{self, Situation},
    target::Target,
    third_parties,
    visitor::Visitor,
};

/// The situations that are compared with that after an acceptance, beside consent to one category.
const OTHERS: [&str; 5] = [
    scenes::UNDECIDED,
    scenes::REFUSED,
    scenes::EXPIRED,
    scenes::MALFORMED,
    scenes::SIGNALLED,
];

/// Returns `true` for consent to one category alone.
pub(super) fn is_partial(scene: &Situation) -> bool {
    let (name, end) = (&scene.situation, " alone");
    name.starts_with("after consent to ") && name.ends_with(end)
}

/// The number of times that a difference has to occur to count: a site may set something by chance, or by its own time.
pub(super) const CONFIRMATIONS: usize = 4;

/// Two visitors who differ in their choice.
struct Pair<'a> {
    accepted: (&'a Situation, Visitor),
    other: (&'a Situation, Visitor),
}

impl<T: Target> Play<T> {
    pub(super) async fn twins(&mut self, all: &[Situation]) {
        let of_name = |name: &str| all.iter().find(|scene| scene.situation == name);
        let Some(accepted) = of_name(scenes::ACCEPTED) else {
            return;
        };
        for is_settled in [false, true] {
            let partial = all.iter().find(|scene| is_partial(scene));
            for other in OTHERS.into_iter().filter_map(of_name).chain(partial) {
                let mut pair = Pair {
                    accepted: (accepted, self.newcomer(accepted, is_settled)),
                    other: (other, self.newcomer(other, is_settled)),
                };
                if !is_settled {
                    for (scene, visitor) in [&mut pair.accepted, &mut pair.other] {
                        self.log_in(scene, visitor).await;
                    }
                }
                for step in self.plan.clone().into_iter().take(MOST_REPEATED) {
                    self.compare_twins(&pair, &step).await;
                }
            }
        }
    }

    /// Returns a visitor with the scene's preferences, and if `is_settled` with the necessary cookies that the
    /// site has set before.
    pub(super) fn newcomer(&self, scene: &Situation, is_settled: bool) -> Visitor {
        let policy = self.kit.oracle.policy();
        let mut visitor = Visitor::new(&self.kit, &self.site);
        if let Some(other) = self.accepted.as_ref().filter(|_| is_settled) {
            visitor.settle(other, policy, &self.site);
        }
        visitor.enter(scene, policy, &self.site);
        visitor
    }

    async fn compare_twins(&mut self, pair: &Pair<'_>, step: &Step) {
        let mut found: Option<BTreeSet<Difference>> = None;
        for _ in 0..=CONFIRMATIONS {
            let (scene, visitor) = &pair.accepted;
            let one = self.twin(scene, visitor, step).await;
            let (scene, visitor) = &pair.other;
            let other = self.twin(scene, visitor, step).await;
            let (Some(one), Some(other)) = (one, other) else {
                return;
            };
            // The response is about that choice.
            if one.chose || other.chose {
                return;
            }
            let is_refused = scene.situation != scenes::UNDECIDED;
            let new = one.differences(&other, self.kit.oracle.policy(), is_refused);
            let left = match found.take() {
                Some(found) => found.intersection(&new).cloned().collect(),
                None => new,
            };
            if left.is_empty() {
                return;
            }
            found = Some(left);
        }
        let policy = self.kit.oracle.policy().clone();
        let seen = Occasion {
            request: &step.label,
            situation: &pair.other.0.situation,
        };
        for difference in found.unwrap_or_default() {
            let breach = Breach {
                requirement: Requirement::NecessaryKept,
                header: "set-cookie",
                cookie: Some(difference.cookie().as_bytes()),
                script: false,
                why: difference.why(),
            };
            self.ledger.recorder.breach(&policy, seen, breach);
        }
    }

    /// Sends the request as one of the visitors, who is the same for each request.
    async fn twin(&mut self, scene: &Situation, visitor: &Visitor, step: &Step) -> Option<Twin> {
        let mut visitor = visitor.clone();
        let heard = self
            .played(scene, &mut visitor, step, third_parties::wants_body)
            .await;
        let played = heard?;
        let exchange = played.exchange();
        let policy = self.kit.oracle.policy();
        if exchange.received.contains_key("set-cookie") {
            self.ledger.recorder.exercise(Requirement::NecessaryKept);
        }
        Some(Twin::of(policy, &exchange, &played.answer, &played.told))
    }
}
