//! Compares what a request means with the choice that its response stores.

use std::collections::BTreeSet;

use super::{Intent, fields::id_of, services::with_categories};
use crate::{Choice, CookiePolicy, policy::CategorySet};

impl Intent {
    /// Returns what is wrong with a choice that such a request stores; `before` is the one in force.
    pub(in crate::conformance) fn fault(
        &self,
        policy: &CookiePolicy,
        stored: &Choice,
        before: Option<&Choice>,
    ) -> Option<String> {
        let consenting = policy.consenting();
        let asked = consenting - policy.services();
        let granted = stored.granted & consenting;
        // A category is answered too if each of its services is.
        let open = asked - with_categories(policy, stored.denied);
        // What accepts the categories may leave the refusal of a service as it is.
        let refused = before.map_or(CategorySet::EMPTY, |choice| choice.denied);
        let faults = match self {
            Self::Accept => vec![
                (
                    asked - with_categories(policy, granted),
                    "it accepts, and the stored choice does not grant",
                ),
                (
                    (stored.denied & consenting) - refused,
                    "it accepts, and the stored choice refuses",
                ),
            ],
            Self::Refuse => vec![
                (granted, "it refuses, and the stored choice grants"),
                (open, "it refuses, and the stored choice leaves open"),
            ],
            Self::Withdraw => vec![
                (granted, "it withdraws, and the stored choice still grants"),
                (open, "it withdraws, and the stored choice leaves open"),
            ],
            Self::Save { .. } => self.faults_of_form(policy, stored, before),
        };
        faults.into_iter().find_map(|(set, what)| {
            let first = set.iter().next()?;
            Some(format!("{what} {:?}", id_of(policy, first)))
        })
    }

    fn faults_of_form(
        &self,
        policy: &CookiePolicy,
        stored: &Choice,
        before: Option<&Choice>,
    ) -> Vec<(CategorySet, &'static str)> {
        let Self::Save {
            yes,
            no,
            perhaps,
            whole,
        } = self
        else {
            return Vec::new();
        };
        let consenting = policy.consenting();
        let asked = consenting - policy.services();
        let granted = stored.granted & consenting;
        let allows = with_categories(policy, granted);
        let [yes, no, perhaps] = [yes, no, perhaps].map(|ids| numbers(policy, ids));
        let wanted = yes & consenting;
        let allowed = allowed(policy, wanted | perhaps, before, *whole);
        let unanswered = if *whole {
            asked - with_categories(policy, granted | stored.denied) - perhaps
        } else {
            CategorySet::EMPTY
        };
        vec![
            (granted & no, "it refuses, and the stored choice grants,"),
            (
                granted - allowed,
                "it does not allow, and the stored choice grants,",
            ),
            (
                (wanted & asked) - allows,
                "it allows, and the stored choice does not grant,",
            ),
            (
                (no & policy.exempt()) - stored.denied,
                "it objects to, and the stored choice does not refuse,",
            ),
            (
                unanswered,
                "it saves a whole form, and the stored choice leaves open",
            ),
        ]
    }

    /// Returns `true` if the choice in force is already that.
    pub(in crate::conformance) fn is_met_by(&self, policy: &CookiePolicy, before: &Choice) -> bool {
        self.fault(policy, before, Some(before)).is_none()
    }
}

/// Returns the numbers of the categories and services with these ids.
fn numbers(policy: &CookiePolicy, ids: &BTreeSet<String>) -> CategorySet {
    let all = 0..CategorySet::CAPACITY;
    all.filter(|number| ids.contains(id_of(policy, *number)))
        .collect()
}

/// Returns what a saved form may leave granted: what it allows, with the services of those categories, and what it
/// does not ask about.
fn allowed(
    policy: &CookiePolicy,
    wanted: CategorySet,
    before: Option<&Choice>,
    whole: bool,
) -> CategorySet {
    let earlier = before.map_or(CategorySet::EMPTY, |choice| choice.granted);
    // A form of categories may leave the earlier answers for services as they are.
    let kept = if whole {
        earlier & policy.services()
    } else {
        earlier
    };
    let allowed = wanted | kept;
    let of_allowed = |service: &u8| {
        let category = policy.category_number_of(*service);
        category.is_some_and(|category| allowed.contains(category))
    };
    let services: CategorySet = policy.services().iter().filter(of_allowed).collect();
    allowed | services
}

#[cfg(test)]
mod tests {
    use super::{super::tests::saves, *};
    use crate::{Category, policy::Service};

    #[test]
    fn a_saved_form_stores_what_is_ticked() {
        let policy = CookiePolicy::new([
            Category::exempt("stats"),
            Category::consent("maps"),
            Category::consent("media").service(Service::new("films")),
        ])
        .unwrap();
        let choice = |answers: &[(&str, bool)]| {
            let mut choice = Choice::at(1_790_000_000);
            for (id, yes) in answers {
                choice.answer(&policy, id, *yes).unwrap();
            }
            choice
        };
        let maps = saves(&["maps"], &[], true);
        let no_statistics = saves(&[], &["stats"], false);
        for (intent, stored, fault) in [
            (&maps, choice(&[("maps", true), ("media", false)]), None),
            (
                &maps,
                choice(&[("maps", true)]),
                Some("leaves open \"media\""),
            ),
            (
                &maps,
                choice(&[("maps", true), ("media", false), ("films", true)]),
                Some("\"films\""),
            ),
            (
                &saves(&["maps", "media"], &[], true),
                choice(&[("maps", true), ("media", true), ("films", true)]),
                None,
            ),
            (
                &saves(&["maps"], &[], false),
                choice(&[("maps", true)]),
                None,
            ),
            (&no_statistics, choice(&[("stats", false)]), None),
            (
                &no_statistics,
                choice(&[("maps", false)]),
                Some("objects to"),
            ),
        ] {
            let found = intent.fault(&policy, &stored, None);
            assert_eq!(found.is_some(), fault.is_some(), "{found:?} {fault:?}");
            let found = found.unwrap_or_default();
            assert!(found.contains(fault.unwrap_or_default()), "{found}");
        }
        let all = choice(&[("maps", true), ("media", true), ("films", false)]);
        let films = choice(&[("films", false)]);
        assert!(Intent::Accept.fault(&policy, &all, None).is_some());
        assert_eq!(Intent::Accept.fault(&policy, &all, Some(&films)), None);
        let films = choice(&[("films", true)]);
        let stored = choice(&[("maps", true), ("media", false), ("films", true)]);
        assert_eq!(maps.fault(&policy, &stored, Some(&films)), None);
    }
}
