//! The login: what an account and a device say together, and where they contradict each other.

use super::answers::Answers;
use crate::{
    consent::Choice,
    policy::{CategorySet, CookiePolicy},
    wire,
};

/// The rule by which contradictions between the choice of an account and that of a device are solved, at
/// login. What only one of them has answered is kept by either, and so is an objection to what needs no consent,
/// whichever of the two has it. Each answer of the account has the time at which it was given.
///
/// ```
/// use tower_cookie_consent::records::MergeRule;
///
/// assert_eq!(MergeRule::default(), MergeRule::Latest);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MergeRule {
    /// The later answer counts. Two kinds fall on the denying side: a device's denial of a service, or of what needs
    /// no consent, here or in another regime, counts whatever its date, since such an answer does not change the date
    /// of its choice; and a device's grant counts over a
    /// denial of the account only if the preferences cookie has a `__Host-` name, since any host of the domain can
    /// set another one, with any date.
    #[default]
    Latest,
    /// The answer of the account counts.
    Account,
}

/// What counts after a login, or after a look into the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Merged {
    pub(super) answers: Option<Answers>,
    pub(super) contradicted: Contradicted,
}

/// What one of the two allowed and the other denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Contradicted {
    /// Solved by the rule.
    pub(super) by_rule: CategorySet,
    /// The account's denial counts although the rule would decide otherwise: it is an objection, or the device's grant
    /// may be planted.
    pub(super) by_account: CategorySet,
}

impl Contradicted {
    pub(super) const NOTHING: Self = Self {
        by_rule: CategorySet::EMPTY,
        by_account: CategorySet::EMPTY,
    };
}

impl From<Option<Answers>> for Merged {
    fn from(answers: Option<Answers>) -> Self {
        Self {
            answers,
            contradicted: Contradicted::NOTHING,
        }
    }
}

/// Merges the answers of an account and the choice of a device.
pub(super) fn merge(
    policy: &CookiePolicy,
    account: Option<Answers>,
    device: Option<Choice>,
    rule: MergeRule,
    now: u64,
) -> Merged {
    let account = account.map(|account| account.current(policy, now));
    let device = device.map(|choice| Answers::undated(policy, choice, now).current(policy, now));
    let (Some(account), Some(mut device)) = (account.clone(), device.clone()) else {
        return Merged::from(account.or(device));
    };
    let (first, second) = (account.choice, device.choice);
    let services = policy.services().iter().filter(|service| {
        let category = policy.category_number_of(*service);
        category.is_some_and(|category| first.denied.contains(category))
            && !first.answered().contains(*service)
    });
    let denied = first.denied | services.collect();
    let refused = denied & second.granted & policy.optional();
    let contradicted = refused | (first.granted & second.denied & policy.optional());
    let objectable = policy.objectable();
    let by_account = match rule {
        MergeRule::Account => {
            device = device.without(refused | (first.answered() - (second.denied & objectable)));
            CategorySet::EMPTY
        }
        MergeRule::Latest => {
            let kept = match can_be_planted(policy) {
                true => refused,
                false => refused & objectable,
            };
            device = device.without(kept);
            let is_later = |index: &u8| second.decided_at > account.latest_about(policy, *index);
            kept.iter().filter(is_later).collect()
        }
    };
    let mut answers = account.latest(&device, policy, now);
    // An objection outlives what was allowed, whichever came later.
    let objected = (first.denied | second.denied) & objectable & answers.choice.granted;
    answers.choice.denied = answers.choice.denied | objected;
    answers.choice.granted = answers.choice.granted - objected;
    Merged {
        answers: Some(answers),
        contradicted: Contradicted {
            by_rule: contradicted - by_account,
            by_account,
        },
    }
}

/// Returns `true` if another host of the domain can set the preferences cookie. A signature does not help: that host
/// can set a signed value of its own.
fn can_be_planted(policy: &CookiePolicy) -> bool {
    !wire::prefix(policy.preferences_cookie().name()).host_only
}
