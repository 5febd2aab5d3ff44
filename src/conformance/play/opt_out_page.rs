//! Opts out on the page for it, and logs in afterwards.

use super::{
    super::planned::get,
    Play,
    acceptance::Way,
    look::{Look, OptOuts, page_step, situation, submitted},
    shown::MOST_REDIRECTS,
    step::Step,
};
use crate::conformance::{
    Requirement,
    markup::Submission,
    opt_outs::{PageSeen, document_breach, has_opted_out},
    recorder::Occasion,
    scenes::Situation,
    target::Target,
    visitor::Visitor,
};

impl<T: Target> Play<T> {
    /// Opts out on the opt-out page, and visits every page afterwards. Returns the visitor, if that worked.
    pub(super) async fn on_the_page(&mut self, opt_outs: &mut OptOuts) -> Option<Visitor> {
        let scene = opt_outs.situation("on the opt-out page", None);
        let (mut visitor, _) = self.visitor_of(opt_outs.audience, &scene).await;
        let url = opt_outs.known.opt_out.clone()?;
        if url.host() != self.site.host() {
            let note = "the opt-out page is on another host: it was not checked";
            self.ledger.recorder.note(note);
            return None;
        }
        let first = page_step(&url)?;
        let look = self.follow(&scene, &mut visitor, first).await?;
        let submission = self.judge_opt_out_page(opt_outs, &scene, &look)?;
        let step = submitted(submission);
        let label = step.label.clone();
        let done = self.look(&scene, &mut visitor, &step).await?;
        let scene = opt_outs.situation("after an opt-out", None);
        let landing = match done.next.as_deref().and_then(get) {
            Some(parts) => {
                let next = Step {
                    label: format!("GET {} (from {label})", parts.uri.path()),
                    ..Step::visit(parts, 0)
                };
                self.follow(&scene, &mut visitor, next).await?
            }
            None => done,
        };
        if !self.judge_landing(opt_outs, &scene, &landing) {
            return None;
        }
        self.tour(opt_outs, &scene, &mut visitor).await;
        Some(visitor)
    }

    /// Sends a request and follows its redirects on this site.
    async fn follow(
        &mut self,
        scene: &Situation,
        visitor: &mut Visitor,
        first: Step,
    ) -> Option<Look> {
        let mut look = self.look(scene, visitor, &first).await?;
        for _ in 0..MOST_REDIRECTS {
            let Some(parts) = look.next.as_deref().and_then(get) else {
                break;
            };
            let next = Step {
                label: format!("GET {} (from {})", parts.uri.path(), first.label),
                ..Step::visit(parts, 0)
            };
            look = self.look(scene, visitor, &next).await?;
        }
        Some(look)
    }

    /// Judges the opt-out page. Returns what opting out sends, if there is anything to opt out of.
    fn judge_opt_out_page(
        &mut self,
        opt_outs: &mut OptOuts,
        scene: &Situation,
        look: &Look,
    ) -> Option<Submission> {
        if let Some(markup) = &look.markup {
            opt_outs.known.learn(markup);
        }
        let recorder = &mut self.ledger.recorder;
        if let Some(page) = OptOuts::page(look, scene) {
            page.state(&opt_outs.known, Requirement::OptOutShown, recorder);
            return page.opt_out_page(recorder);
        }
        let seen = Occasion {
            request: &look.label,
            situation: &scene.situation,
        };
        let why = match look.status.as_u16() {
            401 | 403 => "it asks for an account, which an opt-out may not need".to_owned(),
            status => format!("the link leads to no page: the response has the status {status}"),
        };
        let breach = document_breach(Requirement::OptOutPage, &why);
        recorder.breach(self.kit.oracle.policy(), seen, breach);
        None
    }

    /// Judges where an opt-out leads. Returns `true` if it counts.
    fn judge_landing(&mut self, opt_outs: &OptOuts, scene: &Situation, landing: &Look) -> bool {
        let recorder = &mut self.ledger.recorder;
        let consent = landing
            .told
            .answer
            .as_ref()
            .or(landing.told.consent.as_ref());
        let counts = consent.is_some_and(has_opted_out);
        let why = match (counts, landing.status.as_u16()) {
            (true, _) => None,
            (false, 401 | 403) => Some("opting out asks for an account"),
            (false, _) => {
                Some("opting out on it is not stored: the visitor is not opted out afterwards")
            }
        };
        let seen = Occasion {
            request: &landing.label,
            situation: &scene.situation,
        };
        if let Some(why) = why {
            let breach = document_breach(Requirement::OptOutPage, why);
            recorder.breach(self.kit.oracle.policy(), seen, breach);
        } else if let (Some(markup), Some(consent)) = (&landing.markup, consent) {
            let page = PageSeen {
                markup,
                url: &landing.url,
                consent,
                seen,
            };
            page.state(&opt_outs.known, Requirement::OptOutPage, recorder);
        }
        counts
    }

    /// Logs in a visitor who has opted out before, and visits the pages of members: a login may not undo an opt-out.
    pub(super) async fn log_in_after(
        &mut self,
        opt_outs: &OptOuts,
        way: Way,
        mut visitor: Visitor,
    ) {
        let (name, requirement) = match way {
            Way::Signal => (
                "after a remembered signal, and a login",
                Requirement::SignalRemembered,
            ),
            Way::Page => ("after an opt-out, and a login", Requirement::OptInConfirmed),
        };
        let scene = situation(name, None);
        self.log_in(&scene, &mut visitor).await;
        for step in &opt_outs.pages {
            let look = self.look(&scene, &mut visitor, step).await;
            let Some(page) = look.as_ref().and_then(|look| OptOuts::page(look, &scene)) else {
                continue;
            };
            let recorder = &mut self.ledger.recorder;
            recorder.exercise(requirement);
            if !has_opted_out(page.consent) {
                let why = "the visitor had opted out, and after a login is not opted out any more";
                page.breach(requirement, why, recorder);
            }
            page.judge(&opt_outs.known, recorder);
        }
    }
}
