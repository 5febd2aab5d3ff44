//! Compares what a request means with the choice that its response stores.

use std::collections::BTreeSet;

use super::{Intent, fields::id_of};
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
        let missing = |set: CategorySet, what: &str| {
            let first = set.iter().next()?;
            Some(format!("{what} {:?}", id_of(policy, first)))
        };
        match self {
            Self::Accept => missing(
                asked - granted,
                "it accepts, and the stored choice does not grant",
            ),
            Self::Refuse => {
                missing(granted, "it refuses, and the stored choice grants").or_else(|| {
                    missing(
                        asked - stored.denied,
                        "it refuses, and the stored choice leaves open",
                    )
                })
            }
            Self::Withdraw => missing(granted, "it withdraws, and the stored choice still grants")
                .or_else(|| {
                    missing(
                        asked - stored.denied,
                        "it withdraws, and the stored choice leaves open",
                    )
                }),
            Self::Save {
                yes,
                no,
                perhaps,
                whole,
            } => {
                let set = |ids: &BTreeSet<String>| -> CategorySet {
                    let indexes = 0..CategorySet::CAPACITY;
                    indexes
                        .filter(|index| ids.contains(id_of(policy, *index)))
                        .collect()
                };
                let kept = before.filter(|_| !whole);
                let kept = kept.map_or(CategorySet::EMPTY, |choice| choice.granted);
                let (wanted, refused) = (set(yes) & consenting, set(no));
                // A form of categories may leave the earlier answers for services as they are.
                let earlier = before.map_or(CategorySet::EMPTY, |choice| choice.granted);
                let kept = kept | (earlier & policy.services());
                let allowed = wanted | kept | set(perhaps);
                let of_allowed = |service: &u8| {
                    let category = policy.category_number_of(*service);
                    category.is_some_and(|category| allowed.contains(category))
                };
                let services = policy.services().iter().filter(of_allowed).collect();
                let extra = granted - allowed - services;
                let open = asked - stored.denied - granted - set(perhaps);
                missing(
                    granted & refused,
                    "it refuses, and the stored choice grants,",
                )
                .or_else(|| missing(extra, "it does not allow, and the stored choice grants,"))
                .or_else(|| {
                    missing(
                        (wanted & asked) - granted,
                        "it allows, and the stored choice does not grant,",
                    )
                })
                .or_else(|| {
                    missing(
                        (refused & policy.exempt()) - stored.denied,
                        "it objects to, and the stored choice does not refuse,",
                    )
                })
                .or_else(|| {
                    missing(
                        if *whole { open } else { CategorySet::EMPTY },
                        "it saves a whole form, and the stored choice leaves open",
                    )
                })
            }
        }
    }

    /// Returns `true` if the choice in force is already that.
    pub(in crate::conformance) fn is_met_by(&self, policy: &CookiePolicy, before: &Choice) -> bool {
        self.fault(policy, before, Some(before)).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let saves = |yes: &[&str], no: &[&str], whole| {
            let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
            Intent::Save {
                yes: set(yes),
                no: set(no),
                perhaps: BTreeSet::new(),
                whole,
            }
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
        let films = choice(&[("films", true)]);
        let stored = choice(&[("maps", true), ("media", false), ("films", true)]);
        assert_eq!(maps.fault(&policy, &stored, Some(&films)), None);
    }
}
