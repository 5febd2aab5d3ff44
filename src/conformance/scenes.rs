//! The situations that the visitor is put into.

use std::time::SystemTime;

use super::Requirement;
use crate::{
    Category, Choice, Consent, CookiePolicy, Gpc,
    consent::{encoded_value, unix_seconds},
    policy::CategorySet,
    wire::DAY,
};

/// One visitor: what is in the browser at the start, and what every request says.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) situation: &'static str,
    pub(super) start: Start,
    /// Values of the preferences cookie: the first goes into the jar, others beside it.
    pub(super) preferences: Vec<String>,
    pub(super) gpc: Option<&'static str>,
    /// What was set after acceptance has to be set here, too.
    pub(super) keeps: Option<Keeps>,
}

/// What the jar holds at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    Empty,
    /// A cookie of every declared name that needs the visitor's leave.
    Planted,
    /// What the site set after acceptance.
    Accepted,
}

/// The consent that stands in a scene.
#[derive(Debug)]
pub(super) struct Keeps {
    pub(super) requirement: Requirement,
    pub(super) categories: CategorySet,
    pub(super) why: &'static str,
}

pub(super) const ACCEPTED: &str = "after acceptance";
/// In this one, what the site deletes it deletes for reasons of its own.
pub(super) const ACCEPTED_PLANTED: &str = "after acceptance, with cookies";

struct Values<'a> {
    policy: &'a CookiePolicy,
    consent: Consent,
    now: u64,
}

impl<'a> Values<'a> {
    fn new(policy: &'a CookiePolicy, now: SystemTime) -> Self {
        Self {
            policy,
            consent: Consent::undecided(policy.clone()),
            now: unix_seconds(now),
        }
    }

    fn of(&self, mut choice: Choice, age: u64) -> String {
        choice.decided_at = self.now.saturating_sub(age);
        // A codec that panics writes what nobody reads.
        encoded_value(self.policy, &choice, None).unwrap_or_default()
    }

    fn accepted(&self, age: u64) -> String {
        self.of(self.consent.accept_all(), age)
    }

    fn refused(&self, age: u64) -> String {
        self.of(self.consent.refuse_all(), age)
    }

    /// A value that the policy's codec cannot read.
    fn malformed(&self) -> Option<String> {
        let candidates = ["%7Bmalformed", "malformed", "!", "0"];
        self.unreadable(candidates.map(str::to_owned))
    }

    /// A yes to everything in the words of another tool: the right ids, and no time.
    fn foreign(&self) -> Option<String> {
        let ids = self.policy.categories().map(Category::id);
        let answers: Vec<_> = ids.map(|id| format!("%22{id}%22%3Atrue")).collect();
        self.unreadable([format!("%7B{}%7D", answers.join("%2C")), "ALLOW".to_owned()])
    }

    fn unreadable(&self, candidates: impl IntoIterator<Item = String>) -> Option<String> {
        let mut candidates = candidates.into_iter();
        candidates.find(|value| self.read(value).is_none())
    }

    /// What the policy's codec makes of the value alone; a format need not keep all of a choice.
    fn read(&self, value: &str) -> Option<Choice> {
        let preferences = self.policy.preferences_cookie();
        let own = preferences.name();
        let values: Vec<_> = self
            .policy
            .preferences_names()
            .map(|name| (name == own).then_some(value.as_bytes()))
            .collect();
        let decoded = preferences.decode(self.policy, &values).ok()?;
        Some(decoded.choice)
    }
}

/// Whether the kit can write a choice at all: some formats spread it over several cookies.
pub(super) fn can_choose(policy: &CookiePolicy, now: SystemTime) -> bool {
    let values = Values::new(policy, now);
    values.read(&values.accepted(0)).is_some()
}

pub(super) fn scenes(policy: &CookiePolicy, gpc: Gpc, now: SystemTime) -> Vec<Scene> {
    let values = Values::new(policy, now);
    let lifetime = policy.choice_lifetime().as_secs();
    let some_time = (30 * DAY).min(lifetime / 2);
    let too_old = lifetime.saturating_add(2 * DAY);
    let scene = |situation, start, preferences| Scene {
        situation,
        start,
        preferences,
        gpc: None,
        keeps: None,
    };
    use Start::{Accepted, Empty, Planted};
    let mut scenes = vec![
        scene("before a choice", Empty, vec![]),
        scene("before a choice, with cookies", Planted, vec![]),
        scene(ACCEPTED, Empty, vec![values.accepted(some_time)]),
        scene(ACCEPTED_PLANTED, Planted, vec![values.accepted(some_time)]),
        scene("after refusal", Planted, vec![values.refused(some_time)]),
        scene("after withdrawal", Accepted, vec![values.refused(0)]),
        scene(
            "expired acceptance",
            Planted,
            vec![values.accepted(too_old)],
        ),
        scene("expired refusal", Planted, vec![values.refused(too_old)]),
        scene(
            "duplicated preferences, the first a yes",
            Planted,
            vec![values.accepted(some_time), values.refused(some_time)],
        ),
        scene(
            "duplicated preferences, the first a no",
            Planted,
            vec![values.refused(some_time), values.accepted(some_time)],
        ),
    ];
    if let Some(malformed) = values.malformed() {
        let beside = vec![values.accepted(some_time), malformed.clone()];
        scenes.push(scene("malformed preferences", Planted, vec![malformed]));
        scenes.push(scene("malformed beside readable ones", Planted, beside));
    }
    if let Some(foreign) = values.foreign() {
        scenes.push(scene("preferences of another tool", Planted, vec![foreign]));
    }
    scenes.push(older(&values, some_time));
    let mut signalled = with_signal(&values, some_time);
    if gpc == Gpc::Ignore {
        // A site that ignores the signal owes it nothing.
        signalled.iter_mut().for_each(|scene| scene.keeps = None);
    }
    scenes.extend(signalled);
    scenes
}

/// A choice of the revision before this one.
fn older(values: &Values<'_>, age: u64) -> Scene {
    let policy = values.policy;
    let revision = policy.revision().saturating_sub(1);
    let accepted = values.consent.accept_all().with_revision(revision);
    let accepted = values.of(accepted, age);
    let revision = values.read(&accepted).map_or(0, |choice| choice.revision);
    let unchanged = policy.consenting().iter();
    let unchanged = unchanged.filter(|category| policy.since_at(*category) <= revision);
    Scene {
        situation: "acceptance of an older revision",
        start: Start::Empty,
        preferences: vec![accepted],
        gpc: None,
        keeps: Some(Keeps {
            requirement: Requirement::ChangesAskAgain,
            categories: unchanged.collect(),
            why: "set after an acceptance, and no more after one of an older revision, though its \
                  category has not changed since",
        }),
    }
}

fn with_signal(values: &Values<'_>, age: u64) -> [Scene; 4] {
    let stands = |why| Keeps {
        requirement: Requirement::SignalRefuses,
        categories: values.policy.consenting(),
        why,
    };
    let scene = |situation, start, preferences, gpc, keeps| Scene {
        situation,
        start,
        preferences,
        gpc: Some(gpc),
        keeps,
    };
    let despite = values.of(values.consent.accept_all().with_gpc(true), age);
    let keeps_signal = values.read(&despite).is_some_and(|choice| choice.gpc);
    [
        scene("Sec-GPC before a choice", Start::Planted, vec![], "1", None),
        scene(
            "Sec-GPC after acceptance",
            Start::Planted,
            vec![values.accepted(age)],
            "1",
            None,
        ),
        scene(
            "acceptance with Sec-GPC on",
            Start::Empty,
            vec![despite],
            "1",
            keeps_signal.then(|| {
                stands("set after an acceptance, and not after one that was given with Sec-GPC on")
            }),
        ),
        scene(
            "Sec-GPC of another value than 1",
            Start::Empty,
            vec![values.accepted(age)],
            "true",
            Some(stands(
                "set after an acceptance, and not with a Sec-GPC field that is not exactly 1",
            )),
        ),
    ]
}
