//! A preferences cookie in a response: its lifetime, and whether the visitor chose at all.

use http::{HeaderValue, header::SET_COOKIE};

use super::{
    Requirement,
    declining::declines,
    judge::exchange::{PlayedExchange, removal},
    recorder::{Breach, Occasion, Recorder},
};
use crate::{
    Choice, CookiePolicy,
    consent::{Reading, holds_objection, seconds_left},
    wire::{self, DAY, Lifetime, MAX_COOKIE_SECONDS, Removal},
};

/// The days that half a year has more than six times 30.
const SHORT_MONTHS: u64 = 5 * DAY;

/// The choices in a request and its response.
pub(super) struct Answered<'a> {
    pub(super) policy: &'a CookiePolicy,
    pub(super) exchange: &'a PlayedExchange<'a>,
    pub(super) seen: Occasion<'a>,
    pub(super) before: &'a Reading<'a>,
    pub(super) after: &'a Reading<'a>,
}

impl Answered<'_> {
    pub(super) fn judge(&self, recorder: &mut Recorder) {
        let after = self.after;
        let preferences = self.policy.preferences_cookie().name().as_bytes();
        let breach = |requirement, why: &str| Breach {
            requirement,
            header: "set-cookie",
            cookie: Some(preferences),
            script: false,
            why: why.to_owned(),
        };
        let mut tell = |breach| recorder.breach(self.policy, self.seen, breach);
        if after.unreadable.is_some() {
            tell(breach(
                Requirement::ChoiceLifetime,
                "the value that it writes can't be read back as a choice",
            ));
        }
        let visit = self.exchange.method.is_safe();
        let Some(new) = after.choice else {
            if visit && self.forgets() {
                let why = "a visit removes the visitor's choice, so that it has to be made again";
                tell(breach(Requirement::ChoiceLifetime, why));
            }
            return;
        };
        if visit {
            let old = self.before.choice.as_ref();
            for (requirement, why) in self.faults_of_visit(old, &new) {
                tell(breach(requirement, why));
            }
        }
        // By the regime that it names, which the policy alone does not know of the visitor.
        let variants = self.policy.variants();
        let regime = new.regime.index().and_then(|at| variants.get(at));
        let policy = regime.unwrap_or(self.policy);
        let left = seconds_left(policy, &new, self.exchange.now);
        // An objection does not end with the choice, and a site may keep any refusal for longer.
        let refuses = !visit && !(new.denied & policy.optional()).is_empty();
        let most = match refuses || holds_objection(policy, &new) {
            true => MAX_COOKIE_SECONDS,
            false => left,
        };
        // Months have 30 days for some.
        let least = left.saturating_sub((left / 30).clamp(DAY, SHORT_MONTHS));
        let fields = self.exchange.received.get_all(SET_COOKIE).iter();
        for field in fields.map(HeaderValue::as_bytes) {
            if wire::name(field) != Ok(preferences) || removal(self.exchange, field) != Removal::No
            {
                continue;
            }
            let why = match wire::lifetime(field, self.exchange.now) {
                Lifetime::Session => "the choice is deleted when the browser closes",
                Lifetime::Seconds(seconds) if seconds > most.saturating_add(DAY) => {
                    "the browser keeps it for longer than the choice is valid"
                }
                Lifetime::Seconds(seconds) if seconds < least => {
                    "the browser deletes it before the choice expires"
                }
                Lifetime::Seconds(_) => continue,
            };
            tell(breach(Requirement::ChoiceLifetime, why));
        }
    }

    /// Returns `true` if the response removes the only choice, which is in force.
    fn forgets(&self) -> bool {
        let preferences = self.policy.preferences_cookie().name().as_bytes();
        let before = self.before;
        let is_alone = before.unreadable.is_none() && !before.several && !before.former;
        let lasts = |choice| seconds_left(self.policy, &choice, self.exchange.now) > 0;
        let fields = self.exchange.received.get_all(SET_COOKIE).iter();
        let mut fields = fields.map(HeaderValue::as_bytes);
        let is_removal = |field| {
            wire::name(field) == Ok(preferences)
                && removal(self.exchange, field) == Removal::Certain
        };
        is_alone && before.choice.is_some_and(lasts) && fields.any(is_removal)
    }

    /// Returns what is wrong with a choice that a visit stores, which is not an action of the visitor.
    fn faults_of_visit(
        &self,
        old: Option<&Choice>,
        new: &Choice,
    ) -> Vec<(Requirement, &'static str)> {
        let policy = self.policy;
        let asked = policy.consenting();
        let Some(old) = old else {
            let why = "a visit alone leads to consent; a choice requires an action, and a POST";
            let grants = !(new.granted & asked).is_empty();
            return grants
                .then_some((Requirement::UnclearGrantsNothing, why))
                .into_iter()
                .collect();
        };
        let mut faults = Vec::new();
        if self.before.several || self.before.unreadable.is_some() {
            if !((new.granted - old.granted) & asked).is_empty() {
                let why = "a visit settles contradictory preferences: it grants what not all of them grant";
                faults.push((Requirement::UnclearGrantsNothing, why));
            }
            return faults;
        }
        // The refusal of a signal may be stored anew, and consent may not.
        let optional = policy.optional();
        let answers = |choice: &Choice| (choice.granted & optional, choice.denied & optional);
        let is_refusal = (new.granted & asked).is_empty();
        let is_signal = self.exchange.sent.contains_key("sec-gpc")
            && (is_refusal || answers(old) != answers(new));
        if !((new.granted - old.granted) & asked).is_empty() {
            let why =
                "a visit widens the stored choice: it grants what the visitor had not granted";
            faults.push((Requirement::UnclearGrantsNothing, why));
        }
        // A link may refuse and withdraw.
        let declines = declines(self.exchange.uri) && (new.granted - old.granted).is_empty();
        let of_refused = |number: &u8| {
            let category = policy.category_number_of(*number);
            declines && category.is_some_and(|category| new.denied.contains(category))
        };
        let mut forgotten = (old.denied - new.denied).iter();
        if !forgotten.all(|number| of_refused(&number)) {
            let why = "a visit forgets what the visitor had refused";
            faults.push((Requirement::ChoiceLifetime, why));
        }
        if self.opens(old, new) {
            let why = "a visit takes an answer out of the choice, so that it is asked again";
            faults.push((Requirement::ChangesAskAgain, why));
        }
        let narrows = is_refusal || answers(old).0 != answers(new).0;
        if new.decided_at > old.decided_at && !is_signal && !(declines && narrows) {
            faults.push((Requirement::ChoiceLifetime, "a visit renews the choice"));
        }
        if new.revision > old.revision && !(new.granted & asked).is_empty() {
            let why =
                "a visit moves consent to a revision of the policy that the visitor has not seen";
            faults.push((Requirement::ChangesAskAgain, why));
        }
        faults
    }

    /// Returns `true` if a visit leaves open what the same choice had granted, and still counts.
    fn opens(&self, old: &Choice, new: &Choice) -> bool {
        let policy = self.policy;
        let is_same = (old.decided_at, old.regime) == (new.decided_at, new.regime);
        let is_in_force = seconds_left(policy, old, self.exchange.now) > 0;
        let categories = policy.consenting() - policy.services();
        let opened = (old.granted - new.granted - new.denied) & categories;
        let mut opened = opened
            .iter()
            .filter(|it| policy.since_at(*it) <= old.revision);
        let is_signal = self.exchange.sent.contains_key("sec-gpc");
        is_same && is_in_force && !is_signal && opened.next().is_some()
    }
}
