//! Lets visitors choose by the site's own requests, and visits it afterwards.

use http::Method;

use super::{Play, look::situation, maker::Maker};
use crate::{
    Choice,
    conformance::{
        Requirement,
        declining::declines,
        recorder::{Breach, Occasion},
        scenes::Situation,
        target::Target,
        visitor::Visitor,
    },
};

/// The pages that are visited after each choice.
const MOST_VISITED: usize = 10;

/// The visits after a choice: a site may count them.
const VISITS: usize = 3;

/// The further opposite choices, each of which is made by another visitor.
const MOST_OTHERS: usize = 2;

impl<T: Target> Play<T> {
    pub(super) async fn journeys(&mut self) {
        self.tell_unstored();
        let makers = self.makers.clone();
        for first in &makers {
            let name = match first.accepts {
                true => "after the site's own acceptance",
                false => "after the site's own refusal",
            };
            let scene = situation(name, None);
            let mut visitor = self.visitor(&scene);
            self.log_in(&scene, &mut visitor).await;
            self.wander(&scene, &mut visitor, 1).await;
            self.choose(&scene, &mut visitor, first).await;
            // The opposite, as a withdrawal or a change of mind; not every page has each control.
            let scene = situation(format!("{name}, and another choice"), None);
            let mut others = makers.iter().filter(|it| it.accepts != first.accepts);
            for second in others.by_ref() {
                if self.choose(&scene, &mut visitor, second).await {
                    break;
                }
            }
            for second in others.take(MOST_OTHERS) {
                let mut visitor = self.visitor(&scene);
                self.log_in(&scene, &mut visitor).await;
                self.step(&scene, &mut visitor, first.step.clone()).await;
                self.choose(&scene, &mut visitor, second).await;
            }
        }
    }

    /// Makes the choice, and visits the pages after it. Returns `true` if it was stored.
    async fn choose(&mut self, scene: &Situation, visitor: &mut Visitor, maker: &Maker) -> bool {
        let told = self.step(scene, visitor, maker.step.clone()).await;
        let answer = told.and_then(|told| told.answer);
        let Some(stored) = answer.as_ref().and_then(|answer| answer.choice().copied()) else {
            return false;
        };
        let now = self.wander(scene, visitor, 1).await;
        if now.is_some_and(|now| is_other(&now, &stored)) {
            let policy = self.kit.oracle.policy().clone();
            let breach = Breach {
                requirement: Requirement::ChoiceStored,
                header: "cookie",
                cookie: Some(policy.preferences_cookie().name().as_bytes()),
                script: false,
                why:
                    "visits after it come with another choice than the one that this request stored"
                        .to_owned(),
            };
            let seen = Occasion {
                request: &maker.step.label,
                situation: &scene.situation,
            };
            self.ledger.recorder.breach(&policy, seen, breach);
        }
        self.wander(scene, visitor, VISITS - 1).await;
        true
    }

    /// Visits the first pages of the plan as often as this. Returns the choice of the last request.
    async fn wander(
        &mut self,
        scene: &Situation,
        visitor: &mut Visitor,
        times: usize,
    ) -> Option<Choice> {
        let pages = self
            .plan
            .iter()
            .filter(|step| step.parts.method == Method::GET && !declines(&step.parts.uri));
        let pages: Vec<_> = pages.take(MOST_VISITED).cloned().collect();
        let mut last = None;
        for step in pages.iter().cycle().take(pages.len().saturating_mul(times)) {
            let told = self.step(scene, visitor, step.clone()).await;
            last = told.and_then(|told| told.consent?.choice().copied());
        }
        last
    }
}

fn is_other(one: &Choice, other: &Choice) -> bool {
    (one.granted, one.denied) != (other.granted, other.denied)
}
