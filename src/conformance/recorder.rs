//! Collects observations until they become a report.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;

use super::{
    Requirement,
    doubts::Doubt,
    listing::{MOST_FINDINGS, list},
    report::{Finding, Judged, Outcome, Report},
    scenes::ONE_SERVICE,
};
use crate::{
    Consent, CookieDeclaration, CookiePolicy,
    consent::OptOutStatus,
    observe::{ShownName, printable},
};

/// The known facts about opt-outs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum SeenOptOuts {
    #[default]
    Unknown,
    /// Nothing is opt-out for anybody.
    Nowhere,
    /// Something is for some visitors, but nobody was one of them.
    Elsewhere,
    /// A visitor could opt out of something.
    Here,
}

#[derive(Debug, Default)]
pub(super) struct Recorder {
    exercised: BTreeSet<Requirement>,
    opt_outs: SeenOptOuts,
    /// Something needs consent for a visitor.
    asks: bool,
    findings: Vec<Finding>,
    unlisted: BTreeMap<Requirement, usize>,
    excused: Vec<Finding>,
    /// What was found in situations that are in doubt.
    doubtful: BTreeMap<String, Vec<Finding>>,
    answers: BTreeMap<&'static str, usize>,
    failures: Vec<String>,
    notes: Vec<String>,
}

/// The request of an observation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Occasion<'a> {
    pub(super) request: &'a str,
    pub(super) situation: &'a str,
}

impl Occasion<'_> {
    /// Returns what is broken here by what otherwise breaks this requirement.
    fn broken(self, requirement: Requirement) -> Requirement {
        match requirement {
            Requirement::NoCookieBeforeConsent | Requirement::ChangesAskAgain
                if self.situation.starts_with(ONE_SERVICE) =>
            {
                Requirement::OneService
            }
            requirement => requirement,
        }
    }
}

/// An observation about a cookie.
#[derive(Clone, Debug)]
pub(super) struct Breach<'a> {
    pub(super) requirement: Requirement,
    pub(super) header: &'static str,
    /// The name as on the wire; `None` if it is unclear.
    pub(super) cookie: Option<&'a [u8]>,
    pub(super) script: bool,
    pub(super) why: String,
}

/// An observation about something of a third party.
#[derive(Clone, Debug)]
pub(super) struct ThirdParty<'a> {
    pub(super) requirement: Requirement,
    /// The part of the exchange that shows it.
    pub(super) header: &'static str,
    pub(super) element: Option<&'a str>,
    pub(super) origin: Option<&'a str>,
    pub(super) service: Option<&'a str>,
    pub(super) category: Option<&'a str>,
    pub(super) why: String,
}

/// Returns a name from the wire, or one that the policy itself declares.
pub(super) fn shown(policy: &CookiePolicy, name: &[u8]) -> String {
    let found = policy.find(name);
    let declared = found.and_then(|found| policy.declaration_at(found.declaration));
    match declared.map(CookieDeclaration::name) {
        Some(declared) if declared.as_bytes() == name => declared.to_owned(),
        _ => ShownName::new(name).to_string(),
    }
}

impl Recorder {
    pub(super) fn exercise(&mut self, requirement: Requirement) {
        self.exercised.insert(requirement);
    }

    /// Takes note of a visitor, who may be one that can opt out of something.
    pub(super) fn meet(&mut self, visitor: &Consent) {
        let policy = visitor.policy();
        let has_regimes = policy.is_in_regime() || !policy.variants().is_empty();
        let concerns = !policy.opt_out_somewhere().is_empty() || policy.has_sensitive();
        let seen = match visitor.opt_out_status() {
            OptOutStatus::NotOffered
                if concerns && (has_regimes || !policy.opt_out().is_empty()) =>
            {
                SeenOptOuts::Elsewhere
            }
            OptOutStatus::NotOffered => SeenOptOuts::Nowhere,
            _ => SeenOptOuts::Here,
        };
        self.opt_outs = self.opt_outs.max(seen);
        self.asks |= !policy.consenting().is_empty();
    }

    /// Returns `true` if some visitor could opt out of something.
    pub(super) fn has_opt_outs(&self) -> bool {
        self.opt_outs == SeenOptOuts::Here
    }

    /// Returns `true` if somebody could, but no visitor of this run.
    pub(super) fn misses_opt_outs(&self) -> bool {
        self.opt_outs == SeenOptOuts::Elsewhere
    }

    /// Marks the requirement as not exercised after all.
    pub(super) fn forget(&mut self) {
        self.exercised.clear();
        self.opt_outs = SeenOptOuts::Unknown;
    }

    pub(super) fn answer(&mut self, status: StatusCode) {
        let class = match status {
            StatusCode::NOT_FOUND => "not found",
            _ if status.is_informational() => "informational",
            _ if status.is_success() => "success",
            _ if status.is_redirection() => "redirect",
            _ => "error",
        };
        *self.answers.entry(class).or_default() += 1;
    }

    pub(super) fn fail(&mut self, failure: &str) {
        let failure = printable(failure).into_owned();
        if !self.failures.contains(&failure) && self.failures.len() < MOST_FINDINGS {
            self.failures.push(failure);
        }
    }

    pub(super) fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    pub(super) fn breach(&mut self, policy: &CookiePolicy, seen: Occasion<'_>, breach: Breach<'_>) {
        self.find(finding(policy, seen, breach));
    }

    pub(super) fn third_party(&mut self, seen: Occasion<'_>, party: ThirdParty<'_>) {
        let requirement = party.requirement;
        let text = |text: Option<&str>| text.map(str::to_owned);
        self.find(Finding {
            requirement,
            request: seen.request.to_owned(),
            requests: vec![seen.request.to_owned()],
            situation: seen.situation.to_owned(),
            header: party.header,
            category: text(party.category),
            cookie: None,
            script: false,
            element: party.element.map(|it| printable(it).into_owned()),
            origin: text(party.origin),
            service: text(party.service),
            why: party.why,
            help: requirement.help(),
            count: 1,
        });
    }

    fn find(&mut self, finding: Finding) {
        let requirement = finding.requirement;
        self.exercise(requirement);
        let findings = match Doubt::of(&finding.situation) {
            Some(_) => self.doubtful.entry(finding.situation.clone()).or_default(),
            None => &mut self.findings,
        };
        if !list(findings, finding) {
            *self.unlisted.entry(requirement).or_default() += 1;
        }
    }

    /// Reports what was found in situations that are in doubt, or excuses it for the reason that is given.
    pub(super) fn settle(&mut self, excuse: impl Fn(&str) -> Option<&'static str>) {
        for (situation, findings) in std::mem::take(&mut self.doubtful) {
            let excuse = excuse(&situation);
            for mut finding in findings {
                let Some(excuse) = excuse else {
                    let requirement = finding.requirement;
                    if !list(&mut self.findings, finding) {
                        *self.unlisted.entry(requirement).or_default() += 1;
                    }
                    continue;
                };
                finding.why = format!("{}; but {excuse}", finding.why);
                // As for others that are excused, requests beyond the limit are listed already.
                let _ = list(&mut self.excused, finding);
            }
        }
    }

    /// Lists something that would be a breach, but is excused for the reason in `breach`.
    pub(super) fn excuse(&mut self, policy: &CookiePolicy, seen: Occasion<'_>, breach: Breach<'_>) {
        // Requests beyond the limit are listed already.
        let _ = list(&mut self.excused, finding(policy, seen, breach));
    }

    /// Returns the classes of responses that sites usually have and that did not occur.
    pub(super) fn unseen_classes(&self) -> Vec<&'static str> {
        ["success", "redirect", "error", "not found"]
            .into_iter()
            .filter(|class| !self.answers.contains_key(class))
            .collect()
    }

    pub(super) fn report(mut self) -> Report {
        self.settle(|_| None);
        for (requirement, count) in std::mem::take(&mut self.unlisted) {
            let id = requirement.id();
            self.note(format!("{id}: {count} more findings are not listed"));
        }
        let mut findings = self.findings;
        let requirements = Requirement::ALL
            .into_iter()
            .map(|id| {
                let of_id: Vec<_> = findings
                    .extract_if(.., |finding| finding.requirement == id)
                    .collect();
                let outcome = match of_id.is_empty() {
                    false => Outcome::Broken,
                    true if self.exercised.contains(&id) => Outcome::Held,
                    true if self.opt_outs == SeenOptOuts::Nowhere && id.is_of_opt_outs() => {
                        Outcome::DoesNotApply
                    }
                    true if !self.asks && !self.answers.is_empty() && id.is_of_asking() => {
                        Outcome::DoesNotApply
                    }
                    true => Outcome::NotExercised,
                };
                Judged {
                    id,
                    title: id.title(),
                    outcome,
                    why: (outcome == Outcome::NotExercised).then(|| id.occasion()),
                    findings: of_id,
                }
            })
            .collect();
        Report {
            requirements,
            answers: self.answers,
            excused: self.excused,
            failures: self.failures,
            notes: self.notes,
        }
    }
}

fn finding(policy: &CookiePolicy, seen: Occasion<'_>, breach: Breach<'_>) -> Finding {
    let requirement = seen.broken(breach.requirement);
    Finding {
        requirement,
        request: seen.request.to_owned(),
        requests: vec![seen.request.to_owned()],
        situation: seen.situation.to_owned(),
        header: breach.header,
        category: breach
            .cookie
            .and_then(|name| policy.category_of(str::from_utf8(name).ok()?))
            .map(|category| category.id().to_owned()),
        cookie: breach.cookie.map(|name| shown(policy, name)),
        script: breach.script,
        element: None,
        origin: None,
        service: None,
        why: breach.why,
        help: requirement.help(),
        count: 1,
    }
}
