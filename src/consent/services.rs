//! Services: their own answers, and what follows for them from the answer for their category.

use super::{Choice, judgement::Standing};
use crate::policy::{CategorySet, CookiePolicy};

/// Returns `allowed`, which is judged for categories, with the services that are allowed: those that
/// are granted themselves, and those whose category is allowed, unless the visitor denied them.
///
/// `granted` are the grants in force. Consent to the category does not cover a service that
/// was added or changed later.
#[cold]
#[inline(never)]
pub(super) fn with_services(
    policy: &CookiePolicy,
    choice: &Choice,
    granted: CategorySet,
    allowed: CategorySet,
) -> CategorySet {
    let categories = allowed - policy.services();
    let inherits = |service: u8| {
        let category = policy.category_number_of(service);
        category.is_some_and(|category| categories.contains(category))
            && (!policy.consenting().contains(service) || covers(policy, choice, service))
    };
    let services = policy.services().iter().filter(|service| {
        policy.necessary().contains(*service)
            || (!choice.denied.contains(*service)
                && (granted.contains(*service) || inherits(*service)))
    });
    categories | services.collect()
}

/// Returns the services that consent to their category allowed once, and no longer does: the choice is
/// too old, or the service changed.
#[cold]
#[inline(never)]
pub(super) fn lapsed_services(
    policy: &CookiePolicy,
    choice: &Choice,
    standing: Standing,
) -> CategorySet {
    let services = policy.services() & (policy.consenting() - choice.answered());
    let lapsed = services.iter().filter(|service| {
        let category = policy.category_number_of(*service);
        category.is_some_and(|category| choice.granted.contains(category))
            && (standing == Standing::Expired || !covers(policy, choice, *service))
    });
    lapsed.collect()
}

/// Returns the services that the visitor has to be asked about: their category is granted, but the
/// consent is older than they are.
#[cold]
#[inline(never)]
pub(super) fn pending_services(
    policy: &CookiePolicy,
    choice: &Choice,
    answered: CategorySet,
) -> CategorySet {
    let services = policy.services() & (policy.consenting() - answered);
    let pending = services.iter().filter(|service| {
        let category = policy.category_number_of(*service);
        let granted = category.is_some_and(|category| {
            answered.contains(category) && choice.granted.contains(category)
        });
        granted && !choice.denied.contains(*service) && !covers(policy, choice, *service)
    });
    pending.collect()
}

/// Returns the grants of an earlier choice that a new one carries over under the policy's revision:
/// `kept`, where a category with an outdated service is replaced by its other services, so that the
/// older consent does not come to cover that service.
#[cold]
#[inline(never)]
pub(super) fn carried_over(
    policy: &CookiePolicy,
    earlier: &Choice,
    kept: CategorySet,
    answered: CategorySet,
) -> CategorySet {
    let outdated = pending_services(policy, earlier, kept) - answered;
    let categories: CategorySet = outdated
        .iter()
        .filter_map(|service| policy.category_number_of(service))
        .collect();
    let unchanged = (policy.services() - outdated - answered - earlier.denied)
        .iter()
        .filter(|service| {
            let category = policy.category_number_of(*service);
            category.is_some_and(|category| categories.contains(category))
        });
    (kept - categories) | unchanged.collect()
}

/// Returns `true` if the choice was made under a revision that has the service as it is now.
fn covers(policy: &CookiePolicy, choice: &Choice, service: u8) -> bool {
    choice.revision >= policy.since_at(service)
}

#[cfg(test)]
mod tests {
    use super::super::Consent;
    use crate::{
        policy::{Category, CookiePolicy, Service},
        preferences::{Choice, unix_seconds},
    };

    /// `maps` came with revision 2.
    fn policy() -> CookiePolicy {
        CookiePolicy::builder()
            .revision(2)
            .category(Category::necessary("base").service(Service::new("cdn")))
            .category(
                Category::consent("media")
                    .service(Service::new("films"))
                    .service(Service::new("maps").since(2)),
            )
            .category(Category::exempt("stats").service(Service::new("matomo")))
            .build()
            .unwrap()
    }

    fn consent(revision: u32, answers: &[(&str, bool)]) -> Consent {
        let undecided = Consent::undecided(policy());
        let mut choice =
            Choice::at(unix_seconds(undecided.judged_at()) - 5).with_revision(revision);
        for (id, granted) in answers {
            choice.answer(&policy(), id, *granted).unwrap();
        }
        undecided.with_choice(choice)
    }

    fn allowed(consent: &Consent) -> Vec<&'static str> {
        let all = ["base", "cdn", "media", "films", "maps", "stats", "matomo"];
        all.into_iter().filter(|id| consent.allows(id)).collect()
    }

    #[test]
    fn own_answers_win_over_that_of_the_category() {
        for (answers, expected) in [
            (&[][..], &["base", "cdn", "stats", "matomo"][..]),
            (
                &[("films", true)],
                &["base", "cdn", "films", "stats", "matomo"],
            ),
            (
                &[("media", true), ("films", false)],
                &["base", "cdn", "media", "maps", "stats", "matomo"],
            ),
            (
                &[("media", false), ("films", true)],
                &["base", "cdn", "films", "stats", "matomo"],
            ),
            (&[("stats", false)], &["base", "cdn"]),
            (
                &[("stats", false), ("matomo", true)],
                &["base", "cdn", "matomo"],
            ),
            (&[("matomo", false)], &["base", "cdn", "stats"]),
        ] {
            assert_eq!(allowed(&consent(2, answers)), expected, "{answers:?}");
        }
        let undecided = Consent::undecided(policy());
        assert_eq!(allowed(&undecided), ["base", "cdn", "stats", "matomo"]);
    }

    #[test]
    fn an_old_yes_does_not_cover_a_new_service() {
        let old = consent(1, &[("media", true)]);
        assert_eq!(
            allowed(&old),
            ["base", "cdn", "media", "films", "stats", "matomo"]
        );
        assert!(old.needs_choice());
        let refused = consent(1, &[("media", false)]);
        assert!(!refused.needs_choice());

        // Nor does it when it is carried over to the new revision.
        let other = old.choose([("matomo", false)]).unwrap();
        let other = old.with_choice(other);
        assert_eq!(allowed(&other), ["base", "cdn", "films", "stats"]);
        assert!(other.needs_choice());
    }

    #[test]
    fn an_answer_for_a_service_keeps_the_older_date() {
        let old = consent(2, &[("media", true)]);
        let before = old.choice().unwrap().unix_seconds();
        let choice = old.choose([("films", false)]).unwrap();
        assert_eq!(choice.unix_seconds(), before);
        let choice = old.choose([("stats", true)]).unwrap();
        assert_eq!(choice.unix_seconds(), before);
        let choice = old.choose([("media", true)]).unwrap();
        assert_eq!(choice.unix_seconds(), before + 5);
        let without_yes = consent(2, &[("media", false)]);
        let choice = without_yes.choose([("films", true)]).unwrap();
        assert_eq!(choice.unix_seconds(), before + 5);
    }

    #[test]
    fn answers_for_all_end_those_for_services() {
        let one = consent(2, &[("films", false), ("media", true)]);
        for choice in [one.accept_all(), one.refuse_all()] {
            let all = one.with_choice(choice);
            assert_eq!(all.choice().unwrap().get(&policy(), "films"), None);
            assert_eq!(all.allows("films"), all.allows("media"));
        }
        let other = one.with_choice(one.choose([("media", false), ("stats", true)]).unwrap());
        assert_eq!(other.choice().unwrap().get(&policy(), "films"), Some(false));
    }

    #[test]
    fn a_service_of_a_necessary_category_cannot_be_denied() {
        let mut choice = Choice::at(0);
        assert!(choice.answer(&policy(), "cdn", false).is_err());
        assert!(choice.answer(&policy(), "films", false).is_ok());
    }
}
