//! Choices that allow some categories and refuse others.

use super::{
    situation::{Situation, Start},
    values::CookieValues,
};
use crate::{Basis, Category, Choice};

/// The number of categories that are allowed, or refused, one by one.
pub(in crate::conformance) const MOST_CATEGORIES: usize = 12;

/// Returns a scene for each category that needs consent, in which that one alone is allowed, and one in which
/// it alone is refused; one for each objection to an exempt category; and those in which a service of an
/// allowed category is refused, or a refusal is the only answer.
pub(super) fn scenes(values: &CookieValues<'_>, age: u64) -> Vec<Situation> {
    let of_basis = |basis| -> Vec<&str> {
        let categories = values.policy.categories();
        let of_basis = categories.filter(|category| category.basis() == basis);
        of_basis.map(Category::id).collect()
    };
    let asked = of_basis(Basis::Consent);
    let mut scenes = Vec::new();
    let mut add = |situation: String, choice: Option<Choice>| {
        let value = choice.map(|choice| values.of(choice, age));
        // Some formats have no place for some answers.
        let Some(value) = value.filter(|value| values.read(value).is_some()) else {
            return;
        };
        scenes.push(Situation::new(situation, Start::Planted, vec![value]).once_each());
    };
    let alone = |id: &str, yes: bool| {
        let answers = asked.iter().map(|other| (*other, (*other == id) == yes));
        values.consent.choose(answers).ok()
    };
    if asked.len() > 1 {
        for id in asked.iter().take(MOST_CATEGORIES) {
            add(format!("after consent to {id:?} alone"), alone(id, true));
            add(format!("after refusal of {id:?} alone"), alone(id, false));
            let only = values.consent.choose([(*id, true)]).ok();
            add(format!("after an answer about {id:?} alone"), only);
        }
    }
    if asked.len() > 1 {
        for id in asked.first().into_iter().chain(asked.last()) {
            let only = values.consent.choose([(*id, false)]).ok();
            add(
                format!("after a refusal of {id:?} and no other answer"),
                only,
            );
        }
    }
    // The first service of each category, and then the others.
    let nth = |number: usize| {
        let categories = values.policy.categories();
        let of_asked = categories.filter(|category| category.basis() == Basis::Consent);
        of_asked.filter_map(move |category| {
            let service = category.get_services().get(number)?;
            Some((category.id(), service.id()))
        })
    };
    for (id, service) in (0..MOST_CATEGORIES).flat_map(nth).take(MOST_CATEGORIES) {
        let all = asked.iter().map(|id| (*id, true));
        let choice = values.consent.choose(all.chain([(service, false)])).ok();
        add(
            format!("after consent to {id:?} and refusal of its service {service:?}"),
            choice,
        );
    }
    for id in of_basis(Basis::Exempt).iter().take(MOST_CATEGORIES) {
        let all = asked.iter().map(|id| (*id, true));
        let choice = values.consent.choose(all.chain([(*id, false)])).ok();
        add(format!("after an objection to {id:?}"), choice);
    }
    scenes
}
