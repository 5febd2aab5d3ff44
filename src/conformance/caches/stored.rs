//! Judges what a single response gives to caches: cookies of one visitor, and choices.

use http::{HeaderValue, header::SET_COOKIE};

use super::Reuse;
use crate::{
    Choice, CookiePolicy,
    conformance::{
        Requirement,
        judge::exchange::{PlayedExchange, removal},
        recorder::{Breach, Occasion, Recorder},
    },
    wire::{self, Removal},
};

/// The choice before a response, and the one that it makes.
#[derive(Clone, Copy, Debug)]
pub(in crate::conformance) struct Change<'a> {
    pub(in crate::conformance) before: Option<&'a Choice>,
    pub(in crate::conformance) after: Option<&'a Choice>,
}

/// Judges the cookies that a response sets, and the choice that it makes.
pub(in crate::conformance) fn judge(
    policy: &CookiePolicy,
    exchange: &PlayedExchange<'_>,
    change: Change<'_>,
    seen: Occasion<'_>,
    recorder: &mut Recorder,
) {
    let fields = exchange.received.get_all(SET_COOKIE).iter();
    let personal: Vec<&[u8]> = fields
        .map(HeaderValue::as_bytes)
        .filter(|field| removal(exchange, field) == Removal::No)
        .filter_map(|field| wire::name(field).ok())
        .filter(|name| is_personal(policy, name))
        .collect();
    if personal.is_empty() {
        return;
    }
    recorder.exercise(Requirement::Caches);
    let reuse = Reuse::of(exchange);
    let mut tell = |cookie, why: &str| {
        let breach = Breach {
            requirement: Requirement::Caches,
            header: "cache-control",
            cookie: Some(cookie),
            script: false,
            why: why.to_owned(),
        };
        recorder.breach(policy, seen, breach);
    };
    let preferences = policy.preferences_cookie().name().as_bytes();
    if reuse.shared {
        for name in &personal {
            let why = "shared caches may store this response and set its cookie for others, whatever they chose";
            tell(name, why);
        }
    } else if change.after.is_some() && Reuse::is_offered(exchange) {
        let why = "the response makes a choice, and its headers let shared caches store it";
        tell(preferences, why);
    } else if is_made(change) && reuse.browser && !exchange.sent.contains_key("sec-gpc") {
        let why = "the response makes a choice, and the browser may answer the next request for it from its cache, \
                   which stores nothing";
        tell(preferences, why);
    }
}

/// Returns `true` for a cookie that not everybody may get: of an optional category, or the choice itself.
fn is_personal(policy: &CookiePolicy, name: &[u8]) -> bool {
    let is_choice = policy.preferences_names().any(|own| own.as_bytes() == name);
    let found = policy.find(name);
    is_choice || found.is_some_and(|found| policy.optional().has(found.named))
}

fn is_made(change: Change<'_>) -> bool {
    let answers = |choice: &Choice| (choice.granted, choice.denied);
    change.after.is_some() && change.after.map(answers) != change.before.map(answers)
}
