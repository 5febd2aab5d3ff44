//! Accepts everything after an opt-out, which takes a separate confirmation.

use super::{
    Play,
    look::{OptOuts, is_same, page_step, situation, submitted},
    step::Step,
};
use crate::{
    Consent,
    conformance::{
        Requirement,
        opt_outs::has_opted_out,
        recorder::{Breach, Occasion},
        scenes::Situation,
        target::Target,
        visitor::Visitor,
    },
};

/// The pages on which a button that accepts is looked for.
const MOST_SEARCHED: usize = 20;
/// The ways of accepting that are tried.
const MOST_TRIED: usize = 5;

/// The way in which the visitor opted out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Signal,
    Page,
}

impl Way {
    const fn situation(self) -> &'static str {
        match self {
            Self::Signal => "acceptance after a remembered signal",
            Self::Page => "acceptance after an opt-out",
        }
    }
}

impl<T: Target> Play<T> {
    /// Takes note of a request of the plan that accepts everything that can be opted out of.
    pub(super) fn note_acceptance(&mut self, step: &Step, answer: Option<&Consent>) {
        if step.parts.method.is_safe() || self.accepting.len() >= MOST_TRIED {
            return;
        }
        let accepts_all = answer.is_some_and(|answer| {
            let (policy, granted) = (answer.policy(), answer.choice().map(|it| it.granted));
            let left = |granted| (policy.optional() - policy.services() - granted).is_empty();
            !policy.opt_out().is_empty() && granted.is_some_and(left)
        });
        let is_confirmed = is_confirmation(&step.body);
        let is_new = !self.accepting.iter().any(|known| is_same(known, step));
        if accepts_all && !is_confirmed && is_new {
            self.accepting.push(step.clone());
        }
    }

    /// Accepts in every way that is known, as a visitor who has opted out.
    pub(super) async fn acceptances(
        &mut self,
        opt_outs: &mut OptOuts,
        way: Way,
        visitor: &Visitor,
    ) {
        let scene = situation(way.situation(), None);
        let mut tried = self.accepting.clone();
        tried.extend(self.acceptance_on_a_page(opt_outs, &scene, visitor).await);
        if tried.is_empty() {
            self.ledger.recorder.note(
                "no button that accepts everything was found (data-opt-out=\"accept\"), and no request of the \
                 plan does: whether that undoes an opt-out was not checked",
            );
        }
        for step in &tried {
            let mut visitor = visitor.clone();
            let Some(look) = self.look(&scene, &mut visitor, step).await else {
                continue;
            };
            let Some(before) = look.told.consent.as_ref() else {
                continue;
            };
            let policy = before.policy();
            if policy.opt_out().is_empty() || !has_opted_out(before) {
                continue;
            }
            let recorder = &mut self.ledger.recorder;
            recorder.exercise(Requirement::OptInConfirmed);
            let undoes = |answer: &Consent| {
                let granted = answer.choice().map(|choice| choice.granted);
                granted.is_some_and(|granted| !(granted & policy.opt_out()).is_empty())
            };
            if look.told.answer.as_ref().is_some_and(undoes) {
                let breach = Breach {
                    requirement: Requirement::OptInConfirmed,
                    header: "set-cookie",
                    cookie: Some(policy.preferences_cookie().name().as_bytes()),
                    script: false,
                    why: "accepting everything allows again what the visitor opted out of, without a separate \
                          confirmation"
                        .to_owned(),
                };
                let seen = Occasion {
                    request: &look.label,
                    situation: &scene.situation,
                };
                recorder.breach(policy, seen, breach);
            }
        }
    }

    /// Returns what the first button that accepts sends: on the forms for choices, the pages, or the opt-out
    /// page.
    async fn acceptance_on_a_page(
        &mut self,
        opt_outs: &mut OptOuts,
        scene: &Situation,
        visitor: &Visitor,
    ) -> Option<Step> {
        let choices = opt_outs.known.choices.iter();
        let choices = choices.filter_map(|path| self.site.join(path).ok());
        let last = opt_outs.known.opt_out.clone();
        let mut steps: Vec<_> = choices.filter_map(|url| page_step(&url)).collect();
        steps.extend(opt_outs.pages.iter().cloned());
        steps.extend(last.as_ref().and_then(page_step));
        for step in steps.iter().take(MOST_SEARCHED) {
            let mut visitor = visitor.clone();
            let look = self.look(scene, &mut visitor, step).await;
            let page = look.as_ref().and_then(|look| OptOuts::page(look, scene));
            if let Some(submission) = page.and_then(|page| page.acceptance()) {
                return Some(submitted(submission));
            }
        }
        None
    }
}

/// Returns `true` for the confirmation of the crate's own pages.
fn is_confirmation(body: &[u8]) -> bool {
    let confirms = |words: &[u8]| body.windows(words.len()).any(|found| found == words);
    confirms(b"opt_in")
}
