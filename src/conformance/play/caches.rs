//! Visits pages as visitors who differ in their choice alone, and looks at what caches may do with the responses.

use http::{
    Method, StatusCode,
    header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED},
};
use url::Url;

use super::{
    Play,
    embedded::load_step,
    step::{Step, at},
    twins::CONFIRMATIONS,
};
use crate::{
    Consent,
    conformance::{
        Requirement,
        caches::{Content, Contrast, Reuse},
        judge::AnswerJudgement,
        recorder::{Breach, Occasion, Recorder},
        scenes::{self, Situation},
        target::{Target, TargetAnswer},
        third_parties::{self, Document, Load, Page},
        visitor::Visitor,
    },
    policy::Service,
};

/// The pages that are compared, and the parts of them that the site serves.
pub(super) const MOST_COMPARED: usize = 40;

/// The situation in which two responses are compared.
const SHARED: &str = "visitors who differ in their choice";

/// A visitor in one of the situations that are compared.
type Player<'a> = (&'a Situation, Visitor);

struct Players<'a> {
    accepted: Player<'a>,
    refused: Player<'a>,
    undecided: Player<'a>,
}

/// A response that a cache may keep.
struct Kept {
    answer: TargetAnswer,
    told: AnswerJudgement,
    reuse: Reuse,
}

impl Kept {
    fn content(&self) -> Content<'_> {
        Content {
            status: self.answer.status(),
            headers: self.answer.headers(),
            body: self.body(),
        }
    }

    fn body(&self) -> &[u8] {
        self.answer.body().as_deref().unwrap_or_default()
    }

    fn page<'a>(&'a self, url: &'a Url) -> Page<'a> {
        Page {
            url,
            headers: self.answer.headers(),
            body: self.body(),
        }
    }

    /// Returns `true` if it loads, or names, a service that this visitor has not allowed.
    fn loads_without(&self, url: &Url, consent: &Consent) -> bool {
        let headers = self.answer.headers();
        if third_parties::is_document_of(headers) {
            let mut document = Document::read(&self.page(url), consent);
            document.headers(headers, true);
            let seen = Occasion {
                request: "",
                situation: "",
            };
            // What it loads is judged where it is shown.
            return !document.judge(seen, &mut Recorder::default());
        }
        let text = String::from_utf8_lossy(self.body());
        let policy = consent.policy();
        let services = policy.services().iter();
        let services = services.filter_map(|number| policy.service_at(number));
        let mut withheld = services.filter(|service| !consent.allows(service.id()));
        withheld.any(|service| names(&text, service))
    }
}

/// Returns `true` if a script has a host or a marker of the service.
fn names(text: &str, service: &Service) -> bool {
    let hosts = service.get_origins().iter().map(|origin| {
        let host = origin.rsplit("://").next().unwrap_or_default();
        host.trim_start_matches('*')
    });
    let markers = service.get_markers().iter().map(|marker| &**marker);
    hosts
        .chain(markers)
        .any(|part| !part.is_empty() && text.contains(part))
}

impl<T: Target> Play<T> {
    pub(super) async fn caches(&mut self, all: &[Situation]) {
        let player = |name: &str| {
            let scene = all.iter().find(|scene| scene.situation == name)?;
            Some((scene, self.newcomer(scene, false)))
        };
        let (Some(accepted), Some(refused), Some(undecided)) = (
            player(scenes::ACCEPTED),
            player(scenes::REFUSED),
            player(scenes::UNDECIDED),
        ) else {
            return;
        };
        let mut players = Players {
            accepted,
            refused,
            undecided,
        };
        for (scene, visitor) in [
            &mut players.accepted,
            &mut players.refused,
            &mut players.undecided,
        ] {
            self.log_in(scene, visitor).await;
        }
        let pages = self.plan.iter();
        let mut steps: Vec<Step> = pages
            .filter(|step| step.parts.method == Method::GET)
            .cloned()
            .collect();
        let mut index = 0;
        // It grows by the parts of pages that are found.
        while let Some(step) = steps.get(index).filter(|_| index < MOST_COMPARED).cloned() {
            for part in self.cached(&players, &step).await.unwrap_or_default() {
                let is_known = |step: &Step| at(&self.site, &step.parts.uri) == part.url;
                if !steps.iter().any(is_known) {
                    let label = step.label.split(" (in ").next().unwrap_or_default();
                    steps.extend(load_step(&part, label));
                }
            }
            index += 1;
        }
    }

    /// Compares what the visitors get. Returns the parts of it that the site serves.
    async fn cached(&mut self, players: &Players<'_>, step: &Step) -> Option<Vec<Load>> {
        let accepted = self.kept(&players.accepted, step).await?;
        let refused = self.kept(&players.refused, step).await?;
        let undecided = self.kept(&players.undecided, step).await?;
        let url = at(&self.site, &step.parts.uri);
        let is_visit = ![&accepted, &refused, &undecided]
            .iter()
            .any(|kept| kept.told.chose);
        if is_visit {
            if accepted.body() != refused.body() {
                self.ledger.recorder.exercise(Requirement::Caches);
            }
            for (one, other) in [
                ((&players.accepted, &accepted), (&players.refused, &refused)),
                (
                    (&players.accepted, &accepted),
                    (&players.undecided, &undecided),
                ),
                (
                    (&players.refused, &refused),
                    (&players.undecided, &undecided),
                ),
            ] {
                if self.is_shared_by_choice(one, other, step).await {
                    break;
                }
            }
            self.comes_back(players, (&accepted, &refused), step).await;
        }
        let consent = accepted.told.consent.as_ref()?;
        let is_page = third_parties::is_document_of(accepted.answer.headers());
        is_page.then(|| Document::read(&accepted.page(&url), consent).own_parts())
    }

    async fn kept(&mut self, player: &Player<'_>, step: &Step) -> Option<Kept> {
        let (scene, visitor) = player;
        let mut visitor = visitor.clone();
        let played = self.played(scene, &mut visitor, step, |_| true).await?;
        let reuse = Reuse::of(&played.exchange());
        Some(Kept {
            answer: played.answer,
            told: played.told,
            reuse,
        })
    }

    /// Reports a response that depends on the choice and that shared caches may give to others.
    async fn is_shared_by_choice(
        &mut self,
        (player, one): (&Player<'_>, &Kept),
        (opponent, other): (&Player<'_>, &Kept),
        step: &Step,
    ) -> bool {
        if !one.reuse.shared && !other.reuse.shared {
            return false;
        }
        let mut contrast = Contrast::default();
        if !contrast.add(one.content(), other.content()) {
            return false;
        }
        for _ in 0..CONFIRMATIONS {
            let one = self.kept(player, step).await;
            let other = self.kept(opponent, step).await;
            let (Some(one), Some(other)) = (one, other) else {
                return false;
            };
            if !contrast.add(one.content(), other.content()) {
                return false;
            }
        }
        let why = "what it contains depends on the visitor's choice, and shared caches may give it to visitors with \
                   another one: it is not private, and does not vary by Cookie";
        self.tell_cached(step, SHARED, why, false);
        true
    }

    /// Reports a page that shows again what the visitor has withdrawn.
    async fn comes_back(
        &mut self,
        players: &Players<'_>,
        (accepted, refused): (&Kept, &Kept),
        step: &Step,
    ) {
        let url = at(&self.site, &step.parts.uri);
        let Some(consent) = refused.told.consent.as_ref() else {
            return;
        };
        if !accepted.reuse.kept
            || !accepted.loads_without(&url, consent)
            || refused.loads_without(&url, consent)
        {
            return;
        }
        let is_forgotten = self.forgets_pages();
        if accepted.reuse.browser {
            let why = "with consent it loads a service, and the browser may show it from its cache after a withdrawal: \
                       it has a lifetime, and does not vary by Cookie";
            return self.tell_cached(step, "after withdrawal", why, is_forgotten);
        }
        self.revalidates(players, accepted, step, is_forgotten)
            .await;
    }

    /// Reports a page that the site says is as before the withdrawal. Browsers send all that they have of it.
    async fn revalidates(
        &mut self,
        players: &Players<'_>,
        accepted: &Kept,
        step: &Step,
        is_forgotten: bool,
    ) {
        let mut again = step.clone();
        again.label = format!("{} (with the validators of an earlier page)", step.label);
        let mut same = Vec::new();
        for (validator, condition) in [(ETAG, IF_NONE_MATCH), (LAST_MODIFIED, IF_MODIFIED_SINCE)] {
            if let Some(value) = accepted.answer.headers().get(&validator) {
                again.parts.headers.insert(condition, value.clone());
                same.push(validator.to_string());
            }
        }
        if same.is_empty() {
            return;
        }
        let answer = self.kept(&players.refused, &again).await;
        if answer.is_some_and(|it| it.answer.status() == StatusCode::NOT_MODIFIED) {
            let why = format!(
                "with consent it loads a service, and after a withdrawal the site says that the browser's copy has not \
                 changed (304), by {}",
                same.join(" and ")
            );
            self.tell_cached(step, "after withdrawal", &why, is_forgotten);
        }
    }

    /// Returns `true` if browsers forget their copies of pages when somebody withdraws.
    fn forgets_pages(&self) -> bool {
        let policy = self.kit.oracle.policy();
        match self.withdrawals.seen {
            0 => self.kit.has_layer && policy.withdrawals_forget_pages(),
            seen => self.withdrawals.clearing == seen,
        }
    }

    fn tell_cached(&mut self, step: &Step, situation: &str, why: &str, is_forgotten: bool) {
        let policy = self.kit.oracle.policy().clone();
        let seen = Occasion {
            request: &step.label,
            situation,
        };
        let excuse = "; but withdrawals make it forget its cache (Clear-Site-Data)";
        let breach = Breach {
            requirement: Requirement::Caches,
            header: "cache-control",
            cookie: None,
            script: false,
            why: format!("{why}{}", if is_forgotten { excuse } else { "" }),
        };
        match is_forgotten {
            true => self.ledger.recorder.excuse(&policy, seen, breach),
            false => self.ledger.recorder.breach(&policy, seen, breach),
        }
    }
}
