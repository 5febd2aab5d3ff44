//! The date and the revision of what responses store.

use super::Play;
use crate::{
    Choice, Consent,
    conformance::{
        Requirement,
        judge::AnswerJudgement,
        scenes::{self, Situation},
        target::Target,
    },
    consent::unix_seconds,
    preferences::Status,
    wire::DAY,
};

/// The seconds that a response may take.
const MOMENT: u64 = 10;

impl<T: Target> Play<T> {
    /// Returns what is wrong with the date and the revision of a choice that the visitor makes now.
    pub(super) fn faults_of_terms(
        &self,
        before: &Consent,
        told: &AnswerJudgement,
    ) -> Vec<(Requirement, String)> {
        let Some((now, stored)) = told.answer.as_ref().and_then(|it| Some((it, it.choice()?)))
        else {
            return Vec::new();
        };
        let policy = before.policy();
        // Some formats have no place for them.
        let Some(written) = scenes::written(policy, self.kit.now()) else {
            return Vec::new();
        };
        let mut faults = Vec::new();
        let earlier = before.choice();
        let is_earlier =
            |is: fn(&Choice, &Choice) -> bool| earlier.is_some_and(|it| is(it, stored));
        let days = self.now().abs_diff(stored.decided_at) / DAY;
        let is_known = is_earlier(|one, other| one.decided_at == other.decided_at)
            || self.dates.contains(&stored.decided_at);
        if written.decided_at.abs_diff(self.now()) < DAY && days > 1 && !is_known {
            let why = format!("the choice is made now, and its date is {days} days away");
            faults.push((Requirement::ChoiceLifetime, why));
        }
        if written.revision != policy.revision()
            || is_earlier(|one, other| one.revision == other.revision)
        {
            return faults;
        }
        let is_asked_again = now.pending().next().is_some();
        let why = match stored.revision.cmp(&policy.revision()) {
            std::cmp::Ordering::Greater => {
                "its revision is above that of the policy: later changes of the policy would not be asked about"
            }
            std::cmp::Ordering::Less if is_asked_again => {
                "its revision is one before the policy's: the visitor is asked again at once"
            }
            _ => return faults,
        };
        faults.push((Requirement::ChangesAskAgain, why.to_owned()));
        faults
    }

    /// Returns what is wrong with the date and the revision of the same choice, which a request stores again that is
    /// not about cookies. The account may have another one: a date that was in use before may be that of an account.
    pub(super) fn faults_of_moving(
        &self,
        scene: &Situation,
        before: &Consent,
        stored: Option<&Choice>,
    ) -> Vec<(Requirement, String)> {
        let (Some(own), Some(stored)) = (before.choice(), stored) else {
            return Vec::new();
        };
        let mut faults = Vec::new();
        let grants = !(stored.granted & before.policy().consenting()).is_empty();
        let optional = before.policy().optional();
        let answers = |choice: &Choice| (choice.granted & optional, choice.denied & optional);
        let is_same = answers(own) == answers(stored);
        // The refusal of a signal may be stored anew, and one that is too old.
        let is_signalled = scene.gpc.is_some() || self.kit.headers.contains_key("sec-gpc");
        let is_refusal = !is_signalled && before.status() == Status::Decided;
        if !(grants || is_refusal) || !is_same || before.has_several_preferences() {
            return faults;
        }
        let is_now = self.now().abs_diff(stored.decided_at) < MOMENT;
        if stored.decided_at > own.decided_at && is_now && !self.dates.contains(&stored.decided_at)
        {
            let why = "the request is not about cookies, and renews the choice";
            faults.push((Requirement::ChoiceLifetime, why.to_owned()));
        }
        if grants && stored.revision > own.revision && stored.decided_at == own.decided_at {
            let why = "the request is not about cookies, and moves consent to a revision of the policy that the \
                       visitor has not seen";
            faults.push((Requirement::ChangesAskAgain, why.to_owned()));
        }
        faults
    }

    fn now(&self) -> u64 {
        unix_seconds(self.kit.now())
    }
}
