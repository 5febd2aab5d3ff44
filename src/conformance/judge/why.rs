//! The reasons why a header should not have been sent, and the requirements that it breaks.

use super::{AnswerJudgement, Hearing, Reading, Requirement, names_in, text};
use crate::{
    Verdict, Withheld,
    policy::MAX_EXEMPT_DAYS,
    wire::{self, DAY, Lifetime},
};

/// 13 months, as counted by the layer.
const LONGEST_EXEMPT: u64 = MAX_EXEMPT_DAYS as u64 * DAY;

impl Hearing<'_> {
    pub(super) fn why_limited(&self, field: &[u8]) -> (Requirement, String) {
        let declared = |name| self.policy.find(name).map(|found| found.declaration);
        let own = declared(wire::name(field).unwrap_or_default());
        let carried = names_in(self.exchange.sent).any(|carried| declared(carried) == own);
        let short = match wire::lifetime(field, self.exchange.now) {
            Lifetime::Session => true,
            Lifetime::Seconds(seconds) => seconds <= LONGEST_EXEMPT,
        };
        let why = match carried || short {
            true => Withheld::Prolonging,
            false => Withheld::TooLong,
        };
        (Requirement::ExemptLifetime, why.as_str().to_owned())
    }

    pub(super) fn why_stripped(
        &self,
        field: &[u8],
        after: &Reading<'_>,
        told: &AnswerJudgement,
    ) -> (Requirement, String) {
        let name = match wire::name(field) {
            Ok(name) => text(name),
            Err(how) => {
                let why = format!("browsers read its name differently: {how}");
                return (Requirement::Declared, why);
            }
        };
        let before = self.consent.verdict(&name);
        let (requirement, why) = match (&told.answer, before) {
            _ if self.is_preferences(&name) && after.unreadable.is_none() => {
                let why = Withheld::UnknownMembers;
                (Requirement::broken_by(why), why.as_str())
            }
            _ if after.unreadable.is_some() => (
                Requirement::UnclearGrantsNothing,
                "the preferences cookie that this response sets can't be read",
            ),
            (Some(answer), _) => self.why_not_under(answer.verdict(&name), after, before),
            (None, Verdict::Withheld(why)) => (self.broken_by(why), why.as_str()),
            (None, Verdict::Allowed) => (
                Requirement::NoCookieBeforeConsent,
                "this response removes the visitor's choice",
            ),
        };
        (requirement, why.to_owned())
    }

    /// Returns the requirement that is broken: what nobody has answered is not what has changed since an answer.
    fn broken_by(&self, why: Withheld) -> Requirement {
        let revision = self.before.choice.map(|choice| choice.revision);
        let is_current = revision.is_some_and(|revision| revision >= self.policy.revision());
        match why {
            Withheld::Pending if is_current => Requirement::NoCookieBeforeConsent,
            why => Requirement::broken_by(why),
        }
    }

    pub(super) fn is_preferences(&self, name: &str) -> bool {
        self.policy.preferences_names().any(|known| known == name)
    }

    /// Explains why the choice made by the response does not let the header through.
    fn why_not_under(
        &self,
        verdict: Verdict,
        after: &Reading<'_>,
        before: Verdict,
    ) -> (Requirement, &'static str) {
        let several_set = self.preferences_set > 1;
        match verdict {
            Verdict::Withheld(Withheld::Denied) if several_set && after.several => (
                Requirement::UnclearGrantsNothing,
                "the preferences cookies that this response sets contradict each other",
            ),
            Verdict::Withheld(Withheld::Denied) => (
                Requirement::NoCookieAfterRefusal,
                "the choice that this response sets denies its category",
            ),
            Verdict::Withheld(why @ (Withheld::Undeclared | Withheld::Unclassifiable)) => {
                (Requirement::Declared, why.as_str())
            }
            Verdict::Withheld(why @ Withheld::Signal) => (Requirement::SignalRefuses, why.as_str()),
            Verdict::Withheld(Withheld::Expired) => (
                Requirement::ChoiceLifetime,
                "the choice that this response sets is too old",
            ),
            Verdict::Withheld(_) => (
                Requirement::NoCookieAfterRefusal,
                "the choice that this response sets does not grant its category",
            ),
            // It would, if it were the choice of the next request.
            Verdict::Allowed if self.before.several || several_set => (
                Requirement::UnclearGrantsNothing,
                "a second preferences cookie remains next to the choice that this response sets, \
                 and together they grant nothing",
            ),
            Verdict::Allowed => (
                match before {
                    Verdict::Withheld(why) => Requirement::broken_by(why),
                    Verdict::Allowed => Requirement::NoCookieBeforeConsent,
                },
                "browsers do not keep the choice that this very response sets, by its path, domain, \
                 prefix or size: the next request comes without it",
            ),
        }
    }
}
