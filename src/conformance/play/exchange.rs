//! One request and its response, and what the service saw of it.

use http::{HeaderMap, Method, Response, StatusCode, Uri};

use super::{
    Play,
    step::{Step, at, path_and_query},
};
use crate::{
    Gpc,
    conformance::{
        intent::is_of_choice,
        judge::{AnswerJudgement, PlayedExchange, exchange::unquote_removals, judge},
        planned::get,
        probe::{Probe, Sight},
        recorder::Occasion,
        scenes::{Situation, Start},
        target::{Target, TargetAnswer},
        visitor::Visitor,
    },
    consent::unix_seconds,
    wire,
};

/// A request that was sent, and its response.
pub(super) struct Played {
    method: Method,
    uri: Uri,
    sent: HeaderMap,
    /// Seconds since 1970.
    now: u64,
    pub(super) answer: TargetAnswer,
    pub(super) told: AnswerJudgement,
}

impl Played {
    /// Returns the path and query of the request.
    pub(super) const fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Returns `true` for a request with a safe method.
    pub(super) fn is_visit(&self) -> bool {
        self.method.is_safe()
    }

    pub(super) fn exchange(&self) -> PlayedExchange<'_> {
        PlayedExchange {
            method: &self.method,
            uri: &self.uri,
            sent: &self.sent,
            status: self.answer.status(),
            received: self.answer.headers(),
            now: self.now,
        }
    }
}

impl<T: Target> Play<T> {
    /// Sends a request. Returns the response, and what it says of the choice.
    pub(super) async fn exchange(
        &mut self,
        scene: &Situation,
        visitor: &mut Visitor,
        step: &Step,
        wants_body: fn(&Response<()>) -> bool,
    ) -> Option<(TargetAnswer, AnswerJudgement)> {
        let played = self.played(scene, visitor, step, wants_body).await?;
        Some((played.answer, played.told))
    }

    /// Sends a request, which may be that of a form, judges the response, and lets the visitor keep what it sets.
    pub(super) async fn played(
        &mut self,
        scene: &Situation,
        visitor: &mut Visitor,
        step: &Step,
        wants_body: fn(&Response<()>) -> bool,
    ) -> Option<Played> {
        let filled = match (&step.form, &step.control) {
            (None, None) => return self.sent(scene, visitor, step, wants_body).await,
            (Some(_), _) => self.prepared(scene, visitor, step).await?,
            (None, Some(_)) => self.found_again(scene, visitor, step).await?,
        };
        let played = self.sent(scene, visitor, &filled, wants_body).await?;
        self.note_refused_form(step, played.answer.status().as_u16());
        Some(played)
    }

    /// Sends a request as it is.
    pub(super) async fn sent(
        &mut self,
        scene: &Situation,
        visitor: &mut Visitor,
        step: &Step,
        wants_body: fn(&Response<()>) -> bool,
    ) -> Option<Played> {
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
        let mut answer = match self.target.send(request, wants_body).await {
            Ok(answer) => answer,
            Err(error) => {
                self.ledger.recorder.fail(&format!("{label}: {error}"));
                return None;
            }
        };
        self.ledger.mark(label, answer.headers());
        let now = unix_seconds(self.kit.now());
        unquote_removals(answer.headers_mut(), now);
        let exchange = exchanged((&method, &uri, &sent), &answer, now);
        self.take_inventory(scene, &exchange);
        #[cfg(feature = "evidence")]
        self.capture(scene, &url, &exchange);
        let told = judge(&self.kit.oracle, &exchange, seen, &mut self.ledger.recorder);
        self.named.note(scene, &exchange, &told);
        self.compare_sight(&sent, &told, seen);
        let before = visitor.jar.names(&url);
        visitor.keep(answer.headers(), &url);
        let after = visitor.jar.names(&url);
        self.ledger.jar(scene, (&before, &after), &told, seen);
        if !method.is_safe() && is_of_choice(&step.parts, &step.body, self.kit.oracle.policy()) {
            self.ledger.note_necessary((&before, &after), &told, seen);
        }
        self.note_acceptance(step, told.answer.as_ref());
        self.note_choice(scene, visitor, step, (&answer, &told));
        let exchange = exchanged((&method, &uri, &sent), &answer, now);
        self.note_account(step, &exchange, &told);
        if told.chose && scene.start != Start::Lasting {
            // The choice applied to its own response; the others are about the scene's choice.
            visitor.enter(scene, self.kit.oracle.policy(), &self.site);
        }
        Some(Played {
            method,
            uri,
            sent,
            now,
            answer,
            told,
        })
    }

    /// Compares what the service has seen of a request with what it may see.
    fn compare_sight(&mut self, sent: &HeaderMap, told: &AnswerJudgement, seen: Occasion<'_>) {
        let Some(sight) = self.kit.probe.as_ref().and_then(Probe::take) else {
            return;
        };
        self.ledger.compare_sight(told, &sight, seen);
        self.ledger.compare_necessary(told, &sight, seen);
        if self.kit.oracle.gpc() == Gpc::Honour {
            self.ledger.compare_signal(sent, &sight, seen);
        }
    }

    /// Requests the path that shows what the service sees.
    pub(super) async fn echo(&mut self, scene: &Situation, visitor: &mut Visitor) {
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
        self.ledger.compare_necessary(&told, &sight, seen);
    }
}

/// Returns what went to and fro.
fn exchanged<'a>(
    (method, uri, sent): (&'a Method, &'a Uri, &'a HeaderMap),
    answer: &'a TargetAnswer,
    now: u64,
) -> PlayedExchange<'a> {
    PlayedExchange {
        method,
        uri,
        sent,
        status: answer.status(),
        received: answer.headers(),
        now,
    }
}
