//! The answers of a choice by the ids of a policy.

use super::{Category, CookiePolicy};
use crate::preferences::{Choice, ChoiceError};

impl Choice {
    /// Records the answer for one category. If a category is answered twice, a denial takes
    /// precedence.
    ///
    /// # Errors
    ///
    /// [`ChoiceError::UnknownCategory`] if the policy has no category `id`, and
    /// [`ChoiceError::NecessaryCategory`] if a necessary one is denied.
    pub fn answer(
        &mut self,
        policy: &CookiePolicy,
        id: &str,
        granted: bool,
    ) -> Result<(), ChoiceError> {
        let Some(index) = policy.index_of(id.as_bytes()) else {
            return Err(ChoiceError::UnknownCategory { id: id.to_owned() });
        };
        if !granted && policy.necessary().contains(index) {
            return Err(ChoiceError::NecessaryCategory { id: id.to_owned() });
        }
        self.answer_at(index, granted);
        Ok(())
    }

    /// Returns the answer for the category `id`: granted, denied, or `None` without one.
    #[must_use]
    pub fn get(&self, policy: &CookiePolicy, id: &str) -> Option<bool> {
        let index = policy.index_of(id.as_bytes())?;
        if self.denied.contains(index) {
            Some(false)
        } else {
            self.granted.contains(index).then_some(true)
        }
    }

    /// Returns the answered categories in the policy's order, each with its answer.
    pub fn answers<'p>(
        &self,
        policy: &'p CookiePolicy,
    ) -> impl Iterator<Item = (&'p Category, bool)> + use<'p> {
        let Self {
            granted, denied, ..
        } = *self;
        (granted | denied)
            .iter()
            .filter_map(move |index| Some((policy.category_at(index)?, !denied.contains(index))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> CookiePolicy {
        CookiePolicy::new([
            Category::necessary("base"),
            Category::exempt("stats"),
            Category::consent("ads"),
        ])
        .unwrap()
    }

    #[test]
    fn a_denial_wins_over_a_grant_in_any_order() {
        let policy = policy();
        for answers in [[true, false], [false, true]] {
            let mut choice = Choice::at(0);
            for granted in answers {
                choice.answer(&policy, "ads", granted).unwrap();
            }
            assert_eq!(choice.get(&policy, "ads"), Some(false));
            assert!(choice.granted.is_empty());
        }
    }

    #[test]
    fn unknown_ids_and_denied_necessary_categories_are_errors() {
        let policy = policy();
        let mut choice = Choice::at(0);
        let unknown = choice.answer(&policy, "add", true).unwrap_err();
        assert!(unknown.to_string().contains("\"add\""));
        let necessary = choice.answer(&policy, "base", false).unwrap_err();
        assert!(necessary.to_string().contains("\"base\""));
        assert_eq!(choice.answers(&policy).count(), 0);
    }

    #[test]
    fn two_choices_share_common_grants_and_all_denials() {
        let policy = policy();
        let mut one = Choice::at(20).with_revision(3).with_gpc(true);
        one.answer(&policy, "stats", true).unwrap();
        one.answer(&policy, "ads", true).unwrap();
        let mut two = Choice::at(10).with_revision(2);
        two.answer(&policy, "stats", true).unwrap();
        two.answer(&policy, "ads", false).unwrap();
        let both = one.narrowed_by(two);
        assert_eq!(both, two.narrowed_by(one));
        assert_eq!(both.get(&policy, "stats"), Some(true));
        assert_eq!(both.get(&policy, "ads"), Some(false));
        assert_eq!((both.decided_at, both.revision, both.gpc), (10, 2, false));
    }

    #[test]
    fn the_longest_choice_answers_every_category() {
        let policy = policy();
        let longest = Choice::longest(&policy);
        let answers: Vec<_> = longest
            .answers(&policy)
            .map(|(_, granted)| granted)
            .collect();
        assert_eq!(answers, [true, false, false]);
    }
}
