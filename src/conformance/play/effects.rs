//! Takes note of what the site does in situations that are compared with each other.

use super::{Play, step::Step};
use crate::conformance::{
    judge::AnswerJudgement,
    ledger::{Effect, Likeness, names},
    scenes::Situation,
    target::{Target, TargetAnswer},
};

impl<T: Target> Play<T> {
    pub(super) fn note_effect(
        &mut self,
        scene: &Situation,
        step: &Step,
        (answer, told): (&TargetAnswer, &AnswerJudgement),
    ) {
        if !Likeness::compares(&scene.situation) {
            return;
        }
        let policy = self.kit.oracle.policy();
        let body = String::from_utf8_lossy(answer.body().as_deref().unwrap_or_default());
        let likeness = &mut self.ledger.likeness;
        let services = policy.services().iter();
        let mut ids = services.filter_map(|number| policy.id_at(number));
        let query = step.parts.uri.query().unwrap_or_default();
        let asked = format!("{query} {}", String::from_utf8_lossy(&step.body));
        let asks = |id: &str| {
            let is_inside = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
            let mut words = asked.split(|c| !is_inside(c));
            words.any(|word| word == id)
        };
        let is_named = ids.any(|id| asks(id) || names(&body, id));
        likeness.names_services |= is_named;
        let effect = Effect::of(policy, answer.status().as_u16(), &told.set, &body);
        likeness.note(&scene.situation, &step.label, effect);
    }
}
