//! The visitor's situations.

use std::{borrow::Cow, time::SystemTime};

use super::Requirement;
use crate::{
    Basis, Category, Choice, Consent, CookiePolicy, Gpc,
    policy::{CategorySet, Service},
    preferences::{encoded_value, unix_seconds},
    wire::DAY,
};

/// One visitor: the browser's state at the start, and what every request says.
#[derive(Debug)]
pub(super) struct Situation {
    pub(super) situation: Cow<'static, str>,
    pub(super) start: Start,
    /// The values of the preferences cookie: the first goes into the jar, others are sent in
    /// addition.
    pub(super) preferences: Vec<String>,
    pub(super) gpc: Option<&'static str>,
    /// Everything that was set after acceptance must be set here, too.
    pub(super) keeps: Option<KeptConsent>,
}

/// The content of the jar at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    Empty,
    /// A cookie of every declared name that needs permission.
    Planted,
    /// The cookies that the site set after acceptance.
    Accepted,
    /// None, and what a response chooses stays.
    Lasting,
}

/// The consent in force in a scene.
#[derive(Debug)]
pub(super) struct KeptConsent {
    pub(super) requirement: Requirement,
    pub(super) categories: CategorySet,
    pub(super) why: &'static str,
}

/// The visitor sends the signal, and accepted while doing so.
pub(super) const SIGNAL_OVERRULED: &str = "acceptance with Sec-GPC on";
pub(super) const ACCEPTED: &str = "after acceptance";
/// The beginning of the situations in which one service is allowed.
pub(super) const ONE_SERVICE: &str = "after consent to the service ";
/// The number of services that are allowed one by one.
pub(super) const MOST_SERVICES: usize = 20;
/// In this scene, the site has its own reasons for what it deletes.
pub(super) const ACCEPTED_PLANTED: &str = "after acceptance, with cookies";

struct CookieValues<'a> {
    policy: &'a CookiePolicy,
    consent: Consent,
    now: u64,
}

impl<'a> CookieValues<'a> {
    fn new(policy: &'a CookiePolicy, now: SystemTime) -> Self {
        Self {
            policy,
            consent: Consent::undecided(policy.clone()),
            now: unix_seconds(now),
        }
    }

    fn of(&self, mut choice: Choice, age: u64) -> String {
        choice.decided_at = self.now.saturating_sub(age);
        // If a codec panics, nobody reads what it wrote.
        encoded_value(self.policy, &choice, None).unwrap_or_default()
    }

    fn accepted(&self, age: u64) -> String {
        self.of(self.consent.accept_all(), age)
    }

    fn refused(&self, age: u64) -> String {
        self.of(self.consent.refuse_all(), age)
    }

    /// Returns a value that the policy's codec can't read.
    fn malformed(&self) -> Option<String> {
        let candidates = ["%7Bmalformed", "malformed", "!", "0"];
        self.unreadable(candidates.map(str::to_owned))
    }

    /// Returns consent to everything in another tool's format: the right ids, but no time.
    fn foreign(&self) -> Option<String> {
        let ids = self.policy.categories().map(Category::id);
        let answers: Vec<_> = ids.map(|id| format!("%22{id}%22%3Atrue")).collect();
        self.unreadable([format!("%7B{}%7D", answers.join("%2C")), "ALLOW".to_owned()])
    }

    fn unreadable(&self, candidates: impl IntoIterator<Item = String>) -> Option<String> {
        let mut candidates = candidates.into_iter();
        candidates.find(|value| self.read(value).is_none())
    }

    /// Returns what the policy's codec reads from the value alone; a format need not preserve all
    /// of a choice.
    fn read(&self, value: &str) -> Option<Choice> {
        let preferences = self.policy.preferences_cookie();
        let own = preferences.name();
        let values: Vec<_> = self
            .policy
            .preferences_names()
            .map(|name| (name == own).then_some(value.as_bytes()))
            .collect();
        let decoded = preferences.decode(self.policy, &values, self.now).ok()?;
        (!decoded.undecided).then_some(decoded.choice)
    }
}

/// Returns `true` if the kit can write a choice at all: some formats spread it over several
/// cookies.
pub(super) fn can_choose(policy: &CookiePolicy, now: SystemTime) -> bool {
    let values = CookieValues::new(policy, now);
    values.read(&values.accepted(0)).is_some()
}

pub(super) fn scenes(policy: &CookiePolicy, gpc: Gpc, now: SystemTime) -> Vec<Situation> {
    let values = CookieValues::new(policy, now);
    let lifetime = policy.choice_lifetime().as_secs();
    let some_time = (30 * DAY).min(lifetime / 2);
    let too_old = lifetime.saturating_add(2 * DAY);
    let scene = |situation: &'static str, start, preferences| Situation {
        situation: situation.into(),
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
            "duplicate preferences, acceptance first",
            Planted,
            vec![values.accepted(some_time), values.refused(some_time)],
        ),
        scene(
            "duplicate preferences, refusal first",
            Planted,
            vec![values.refused(some_time), values.accepted(some_time)],
        ),
    ];
    if let Some(malformed) = values.malformed() {
        let beside = vec![values.accepted(some_time), malformed.clone()];
        scenes.push(scene("malformed preferences", Planted, vec![malformed]));
        scenes.push(scene(
            "malformed next to readable preferences",
            Planted,
            beside,
        ));
    }
    if let Some(foreign) = values.foreign() {
        scenes.push(scene("preferences of another tool", Planted, vec![foreign]));
    }
    scenes.push(older(&values, some_time));
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
            situation: format!("{ONE_SERVICE}{id:?}").into(),
            start: Start::Empty,
            preferences: vec![value],
            gpc: None,
            keeps: None,
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
        situation: "acceptance of an older revision".into(),
        start: Start::Empty,
        preferences: vec![accepted],
        gpc: None,
        keeps: Some(KeptConsent {
            requirement: Requirement::ChangesAskAgain,
            categories: unchanged.collect(),
            why: "set after an acceptance, but not after one of an older revision, although its \
                  category has not changed since",
        }),
    }
}

fn with_signal(values: &CookieValues<'_>, age: u64) -> [Situation; 4] {
    let stands = |why| KeptConsent {
        requirement: Requirement::SignalRefuses,
        categories: values.policy.consenting(),
        why,
    };
    let scene = |situation: &'static str, start, preferences, gpc, keeps| Situation {
        situation: situation.into(),
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
