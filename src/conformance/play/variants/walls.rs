//! Pages that are withheld from some visitors alone: on phones, from other sites, in one language.

use http::Method;
use url::Url;

use crate::conformance::{
    Requirement,
    judge::AnswerJudgement,
    play::{
        Play,
        reading::{CONFIRMATIONS, PageSeen},
        step::Step,
    },
    recorder::Occasion,
    scenes::{self, Situation},
    target::{Target, TargetAnswer},
    visitor::Visitor,
};

/// A response to a visit.
pub(super) struct Seen {
    pub(super) step: Step,
    pub(super) url: Url,
    pub(super) visitor: Visitor,
    pub(super) answer: TargetAnswer,
    pub(super) told: AnswerJudgement,
}

impl Seen {
    pub(super) fn page(&self) -> PageSeen {
        let answer = (&self.answer, &self.told);
        PageSeen::new(&self.step, answer, &self.url, &self.visitor)
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        let parts = |seen: &Self| (seen.answer.status(), seen.answer.body().clone());
        parts(self) == parts(other)
    }
}

impl<T: Target> Play<T> {
    /// Judges a page that is withheld from visitors of this kind alone.
    pub(super) async fn walls_of(
        &mut self,
        all: &[Situation],
        scene: &Situation,
        (usual, seen): (&Seen, &Seen),
    ) {
        let step = &seen.step;
        if step.parts.method != Method::GET || usual.is_same(seen) {
            return;
        }
        let usual = usual.page();
        if usual.withholding(&seen.page()).is_none() {
            return;
        }
        let accepted = all.iter().find(|it| it.situation == scenes::ACCEPTED);
        let Some(accepted) = accepted else {
            return;
        };
        let mut found = None;
        for _ in 0..=CONFIRMATIONS {
            let mut visitors = Vec::new();
            for scene in [accepted, scene] {
                let mut visitor = self.visitor(scene);
                self.log_in(scene, &mut visitor).await;
                visitors.push(self.read_page(scene, &mut visitor, step).await);
            }
            let [Some(one), Some(other)] = visitors.as_slice() else {
                return;
            };
            let Some(why) = one.withholding(other) else {
                return;
            };
            found = Some(why);
        }
        let (Some(why), Some(page)) = (found, usual.page.as_ref()) else {
            return;
        };
        let seen = Occasion {
            request: &step.label,
            situation: &scene.situation,
        };
        page.breach(Requirement::NoWall, why, seen, &mut self.ledger.recorder);
    }
}
