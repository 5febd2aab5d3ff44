//! What sites store with a choice beside its answers: it may not tell visitors apart.

use std::collections::BTreeMap;

use crate::{
    CookiePolicy, Withheld,
    conformance::{
        Requirement,
        identifiers::without_times,
        recorder::{Breach, Occasion, Recorder},
    },
};

/// The choices that have the same members, on average, where they are the same for many.
const SHARED_BY: usize = 4;

/// The members of choices that the policy does not keep, as text, with the number of those choices and the first
/// request.
#[derive(Debug, Default)]
pub(super) struct OtherMembers {
    seen: BTreeMap<String, (usize, String, String)>,
}

impl OtherMembers {
    /// Takes note of members, and of the time of the response in seconds since 1970.
    pub(super) fn note(&mut self, (members, now): &(String, u64), seen: Occasion<'_>) {
        let members = without_times(members.as_bytes(), &[*now]);
        let first = || (0, seen.request.to_owned(), seen.situation.to_owned());
        self.seen.entry(members).or_insert_with(first).0 += 1;
    }

    pub(super) fn tell(&self, policy: &CookiePolicy, recorder: &mut Recorder) {
        let choices: usize = self.seen.values().map(|(count, ..)| count).sum();
        let is_shared = choices >= self.seen.len().saturating_mul(SHARED_BY);
        for (_, request, situation) in self.seen.values() {
            let seen = Occasion { request, situation };
            let why = Withheld::UnknownMembers.as_str();
            let breach = |why: String| Breach {
                requirement: Requirement::UnclearGrantsNothing,
                header: "set-cookie",
                cookie: Some(policy.preferences_cookie().name().as_bytes()),
                script: false,
                why,
            };
            match is_shared {
                true => {
                    let why = format!("{why}, but they are the same for many visitors");
                    recorder.excuse(policy, seen, breach(why));
                }
                false => recorder.breach(policy, seen, breach(why.to_owned())),
            }
        }
    }
}
