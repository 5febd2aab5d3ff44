//! Checks that requests that make a choice store just that.

use http::{HeaderValue, Method, header::SET_COOKIE};

use super::{
    Play,
    account::is_login,
    maker::{MOST_MAKERS, Maker, Unstored},
    step::{Step, at},
};
use crate::{
    Choice, Consent, CookiePolicy,
    conformance::{
        Requirement,
        host::is_within,
        intent::{Intent, Known, is_of_choice},
        judge::AnswerJudgement,
        recorder::{Breach, Occasion},
        scenes::{self, Situation},
        target::{Target, TargetAnswer},
        visitor::Visitor,
    },
    preferences::Status,
    wire,
};

impl<T: Target> Play<T> {
    /// Judges what the response to a request stores, if it makes a choice.
    pub(super) fn note_choice(
        &mut self,
        scene: &Situation,
        visitor: &Visitor,
        step: &Step,
        (answer, told): (&TargetAnswer, &AnswerJudgement),
    ) {
        let Some(before) = told.consent.as_ref() else {
            return;
        };
        if step.parts.method.is_safe() {
            return self.note_visit(scene, step, before, (answer, told));
        }
        let stored = told.answer.as_ref().and_then(|answer| answer.choice());
        let signal = scene.gpc.is_some();
        // The signal may keep consent from being stored, and no refusal.
        let is_due =
            |intent: &Intent| !signal || matches!(intent, Intent::Refuse | Intent::Withdraw);
        let policy = before.policy().clone();
        let mut faults = Vec::new();
        match (&step.intent, stored) {
            (Some((intent, _)), Some(stored)) if is_due(intent) => {
                self.ledger.recorder.exercise(Requirement::ChoiceStored);
                faults.extend(
                    intent
                        .fault(&policy, stored, before.choice())
                        .map(|why| (Requirement::ChoiceStored, why)),
                );
                if !signal {
                    faults.extend(self.faults_of_terms(before, told));
                }
            }
            (Some((intent, _)), None) if !signal && !intent.is_empty_form() => {
                self.note_unstored(scene, step, before, answer);
            }
            (None, stored) if !is_of_choice(&step.parts, &step.body, &policy) => {
                let mut beside = faults_beside_choices(before, stored, told);
                if stored.is_some_and(|stored| self.brings_account(step, stored)) {
                    beside.retain(|(requirement, _)| {
                        *requirement != Requirement::UnclearGrantsNothing
                    });
                }
                faults.extend(beside);
                faults.extend(self.faults_of_moving(scene, before, stored));
            }
            _ => {}
        }
        let dates = [before.choice(), stored].into_iter().flatten();
        self.dates.extend(dates.map(|choice| choice.decided_at));
        if let Some(now) = &told.answer {
            self.note_withdrawal(before, now, answer);
        }
        if let Some(stored) = stored {
            self.withdrawals.objects |= is_objection(scene, before, stored);
            self.note_maker(scene, step, stored);
            if !self.is_kept(visitor, answer) {
                let why = "browsers do not send the stored choice to the pages of the site: it needs Path=/, and \
                           attributes that they accept";
                faults.push((Requirement::ChoiceStored, why.to_owned()));
            }
        }
        self.tell_faults(scene, step, &policy, faults);
    }

    fn tell_faults(
        &mut self,
        scene: &Situation,
        step: &Step,
        policy: &CookiePolicy,
        faults: Vec<(Requirement, String)>,
    ) {
        for (requirement, why) in faults {
            let breach = Breach {
                requirement,
                header: "set-cookie",
                cookie: Some(policy.preferences_cookie().name().as_bytes()),
                script: false,
                why,
            };
            let seen = Occasion {
                request: &step.label,
                situation: &scene.situation,
            };
            self.ledger.recorder.breach(policy, seen, breach);
        }
    }

    /// Takes note of a response that takes away consent to a service, which its pages may load.
    fn note_withdrawal(&mut self, before: &Consent, now: &Consent, answer: &TargetAnswer) {
        let policy = before.policy();
        let services = policy.services().iter();
        let mut services = services.filter_map(|number| policy.service_at(number));
        if services.any(|service| before.allows(service.id()) && !now.allows(service.id())) {
            self.withdrawals.seen += 1;
            let fields = answer.headers().get_all("clear-site-data").iter();
            let clears = fields.map(HeaderValue::as_bytes).any(wire::clears_cache);
            self.withdrawals.clearing += usize::from(clears);
        }
    }

    /// Takes note of a choice by GET, if the test declares one, and nothing stores it.
    fn note_visit(
        &mut self,
        scene: &Situation,
        step: &Step,
        before: &Consent,
        (answer, told): (&TargetAnswer, &AnswerJudgement),
    ) {
        let is_declared = matches!(step.intent, Some((_, Known::Declared)));
        let is_get = step.parts.method == Method::GET && answer.status().as_u16() != 304;
        if is_declared && is_get && !told.chose && scene.gpc.is_none() {
            self.note_unstored(scene, step, before, answer);
        }
    }

    /// Takes note of a response without a choice, to a request that should make one.
    fn note_unstored(
        &mut self,
        scene: &Situation,
        step: &Step,
        before: &Consent,
        answer: &TargetAnswer,
    ) {
        let Some((intent, known)) = &step.intent else {
            return;
        };
        let is_done = |choice| intent.is_met_by(before.policy(), choice);
        // A form that the site does not take is noted as such.
        let is_refused = step.form.is_some() && answer.status().as_u16() >= 400;
        if is_refused || before.has_several_preferences() || before.choice().is_some_and(is_done) {
            return;
        }
        self.unstored.push(Unstored {
            label: step.label.clone(),
            path: step.parts.uri.path().to_owned(),
            situation: scene.situation.to_string(),
            known: *known,
            status: answer.status().as_u16(),
        });
    }

    /// Takes note of a request that makes a choice for somebody who has made none.
    fn note_maker(&mut self, scene: &Situation, step: &Step, stored: &Choice) {
        let is_known = self
            .makers
            .iter()
            .any(|maker| maker.step.label == step.label);
        // A login brings a choice that was made before.
        let is_done = is_known || is_login(step);
        if scene.situation != scenes::UNDECIDED || is_done || self.makers.len() >= MOST_MAKERS {
            return;
        }
        let asked = self.kit.oracle.policy().consenting();
        let (granted, denied) = (stored.granted & asked, stored.denied & asked);
        if granted.is_empty() && denied.is_empty() {
            return;
        }
        self.makers.push(Maker {
            step: step.clone(),
            accepts: denied.is_empty(),
        });
    }

    /// Returns `true` if the browser sends the preferences that a response sets to other pages.
    fn is_kept(&self, visitor: &Visitor, answer: &TargetAnswer) -> bool {
        let policy = self.kit.oracle.policy();
        let name = policy.preferences_cookie().name();
        let fields = answer.headers().get_all(SET_COOKIE).iter();
        let of_name = fields
            .map(HeaderValue::as_bytes)
            .filter(|field| wire::name(field) == Ok(name.as_bytes()));
        let Some(value) = of_name.map(wire::value).next_back() else {
            return true;
        };
        let Some(elsewhere) = self.plan.last().map(|step| at(&self.site, &step.parts.uri)) else {
            return true;
        };
        let mut pairs = visitor.jar.pairs(&elsewhere);
        // A domain that is not the host of this run is not kept, and not wrong.
        let domain = policy.preferences_cookie().get_domain();
        let host = self.site.host_str().unwrap_or_default();
        let is_elsewhere = domain.is_some_and(|domain| !is_within(host, domain));
        is_elsewhere || pairs.any(|(other, kept)| other == name && kept.as_bytes() == value)
    }

    /// Reports what should have been stored and was not: what the test declares, and what stores something at
    /// another time, or at another request to the same path.
    pub(super) fn tell_unstored(&mut self) {
        let unstored = std::mem::take(&mut self.unstored);
        let policy = self.kit.oracle.policy().clone();
        for it in unstored {
            let same_path = |maker: &Maker| maker.step.parts.uri.path() == it.path;
            let is_maker = self.makers.iter().any(same_path);
            let is_answered = it.status < 400;
            if it.known == Known::Read && !(is_maker && is_answered) {
                continue;
            }
            let breach = Breach {
                requirement: Requirement::ChoiceStored,
                header: "set-cookie",
                cookie: Some(policy.preferences_cookie().name().as_bytes()),
                script: false,
                why: "the request makes a choice, and the response does not store it".to_owned(),
            };
            let seen = Occasion {
                request: &it.label,
                situation: &it.situation,
            };
            self.ledger.recorder.breach(&policy, seen, breach);
        }
    }
}

/// Returns what is wrong with what a request stores or removes that is not about cookies, such as a login.
fn faults_beside_choices(
    before: &Consent,
    stored: Option<&Choice>,
    told: &AnswerJudgement,
) -> Vec<(Requirement, String)> {
    let policy = before.policy();
    let own = before.choice().copied();
    let earlier = own.map(|choice| choice.granted).unwrap_or_default();
    let mut faults = Vec::new();
    if let Some(stored) = stored
        && !((stored.granted - earlier) & policy.consenting()).is_empty()
    {
        let why = "the request is not about cookies, and leads to consent";
        faults.push((Requirement::UnclearGrantsNothing, why.to_owned()));
    }
    // One that still counts, and is the only one.
    let is_in_force = before.status() == Status::Decided && !before.has_several_preferences();
    let Some(own) = own.filter(|_| is_in_force) else {
        return faults;
    };
    let name = policy.preferences_cookie().name();
    let is_removed = told.removed.iter().any(|cookie| cookie.name == name);
    let is_forgotten = match stored {
        Some(stored) => !(own.denied - stored.denied).is_empty(),
        None => !told.chose && is_removed,
    };
    if is_forgotten {
        let why =
            "the request is not about cookies, and its response forgets what the visitor chose";
        faults.push((Requirement::ChoiceLifetime, why.to_owned()));
    }
    faults
}

/// Returns `true` if a stored choice newly refuses something exempt.
fn is_objection(scene: &Situation, before: &Consent, stored: &Choice) -> bool {
    let had = before.choice().map(|choice| choice.denied);
    // Beside preferences that nobody can read, what is exempt is refused to be sure.
    let is_new = scene.beside.is_empty() && scene.preferences.is_empty();
    let is_clear = !before.has_several_preferences() && (had.is_some() || is_new);
    let objection = (stored.denied & before.policy().exempt()) - had.unwrap_or_default();
    is_clear && !objection.is_empty()
}
