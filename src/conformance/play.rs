//! Plays the visitor through every scene.

mod acceptance;
mod account;
mod caches;
mod comparing;
mod dated;
mod documents;
mod effects;
mod embedded;
mod exchange;
mod identities;
mod journeys;
mod keep;
mod limits;
mod login;
mod look;
mod maker;
mod of_account;
mod opt_out_page;
mod opt_outs;
mod prepare;
mod reading;
mod sessions;
mod set_names;
mod shown;
mod step;
mod stored;
mod twin;
mod twins;
mod unvisited;
mod variants;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use http::{HeaderName, HeaderValue};
use url::Url;

use self::{
    account::Account,
    maker::{Maker, Unstored, Withdrawals},
    set_names::SetNames,
    shown::{MOST_REDIRECTS, OwnSheet, Shown},
    step::{Step, at, path_and_query, redirected},
};
use super::{
    Conformance, Report,
    judge::AnswerJudgement,
    labels::Labels,
    ledger::Ledger,
    planned::{PlannedRequest, get},
    recorder::Recorder,
    scenes::{self, Situation, Start, scenes},
    target::Target,
    third_parties,
    visitor::Visitor,
};
use crate::Gpc;

/// The rounds in which every request is made; later ones make the first requests only.
const FULL_ROUNDS: usize = 2;
/// The requests of the plan that are repeated in many more ways.
const MOST_REPEATED: usize = 8;

pub(super) struct Play<T> {
    kit: Conformance,
    target: T,
    ledger: Ledger,
    site: Url,
    plan: Vec<Step>,
    /// The requests that every visitor makes first.
    logins: Vec<Step>,
    labels: Labels,
    known: BTreeSet<String>,
    /// The pages whose links were not followed, and where these lead.
    searched: BTreeSet<String>,
    unvisited: BTreeSet<String>,
    /// The jar after acceptance.
    accepted: Option<Visitor>,
    /// The requests of the plan that accept everything.
    accepting: Vec<Step>,
    /// The requests of the plan that make a choice.
    makers: Vec<Maker>,
    /// The requests that should have stored a choice and did not.
    unstored: Vec<Unstored>,
    /// The dates of the choices that visitors had or made.
    dates: BTreeSet<u64>,
    /// The choice of the account.
    account: Account,
    /// The requests that withdrew consent.
    withdrawals: Withdrawals,
    /// The cookies that responses set which make no choice, and those of visitors before a choice.
    named: SetNames,
    /// The documents in which nothing was found.
    clean: HashSet<u64>,
    /// The style sheets of the site in this scene, by path; `None` if there is none.
    sheets: BTreeMap<String, Option<OwnSheet>>,
    /// What documents load from the site itself in this scene, by path: the other site that it leads to.
    led: BTreeMap<String, Option<Url>>,
    /// The files and frames of the site that documents load, by path.
    resources: BTreeSet<String>,
    /// The language and the browser of the visit, if they are not the usual ones.
    way: Vec<(HeaderName, HeaderValue)>,
}

impl<T: Target> Play<T> {
    pub(super) fn new(mut kit: Conformance, target: T, recorder: Recorder, site: Url) -> Self {
        let mut labels = Labels::default();
        let (requests, logins) = (
            std::mem::take(&mut kit.requests),
            std::mem::take(&mut kit.logins),
        );
        let label_of = |planned: &PlannedRequest| {
            let path = at(&site, &planned.parts.uri).path().to_owned();
            let word = match planned.form {
                Some(_) => "the form on",
                None => planned.parts.method.as_str(),
            };
            (word.to_owned(), path)
        };
        for planned in requests.iter().chain(&logins) {
            let (word, path) = label_of(planned);
            labels.expect(&word, &path);
        }
        let mut step = |planned: PlannedRequest| {
            let (word, path) = label_of(&planned);
            Step::planned(planned, labels.next(&word, &path))
        };
        let plan: Vec<Step> = requests.into_iter().map(&mut step).collect();
        let logins = logins.into_iter().map(&mut step).collect();
        Self {
            plan,
            logins,
            labels,
            target,
            ledger: Ledger::new(kit.oracle.policy().clone(), recorder),
            site,
            known: BTreeSet::new(),
            searched: BTreeSet::new(),
            unvisited: BTreeSet::new(),
            accepted: None,
            accepting: Vec::new(),
            makers: Vec::new(),
            unstored: Vec::new(),
            dates: BTreeSet::new(),
            account: Account::default(),
            withdrawals: Withdrawals::default(),
            named: SetNames::default(),
            clean: HashSet::new(),
            sheets: BTreeMap::new(),
            led: BTreeMap::new(),
            resources: BTreeSet::new(),
            way: Vec::new(),
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
        self.tell_most();
        let scenes = scenes(self.kit.oracle.policy(), gpc, now);
        for scene in &scenes {
            self.scene(scene).await;
        }
        self.variants(&scenes).await;
        self.twins(&scenes).await;
        self.reading(&scenes).await;
        self.journeys().await;
        self.sessions().await;
        self.identities().await;
        self.caches(&scenes).await;
        self.opt_outs(&scenes).await;
        self.compare_visitors(&scenes).await;
        self.tell_unplayed();
        let blind = self.kit.probe.is_none() && self.kit.echo.is_none();
        self.ledger.report(&scenes, blind)
    }

    async fn scene(&mut self, scene: &Situation) {
        let mut visitor = self.visitor(scene);
        self.sheets.clear();
        self.led.clear();
        for landing in self.log_in(scene, &mut visitor).await {
            let shown = Shown {
                answer: &landing.answer,
                told: &landing.told,
                url: &landing.url,
                label: &landing.label,
                is_visit: landing.is_visit,
            };
            self.document(scene, &mut visitor, shown).await;
        }
        for round in 0..scene.rounds {
            let most = match scene.is_short() || round >= FULL_ROUNDS + scene.bare {
                true => MOST_REPEATED,
                false => usize::MAX,
            };
            // The plan grows as links are found.
            let mut index = 0;
            while let Some(step) = self.plan.get(index).filter(|_| index < most).cloned() {
                self.begin(scene, &mut visitor, round);
                self.step(scene, &mut visitor, step).await;
                index += 1;
            }
        }
        self.begin(scene, &mut visitor, scene.bare);
        self.echo(scene, &mut visitor).await;
        if scene.situation == scenes::ACCEPTED {
            self.accepted = Some(visitor);
        }
    }

    /// Gives the visitor the scene's cookies, before each request anew, because each response must
    /// take them away again.
    fn begin(&self, scene: &Situation, visitor: &mut Visitor, round: usize) {
        let policy = self.kit.oracle.policy();
        match (scene.start, &self.accepted) {
            (Start::Planted, _) => {
                if let Some(round) = round.checked_sub(scene.bare) {
                    visitor.plant(policy, &self.site, round);
                }
            }
            (Start::Accepted, Some(accepted)) => {
                visitor.jar.clone_from(&accepted.jar);
                visitor.enter(scene, policy, &self.site);
            }
            _ => {}
        }
    }

    /// Sends one request and follows its redirects. Returns what the first response says.
    async fn step(
        &mut self,
        scene: &Situation,
        visitor: &mut Visitor,
        step: Step,
    ) -> Option<AnswerJudgement> {
        let mut first = None;
        let (depth, planned) = (step.depth, step.label.clone());
        let mut next = Some(step);
        for _ in 0..=MOST_REDIRECTS {
            let Some(step) = next.take() else {
                break;
            };
            let heard = self.exchange(scene, visitor, &step, third_parties::wants_body);
            let Some((answer, told)) = heard.await else {
                break;
            };
            self.note_effect(scene, &step, (&answer, &told));
            let url = at(&self.site, &step.parts.uri);
            let shown = Shown {
                answer: &answer,
                told: &told,
                url: &url,
                label: &step.label,
                is_visit: step.parts.method.is_safe(),
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
            first.get_or_insert(told);
        }
        first
    }
}
