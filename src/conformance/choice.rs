//! A preferences cookie in a response: its lifetime, and whether the visitor chose at all.

use http::{HeaderValue, header::SET_COOKIE};

use super::{
    Requirement,
    judge::exchange::{PlayedExchange, removal},
    recorder::{Breach, Occasion, Recorder},
};
use crate::{
    CookiePolicy,
    consent::{Reading, seconds_left},
    wire::{self, DAY, Lifetime, Removal},
};

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
        let Some(new) = after.choice else {
            return;
        };
        let visit = self.exchange.method.is_safe();
        match self.before.choice {
            Some(old) if visit => {
                let same = (old.granted, old.denied) == (new.granted, new.denied);
                if same && !self.before.several && new.decided_at > old.decided_at {
                    tell(breach(
                        Requirement::ChoiceLifetime,
                        "a visit renews the choice",
                    ));
                }
            }
            None if visit && !(new.granted & self.policy.consenting()).is_empty() => {
                let why = "a visit alone leads to consent; a choice requires an action, and a POST";
                tell(breach(Requirement::UnclearGrantsNothing, why));
            }
            _ => {}
        }
        // By the regime that it names, which the policy alone does not know of the visitor.
        let variants = self.policy.variants();
        let regime = new.regime.index().and_then(|at| variants.get(at));
        let left = seconds_left(regime.unwrap_or(self.policy), &new, self.exchange.now);
        let fields = self.exchange.received.get_all(SET_COOKIE).iter();
        for field in fields.map(HeaderValue::as_bytes) {
            if wire::name(field) != Ok(preferences) || removal(self.exchange, field) != Removal::No
            {
                continue;
            }
            let why = match wire::lifetime(field, self.exchange.now) {
                Lifetime::Session => "the choice is deleted when the browser closes",
                Lifetime::Seconds(seconds) if seconds > left.saturating_add(DAY) => {
                    "the browser keeps it for longer than the choice is valid"
                }
                Lifetime::Seconds(seconds) if seconds.saturating_add(DAY) < left => {
                    "the browser deletes it before the choice expires"
                }
                Lifetime::Seconds(_) => continue,
            };
            tell(breach(Requirement::ChoiceLifetime, why));
        }
    }
}
