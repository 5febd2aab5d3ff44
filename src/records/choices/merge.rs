//! Two choices of one person: what both say together, and where they contradict each other.

use crate::{
    consent::Choice,
    policy::{CategorySet, CookiePolicy},
    preferences::Terms,
};

/// The rule by which contradictions between the choice of an account and that of a device are solved, at
/// login. What only one of them has answered is kept by either, and so is an objection to what needs no consent,
/// whichever of the two has it.
///
/// ```
/// use tower_cookie_consent::records::MergeRule;
///
/// assert_eq!(MergeRule::default(), MergeRule::Latest);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MergeRule {
    /// The later choice counts.
    #[default]
    Latest,
    /// The choice of the account counts.
    Account,
}

/// Two choices, merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Merged {
    pub(super) choice: Option<Choice>,
    /// Allowed by one and denied by the other.
    pub(super) contradicted: CategorySet,
}

impl Merged {
    pub(super) const NONE: Self = Self {
        choice: None,
        contradicted: CategorySet::EMPTY,
    };
}

/// Merges the choices of an account and of a device.
pub(super) fn merge(
    policy: &CookiePolicy,
    account: Option<Choice>,
    device: Option<Choice>,
    rule: MergeRule,
    now: u64,
) -> Merged {
    let current = |choice: Choice| without_lapsed(policy, choice, now);
    let (Some(account), Some(device)) = (account.map(current), device.map(current)) else {
        return Merged {
            choice: account.or(device).map(current),
            contradicted: CategorySet::EMPTY,
        };
    };
    let (first, second) = match rule {
        MergeRule::Latest if device.decided_at > account.decided_at => (device, account),
        MergeRule::Latest | MergeRule::Account => (account, device),
    };
    let contradicted = (first.granted & second.denied) | (first.denied & second.granted);
    let added = (second.granted | second.denied) - (first.granted | first.denied);
    let mut choice = first;
    if !(added & policy.optional()).is_empty() {
        // Nothing that is granted lasts longer by that, or counts for more. Both were counted here.
        choice.granted = first.granted | (second.granted & added);
        if first.regime != second.regime {
            choice.regime = policy.own_regime();
        }
        choice.denied = first.denied | (second.denied & added);
        choice.decided_at = first.decided_at.min(second.decided_at);
        choice.revision = first.revision.min(second.revision);
        choice.gpc = first.gpc && second.gpc;
        choice.whole = false;
    }
    // An objection outlives what was allowed, whichever came later: its date is that of the rest of its choice.
    let objected = second.denied & policy.objectable();
    choice.denied = choice.denied | objected;
    choice.granted = choice.granted - objected;
    Merged {
        choice: Some(choice),
        contradicted: contradicted & policy.optional(),
    }
}

/// Takes away the grants that have lapsed. Denials stay.
fn without_lapsed(policy: &CookiePolicy, choice: Choice, now: u64) -> Choice {
    let age = now.saturating_sub(choice.decided_at);
    if age < policy.choice_lifetime().as_secs() {
        return choice;
    }
    Choice {
        granted: choice.granted & policy.necessary(),
        ..choice
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Category;

    const NOW: u64 = 1_790_000_000;
    const YEAR: u64 = 365 * 86_400;

    fn policy() -> CookiePolicy {
        CookiePolicy::new(["ads", "films", "maps"].map(Category::consent)).unwrap()
    }

    /// Writes answers as `+ads -films`.
    fn choice(text: &str, ago: u64) -> Option<Choice> {
        let policy = policy();
        let mut choice = Choice::from_unix_seconds(NOW - ago);
        for word in text.split_whitespace() {
            let (sign, id) = word.split_at(1);
            choice.answer(&policy, id, sign == "+").unwrap();
        }
        (!text.is_empty()).then_some(choice)
    }

    fn ids(set: CategorySet) -> Vec<String> {
        let policy = policy();
        set.iter()
            .map(|index| policy.id_at(index).unwrap().to_owned())
            .collect()
    }

    fn text(choice: Option<Choice>) -> String {
        let Some(choice) = choice else {
            return String::new();
        };
        let sign = |sign: &str, set| {
            ids(set)
                .iter()
                .map(|id| format!("{sign}{id}"))
                .collect::<Vec<_>>()
        };
        [sign("+", choice.granted), sign("-", choice.denied)]
            .concat()
            .join(" ")
    }

    /// Account, how long ago; device, how long ago; by the latest, by the account; contradictions.
    const CASES: [(&str, u64, &str, u64, &str, &str, &str); 12] = [
        ("", 0, "", 0, "", "", ""),
        ("+ads", 9, "", 0, "+ads", "+ads", ""),
        ("", 0, "-ads", 9, "-ads", "-ads", ""),
        ("+ads", 9, "+ads", 5, "+ads", "+ads", ""),
        ("+ads", 9, "-ads", 5, "-ads", "+ads", "ads"),
        ("+ads", 5, "-ads", 9, "+ads", "+ads", "ads"),
        ("-ads", 9, "+ads", 5, "+ads", "-ads", "ads"),
        ("-ads", 5, "+ads", 9, "-ads", "-ads", "ads"),
        ("+ads", 9, "-films", 5, "+ads -films", "+ads -films", ""),
        (
            "+ads -maps",
            9,
            "-ads +films",
            5,
            "+films -ads -maps",
            "+ads +films -maps",
            "ads",
        ),
        // A grant that lapsed does not count, and a denial does.
        (
            "+ads -films",
            YEAR,
            "-ads +films",
            5,
            "+films -ads",
            "-ads -films",
            "films",
        ),
        ("+ads -films", YEAR, "", 0, "-films", "-films", ""),
    ];

    #[test]
    fn two_choices_are_merged_by_the_rule() {
        for (account, account_ago, device, device_ago, latest, by_account, contradicted) in CASES {
            for (rule, expected) in [
                (MergeRule::Latest, latest),
                (MergeRule::Account, by_account),
            ] {
                let (account, device) = (choice(account, account_ago), choice(device, device_ago));
                let merged = merge(&policy(), account, device, rule, NOW);
                assert_eq!(
                    text(merged.choice),
                    expected,
                    "{account:?} {device:?} {rule:?}"
                );
                assert_eq!(ids(merged.contradicted).join(" "), contradicted, "{rule:?}");
            }
        }
    }

    #[test]
    fn a_grant_lapses_when_its_lifetime_is_over() {
        let lifetime = policy().choice_lifetime().as_secs();
        for (ago, left) in [(lifetime - 1, "+ads -films"), (lifetime, "-films")] {
            let account = choice("+ads -films", ago);
            let merged = merge(&policy(), account, None, MergeRule::Latest, NOW);
            assert_eq!(text(merged.choice), left, "{ago}");
        }
    }

    #[test]
    fn a_merged_grant_lasts_no_longer() {
        let (account, device) = (choice("+ads", 500), choice("+films -ads", 100));
        let merged = merge(&policy(), account, device, MergeRule::Account, NOW).choice;
        assert_eq!(merged.unwrap().decided_at, NOW - 500);
        let merged = merge(
            &policy(),
            account,
            choice("-ads", 100),
            MergeRule::Latest,
            NOW,
        );
        assert_eq!(merged.choice.unwrap().decided_at, NOW - 100);
    }
}
