//! Findings that need several exchanges: cookies that stay in the jar, those missing in one
//! situation but not in another, and what the service saw.

mod deletion;
mod likeness;
mod members;
mod necessary;
mod sight;

use std::collections::{BTreeMap, BTreeSet};

use http::HeaderMap;

pub(super) use self::{
    deletion::kept_for_caches,
    likeness::{Effect, Likeness, names},
    necessary::is_token,
};
use self::{
    deletion::{Deletion, STORAGE, deletion, deletion_breaks, planned, storage_breaks},
    members::OtherMembers,
    necessary::NecessaryByChoice,
};
use super::{
    Report, Requirement,
    judge::AnswerJudgement,
    recorder::{Breach, Occasion, Recorder},
    scenes::{self, KeptConsent, Situation},
};
use crate::{Consent, CookiePolicy, Verdict, Withheld, observe::EXPLANATION_NAME};

pub(super) struct Ledger {
    pub(super) recorder: Recorder,
    policy: CookiePolicy,
    /// The cookies of consent categories that were set, by scene.
    set: BTreeMap<String, BTreeSet<String>>,
    /// Cookies that the site deletes with a request although it may keep them.
    own_deletions: BTreeSet<(String, String)>,
    deletions: Vec<Deletion>,
    necessary: NecessaryByChoice,
    other_members: OtherMembers,
    /// The responses to doubtful preferences.
    pub(super) likeness: Likeness,
    /// Responses that make a choice set cookies of consent categories.
    set_by_choice: bool,
    /// The requests whose responses say that a layer judged them (`explain`), and those that do not.
    judged: bool,
    unjudged: BTreeSet<String>,
}

impl Ledger {
    pub(super) fn new(policy: CookiePolicy, recorder: Recorder) -> Self {
        Self {
            recorder,
            policy,
            set: BTreeMap::new(),
            own_deletions: BTreeSet::new(),
            deletions: Vec::new(),
            necessary: NecessaryByChoice::default(),
            other_members: OtherMembers::default(),
            likeness: Likeness::default(),
            set_by_choice: false,
            judged: false,
            unjudged: BTreeSet::new(),
        }
    }

    /// Notes if the response says that a layer judged it.
    pub(super) fn mark(&mut self, label: &str, headers: &HeaderMap) {
        match headers.contains_key(EXPLANATION_NAME) {
            true => self.judged = true,
            false => {
                self.unjudged.insert(label.to_owned());
            }
        }
    }

    /// Reports responses that no layer judged, if others say that one did.
    fn report_unjudged(&mut self) {
        if !self.judged {
            return;
        }
        for label in &self.unjudged {
            let failure = format!(
                "{label}: this response was not judged, since it lacks the {EXPLANATION_NAME} header that \
                 others have (CookieConsentLayer::explain): put the layer around this route too"
            );
            self.recorder.fail(&failure);
        }
    }

    /// Checks what a response removed from the jar, and what it left there: its names before and after.
    pub(super) fn jar(
        &mut self,
        scene: &Situation,
        (before, after): (&BTreeSet<String>, &BTreeSet<String>),
        told: &AnswerJudgement,
        seen: Occasion<'_>,
    ) {
        if let Some(members) = &told.other_members {
            self.other_members.note(members, seen);
        }
        for name in told.to_expire.intersection(after) {
            let why = "the request carried it, its category is refused, and the answer does not \
                       remove it from the browser";
            let breach = Breach {
                requirement: Requirement::RefusalExpires,
                header: "set-cookie",
                cookie: Some(name.as_bytes()),
                script: false,
                why: why.to_owned(),
            };
            self.recorder.breach(&self.policy, seen, breach);
        }
        for name in told.left_to_caches.intersection(after) {
            let breach = kept_for_caches(name);
            self.recorder.excuse(&self.policy, seen, breach);
        }
        let gone = before.difference(after);
        let gone = gone.filter(|name| !told.to_expire.contains(*name));
        if told.chose {
            for name in gone {
                self.deleted_by_choice(name, told, seen);
            }
            // It sets cookies for its own choice, so other responses are not compared with it; but for one
            // that only remembers the signal.
            self.set_by_choice |= !told.set.is_empty();
            if told.remembers_signal() {
                let set = self.set.entry(scene.situation.to_string()).or_default();
                set.extend(told.set.iter().cloned());
            }
            return;
        }
        if scene.situation == scenes::ACCEPTED_PLANTED {
            // The layer turns a removal that only some browsers recognise into a plain one.
            let may_be = told.removed.iter().map(|cookie| &cookie.name);
            let own = gone.chain(may_be);
            let own = own.map(|name| (planned(seen.request).to_owned(), name.clone()));
            self.own_deletions.extend(own);
            if told.clears_storage {
                let own = (planned(seen.request).to_owned(), STORAGE.to_owned());
                self.own_deletions.insert(own);
            }
        } else if let Some(consent) = &told.consent {
            self.note_deletions(consent, gone, told, seen);
        }
        self.set
            .entry(scene.situation.to_string())
            .or_default()
            .extend(told.set.iter().cloned());
    }

    /// Takes note of what the response to a request about cookies does with necessary ones.
    pub(super) fn note_necessary(
        &mut self,
        names: (&BTreeSet<String>, &BTreeSet<String>),
        told: &AnswerJudgement,
        seen: Occasion<'_>,
    ) {
        if told.chose {
            self.necessary.note(&self.policy, names, told, seen);
        }
    }

    /// Takes note of what a response deletes, to be compared with what it deletes after an acceptance.
    #[allow(
        single_use_lifetimes,
        reason = "it can't be anonymous in an item of an iterator"
    )]
    fn note_deletions<'a>(
        &mut self,
        consent: &Consent,
        gone: impl Iterator<Item = &'a String>,
        told: &AnswerJudgement,
        seen: Occasion<'_>,
    ) {
        let deletion = |requirement, header, name: &str| Deletion {
            requirement,
            header,
            name: name.to_owned(),
            request: seen.request.to_owned(),
            situation: seen.situation.to_owned(),
        };
        if told.clears_storage
            && let Some(requirement) = storage_breaks(consent)
        {
            let deletion = deletion(requirement, "clear-site-data", STORAGE);
            self.deletions.push(deletion);
        }
        // The removal of a choice is judged by itself.
        let is_choice = |name: &str| self.policy.preferences_names().any(|own| own == name);
        for name in gone.filter(|name| !is_choice(name)) {
            if let Some(requirement) = deletion_breaks(consent, name) {
                self.deletions
                    .push(deletion(requirement, "set-cookie", name));
            }
        }
    }

    /// Reports a response that makes a choice and deletes something that this choice does not
    /// refuse.
    fn deleted_by_choice(&mut self, name: &str, told: &AnswerJudgement, seen: Occasion<'_>) {
        let verdict = told.answer.as_ref().map(|answer| answer.verdict(name));
        if verdict == Some(Verdict::Withheld(Withheld::Denied)) {
            return;
        }
        let why = "it is deleted by the answer that makes a choice, though that choice does not \
                   refuse it";
        let breach = deletion(Requirement::UnclearGrantsNothing, name, why);
        self.recorder.excuse(&self.policy, seen, breach);
    }

    /// Completes the report; `blind` if nothing showed what the service sees.
    pub(super) fn report(mut self, scenes: &[Situation], blind: bool) -> Report {
        self.compare(scenes);
        self.tell_deletions();
        self.necessary.tell(&self.policy, &mut self.recorder);
        self.other_members.tell(&self.policy, &mut self.recorder);
        self.tell_limits(blind);
        self.report_unjudged();
        self.recorder
            .settle(|situation| self.likeness.excuse(situation));
        self.recorder.report()
    }

    /// Compares what consent in force lets through with what acceptance does.
    fn compare(&mut self, scenes: &[Situation]) {
        let policy = &self.policy;
        let accepted = self.set.get(scenes::ACCEPTED).cloned().unwrap_or_default();
        for scene in scenes {
            let Some(KeptConsent {
                requirement,
                categories,
                why,
            }) = &scene.keeps
            else {
                continue;
            };
            let set = self.set.get(&*scene.situation);
            for name in &accepted {
                let found = policy.find(name.as_bytes());
                if !found.is_some_and(|found| categories.has(found.named)) {
                    continue;
                }
                self.recorder.exercise(*requirement);
                if set.is_none_or(|set| !set.contains(name)) {
                    let seen = Occasion {
                        request: "all requests",
                        situation: &scene.situation,
                    };
                    let breach = Breach {
                        requirement: *requirement,
                        header: "set-cookie",
                        cookie: Some(name.as_bytes()),
                        script: false,
                        why: (*why).to_owned(),
                    };
                    self.recorder.breach(policy, seen, breach);
                }
            }
        }
    }

    /// Reports what was deleted without being refused, unless the same happens after acceptance.
    fn tell_deletions(&mut self) {
        for deletion in &self.deletions {
            let seen = Occasion {
                request: &deletion.request,
                situation: &deletion.situation,
            };
            let own = (planned(&deletion.request).to_owned(), deletion.name.clone());
            if self.own_deletions.contains(&own) {
                let why = "it is deleted, but not for want of a choice: the same request deletes it \
                           after an acceptance too";
                let breach = deletion.breach(why);
                self.recorder.excuse(&self.policy, seen, breach);
                continue;
            }
            let why = "it is deleted, although the visitor has not refused anything";
            let breach = deletion.breach(why);
            self.recorder.breach(&self.policy, seen, breach);
        }
    }

    fn tell_limits(&mut self, blind: bool) {
        let quiet = self
            .set
            .get(scenes::ACCEPTED)
            .is_none_or(BTreeSet::is_empty);
        if quiet && !self.set_by_choice && !self.policy.consenting().is_empty() {
            self.recorder.note(
                "even after acceptance no answer sets a cookie that needs consent, so that there \
                 was none to withhold: visit the pages that set some",
            );
        }
        if blind {
            self.recorder
                .note("what the service reads is not on the wire: give the kit a probe or an echo");
        }
        for class in self.recorder.unseen_classes() {
            self.recorder.note(format!(
                "not exercised: no response was of the class {class:?}: visit a page that gives one"
            ));
        }
    }
}
