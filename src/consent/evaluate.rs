//! The choice judged now: against the policy, the clock and the request's signals.

use std::cmp::Ordering;

use super::{Choice, Reading};
use crate::policy::{CategorySet, CookiePolicy};

/// What a request tells beside its cookies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Signals {
    /// `Sec-GPC: 1` came in.
    pub(crate) gpc: bool,
    /// The signal counts: it came in, and the site honours it.
    pub(crate) gpc_honoured: bool,
    /// It comes from another site: `Sec-Fetch-Site` says so, or `Origin` where that is missing.
    pub(crate) other_site: bool,
    /// No preferences came in, and they may only be lacking: from another site browsers send no
    /// `SameSite=Lax` cookie but with a navigation of the whole page by GET.
    pub(crate) cross_site: bool,
    /// From another site, and not a navigation of the whole page: browsers store no `SameSite=Lax`
    /// there.
    pub(crate) embedded: bool,
    /// From another site, and a navigation of the whole page by GET.
    pub(crate) top_level_get: bool,
}

/// How the choice stands, for all categories at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Undecided,
    /// Undecided, and cross-site: the preferences may only be lacking.
    CrossSite,
    Unreadable,
    Decided,
    /// Decided, while a signal overrides every yes that was not made with it.
    Overridden,
    Expired,
}

/// What is allowed now, and why the rest is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub(crate) allowed: CategorySet,
    pub(crate) denied: CategorySet,
    pub(crate) standing: Standing,
}

impl Judgement {
    /// What is denied, or may be: of preferences that can't be read, or may only be lacking, nobody
    /// knows whether they object to an exempt or opt-out category.
    pub(crate) fn perhaps_denied(self, policy: &CookiePolicy) -> CategorySet {
        match self.standing {
            Standing::Unreadable | Standing::CrossSite => self.denied | policy.objectable(),
            _ => self.denied,
        }
    }

    /// No more than `other` allows either.
    pub(crate) fn narrowed_by(self, other: Self) -> Self {
        Self {
            allowed: self.allowed & other.allowed,
            ..self
        }
    }
}

/// What the evaluation found, beside the judgement itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Evaluation {
    pub(crate) judgement: Judgement,
    /// Consent categories without an answer that is in force.
    pub(crate) pending: CategorySet,
    /// Denied explicitly, by all the preferences that came in, in a choice that is in force.
    pub(crate) refused: CategorySet,
    /// Granted once, and no longer: the choice grew too old, or the category changed.
    pub(crate) lapsed: CategorySet,
}

/// Judges what was read of the preferences against the policy, the clock and the signals.
#[inline]
pub(crate) fn evaluate(
    policy: &CookiePolicy,
    reading: &Reading<'_>,
    now: u64,
    signals: Signals,
) -> Evaluation {
    let choice = reading.choice.unwrap_or(Choice::at(now));
    let standing = standing(policy, reading, now, signals);
    let in_force = matches!(standing, Standing::Decided | Standing::Overridden);

    let answered = choice.answered();
    let current = if in_force {
        unchanged_since(policy, answered, choice.revision)
    } else {
        CategorySet::EMPTY
    };
    // A newer yes is not known to have lapsed: the node that knows it does not expire its cookies.
    let comparable = choice.revision <= policy.revision();
    let granted = if standing == Standing::Overridden {
        CategorySet::EMPTY
    } else {
        choice.granted & current
    };

    let exempt = match standing {
        Standing::Unreadable | Standing::CrossSite => CategorySet::EMPTY,
        _ if signals.gpc_honoured => {
            (policy.objectable() - policy.objectable_under_gpc()) | (policy.objectable() & granted)
        }
        _ => policy.objectable(),
    };
    let allowed = policy.necessary() | ((exempt | (policy.consenting() & granted)) - choice.denied);

    Evaluation {
        judgement: Judgement {
            allowed,
            denied: choice.denied - policy.necessary(),
            standing,
        },
        pending: policy.consenting() - current,
        refused: if in_force {
            reading.denied_by_all - policy.necessary()
        } else {
            CategorySet::EMPTY
        },
        lapsed: match standing {
            Standing::Expired => (choice.granted & policy.consenting()) | reading.denied_by_all,
            Standing::Decided | Standing::Overridden if comparable => {
                (choice.granted & policy.consenting()) - current
            }
            _ => CategorySet::EMPTY,
        } - policy.necessary(),
    }
}

fn standing(policy: &CookiePolicy, reading: &Reading<'_>, now: u64, signals: Signals) -> Standing {
    if reading.unreadable.is_some() {
        return Standing::Unreadable;
    }
    let Some(choice) = reading.choice else {
        return if signals.cross_site {
            Standing::CrossSite
        } else {
            Standing::Undecided
        };
    };
    if now.saturating_sub(choice.decided_at) > policy.choice_lifetime().as_secs() {
        Standing::Expired
    } else if signals.gpc_honoured && !choice.gpc {
        Standing::Overridden
    } else {
        Standing::Decided
    }
}

/// Of `categories`, those that have not changed since `revision` was shown. None under a revision
/// above the policy's: nobody here knows what changed in between.
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
