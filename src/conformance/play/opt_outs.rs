//! Plays visitors who opt out, by a signal and on the opt-out page, and what the pages show them.

use http::{HeaderValue, Method, Response, header::ACCEPT_LANGUAGE};

use super::{
    super::planned::get,
    Play,
    acceptance::Way,
    look::{Look, OptOuts, page_step, situation, submitted},
    shown::MOST_REDIRECTS,
    step::{Step, at, redirected},
};
use crate::{
    Gpc,
    conformance::{
        Requirement,
        markup::Submission,
        opt_outs::{GPC_PATH, KnownPages, PageSeen, document_breach, fault, has_opted_out},
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
        let mut opt_outs = self.before_opting_out().await;
        if opt_outs.pages.is_empty() {
            let note = "no visited page is HTML: what pages show of opt-outs was not checked";
            self.ledger.recorder.note(note);
        }
        let signalled = self.by_signal(&mut opt_outs).await;
        self.in_each_language(&mut opt_outs).await;
        for scene in scenes
            .iter()
            .filter(|it| it.situation == scenes::SIGNAL_OVERRULED)
        {
            let mut visitor = self.visitor(scene);
            self.tour(&mut opt_outs, scene, &mut visitor).await;
        }
        let opted = self.on_the_page(&mut opt_outs).await;
        for (way, visitor) in [(Way::Signal, signalled), (Way::Page, opted)] {
            if let Some(visitor) = visitor {
                self.acceptances(&mut opt_outs, way, &visitor).await;
            }
        }
        if self.kit.oracle.gpc() == Gpc::Honour {
            self.gpc_resource().await;
        }
    }

    /// Visits every page before anybody opts out, and learns where the links lead.
    async fn before_opting_out(&mut self) -> OptOuts {
        let mut opt_outs = OptOuts {
            known: KnownPages::default(),
            pages: Vec::new(),
        };
        let page = self.kit.opt_out_page.as_ref();
        opt_outs.known.opt_out = page.map(|page| at(&self.site, page));
        let scene = situation("before an opt-out", None);
        let mut visitor = self.visitor(&scene);
        let mut looks = Vec::new();
        for step in self.plan.clone() {
            if step.parts.method != Method::GET {
                continue;
            }
            let look = self.look(&scene, &mut visitor, &step).await;
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
    async fn tour(&mut self, opt_outs: &mut OptOuts, scene: &Situation, visitor: &mut Visitor) {
        for step in opt_outs.pages.clone() {
            let look = self.look(scene, visitor, &step).await;
            if let Some(page) = look.as_ref().and_then(|look| OptOuts::page(look, scene)) {
                page.judge(&opt_outs.known, &mut self.ledger.recorder);
            }
        }
    }

    /// Sends the signal with every page, and visits them without it afterwards. Returns the visitor, if the
    /// signal had to be remembered.
    async fn by_signal(&mut self, opt_outs: &mut OptOuts) -> Option<Visitor> {
        let scene = situation("Sec-GPC, while it is sent", Some("1"));
        let mut visitor = self.visitor(&scene);
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
        let scene = situation("after Sec-GPC, without it", None);
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
    async fn in_each_language(&mut self, opt_outs: &mut OptOuts) {
        for language in languages(self.kit.oracle.policy()) {
            let Ok(field) = HeaderValue::try_from(&language) else {
                continue;
            };
            let scene = situation(format!("Sec-GPC, in {language:?}"), Some("1"));
            let mut visitor = self.visitor(&scene);
            for mut step in opt_outs.pages.clone().into_iter().take(MOST_IN_LANGUAGES) {
                step.parts.headers.insert(ACCEPT_LANGUAGE, field.clone());
                let look = self.look(&scene, &mut visitor, &step).await;
                if let Some(page) = look.as_ref().and_then(|look| OptOuts::page(look, &scene)) {
                    page.judge(&opt_outs.known, &mut self.ledger.recorder);
                }
            }
        }
    }

    /// Opts out on the opt-out page, and visits every page afterwards. Returns the visitor, if that worked.
    async fn on_the_page(&mut self, opt_outs: &mut OptOuts) -> Option<Visitor> {
        let scene = situation("on the opt-out page", None);
        let mut visitor = self.visitor(&scene);
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
        let scene = situation("after an opt-out", None);
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
