//! The visitor's situations.

mod partial;
mod rewritten;
mod situation;
mod tools;
mod unclear;
mod values;

use std::time::SystemTime;

pub(super) use self::partial::MOST_CATEGORIES;
pub(super) use self::situation::{KeptConsent, Situation, Start};
use self::values::CookieValues;
use super::Requirement;
use crate::{Basis, Category, Choice, CookiePolicy, Gpc, policy::Service, wire::DAY};

/// The visitor sends the signal, and accepted while doing so.
pub(super) const SIGNAL_OVERRULED: &str = "acceptance with Sec-GPC on";
pub(super) const ACCEPTED: &str = "after acceptance";
pub(super) const UNDECIDED: &str = "before a choice";
pub(super) const REFUSED: &str = "after refusal";
pub(super) const WITHDRAWN: &str = "after withdrawal";
pub(super) const EXPIRED: &str = "expired acceptance";
pub(super) const MALFORMED: &str = "malformed preferences";
pub(super) const SIGNALLED: &str = "Sec-GPC after acceptance";
/// The beginning of the situations in which one service is allowed.
pub(super) const ONE_SERVICE: &str = "after consent to the service ";
/// The number of services that are allowed one by one.
pub(super) const MOST_SERVICES: usize = 20;
/// In this scene, the site has its own reasons for what it deletes.
pub(super) const ACCEPTED_PLANTED: &str = "after acceptance, with cookies";

/// Returns `true` if the kit can write a choice at all: some formats spread it over several
/// cookies.
pub(super) fn can_choose(policy: &CookiePolicy, now: SystemTime) -> bool {
    written(policy, now).is_some()
}

/// Returns a choice of now as the policy's codec writes and reads it.
pub(super) fn written(policy: &CookiePolicy, now: SystemTime) -> Option<Choice> {
    let values = CookieValues::new(policy, now);
    values.read(&values.accepted(0))
}

pub(super) fn scenes(policy: &CookiePolicy, gpc: Gpc, now: SystemTime) -> Vec<Situation> {
    let values = CookieValues::new(policy, now);
    let lifetime = policy.choice_lifetime().as_secs();
    let some_time = (30 * DAY).min(lifetime / 2);
    let too_old = lifetime.saturating_add(2 * DAY);
    let scene = Situation::new;
    use Start::{Accepted, Empty, Planted};
    let mut scenes = vec![
        scene(UNDECIDED, Empty, vec![]),
        scene("before a choice, with cookies", Planted, vec![]),
        scene(ACCEPTED, Empty, vec![values.accepted(some_time)]),
        scene(ACCEPTED_PLANTED, Planted, vec![values.accepted(some_time)]),
        scene(REFUSED, Planted, vec![values.refused(some_time)]),
        scene(WITHDRAWN, Accepted, vec![values.refused(0)]),
        scene(EXPIRED, Planted, vec![values.accepted(too_old)]),
        scene("expired refusal", Planted, vec![values.refused(too_old)]).bare_at_first(),
        scene(
            "duplicate preferences, acceptance first",
            Planted,
            vec![values.accepted(some_time), values.refused(some_time)],
        )
        .bare_at_first(),
        scene(
            "duplicate preferences, refusal first",
            Planted,
            vec![values.refused(some_time), values.accepted(some_time)],
        )
        .bare_at_first(),
    ];
    if let Some(malformed) = values.malformed() {
        let beside = vec![values.accepted(some_time), malformed.clone()];
        scenes.push(scene(MALFORMED, Planted, vec![malformed]).bare_at_first());
        let name = "malformed next to readable preferences";
        scenes.push(scene(name, Planted, beside).bare_at_first());
    }
    if let Some(foreign) = values.foreign() {
        let name = "preferences of another tool";
        scenes.push(scene(name, Planted, vec![foreign]).bare_at_first());
    }
    // No site has written a choice of a revision before the first.
    if policy.revision() > 1 {
        scenes.push(older(&values, some_time));
    }
    if let Some(value) = rewritten::without_revision(&values.accepted(some_time)) {
        let name = "acceptance without a revision";
        scenes.push(scene(name, Planted, vec![value]).once_each());
    }
    scenes.extend(unclear::scenes(&values, some_time));
    scenes.extend(partial::scenes(&values, some_time));
    scenes.extend(one_by_one(&values, some_time));
    let mut signalled = with_signal(&values, some_time);
    if gpc == Gpc::Ignore {
        // A site that ignores the signal owes it nothing.
        signalled.iter_mut().for_each(|scene| scene.keeps = None);
    }
    scenes.extend(signalled);
    scenes
}

/// Returns a scene for each service that needs consent, in which that one alone is allowed.
fn one_by_one(values: &CookieValues<'_>, age: u64) -> Vec<Situation> {
    let services = asked_services(values.policy);
    let scenes = services.take(MOST_SERVICES).filter_map(|id| {
        let choice = values.consent.choose([(id, true)]).ok()?;
        let value = values.of(choice, age);
        // Some formats have no place for services.
        let read = values.read(&value)?;
        (read.get(values.policy, id) == Some(true)).then(|| Situation {
            rounds: 1,
            ..Situation::new(format!("{ONE_SERVICE}{id:?}"), Start::Empty, vec![value])
        })
    });
    scenes.collect()
}

/// Returns the services that need consent.
pub(super) fn asked_services(policy: &CookiePolicy) -> impl Iterator<Item = &str> {
    let asked = policy
        .categories()
        .filter(|category| category.basis() == Basis::Consent);
    asked.flat_map(Category::get_services).map(Service::id)
}

/// Returns a scene with a choice of the previous revision.
fn older(values: &CookieValues<'_>, age: u64) -> Situation {
    let policy = values.policy;
    let revision = policy.revision().saturating_sub(1);
    let accepted = values.consent.accept_all().with_revision(revision);
    let accepted = values.of(accepted, age);
    let revision = values.read(&accepted).map_or(0, |choice| choice.revision);
    let unchanged = policy.consenting().iter();
    let unchanged = unchanged.filter(|category| policy.since_at(*category) <= revision);
    Situation {
        keeps: Some(KeptConsent {
            requirement: Requirement::ChangesAskAgain,
            categories: unchanged.collect(),
            why: "set after an acceptance, but not after one of an older revision, although its \
                  category has not changed since",
        }),
        ..Situation::new(
            "acceptance of an older revision",
            Start::Empty,
            vec![accepted],
        )
    }
}

fn with_signal(values: &CookieValues<'_>, age: u64) -> [Situation; 5] {
    let stands = |why| KeptConsent {
        requirement: Requirement::SignalRefuses,
        categories: values.policy.consenting(),
        why,
    };
    let scene = |situation: &'static str, start, preferences, gpc, keeps| Situation {
        gpc: Some(gpc),
        keeps,
        ..Situation::new(situation, start, preferences)
    };
    let despite = values.of(values.consent.accept_all().with_gpc(true), age);
    let keeps_signal = values.read(&despite).is_some_and(|choice| choice.gpc);
    [
        scene("Sec-GPC before a choice", Start::Planted, vec![], "1", None),
        scene(
            SIGNALLED,
            Start::Planted,
            vec![values.accepted(age)],
            "1",
            None,
        ),
        scene(
            "Sec-GPC after refusal",
            Start::Planted,
            vec![values.refused(age)],
            "1",
            None,
        ),
        scene(
            SIGNAL_OVERRULED,
            Start::Empty,
            vec![despite],
            "1",
            keeps_signal.then(|| {
                stands("set after an acceptance, but not after one given with Sec-GPC on")
            }),
        ),
        scene(
            "Sec-GPC with a value other than 1",
            Start::Empty,
            vec![values.accepted(age)],
            "true",
            Some(stands(
                "set after an acceptance, but not with a Sec-GPC header other than 1",
            )),
        ),
    ]
}
