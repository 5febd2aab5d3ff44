//! Plays the visitor through every scene.

mod acceptance;
mod documents;
mod keep;
mod look;
mod opt_outs;
mod shown;
mod step;

use std::collections::{BTreeMap, BTreeSet};

use http::{Method, Response, StatusCode};
use url::Url;

use self::{
    shown::{MOST_REDIRECTS, OwnSheet, Shown},
    step::{Step, at, is_html, path_and_query, redirected},
};
use super::{
    Conformance, Report,
    builder::get,
    judge::{AnswerJudgement, PlayedExchange, judge},
    labels::Labels,
    ledger::Ledger,
    links::links,
    probe::{Probe, Sight},
    recorder::{Occasion, Recorder},
    scenes::{self, Situation, Start, scenes},
    state,
    target::{Target, TargetAnswer},
    third_parties,
    visitor::Visitor,
};
use crate::{Gpc, consent::unix_seconds, wire};

const MOST_PAGES: usize = 200;
/// The second round sends what the first one's responses set.
const ROUNDS: usize = 2;

pub(super) struct Play<T> {
    kit: Conformance,
    target: T,
    ledger: Ledger,
    site: Url,
    plan: Vec<Step>,
    labels: Labels,
    known: BTreeSet<String>,
    /// The jar after acceptance.
    accepted: Option<Visitor>,
    /// The requests of the plan that accept everything.
    accepting: Vec<Step>,
    /// The style sheets of the site in this scene, by path; `None` if there is none.
    sheets: BTreeMap<String, Option<OwnSheet>>,
}

impl<T: Target> Play<T> {
    pub(super) fn new(mut kit: Conformance, target: T, recorder: Recorder, site: Url) -> Self {
        let mut labels = Labels::default();
        for (parts, _) in &kit.requests {
            labels.expect(&parts.method, at(&site, &parts.uri).path());
        }
        let requests = std::mem::take(&mut kit.requests).into_iter();
        let plan = requests.map(|(parts, body)| Step {
            label: labels.next(&parts.method, at(&site, &parts.uri).path()),
            parts,
            body,
            depth: 0,
        });
        Self {
            plan: plan.collect(),
            labels,
            target,
            ledger: Ledger::new(kit.oracle.policy().clone(), recorder),
            site,
            known: BTreeSet::new(),
            accepted: None,
            accepting: Vec::new(),
            sheets: BTreeMap::new(),
            kit,
        }
    }

    pub(super) async fn run(mut self) -> Report {
        for step in &self.plan {
            self.known.insert(path_and_query(&step.parts.uri));
        }
        let (policy, now) = (self.kit.oracle.policy(), self.kit.now());
        if !scenes::can_choose(policy, now) {
            self.ledger.recorder.note(
                "the policy's codec does not read what it writes without other cookies: no choice \
                 could be played",
            );
        }
        let gpc = self.kit.oracle.gpc();
        if gpc == Gpc::Ignore {
            let note = "Sec-GPC is ignored (Gpc::Ignore): signal-refuses, signal-remembered and gpc-resource are not checked";
            self.ledger.recorder.note(note);
        }
        self.tell_services();
        let scenes = scenes(self.kit.oracle.policy(), gpc, now);
        for scene in &scenes {
            self.scene(scene).await;
        }
        self.opt_outs(&scenes).await;
        self.compare_visitors().await;
        let blind = self.kit.probe.is_none() && self.kit.echo.is_none();
        self.ledger.report(&scenes, blind)
    }

    /// Compares what two new visitors get from each page.
    async fn compare_visitors(&mut self) {
        let visitor = Visitor::new(&self.kit, &self.site);
        for step in &self.plan {
            if step.parts.method == Method::GET {
                let url = at(&self.site, &step.parts.uri);
                let request = visitor.request(&step.parts, &step.body, &url);
                let page = (request, step.label.as_str());
                let recorder = &mut self.ledger.recorder;
                state::compare(&mut self.target, &self.kit.oracle, page, recorder).await;
            }
        }
    }

    async fn scene(&mut self, scene: &Situation) {
        let mut visitor = self.visitor(scene);
        self.sheets.clear();
        let rounds = match scene.situation.starts_with(scenes::ONE_SERVICE) {
            true => 1,
            false => ROUNDS,
        };
        for _ in 0..rounds {
            // The plan grows as links are found.
            let mut index = 0;
            while let Some(step) = self.plan.get(index).cloned() {
                self.begin(scene, &mut visitor);
                self.step(scene, &mut visitor, step).await;
                index += 1;
            }
        }
        self.begin(scene, &mut visitor);
        self.echo(scene, &mut visitor).await;
        if scene.situation == scenes::ACCEPTED {
            self.accepted = Some(visitor);
        }
    }

    /// Gives the visitor the scene's cookies, before each request anew, because each response must
    /// take them away again.
    fn begin(&self, scene: &Situation, visitor: &mut Visitor) {
        let policy = self.kit.oracle.policy();
        match (scene.start, &self.accepted) {
            (Start::Planted, _) => visitor.plant(policy, &self.site),
            (Start::Accepted, Some(accepted)) => {
                visitor.jar.clone_from(&accepted.jar);
                visitor.enter(scene, policy, &self.site);
            }
            _ => {}
        }
    }

    /// Sends one request and follows its redirects.
    async fn step(&mut self, scene: &Situation, visitor: &mut Visitor, step: Step) {
        let (depth, planned) = (step.depth, step.label.clone());
        let mut next = Some(step);
        for _ in 0..=MOST_REDIRECTS {
            let Some(step) = next.take() else {
                return;
            };
            let heard = self.exchange(scene, visitor, &step, third_parties::wants_body);
            let Some((answer, told)) = heard.await else {
                return;
            };
            let url = at(&self.site, &step.parts.uri);
            let shown = Shown {
                answer: &answer,
                told: &told,
                url: &url,
                label: &step.label,
            };
            self.document(scene, visitor, shown).await;
            next = redirected(&answer, &url)
                .filter(|path| !self.known.contains(path))
                .and_then(|path| {
                    let parts = get(&path)?;
                    let path = at(&self.site, &parts.uri).path().to_owned();
                    Some(Step {
                        label: format!("GET {path} (from {planned})"),
                        ..Step::visit(parts, depth)
                    })
                });
            self.find_links(&answer, &url, depth);
        }
    }

    async fn exchange(
        &mut self,
        scene: &Situation,
        visitor: &mut Visitor,
        step: &Step,
        wants_body: fn(&Response<()>) -> bool,
    ) -> Option<(TargetAnswer, AnswerJudgement)> {
        let url = at(&self.site, &step.parts.uri);
        let request = visitor.request(&step.parts, &step.body, &url);
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let sent = request.headers().clone();
        let label = &step.label;
        let seen = Occasion {
            request: label,
            situation: &scene.situation,
        };
        if let Some(probe) = &self.kit.probe {
            probe.take();
        }
        let answer = match self.target.send(request, wants_body).await {
            Ok(answer) => answer,
            Err(error) => {
                self.ledger.recorder.fail(&format!("{label}: {error}"));
                return None;
            }
        };
        self.ledger.mark(label, answer.headers());
        let exchange = PlayedExchange {
            method: &method,
            uri: &uri,
            sent: &sent,
            status: answer.status(),
            received: answer.headers(),
            now: unix_seconds(self.kit.now()),
        };
        self.take_inventory(scene, &exchange);
        #[cfg(feature = "evidence")]
        self.capture(scene, &url, &exchange);
        let told = judge(&self.kit.oracle, &exchange, seen, &mut self.ledger.recorder);
        if let Some(sight) = self.kit.probe.as_ref().and_then(Probe::take) {
            self.ledger.compare_sight(&told, &sight, seen);
            if self.kit.oracle.gpc() == Gpc::Honour {
                self.ledger.compare_signal(&sent, &sight, seen);
            }
        }
        let before = visitor.jar.names(&url);
        visitor.keep(answer.headers(), &url);
        let after = visitor.jar.names(&url);
        self.ledger.jar(scene, (&before, &after), &told, seen);
        self.note_acceptance(step, told.answer.as_ref());
        if told.chose && scene.start != Start::Lasting {
            // The choice applied to its own response; the others are about the scene's choice.
            visitor.enter(scene, self.kit.oracle.policy(), &self.site);
        }
        Some((answer, told))
    }

    /// Requests the path that shows what the service sees.
    async fn echo(&mut self, scene: &Situation, visitor: &mut Visitor) {
        let uri = self.kit.echo.as_ref();
        let Some(parts) = uri.and_then(|uri| get(&path_and_query(uri))) else {
            return;
        };
        let mut step = Step::visit(parts, 0);
        step.label = format!("GET {}", step.parts.uri.path());
        let Some((answer, told)) = self.exchange(scene, visitor, &step, |_| true).await else {
            return;
        };
        let label = step.label;
        if answer.status() != StatusCode::OK {
            let failure = format!("{label}: the echo does not respond with 200");
            return self.ledger.recorder.fail(&failure);
        }
        let body = answer.into_body().unwrap_or_default();
        let names = wire::pairs(&body).filter_map(|pair| pair.name.ok());
        let sight = Sight {
            names: names.map(<[u8]>::to_vec).collect(),
            gpc: false,
        };
        let seen = Occasion {
            request: &label,
            situation: &scene.situation,
        };
        self.ledger.compare_sight(&told, &sight, seen);
    }

    fn find_links(&mut self, answer: &TargetAnswer, page: &Url, depth: usize) {
        let searched = |_: &&Vec<u8>| depth < self.kit.depth && is_html(answer.headers());
        let Some(body) = answer.body().as_ref().filter(searched) else {
            return;
        };
        for path in links(&String::from_utf8_lossy(body), page) {
            if self.plan.len() >= MOST_PAGES {
                let note = format!("more than {MOST_PAGES} pages: the others were not visited");
                return self.ledger.recorder.note(note);
            }
            if self.known.insert(path.clone())
                && let Some(parts) = get(&path)
            {
                let label = self
                    .labels
                    .next(&parts.method, at(&self.site, &parts.uri).path());
                self.plan.push(Step {
                    label,
                    ..Step::visit(parts, depth + 1)
                });
            }
        }
    }
}
