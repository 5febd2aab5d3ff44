use http::{HeaderValue, header::GetAll};
use smallvec::SmallVec;

use super::super::config::{Config, Undeclared};
use crate::{
    consent::Judgement,
    policy::{CategorySet, CookiePolicy, Found, FoundBy},
    wire,
};

/// So many fields are looked at without an allocation; browsers take far fewer from one response.
pub(super) const MOST_IN_PLACE: usize = 512;

/// What a response sets, told by the names of its fields, each of which is looked up once. Nearly
/// always that is enough: all of it may stay.
pub(in super::super) struct Survey {
    names: SmallVec<[Named; MOST_IN_PLACE]>,
    categories: CategorySet,
    preferences: bool,
    undeclared: bool,
    unclassifiable: bool,
}

/// What the name of one field was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// A carrier of the choice, which is always allowed.
    Preferences,
    /// A cookie of this category.
    Of(u8),
    Undeclared,
    Unclassifiable,
}

impl Survey {
    pub(in super::super) fn of(policy: &CookiePolicy, fields: &GetAll<'_, HeaderValue>) -> Self {
        let mut survey = Self {
            names: SmallVec::new(),
            categories: CategorySet::EMPTY,
            preferences: false,
            undeclared: false,
            unclassifiable: false,
        };
        for field in fields {
            let named = survey.see(policy, field.as_bytes());
            survey.names.push(named);
        }
        survey
    }

    #[inline]
    fn see(&mut self, policy: &CookiePolicy, field: &[u8]) -> Named {
        let Ok(name) = wire::name(field) else {
            self.unclassifiable = true;
            return Named::Unclassifiable;
        };
        match policy.find(name) {
            None => {
                self.undeclared = true;
                Named::Undeclared
            }
            Some(Found {
                category: Some(category),
                by: FoundBy::Name | FoundBy::Pattern,
                ..
            }) => {
                self.categories.insert(category);
                Named::Of(category)
            }
            Some(_) => {
                self.preferences = true;
                Named::Preferences
            }
        }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = Named> {
        self.names.iter().copied()
    }

    pub(in super::super) const fn has_preferences(&self) -> bool {
        self.preferences
    }

    /// Those of the `fields` of this survey that carry the choice.
    pub(in super::super) fn preferences<'a>(
        &self,
        fields: &'a GetAll<'_, HeaderValue>,
    ) -> impl Iterator<Item = &'a [u8]> {
        fields
            .iter()
            .zip(self.names())
            .filter(|(_, named)| *named == Named::Preferences)
            .map(|(field, _)| field.as_bytes())
    }

    /// Whether nothing in it depends on the visitor.
    pub(in super::super) fn is_necessary(&self, policy: &CookiePolicy) -> bool {
        let declared = (self.categories - policy.necessary()).is_empty();
        declared && !self.preferences && !self.undeclared && !self.unclassifiable
    }

    /// Whether the names are enough to let all of it pass.
    pub(super) fn passes(
        &self,
        config: &Config,
        policy: &CookiePolicy,
        judgement: Judgement,
    ) -> bool {
        let limited = match config.limit_exempt {
            true => self.categories & policy.exempt(),
            false => CategorySet::EMPTY,
        };
        (self.categories - judgement.allowed).is_empty()
            && limited.is_empty()
            && (!self.undeclared || config.undeclared == Undeclared::Allow)
            && !self.unclassifiable
    }
}
