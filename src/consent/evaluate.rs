//! Judges the choice now: by the policy, the clock and the request's signals.

use std::cmp::Ordering;

use super::{
    Choice, Reading,
    judgement::{Judgement, Standing},
    services::{lapsed_services, with_services},
    signals::Signals,
};
use crate::policy::{CategorySet, CookiePolicy};

/// The results of the evaluation besides the judgement itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Evaluation {
    pub(crate) judgement: Judgement,
    /// Denied explicitly, by all received preferences, in a choice that is in force.
    pub(crate) refused: CategorySet,
    /// Granted once, but no longer: the choice grew too old, or the category changed.
    pub(crate) lapsed: CategorySet,
}

/// Judges the preferences by the policy, the clock and the signals.
#[inline]
pub(crate) fn evaluate(
    policy: &CookiePolicy,
    reading: &Reading<'_>,
    now: u64,
    signals: Signals,
) -> Evaluation {
    let choice = reading.choice.unwrap_or(Choice::at(now));
    let standing = standing(policy, reading, now, signals);
    let current = current(policy, &choice, standing);
    // A grant under a newer revision may not have lapsed: only an instance that knows that revision
    // expires its cookies.
    let comparable = choice.revision <= policy.revision();
    let granted = if standing == Standing::Overridden {
        CategorySet::EMPTY
    } else {
        choice.granted & current
    };

    let exempt = match standing {
        Standing::Unreadable | Standing::CrossSite => CategorySet::EMPTY,
        _ if signals.has(Signals::GPC_HONOURED) => {
            (policy.objectable() - policy.objectable_under_gpc()) | (policy.objectable() & granted)
        }
        _ => policy.objectable(),
    };
    let mut allowed =
        policy.necessary() | ((exempt | (policy.consenting() & granted)) - choice.denied);
    let mut lapsed = match standing {
        Standing::Expired => (choice.granted & policy.consenting()) | reading.denied_by_all,
        Standing::Decided | Standing::Overridden if comparable => {
            (choice.granted & policy.consenting()) - current
        }
        _ => CategorySet::EMPTY,
    };
    if !policy.services().is_empty() {
        allowed = with_services(policy, &choice, granted, allowed);
        if standing == Standing::Expired || (standing.is_in_force() && comparable) {
            lapsed = lapsed | lapsed_services(policy, &choice, standing);
        }
    }

    Evaluation {
        judgement: Judgement {
            allowed,
            denied: choice.denied - policy.necessary(),
            standing,
        },
        refused: if standing.is_in_force() {
            reading.denied_by_all - policy.necessary()
        } else {
            CategorySet::EMPTY
        },
        lapsed: lapsed - policy.necessary(),
    }
}

fn standing(policy: &CookiePolicy, reading: &Reading<'_>, now: u64, signals: Signals) -> Standing {
    if reading.unreadable.is_some() {
        return Standing::Unreadable;
    }
    let Some(choice) = reading.choice else {
        return if signals.has(Signals::CROSS_SITE) {
            Standing::CrossSite
        } else {
            Standing::Undecided
        };
    };
    if now.saturating_sub(choice.decided_at) > policy.choice_lifetime().as_secs() {
        Standing::Expired
    } else if signals.has(Signals::GPC_HONOURED) && !choice.gpc {
        Standing::Overridden
    } else {
        Standing::Decided
    }
}

/// The categories with an answer of `choice` that is in force.
#[inline]
pub(super) fn current(policy: &CookiePolicy, choice: &Choice, standing: Standing) -> CategorySet {
    match standing.is_in_force() {
        true => unchanged_since(policy, choice.answered(), choice.revision),
        false => CategorySet::EMPTY,
    }
}

/// Returns the `categories` that have not changed since `revision` was shown. Returns none for a
/// revision above the policy's: nobody here knows what changed in between.
pub(super) fn unchanged_since(
    policy: &CookiePolicy,
    categories: CategorySet,
    revision: u32,
) -> CategorySet {
    match revision.cmp(&policy.revision()) {
        Ordering::Equal => return categories,
        Ordering::Greater => return CategorySet::EMPTY,
        Ordering::Less => {}
    }
    let mut unchanged = CategorySet::EMPTY;
    for index in categories.iter() {
        if revision >= policy.since_at(index) {
            unchanged.insert(index);
        }
    }
    unchanged
}
