//! Plays visitors who opt out, by a signal and on the opt-out page, and what the pages show them: anybody, and members.

use http::{HeaderValue, Method, Response, header::ACCEPT_LANGUAGE};

use super::{
    super::planned::get,
    Play,
    acceptance::Way,
    login::Audience,
    look::{OptOuts, situation},
    shown::MOST_REDIRECTS,
    step::{Step, at, redirected},
};
use crate::{
    Gpc,
    conformance::{
        Requirement,
        opt_outs::{GPC_PATH, KnownPages, document_breach, fault, has_opted_out},
        recorder::Occasion,
        scenes::{self, Situation},
        target::Target,
        visitor::Visitor,
    },
    consent::unix_seconds,
    policy::languages,
};

/// The pages that are visited in each language.
const MOST_IN_LANGUAGES: usize = 20;

impl<T: Target> Play<T> {
    /// Plays opt-outs, if any visitor so far could opt out of something.
    pub(super) async fn opt_outs(&mut self, scenes: &[Situation]) {
        let recorder = &mut self.ledger.recorder;
        if recorder.misses_opt_outs() {
            recorder.note(
                "no visitor of this run could opt out of anything, though the policy has opt-outs: give the \
                 kit the site's layer (Conformance::for_layer), and the header that says where such a visitor \
                 is (Conformance::header)",
            );
        }
        if !recorder.has_opt_outs() {
            return;
        }
        let mut earlier = Vec::new();
        for audience in self.audiences() {
            let mut opt_outs = self.before_opting_out(*audience).await;
            for (way, visitor) in std::mem::take(&mut earlier) {
                self.log_in_after(&opt_outs, way, visitor).await;
            }
            earlier = self.opt_outs_of(&mut opt_outs, scenes).await;
        }
        if self.kit.oracle.gpc() == Gpc::Honour {
            self.gpc_resource().await;
        }
    }

    /// Plays the opt-outs of visitors of one kind. Returns those who have opted out.
    async fn opt_outs_of(
        &mut self,
        opt_outs: &mut OptOuts,
        scenes: &[Situation],
    ) -> Vec<(Way, Visitor)> {
        if opt_outs.pages.is_empty() {
            let note = "no visited page is HTML: what pages show of opt-outs was not checked";
            self.ledger.recorder.note(note);
        }
        let signalled = self.by_signal(opt_outs).await;
        self.in_each_language(opt_outs).await;
        for scene in scenes
            .iter()
            .filter(|it| it.situation == scenes::SIGNAL_OVERRULED)
        {
            let (mut visitor, _) = self.visitor_of(opt_outs.audience, scene).await;
            self.tour(opt_outs, scene, &mut visitor).await;
        }
        let opted = self.on_the_page(opt_outs).await;
        let visitors = [(Way::Signal, signalled), (Way::Page, opted)];
        let opted: Vec<_> = visitors
            .into_iter()
            .filter_map(|(way, visitor)| Some((way, visitor?)))
            .collect();
        for (way, visitor) in &opted {
            self.acceptances(opt_outs, *way, visitor).await;
        }
        opted
    }

    /// Visits every page before anybody opts out, and learns where the links lead.
    async fn before_opting_out(&mut self, audience: Audience) -> OptOuts {
        let mut opt_outs = OptOuts {
            audience,
            known: KnownPages::default(),
            pages: Vec::new(),
        };
        let page = self.kit.opt_out_page.as_ref();
        opt_outs.known.opt_out = page.map(|page| at(&self.site, page));
        let scene = opt_outs.situation("before an opt-out", None);
        let (mut visitor, session) = self.visitor_of(audience, &scene).await;
        let mut looks = Vec::new();
        for step in self.plan.clone() {
            if step.parts.method != Method::GET {
                continue;
            }
            let before = visitor.clone();
            let look = self.look(&scene, &mut visitor, &step).await;
            self.stay_logged_in(&scene, (&mut visitor, &before), &session)
                .await;
            let look = look.filter(|look| OptOuts::page(look, &scene).is_some());
            looks.extend(look.map(|look| (step, look)));
        }
        for markup in looks.iter().filter_map(|(_, look)| look.markup.as_ref()) {
            opt_outs.known.learn(markup);
        }
        for (step, look) in looks {
            if let Some(page) = OptOuts::page(&look, &scene) {
                page.judge(&opt_outs.known, &mut self.ledger.recorder);
            }
            opt_outs.pages.push(step);
        }
        opt_outs
    }

    /// Visits every page, and judges what it shows.
    pub(super) async fn tour(
        &mut self,
        opt_outs: &OptOuts,
        scene: &Situation,
        visitor: &mut Visitor,
    ) {
        for step in opt_outs.pages.clone() {
            let look = self.look(scene, visitor, &step).await;
            if let Some(page) = look.as_ref().and_then(|look| OptOuts::page(look, scene)) {
                page.judge(&opt_outs.known, &mut self.ledger.recorder);
            }
        }
    }

    /// Sends the signal with every page, and visits them without it afterwards. Returns the visitor, if the
    /// signal had to be remembered.
    async fn by_signal(&mut self, opt_outs: &OptOuts) -> Option<Visitor> {
        let scene = opt_outs.situation("Sec-GPC, while it is sent", Some("1"));
        let (mut visitor, _) = self.visitor_of(opt_outs.audience, &scene).await;
        let mut is_due = false;
        for step in opt_outs.pages.clone() {
            let look = self.look(&scene, &mut visitor, &step).await;
            let Some(look) = look else {
                continue;
            };
            is_due |= look.told.remembers_signal() && !look.is_shared;
            if let Some(page) = OptOuts::page(&look, &scene) {
                page.judge(&opt_outs.known, &mut self.ledger.recorder);
            }
        }
        if !is_due {
            return None;
        }
        visitor.send_signal(None);
        let scene = opt_outs.situation("after Sec-GPC, without it", None);
        let mut is_remembered = true;
        for step in opt_outs.pages.clone() {
            let look = self.look(&scene, &mut visitor, &step).await;
            let Some(page) = look.as_ref().and_then(|look| OptOuts::page(look, &scene)) else {
                continue;
            };
            let recorder = &mut self.ledger.recorder;
            recorder.exercise(Requirement::SignalRemembered);
            if !has_opted_out(page.consent) {
                is_remembered = false;
                let why = "the browser sent Sec-GPC: 1 with earlier requests, and without it the visitor is no \
                           longer opted out";
                page.breach(Requirement::SignalRemembered, why, recorder);
            }
            page.judge(&opt_outs.known, recorder);
        }
        is_remembered.then_some(visitor)
    }

    /// Visits the first pages in each language of the policy's texts, with the signal.
    async fn in_each_language(&mut self, opt_outs: &OptOuts) {
        for language in languages(self.kit.oracle.policy()) {
            let Ok(field) = HeaderValue::try_from(&language) else {
                continue;
            };
            let scene = opt_outs.situation(&format!("Sec-GPC, in {language:?}"), Some("1"));
            let (mut visitor, _) = self.visitor_of(opt_outs.audience, &scene).await;
            for mut step in opt_outs.pages.clone().into_iter().take(MOST_IN_LANGUAGES) {
                step.parts.headers.insert(ACCEPT_LANGUAGE, field.clone());
                let look = self.look(&scene, &mut visitor, &step).await;
                if let Some(page) = look.as_ref().and_then(|look| OptOuts::page(look, &scene)) {
                    page.judge(&opt_outs.known, &mut self.ledger.recorder);
                }
            }
        }
    }

    /// Judges `/.well-known/gpc.json`.
    async fn gpc_resource(&mut self) {
        let scene = situation("before a choice", None);
        let mut visitor = self.visitor(&scene);
        let Some(mut step) = get(GPC_PATH).map(|parts| Step::visit(parts, 0)) else {
            return;
        };
        step.label = format!("GET {GPC_PATH}");
        let everything: fn(&Response<()>) -> bool = |_| true;
        for _ in 0..=MOST_REDIRECTS {
            let heard = self.exchange(&scene, &mut visitor, &step, everything).await;
            let Some((answer, _)) = heard else {
                return;
            };
            let here = at(&self.site, &step.parts.uri);
            if let Some(parts) = redirected(&answer, &here).as_deref().and_then(get) {
                step.parts = parts;
                continue;
            }
            let now = unix_seconds(self.kit.now());
            let body = answer.body().as_deref().unwrap_or_default();
            let recorder = &mut self.ledger.recorder;
            recorder.exercise(Requirement::GpcResource);
            if let Some(why) = fault(answer.status(), answer.headers(), body, now) {
                let seen = Occasion {
                    request: &step.label,
                    situation: &scene.situation,
                };
                let breach = document_breach(Requirement::GpcResource, &why);
                recorder.breach(self.kit.oracle.policy(), seen, breach);
            }
            return;
        }
    }
}
