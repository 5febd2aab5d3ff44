//! The choices that are played for one category.

use std::collections::BTreeSet;

use super::visitors::Context;
use crate::{
    consent::AnswerState,
    policy::{Category, CategorySet},
    preferences::Choice,
};

/// A visitor's answers, as far as one category is concerned.
pub(super) struct Case {
    pub(super) answer: AnswerState,
    /// The service that is not refused, where all others are.
    pub(super) service: Option<String>,
    pub(super) choice: Choice,
}

/// Returns the choices that make a difference for the category: granted, but for one of its services, denied, and not
/// answered.
pub(super) fn cases(context: &Context, category: &Category) -> Vec<Case> {
    let old = &context.old;
    let accepting = context.accepting();
    let mut cases = Vec::new();
    let mut add = |answer, service, choice| {
        cases.push(Case {
            answer,
            service,
            choice,
        });
    };
    let without = |choice: Choice, index: u8| {
        let mut answered = CategorySet::EMPTY;
        answered.insert(index);
        Choice {
            granted: choice.granted - answered,
            denied: choice.denied - answered,
            ..choice
        }
    };
    let Some(index) = old.index_of(category.id().as_bytes()) else {
        add(AnswerState::NotAsked, None, accepting);
        return cases;
    };
    let unanswered = without(accepting, index);
    let mut whole = unanswered;
    whole.answer_at(index, true);
    let mut granted = whole;
    let refusable = refusable(context, category, index);
    for service in &refusable {
        granted.answer_at(*service, false);
    }
    add(AnswerState::Granted, None, granted);
    for service in &refusable {
        let id = old.id_at(*service).map(str::to_owned);
        add(AnswerState::Granted, id, without(granted, *service));
    }
    // After the refusal of a service that is an opt-out now, nobody is asked.
    let opt_out = context.new.opt_out();
    let is_opt_out = |service: &u8| {
        let index = old
            .id_at(*service)
            .and_then(|id| context.new.index_of(id.as_bytes()));
        index.is_some_and(|index| opt_out.contains(index))
    };
    if refusable.iter().any(is_opt_out) {
        add(AnswerState::Granted, None, whole);
    }
    if !old.necessary().contains(index) {
        let mut denied = unanswered;
        denied.answer_at(index, false);
        add(AnswerState::Denied, None, denied);
        add(AnswerState::NotAsked, None, unanswered);
    }
    cases
}

/// Returns the services of a category that visitors could refuse. Those are among them that only the old policy has in
/// it: it may ask because of them.
fn refusable(context: &Context, category: &Category, index: u8) -> BTreeSet<u8> {
    let old = &context.old;
    let services = services(context, category);
    let known = services
        .iter()
        .filter_map(|service| old.index_of(service.as_bytes()));
    known
        .filter(|service| *service != index && !old.necessary().contains(*service))
        .collect()
}

/// Returns the ids of the services that the category has in one of the policies.
pub(super) fn services(context: &Context, category: &Category) -> BTreeSet<String> {
    let before = context.old.category(category.id());
    let all = before
        .into_iter()
        .chain([category])
        .flat_map(Category::get_services);
    all.map(|service| service.id().to_owned()).collect()
}
