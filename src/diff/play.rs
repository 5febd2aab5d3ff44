//! Who is asked again: choices for each category, of each revision and age that makes a difference, under
//! both policies.

use std::collections::BTreeSet;

use super::{
    asked::{AskCause, AskedAgain},
    cases::{Case, cases, services},
    joined::joined,
    visitors::{Context, asks},
};
use crate::{
    consent::AnswerState,
    policy::{Basis, Category, CookiePolicy, Service},
    preferences::Choice,
    wire::DAY,
};

/// Returns who is asked again in any of the regimes.
pub(super) fn asked_again(contexts: &[Context]) -> Vec<AskedAgain> {
    let mut all: Vec<AskedAgain> = Vec::new();
    for context in contexts.iter().filter(|context| context.can_be_played()) {
        for asked in asked_in(context) {
            let same = |it: &AskedAgain| {
                let regimes = it.regimes.clone();
                AskedAgain {
                    regimes,
                    ..asked.clone()
                } == *it
            };
            match all.iter_mut().find(|it| same(it)) {
                Some(known) => known.regimes.push(context.regime.clone()),
                None => all.push(AskedAgain {
                    regimes: vec![context.regime.clone()],
                    ..asked
                }),
            }
        }
    }
    for asked in &mut all {
        if asked.regimes.len() == contexts.len() {
            asked.regimes.clear();
        }
    }
    all
}

fn asked_in(context: &Context) -> Vec<AskedAgain> {
    let mut all = Vec::new();
    let consenting = context
        .new
        .categories()
        .filter(|it| it.basis() == Basis::Consent);
    for category in consenting {
        let of_category = Plays::new(context, category).asked();
        all.extend(joined(of_category, context.old.revision()));
    }
    all
}

/// The choices that are played for one category.
struct Plays<'a> {
    context: &'a Context,
    category: &'a Category,
    cases: Vec<Case>,
}

impl<'a> Plays<'a> {
    fn new(context: &'a Context, category: &'a Category) -> Self {
        Self {
            context,
            category,
            cases: cases(context, category),
        }
    }

    /// Plays each case with each revision and age. The result has an entry for each answer and each range
    /// of revisions.
    fn asked(&self) -> Vec<AskedAgain> {
        let mut all = Vec::new();
        for (first, last) in self.ranges() {
            let found: Vec<_> = self
                .cases
                .iter()
                .filter_map(|case| Some((case, self.asked_from(case, last)?)))
                .collect();
            let of_category = found
                .iter()
                .find(|(case, _)| case.service.is_none() && case.answer == AnswerState::Granted);
            for (at, (case, age)) in found.iter().enumerate() {
                if case.service.is_some() && of_category.is_some_and(|(_, from)| from <= age) {
                    continue;
                }
                let mut before = found.iter().take(at);
                let is_same = |other: &Case| other.answer == case.answer && other.service.is_none();
                if case.service.is_none() && before.any(|(other, _)| is_same(other)) {
                    continue;
                }
                all.push(AskedAgain {
                    category: self.category.id().to_owned(),
                    cause: self.cause(case, last, *age),
                    everybody: self.is_everybody(*age, last),
                    answers: vec![case.answer],
                    service: case.service.clone(),
                    revisions: Some((first, last)),
                    older_than_days: (*age > 0).then_some(*age / DAY),
                    regimes: Vec::new(),
                });
            }
        }
        all
    }

    /// Returns the ranges of revisions to play. One for which the old policy asks everybody is part of the
    /// next one: nobody has such a choice whom it does not ask.
    fn ranges(&self) -> Vec<(u32, u32)> {
        let id = self.category.id();
        let mut start = None;
        let ranges = revisions(self.context, self.category).into_iter();
        let ranges = ranges.filter_map(|(first, last)| {
            let first = start.unwrap_or(first);
            let is_asked = |case: &Case| {
                let judged = self.context.judged(&case.choice.with_revision(last), 0);
                judged.is_some_and(|judged| asks(&judged.old, id))
            };
            let asks_all = self.cases.iter().all(is_asked) && last < self.context.old.revision();
            start = asks_all.then_some(first);
            (!asks_all).then_some((first, last))
        });
        ranges.collect()
    }

    /// Returns the age from which the new policy asks and the old one does not.
    fn asked_from(&self, case: &Case, revision: u32) -> Option<u64> {
        let choice = case.choice.with_revision(revision);
        let ages = ages(self.context).into_iter();
        let mut asked = ages.filter(|age| self.is_asked_again(&choice, *age));
        asked.next()
    }

    fn is_asked_again(&self, choice: &Choice, age: u64) -> bool {
        let judged = self.context.judged(choice, age);
        let id = self.category.id();
        judged.is_some_and(|judged| asks(&judged.new, id) && !asks(&judged.old, id))
    }

    /// Returns `true` if everybody is asked at this age whom the old policy does not ask.
    fn is_everybody(&self, age: u64, revision: u32) -> bool {
        let id = self.category.id();
        let mut cases = self.cases.iter().filter(|case| case.service.is_none());
        cases.all(|case| {
            let judged = self
                .context
                .judged(&case.choice.with_revision(revision), age);
            judged.is_some_and(|judged| asks(&judged.new, id) || asks(&judged.old, id))
        })
    }

    fn cause(&self, case: &Case, revision: u32, age: u64) -> AskCause {
        let Context { old, new, .. } = self.context;
        let id = self.category.id();
        let judged = self
            .context
            .judged(&case.choice.with_revision(revision), age);
        let is_lost = judged.is_none_or(|judged| judged.new.choice().is_none());
        let before = old.category(id);
        let reask = new.reask_after_refusal();
        let (own_since, service) = (self.category.get_since(), case.service.is_some());
        match (case.answer, age) {
            _ if is_lost => AskCause::ChoiceLost,
            (AnswerState::Denied, 1..) if reask < new.choice_lifetime() => AskCause::ReaskShortened,
            (_, 1..) => AskCause::LifetimeShortened,
            _ if revision > new.revision() => AskCause::RevisionLowered,
            _ if before.is_none() => AskCause::CategoryAdded,
            _ if before.is_some_and(|it| it.basis() != Basis::Consent) => AskCause::Basis,
            (AnswerState::Granted, _) if service || revision >= own_since => AskCause::ServiceSince,
            _ => AskCause::Since,
        }
    }
}

/// Returns the ranges of revisions of the old policy within which choices for the category are judged alike.
fn revisions(context: &Context, category: &Category) -> Vec<(u32, u32)> {
    let Context { old, new, .. } = context;
    let mut last = BTreeSet::from([old.revision(), new.revision()]);
    let sinces = |policy: &CookiePolicy, id: &str| {
        let category = policy.category(id).map(Category::get_since);
        [category, policy.service(id).map(Service::get_since)]
    };
    let services = services(context, category);
    for id in services.iter().map(String::as_str).chain([category.id()]) {
        let both = [sinces(old, id), sinces(new, id)].concat();
        last.extend(
            both.into_iter()
                .flatten()
                .map(|since| since.saturating_sub(1)),
        );
    }
    last.retain(|revision| (1..=old.revision()).contains(revision));
    let mut first = 1;
    let ranges = last.into_iter().map(|last| {
        let range = (first, last);
        first = last.saturating_add(1);
        range
    });
    ranges.collect()
}

/// Returns the ages in seconds from which choices are judged differently, in order. Of an age at which the old
/// policy's cookie has ended there are none.
fn ages(context: &Context) -> BTreeSet<u64> {
    let Context { old, new, .. } = context;
    let periods = [old, new].map(|policy| [policy.choice_lifetime(), policy.reask_after_refusal()]);
    let periods = periods.into_iter().flatten();
    let longer = periods.filter(|period| *period < old.choice_lifetime());
    let ages = longer.map(|period| period.as_secs().saturating_add(1));
    ages.chain([0]).collect()
}
