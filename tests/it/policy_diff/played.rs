//! Choices made under one policy, played against another through the layer.

use http::{Response, header::SET_COOKIE};
use proptest::{
    collection::vec,
    option,
    prelude::{Just, ProptestConfig, Strategy, any},
    prop_assert, prop_assert_eq, prop_oneof, proptest,
    sample::select,
    test_runner::FileFailurePersistence,
};
use tower_cookie_consent::{
    Basis, Category, Consent, CookieConsentLayer, CookieDeclaration, CookiePolicy,
    diff::{AskedAgain, PolicyDiff},
    observe::AnswerState,
    policy::{Retention, Service},
    regimes::{Regime, Whereabouts},
};

use crate::support::{NOW, at, exchange, request, response};

const CATEGORIES: [&str; 3] = ["a", "b", "c"];
const SERVICES: [&str; 2] = ["s", "t"];
const COOKIES: [&str; 4] = ["k1", "k2", "k3", "k4"];
const DAY: u64 = 86_400;

/// 256 cases each, or as many as `PROPTEST_CASES` says.
fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

/// A policy before it is built.
#[derive(Clone, Debug)]
struct Edition {
    revision: u32,
    lifetime: u32,
    reask: Option<u32>,
    /// Per category: there, its basis and its `since`.
    categories: Vec<(bool, u8, u32)>,
    /// Per service: its category, and its `since`.
    services: Vec<(Option<usize>, Option<u32>)>,
    /// Per cookie: the category or service that declares it.
    cookies: Vec<Option<usize>>,
    regimes: bool,
}

impl Edition {
    fn policy(&self) -> CookiePolicy {
        let revision = self.revision;
        let below = |since: u32| since.clamp(1, revision);
        let mut groups = Vec::new();
        let present: Vec<_> = (0..3)
            .filter(|at| *at == 0 || self.categories[*at].0)
            .collect();
        for at in &present {
            let (_, basis, since) = self.categories[*at];
            let category = match basis {
                0 => Category::necessary(CATEGORIES[*at]),
                1 => Category::exempt(CATEGORIES[*at]),
                2 => Category::opt_out(CATEGORIES[*at]),
                _ => Category::consent(CATEGORIES[*at]),
            };
            groups.push(category.since(below(since)));
        }
        let cookies = |group: usize| {
            let cookies = COOKIES.iter().zip(&self.cookies);
            let own = cookies.filter(move |(_, of)| **of == Some(group));
            own.map(|(name, _)| CookieDeclaration::new(*name))
                .collect::<Vec<_>>()
        };
        for (at, (of, since)) in self.services.iter().enumerate() {
            let Some(of) = of else { continue };
            let mut service = Service::new(SERVICES[at]).cookies(cookies(3 + at));
            if let Some(since) = since {
                service = service.since(below(*since));
            }
            let of = of % groups.len();
            groups[of] = groups[of].clone().service(service);
        }
        let groups = groups.into_iter().zip(&present);
        let groups = groups.map(|(group, at)| group.cookies(cookies(*at)));
        let mut builder = CookiePolicy::builder()
            .revision(revision)
            .choice_lifetime(Retention::days(self.lifetime))
            .categories(groups);
        if let Some(days) = self.reask {
            builder = builder.reask_after_refusal(Retention::days(days));
        }
        if self.regimes {
            builder = builder.regime("eu", Regime::preset("eu"));
        }
        builder.build().unwrap()
    }
}

fn edition() -> impl Strategy<Value = Edition> {
    let basis = prop_oneof![1 => Just(0), 1 => Just(1), 1 => Just(2), 5 => Just(3)];
    (
        1..=4_u32,
        select(vec![90_u32, 182]),
        option::of(select(vec![60_u32, 200])),
        vec(
            (
                prop_oneof![4 => Just(true), 1 => Just(false)],
                basis,
                1..=4_u32,
            ),
            3,
        ),
        vec(
            (option::weighted(0.9, 0..3_usize), option::of(1..=4_u32)),
            2,
        ),
        vec(option::of(0..5_usize), 4),
        any::<bool>(),
    )
        .prop_map(
            |(revision, lifetime, reask, categories, services, cookies, regimes)| Edition {
                revision,
                lifetime,
                reask,
                categories,
                services,
                cookies,
                regimes,
            },
        )
}

/// A newer edition, which mostly is as the old one.
fn editions() -> impl Strategy<Value = (Edition, Edition)> {
    let keep = || vec(prop_oneof![3 => Just(true), 1 => Just(false)], 13);
    (edition(), edition(), keep()).prop_map(|(old, mut new, keep)| {
        let mut kept = keep.iter().copied();
        let mut is_kept = || kept.next() == Some(true);
        for (new, old) in new.categories.iter_mut().zip(&old.categories) {
            if is_kept() {
                *new = *old;
            }
        }
        for (new, old) in new.services.iter_mut().zip(&old.services) {
            if is_kept() {
                *new = *old;
            }
        }
        for (new, old) in new.cookies.iter_mut().zip(&old.cookies) {
            if is_kept() {
                *new = *old;
            }
        }
        if is_kept() {
            new.revision = old.revision;
        }
        if is_kept() {
            (new.lifetime, new.reask) = (old.lifetime, old.reask);
        }
        new.regimes = old.regimes;
        (old, new)
    })
}

/// What a visitor answered: for each category and service, and under which revision.
#[derive(Clone, Debug)]
struct Visitor {
    answers: Vec<Option<bool>>,
    revision: u32,
    age: u64,
}

fn visitor() -> impl Strategy<Value = Visitor> {
    let ages = [0, 1, 59, 61, 89, 91, 181];
    let ages: Vec<_> = ages.into_iter().map(|days| days * DAY + 7).collect();
    (
        vec(option::weighted(0.8, any::<bool>()), 5),
        1..=4_u32,
        select(ages),
    )
        .prop_map(|(answers, revision, age)| Visitor {
            answers,
            revision,
            age,
        })
}

fn layer(policy: &CookiePolicy, regime: Option<&'static str>, now: u64) -> CookieConsentLayer {
    let layer = CookieConsentLayer::new(policy.clone()).with_clock(move || at(now));
    match regime {
        Some(id) => layer.regime_for(move |_| Whereabouts::Regime(id)),
        None => layer,
    }
}

fn judged(layer: &CookieConsentLayer, cookie: Option<&str>) -> Consent {
    let fields = cookie.map(|cookie| ("cookie", cookie));
    exchange(layer, request(fields), response::<&str>([]))
        .consent()
        .clone()
}

impl Visitor {
    /// Returns the cookie that the old site set, and the answers that it has.
    fn cookie(
        &self,
        old: &CookiePolicy,
        regime: Option<&'static str>,
    ) -> (String, Vec<Option<bool>>) {
        let consent = judged(&layer(old, regime, NOW), None);
        let ids = CATEGORIES.iter().chain(&SERVICES);
        let said = ids.clone().zip(&self.answers).filter_map(|(id, answer)| {
            let mut trial = consent.accept_all();
            let answer = (*answer)?;
            trial.answer(consent.policy(), id, answer).ok()?;
            Some((*id, answer))
        });
        let choice = consent.choose(said).unwrap();
        let choice = choice.with_revision(self.revision.min(old.revision()));
        let mut made = Response::new(());
        consent
            .set_cookie(choice)
            .append_to(made.headers_mut())
            .unwrap();
        let cookie = made.headers()[SET_COOKIE].to_str().unwrap();
        let (cookie, _) = cookie.split_once(';').unwrap();
        let answers = ids.map(|id| choice.get(consent.policy(), id)).collect();
        (cookie.to_owned(), answers)
    }
}

fn number(id: &str) -> usize {
    let mut ids = CATEGORIES.iter().chain(&SERVICES);
    ids.position(|it| *it == id).unwrap()
}

/// Returns `true` if the entry is about a visitor with these answers.
fn concerns(
    asked: &AskedAgain,
    answers: &[Option<bool>],
    visitor: (u32, u64),
    regime: Option<&str>,
) -> bool {
    let (revision, age) = visitor;
    let answer = match answers[number(asked.category())] {
        Some(true) => AnswerState::Granted,
        Some(false) => AnswerState::Denied,
        None => AnswerState::NotAsked,
    };
    let refuses = |id: &str| answers[number(id)] == Some(false);
    asked.answers().contains(&answer)
        && !asked.service().is_some_and(refuses)
        && asked
            .revisions()
            .is_none_or(|(first, last)| (first..=last).contains(&revision))
        && asked.older_than_days().is_none_or(|days| age > days * DAY)
        && (asked.regimes().len() == 0 || asked.regimes().any(|id| id == regime))
}

fn is_asked(
    diff: &PolicyDiff,
    answers: &[Option<bool>],
    visitor: (u32, u64),
    regime: Option<&str>,
) -> bool {
    let mut entries = diff.asked_again().iter();
    entries.any(|asked| concerns(asked, answers, visitor, regime))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn those_who_are_asked_again_are_those_that_it_names(
        (old, new) in editions(),
        visitors in vec(visitor(), 12),
    ) {
        let (old, new) = (old.policy(), new.policy());
        let has_regimes = old.regimes().next().is_some();
        let diff = old.diff(&new);
        let regimes = [None, Some("eu"), Some("us-opt-out")];
        for (visitor, regime) in visitors.iter().flat_map(|it| regimes.map(|id| (it, id))) {
            // Of an older choice the browser has no cookie any more.
            let is_gone = visitor.age > old.choice_lifetime().as_secs();
            if is_gone || (regime.is_some() && !has_regimes) {
                continue;
            }
            let (cookie, answers) = visitor.cookie(&old, regime);
            let now = NOW + visitor.age;
            let before = judged(&layer(&old, regime, now), Some(&cookie));
            let after = judged(&layer(&new, regime, now), Some(&cookie));
            if before.needs_choice() {
                continue;
            }
            let revision = visitor.revision.min(old.revision());
            let named = is_asked(&diff, &answers, (revision, visitor.age), regime);
            // After an opt-out some are left alone, which depends on all their answers.
            if regime == Some("us-opt-out") {
                prop_assert!(named || !after.needs_choice() || before.pending().next().is_some(), "{:?} {diff}", cookie);
            } else {
                prop_assert_eq!(named, after.needs_choice(), "{:?} {} {}", regime, cookie, diff);
            }
        }
    }

    #[test]
    fn without_an_error_no_consent_counts_for_more(
        (old, new) in editions(),
        visitor in visitor(),
    ) {
        let (old, new) = (old.policy(), new.policy());
        let diff = old.diff(&new);
        if !diff.is_ok() {
            return Ok(());
        }
        let (cookie, _) = visitor.cookie(&old, None);
        let before = judged(&layer(&old, None, NOW), Some(&cookie));
        let after = judged(&layer(&new, None, NOW), Some(&cookie));
        for name in COOKIES {
            let basis = new.category_of(name).map(Category::basis);
            let is_more = after.allows_cookie(name) && !before.allows_cookie(name);
            prop_assert!(basis != Some(Basis::Consent) || !is_more, "{name}: {cookie} {diff}");
        }
    }
}
