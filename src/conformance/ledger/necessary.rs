//! Necessary cookies that the response to a choice deletes.

use std::collections::{BTreeMap, BTreeSet};

use super::deletion::deletion;
use crate::{
    CookiePolicy,
    conformance::{
        Requirement,
        judge::AnswerJudgement,
        recorder::{Occasion, Recorder},
    },
    policy::Reason,
};

/// The number of times that it has to occur to count: something may expire by chance.
const LEAST: usize = 2;

/// The necessary cookies that requests carry, and responses to choices keep or delete.
#[derive(Debug, Default)]
pub(super) struct NecessaryByChoice {
    /// By request and name: the situation of the first, and how often.
    deleted: BTreeMap<(String, String), (String, usize)>,
    /// Those that some acceptance deletes as well: they end with any choice, such as a notice.
    by_acceptance: BTreeSet<String>,
    /// Those that some acceptance has carried and left.
    left: BTreeSet<String>,
}

impl NecessaryByChoice {
    /// Takes note of a response that makes a choice, and of the names in the jar before and after it.
    pub(super) fn note(
        &mut self,
        policy: &CookiePolicy,
        (before, after): (&BTreeSet<String>, &BTreeSet<String>),
        told: &AnswerJudgement,
        seen: Occasion<'_>,
    ) {
        let choice = told.answer.as_ref().and_then(|answer| answer.choice());
        let asked = policy.consenting() - policy.services();
        let accepts = choice.is_some_and(|choice| (asked - choice.granted).is_empty());
        for name in before.iter().filter(|name| is_necessary(policy, name)) {
            let list = match (accepts, after.contains(name)) {
                (true, true) => &mut self.left,
                (true, false) => &mut self.by_acceptance,
                (false, true) => continue,
                (false, false) => {
                    let key = (seen.request.to_owned(), name.clone());
                    let first = (seen.situation.to_owned(), 0);
                    self.deleted.entry(key).or_insert(first).1 += 1;
                    continue;
                }
            };
            list.insert(name.clone());
        }
    }

    /// Reports what is only deleted by choices that refuse something.
    pub(super) fn tell(&self, policy: &CookiePolicy, recorder: &mut Recorder) {
        for ((request, name), (situation, times)) in &self.deleted {
            let seen = Occasion { request, situation };
            let is_common = self.by_acceptance.contains(name) || !self.left.contains(name);
            if is_common || *times < LEAST || is_token(policy, name) {
                continue;
            }
            let why = "this necessary cookie is deleted by the response to a choice, and not by that to an acceptance";
            let breach = deletion(Requirement::NecessaryKept, name, why);
            recorder.breach(policy, seen, breach);
        }
    }
}

/// Returns `true` for a cookie of a necessary category; the choice itself is in none.
fn is_necessary(policy: &CookiePolicy, name: &str) -> bool {
    let found = policy.find(name.as_bytes());
    found.is_some_and(|found| policy.necessary().has(found.named))
}

/// Returns `true` for a token against forged requests, which comes with forms.
pub(in crate::conformance) fn is_token(policy: &CookiePolicy, name: &str) -> bool {
    let found = policy.find(name.as_bytes());
    let declared = found.and_then(|found| policy.declaration_at(found.declaration));
    let reason = declared.and_then(|declared| declared.get_reason());
    let lower = name.to_ascii_lowercase();
    matches!(reason, Some(Reason::Security))
        || ["csrf", "xsrf", "token"]
            .iter()
            .any(|part| lower.contains(part))
}
